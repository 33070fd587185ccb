# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""The parts of hosts: how much of each is left, and which of them an item would get: the twin of inside.py."""

from libc.stdint cimport int64_t

from xcp_kernels._world cimport NOBODY, NOWHERE


cdef struct Inside:
    bint here
    # What is read.
    int64_t hosts, items, parts
    const int64_t *start
    const int64_t *sort
    const int64_t *size
    const int64_t *base
    const int64_t *uniform
    const int64_t *want_start
    const int64_t *want_sort
    const int64_t *want_count
    const int64_t *want_amount
    const int64_t *want_profile
    const int64_t *held
    # What is kept.
    int64_t *left
    int64_t *profile


cdef inline bint has_room(Inside* n, int64_t part, int64_t want) noexcept nogil:
    if n.sort[part] != n.want_sort[want] or n.left[part] < n.want_amount[want]:
        return False
    return not n.uniform[part] or n.profile[part] == NOBODY or n.profile[part] == n.want_profile[want]


cdef inline bint choose(Inside* n, int64_t item, int64_t host, int64_t* bits) noexcept nogil:
    """Bits of the parts that the item would get there; False: there are too few."""
    cdef int64_t want, _turn, part, best, first = n.start[host], taken = 0
    for want in range(n.want_start[item], n.want_start[item + 1]):
        if n.want_count[want] > n.start[host + 1] - first:
            return False
        for _turn in range(n.want_count[want]):
            best = -1
            for part in range(first, n.start[host + 1]):
                if taken >> (part - first) & 1 or not has_room(n, part, want):
                    continue
                if best < 0 or n.left[part] < n.left[best]:
                    best = part
            if best < 0:
                return False
            taken |= (<int64_t>1) << (best - first)
    bits[0] = taken
    return True


cdef inline void take(Inside* n, int64_t item, int64_t host, int64_t bits) noexcept nogil:
    cdef int64_t want, part
    for want in range(n.want_start[item], n.want_start[item + 1]):
        for part in range(n.start[host], n.start[host + 1]):
            if bits >> (part - n.start[host]) & 1 and n.sort[part] == n.want_sort[want]:
                n.left[part] -= n.want_amount[want]
                n.profile[part] = n.want_profile[want]


cdef inline void enter_all(Inside* n, const int64_t* home) noexcept nogil:
    """All parts as the items that have a home leave them."""
    cdef int64_t k
    for k in range(n.parts):
        n.left[k] = n.size[k] - n.base[k]
        n.profile[k] = NOBODY
    for k in range(n.items):
        if home[k] != NOWHERE:
            take(n, k, home[k], n.held[k])
