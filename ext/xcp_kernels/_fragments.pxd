# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""What is left of parts, and no use to what typically comes: the twin of fragments.py."""

from libc.stdint cimport int64_t
from libc.string cimport memset

from xcp_kernels._inside cimport Inside
from xcp_kernels._world cimport FINE, MOST_DEMANDS, MOST_FREE, MOST_PARTS, MOST_ROWS, World


cdef struct Fragments:
    bint here
    double price
    int64_t sort, whole, levels, kinds
    const int64_t *ratio
    # What demands ask of a part, each size once, ascending.
    const int64_t *level
    # Demands that ask for as many parts of one size are a kind: which size, how many parts, what they weigh together,
    # the most that one of them asks of each row, and where they begin among all.
    const int64_t *level_of
    const int64_t *count
    const int64_t *together
    const int64_t *most
    const int64_t *begin
    const int64_t *weight
    const int64_t *amount


cdef inline int64_t weight_of(Fragments* f, const int64_t* free, int64_t rows, int64_t kind) noexcept nogil:
    """Of the demands of a kind, those that the rows have room for."""
    cdef int64_t k, row, total = 0
    cdef bint room = True
    for row in range(rows):
        room = room and free[row] >= f.most[kind * rows + row]
    if room:
        return f.together[kind]
    for k in range(f.begin[kind], f.begin[kind + 1]):
        room = True
        for row in range(rows):
            room = room and free[row] >= f.amount[k * rows + row]
        if room:
            total += f.weight[k]
    return total


cdef inline int64_t fragments_of(
    World* w, Inside* n, Fragments* f, int64_t host, int64_t item, int64_t bits
) noexcept nogil:
    """Of one host; with an item that is not NOBODY: had it that item, on those parts."""
    cdef int64_t many[MOST_DEMANDS]
    cdef int64_t much[MOST_DEMANDS]
    cdef int64_t free[MOST_ROWS]
    cdef int64_t k, row, part, want, left, total = 0, usable = 0, stranded = 0, served, rows = w.rows
    memset(many, 0, f.levels * sizeof(int64_t))
    memset(much, 0, f.levels * sizeof(int64_t))
    for part in range(n.start[host], n.start[host + 1]):
        if n.sort[part] != f.sort:
            continue
        left = n.left[part]
        if item >= 0 and bits >> (part - n.start[host]) & 1:
            for want in range(n.want_start[item], n.want_start[item + 1]):
                if n.want_sort[want] == f.sort:
                    left -= n.want_amount[want]
        if left <= 0:
            continue
        total += left
        for k in range(f.levels):
            if left < f.level[k]:
                break
            many[k] += 1
            much[k] += left
    if total == 0:
        return 0
    for row in range(rows):
        free[row] = w.capacity[host * rows + row] - w.used[host * rows + row]
        if item >= 0:
            free[row] -= w.amount[item * rows + row]
    for k in range(f.kinds):
        if many[f.level_of[k]] >= f.count[k]:
            usable += weight_of(f, free, rows, k) * much[f.level_of[k]]
    for row in range(rows):
        if f.ratio[row]:
            served = free[row] if free[row] > 0 else 0
            served = (served if served < MOST_FREE else MOST_FREE) * FINE // f.ratio[row]
            if total - served > stranded:
                stranded = total - served
    return f.whole * (total + stranded) - usable
