# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""What sums say of all sets of lost hosts at once; `xcp_kernels._reference.sets` has the words."""

from libc.stdint cimport int32_t, int64_t
from libc.stdlib cimport free, malloc, realloc
from libc.string cimport memcpy, memset

from xcp_kernels._lost cimport (
    F_GROUND, F_HAVE, F_NEED, F_SIZE, Lost, Pool, lost_begin, lost_end, pool_end,
)
from xcp_kernels._memo cimport Meter, sort_places
from xcp_kernels._packing cimport NO, TOO_MANY, TOO_MUCH, UNKNOWN, Packing, packing_begin, packing_end

cdef enum:
    OWN_SUMS = 64
    APART = 32
    FEW = 16


cdef struct Check:
    Pool pool
    Packing work
    Lost lost
    Meter meter
    int64_t count
    int32_t* order
    bint* alike
    # The sums of each range that is open: for each host in order, and what they must stay below.
    int64_t open
    int64_t open_space
    int64_t** volume
    int64_t** number
    int64_t** volumes
    int64_t** numbers
    int64_t* volume_below
    int64_t* number_below
    # For each host that is chosen, the ranges that are still open after it, and what the sums have come to.
    int32_t* still_one
    int64_t* still_volume
    int64_t* still_number
    int64_t* still_count
    int32_t* chosen
    int32_t* hardest
    bint* gone
    int64_t most_steps
    int64_t packed
    int64_t searched
    # Sets that were put off, `count` places each.
    int32_t* later
    int64_t later_count
    int64_t later_space
    # Space for one range.
    int64_t* lost_volume
    int64_t* lost_number
    int64_t* above
    int64_t* places
    int64_t* terms
    int64_t* negated
    int64_t* cursor
    int32_t* worst
    int32_t* spare


cdef inline int check_begin(Check* check, int64_t count) noexcept nogil:
    """All space but that of open ranges; the pool is there already."""
    cdef int64_t hosts = check.pool.hosts + 1
    check.count = count
    check.order = <int32_t*> malloc(hosts * sizeof(int32_t))
    check.alike = <bint*> malloc(hosts * sizeof(bint))
    check.chosen = <int32_t*> malloc(hosts * sizeof(int32_t))
    check.hardest = <int32_t*> malloc(hosts * sizeof(int32_t))
    check.gone = <bint*> malloc(hosts * sizeof(bint))
    check.lost_volume = <int64_t*> malloc(hosts * sizeof(int64_t))
    check.lost_number = <int64_t*> malloc(hosts * sizeof(int64_t))
    check.above = <int64_t*> malloc(hosts * sizeof(int64_t))
    check.places = <int64_t*> malloc(hosts * sizeof(int64_t))
    check.terms = <int64_t*> malloc(hosts * sizeof(int64_t))
    check.negated = <int64_t*> malloc(hosts * sizeof(int64_t))
    check.cursor = <int64_t*> malloc(hosts * sizeof(int64_t))
    check.worst = <int32_t*> malloc(hosts * sizeof(int32_t))
    check.spare = <int32_t*> malloc(hosts * sizeof(int32_t))
    if (
        check.order == NULL or check.alike == NULL or check.chosen == NULL or check.hardest == NULL
        or check.gone == NULL or check.lost_volume == NULL or check.lost_number == NULL or check.above == NULL
        or check.places == NULL or check.terms == NULL or check.negated == NULL or check.cursor == NULL
        or check.worst == NULL or check.spare == NULL or lost_begin(&check.lost, check.pool.machines) < 0
        or packing_begin(&check.work, check.pool.machines, check.pool.hosts) < 0
    ):
        return -1
    memset(check.gone, 0, hosts * sizeof(bint))
    return 0


cdef inline void check_end(Check* check) noexcept nogil:
    cdef int64_t i
    for i in range(check.open):
        free(check.volume[i])
        free(check.number[i])
        if check.volumes != NULL:
            free(check.volumes[i])
        if check.numbers != NULL:
            free(check.numbers[i])
    free(check.volume)
    free(check.number)
    free(check.volumes)
    free(check.numbers)
    free(check.volume_below)
    free(check.number_below)
    free(check.still_one)
    free(check.still_volume)
    free(check.still_number)
    free(check.still_count)
    free(check.order)
    free(check.alike)
    free(check.chosen)
    free(check.hardest)
    free(check.gone)
    free(check.lost_volume)
    free(check.lost_number)
    free(check.above)
    free(check.places)
    free(check.terms)
    free(check.negated)
    free(check.cursor)
    free(check.worst)
    free(check.spare)
    free(check.later)
    lost_end(&check.lost)
    packing_end(&check.work)
    pool_end(&check.pool)


cdef inline int64_t heaviest(Check* check, const int64_t* terms) noexcept nogil:
    """The places of the largest terms into `worst`, ties by place; what they are together."""
    cdef int64_t hosts = check.pool.hosts, count = check.count, i, j, kept = 0, together = 0
    cdef int32_t* worst = check.worst
    if count > FEW:
        for i in range(hosts):
            check.negated[i] = -terms[i]
            worst[i] = <int32_t> i
        sort_places(check.negated, worst, check.spare, hosts)
    else:
        for i in range(hosts):
            if kept == count and terms[worst[kept - 1]] >= terms[i]:
                continue
            j = kept if kept < count else count - 1
            while j > 0 and terms[worst[j - 1]] < terms[i]:
                worst[j] = worst[j - 1]
                j -= 1
            worst[j] = <int32_t> i
            kept = min(kept + 1, count)
    for i in range(count):
        together += terms[worst[i]]
    return together


cdef inline bint hopeless(Check* check, int64_t low, int64_t* figures) noexcept nogil:
    """Whether sums refuse the set that is worst for machines of one size and more; it is then in `chosen`."""
    cdef int64_t hosts = check.pool.hosts, h, i, kind, need, have
    cdef const int64_t* needs
    for kind in range(2):
        needs = check.lost_number if kind == 0 else check.lost_volume
        have = 0
        for i in range(hosts):
            h = check.order[i]
            if kind == 0:
                check.places[i] = check.pool.free_[h] // low
            else:
                check.places[i] = check.pool.free_[h] if check.pool.free_[h] >= low else 0
            have += check.places[i]
            check.terms[i] = needs[i] + check.places[i]
        heaviest(check, check.terms)
        need = 0
        for i in range(check.count):
            need += needs[check.worst[i]]
            have -= check.places[check.worst[i]]
        if need > have:
            memcpy(check.chosen, check.worst, check.count * sizeof(int32_t))
            figures[F_GROUND] = TOO_MANY if kind == 0 else TOO_MUCH
            figures[F_SIZE] = low * check.pool.unit
            figures[F_NEED] = need if kind == 0 else need * check.pool.unit
            figures[F_HAVE] = have if kind == 0 else have * check.pool.unit
            return True
    return False


cdef inline int leave_open(Check* check, int64_t low, int64_t high, int64_t largest) noexcept nogil:
    """Keep the sums of a range if they are not low enough for all sets; -1 where there is no memory."""
    cdef int64_t hosts = check.pool.hosts, i, h, above, volume = low, number = 1, space
    cdef int64_t* mine
    cdef int64_t* others
    cdef void* grown
    for i in range(hosts):
        h = check.order[i]
        above = max(0, check.pool.free_[h] - high + 1)
        check.above[i] = check.lost_volume[i] + above
        volume += above
        check.places[i] = check.lost_number[i] + (above + largest - 1) // largest
        number += check.places[i] - check.lost_number[i]
    if heaviest(check, check.above) < volume or heaviest(check, check.places) < number:
        return 0
    if check.open == check.open_space:
        space = max(16, 2 * check.open_space)
        grown = realloc(check.volume, space * sizeof(int64_t*))
        if grown == NULL:
            return -1
        check.volume = <int64_t**> grown
        grown = realloc(check.number, space * sizeof(int64_t*))
        if grown == NULL:
            return -1
        check.number = <int64_t**> grown
        grown = realloc(check.volume_below, space * sizeof(int64_t))
        if grown == NULL:
            return -1
        check.volume_below = <int64_t*> grown
        grown = realloc(check.number_below, space * sizeof(int64_t))
        if grown == NULL:
            return -1
        check.number_below = <int64_t*> grown
        check.open_space = space
    mine = <int64_t*> malloc((hosts + 1) * sizeof(int64_t))
    others = <int64_t*> malloc((hosts + 1) * sizeof(int64_t))
    if mine == NULL or others == NULL:
        free(mine)
        free(others)
        return -1
    memcpy(mine, check.above, hosts * sizeof(int64_t))
    memcpy(others, check.places, hosts * sizeof(int64_t))
    check.volume[check.open] = mine
    check.number[check.open] = others
    check.volume_below[check.open] = volume
    check.number_below[check.open] = number
    check.open += 1
    return 0


cdef inline int by_ranges(
    Check* check, int64_t* figures, int64_t largest, int64_t* sizes, int32_t* places, int32_t* spare
) noexcept nogil:
    """What sums say of all sets at once: NO, or UNKNOWN with the ranges that are open; -1 where there is no memory."""
    cdef Pool* pool = &check.pool
    cdef int64_t hosts = pool.hosts, i, h, count = 0, low, high, end
    for i in range(pool.machines):
        sizes[i] = -pool.size[i]
        places[i] = <int32_t> i
    sort_places(sizes, places, spare, pool.machines)
    # What was sorted by is not read any more: its space takes the sizes.
    for i in range(pool.machines):
        low = pool.size[places[i]]
        if low and (count == 0 or low != sizes[count - 1]):
            sizes[count] = low
            count += 1
    for i in range(hosts):
        check.lost_volume[i] = check.lost_number[i] = 0
        check.cursor[i] = pool.begin[check.order[i]]
    end = 0
    while end < count:
        high = low = sizes[end]
        end += 1
        while end < count and count > OWN_SUMS and sizes[end] * APART >= high * (APART - 1):
            low = sizes[end]
            end += 1
        for i in range(hosts):
            h = check.order[i]
            while check.cursor[i] < pool.begin[h + 1] and pool.size[check.cursor[i]] >= low:
                check.lost_volume[i] += pool.size[check.cursor[i]]
                check.lost_number[i] += 1
                check.cursor[i] += 1
        if hopeless(check, low, figures):
            return NO
        if leave_open(check, low, high, largest) < 0:
            return -1
    return UNKNOWN
