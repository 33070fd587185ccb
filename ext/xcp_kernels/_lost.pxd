# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""A pool as the host-failure check reads it, and the machines of lost hosts together."""

from libc.stdint cimport int32_t, int64_t
from libc.stdlib cimport free, malloc
from libc.string cimport memset

from xcp_kernels._memo cimport sort_places
from xcp_kernels._packing cimport INVALID, NEGATIVE, NO, OVERFULL, TOO_LARGE, TOO_MANY, Packing

cdef enum:
    F_GROUND = 0
    F_SIZE = 1
    F_NEED = 2
    F_HAVE = 3
    F_HOST = 4
    F_PACKED = 5
    F_SEARCHED = 6
    F_STEPS = 7
    FIGURES = 8


cdef struct Pool:
    # In units of the greatest common divisor of all sizes. Machines of a host, largest first, ties by index.
    int64_t hosts
    int64_t machines
    int64_t unit
    int64_t* begin
    int64_t* size
    int32_t* machine
    int64_t* free_
    int64_t* together
    int32_t* by_free


cdef inline int64_t common_divisor(int64_t one, int64_t other) noexcept nogil:
    while other:
        one, other = other, one % other
    return one


cdef inline void pool_end(Pool* pool) noexcept nogil:
    free(pool.begin)
    free(pool.size)
    free(pool.machine)
    free(pool.free_)
    free(pool.together)
    free(pool.by_free)


cdef inline int pool_begin(
    Pool* pool, int64_t hosts, const int64_t* offsets, const int64_t* sizes, const int64_t* room
) noexcept nogil:
    """Read the arrays, nothing of which is wrong; -1 where there is no memory."""
    cdef int64_t machines = offsets[hosts], i, h, count, together
    cdef int64_t longest = max(hosts, machines) + 1
    cdef int64_t* keys = <int64_t*> malloc(longest * sizeof(int64_t))
    cdef int32_t* spare = <int32_t*> malloc(longest * sizeof(int32_t))
    memset(pool, 0, sizeof(Pool))
    pool.hosts = hosts
    pool.machines = machines
    pool.begin = <int64_t*> malloc((hosts + 1) * sizeof(int64_t))
    pool.size = <int64_t*> malloc((machines + 1) * sizeof(int64_t))
    pool.machine = <int32_t*> malloc((machines + 1) * sizeof(int32_t))
    pool.free_ = <int64_t*> malloc((hosts + 1) * sizeof(int64_t))
    pool.together = <int64_t*> malloc((hosts + 1) * sizeof(int64_t))
    pool.by_free = <int32_t*> malloc((hosts + 1) * sizeof(int32_t))
    if (
        keys == NULL or spare == NULL or pool.begin == NULL or pool.size == NULL or pool.machine == NULL
        or pool.free_ == NULL or pool.together == NULL or pool.by_free == NULL
    ):
        free(keys)
        free(spare)
        return -1
    pool.unit = 0
    for i in range(machines):
        pool.unit = common_divisor(pool.unit, sizes[i])
        keys[i] = -sizes[i]
        pool.machine[i] = <int32_t> i
    if pool.unit == 0:
        pool.unit = 1
    pool.begin[0] = 0
    for h in range(hosts):
        count = offsets[h + 1] - offsets[h]
        sort_places(keys, pool.machine + offsets[h], spare, count)
        together = 0
        for i in range(offsets[h], offsets[h + 1]):
            pool.size[i] = sizes[pool.machine[i]] // pool.unit
            together += pool.size[i]
        pool.begin[h + 1] = offsets[h + 1]
        pool.together[h] = together
        pool.free_[h] = (room[h] - together * pool.unit) // pool.unit
        pool.by_free[h] = <int32_t> h
    sort_places(pool.free_, pool.by_free, spare, hosts)
    free(keys)
    free(spare)
    return 0


cdef inline int flaw(
    int64_t hosts, const int64_t* offsets, const int64_t* sizes, const int64_t* room, int64_t most,
    int64_t most_together, int64_t* figures,
) noexcept nogil:
    """What is wrong before anything is lost: a verdict, -1 for nothing."""
    cdef int64_t i, h, need, all_sizes = 0, all_rooms = 0
    cdef bint large = False
    for i in range(offsets[hosts]):
        figures[F_NEED] = i
        if sizes[i] < 0:
            figures[F_GROUND] = NEGATIVE
            return INVALID
        if sizes[i] > most:
            figures[F_GROUND] = TOO_LARGE
            return INVALID
    figures[F_NEED] = 0
    for i in range(offsets[hosts]):
        all_sizes += sizes[i]
        large = large or all_sizes > most_together
    for h in range(hosts):
        if large or room[h] > most or room[h] < -most:
            large = True
            break
        all_rooms += room[h] if room[h] >= 0 else -room[h]
        large = large or all_rooms > most_together
    if large:
        figures[F_GROUND] = TOO_LARGE
        figures[F_NEED] = -1
        return INVALID
    for h in range(hosts):
        need = 0
        for i in range(offsets[h], offsets[h + 1]):
            need += sizes[i]
        if need > room[h]:
            figures[F_GROUND] = OVERFULL
            figures[F_NEED] = need
            figures[F_HAVE] = room[h]
            figures[F_HOST] = h
            return NO
    return -1


cdef inline void figures_of(const Packing* work, int64_t unit, int64_t* figures) noexcept nogil:
    cdef int64_t each = 1 if work.ground == TOO_MANY else unit
    figures[F_GROUND] = work.ground
    figures[F_SIZE] = work.size * unit
    figures[F_NEED] = work.need * each
    figures[F_HAVE] = work.have * each


cdef inline int64_t merged(
    const int64_t* size, const int32_t* machine, int64_t count,
    const int64_t* other_size, const int32_t* other_machine, int64_t others,
    int64_t* size_out, int32_t* machine_out,
) noexcept nogil:
    """Two lists of machines as one: the largest first, ties by index."""
    cdef int64_t i = 0, j = 0, k
    for k in range(count + others):
        if i < count and (
            j >= others or size[i] > other_size[j] or (size[i] == other_size[j] and machine[i] < other_machine[j])
        ):
            size_out[k] = size[i]
            machine_out[k] = machine[i]
            i += 1
        else:
            size_out[k] = other_size[j]
            machine_out[k] = other_machine[j]
            j += 1
    return count + others


cdef struct Lost:
    # The machines of some hosts together. `spare_*` is what they are merged into next.
    int64_t count
    int64_t* size
    int32_t* machine
    int64_t* spare_size
    int32_t* spare_machine


cdef inline int lost_begin(Lost* lost, int64_t machines) noexcept nogil:
    lost.count = 0
    lost.size = <int64_t*> malloc((machines + 1) * sizeof(int64_t))
    lost.machine = <int32_t*> malloc((machines + 1) * sizeof(int32_t))
    lost.spare_size = <int64_t*> malloc((machines + 1) * sizeof(int64_t))
    lost.spare_machine = <int32_t*> malloc((machines + 1) * sizeof(int32_t))
    if lost.size == NULL or lost.machine == NULL or lost.spare_size == NULL or lost.spare_machine == NULL:
        return -1
    return 0


cdef inline void lost_end(Lost* lost) noexcept nogil:
    free(lost.size)
    free(lost.machine)
    free(lost.spare_size)
    free(lost.spare_machine)


cdef inline void lose(Lost* lost, const Pool* pool, int64_t host) noexcept nogil:
    cdef int64_t begin = pool.begin[host]
    lost.count = merged(
        lost.size, lost.machine, lost.count,
        pool.size + begin, pool.machine + begin, pool.begin[host + 1] - begin,
        lost.spare_size, lost.spare_machine,
    )
    lost.size, lost.spare_size = lost.spare_size, lost.size
    lost.machine, lost.spare_machine = lost.spare_machine, lost.machine
