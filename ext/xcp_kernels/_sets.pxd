# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""All sets of so many lost hosts, those that lose most first; `_reference.sets` has the words."""

from libc.stdint cimport int32_t, int64_t
from libc.stdlib cimport free, malloc, realloc
from libc.string cimport memcmp, memcpy, memmove, memset

from xcp_kernels._lost cimport Pool, figures_of, lose
from xcp_kernels._memo cimport sort_places, spend
from xcp_kernels._packing cimport LONGER, NO, UNKNOWN, YES, Packing, pack
from xcp_kernels._sums cimport Check, by_ranges, heaviest

cdef enum:
    LEVELS = 4
    SHORT = 2048
    PUT_OFF = 65536


cdef inline int run(Check* check, int64_t* figures) noexcept nogil:
    """A verdict, or -1 where there is no memory. The set that it names is in `chosen`."""
    cdef Pool* pool = &check.pool
    cdef int64_t hosts = pool.hosts, i, h, largest = 0, verdict
    cdef int64_t* sorted_sizes
    cdef int32_t* places
    cdef int32_t* spare
    for h in range(hosts):
        check.order[h] = <int32_t> h
        check.terms[h] = -pool.free_[h]
        check.negated[h] = -pool.together[h]
        if pool.begin[h] < pool.begin[h + 1]:
            largest = max(largest, pool.size[pool.begin[h]])
    sort_places(check.terms, check.order, check.spare, hosts)
    sort_places(check.negated, check.order, check.spare, hosts)
    for i in range(hosts):
        h = check.order[i]
        check.alike[i] = i > 0 and are_alike(pool, check.order[i - 1], h)
        check.terms[i] = pool.free_[h] + pool.together[h]
    heaviest(check, check.terms)
    memcpy(check.hardest, check.worst, check.count * sizeof(int32_t))
    # All sizes, the largest first, each once.
    sorted_sizes = <int64_t*> malloc((pool.machines + 1) * sizeof(int64_t))
    places = <int32_t*> malloc((pool.machines + 1) * sizeof(int32_t))
    spare = <int32_t*> malloc((pool.machines + 1) * sizeof(int32_t))
    if sorted_sizes == NULL or places == NULL or spare == NULL:
        verdict = -1
    else:
        verdict = by_ranges(check, figures, largest, sorted_sizes, places, spare)
    free(sorted_sizes)
    free(places)
    free(spare)
    if verdict == UNKNOWN and check.open:
        verdict = one_by_one(check, figures)
    elif verdict == UNKNOWN:
        verdict = well(check)
    return <int> verdict


cdef inline int well(Check* check) noexcept nogil:
    memcpy(check.chosen, check.hardest, check.count * sizeof(int32_t))
    return YES


cdef inline bint are_alike(const Pool* pool, int64_t one, int64_t other) noexcept nogil:
    cdef int64_t count = pool.begin[one + 1] - pool.begin[one]
    return (
        pool.free_[one] == pool.free_[other]
        and count == pool.begin[other + 1] - pool.begin[other]
        and memcmp(pool.size + pool.begin[one], pool.size + pool.begin[other], count * sizeof(int64_t)) == 0
    )


cdef inline int64_t* suffixes(const int64_t* terms, int64_t hosts, int64_t levels) noexcept nogil:
    """For each number up to `levels` and each place, the largest sum of so many terms from that place on."""
    cdef int64_t width = hosts + 1, number, place, best
    cdef int64_t* table = <int64_t*> malloc((levels + 1) * width * sizeof(int64_t))
    if table == NULL:
        return NULL
    memset(table, 0, (levels + 1) * width * sizeof(int64_t))
    for number in range(1, levels + 1):
        for place in range(hosts - number, -1, -1):
            best = table[(number - 1) * width + place + 1] + terms[place]
            if hosts - place > number:
                best = max(best, table[number * width + place + 1])
            table[number * width + place] = best
    return table


cdef inline int64_t next_other(const Check* check, int64_t place) noexcept nogil:
    """The next place whose host is not like the one before it."""
    place += 1
    while place < check.pool.hosts and check.alike[place]:
        place += 1
    return place


cdef inline int pack_set(Check* check, const int32_t* chosen, int64_t longest) noexcept nogil:
    cdef Packing* work = &check.work
    cdef int64_t i, h, before = check.meter.steps
    cdef int verdict
    check.lost.count = 0
    for i in range(check.count):
        h = check.order[chosen[i]]
        check.gone[h] = True
        lose(&check.lost, &check.pool, h)
    work.rooms = 0
    for i in range(check.pool.hosts):
        h = check.pool.by_free[i]
        if not check.gone[h]:
            work.room[work.rooms] = check.pool.free_[h]
            work.rooms += 1
    for i in range(check.count):
        check.gone[check.order[chosen[i]]] = False
    work.machines = check.lost.count
    memcpy(work.sizes, check.lost.size, work.machines * sizeof(int64_t))
    verdict = pack(work, &check.meter, longest)
    check.packed += 1
    if work.searched:
        check.searched += 1
        if verdict == YES and check.meter.steps - before > check.most_steps:
            check.most_steps = check.meter.steps - before
            memcpy(check.hardest, chosen, check.count * sizeof(int32_t))
    return verdict


cdef inline int put_off(Check* check) noexcept nogil:
    cdef int64_t space
    cdef void* grown
    if check.later_count == check.later_space:
        space = max(64, 2 * check.later_space)
        grown = realloc(check.later, space * check.count * sizeof(int32_t))
        if grown == NULL:
            return -1
        check.later = <int32_t*> grown
        check.later_space = space
    memcpy(check.later + check.later_count * check.count, check.chosen, check.count * sizeof(int32_t))
    check.later_count += 1
    return 0


cdef inline int not_known(Check* check, const int32_t* chosen) noexcept nogil:
    """The first set that nothing is known of, -1 in its first place where that is no set yet."""
    if check.later_count:
        memcpy(check.chosen, check.later, check.count * sizeof(int32_t))
    elif chosen != NULL:
        memmove(check.chosen, chosen, check.count * sizeof(int32_t))
    else:
        check.chosen[0] = -1
    return UNKNOWN


cdef inline int one_by_one(Check* check, int64_t* figures) noexcept nogil:
    """Pack each set that sums leave open; those that take long are put off until all others are known."""
    cdef int64_t hosts = check.pool.hosts, open_ = check.open, levels = min(<int64_t> LEVELS, check.count - 1), i
    check.volumes = <int64_t**> malloc(open_ * sizeof(int64_t*))
    check.numbers = <int64_t**> malloc(open_ * sizeof(int64_t*))
    check.still_one = <int32_t*> malloc(check.count * open_ * sizeof(int32_t))
    check.still_volume = <int64_t*> malloc(check.count * open_ * sizeof(int64_t))
    check.still_number = <int64_t*> malloc(check.count * open_ * sizeof(int64_t))
    check.still_count = <int64_t*> malloc(check.count * sizeof(int64_t))
    if check.volumes != NULL:
        memset(check.volumes, 0, open_ * sizeof(int64_t*))
    if check.numbers != NULL:
        memset(check.numbers, 0, open_ * sizeof(int64_t*))
    if (
        check.volumes == NULL or check.numbers == NULL or check.still_one == NULL or check.still_volume == NULL
        or check.still_number == NULL or check.still_count == NULL
    ):
        return -1
    for i in range(open_):
        check.volumes[i] = suffixes(check.volume[i], hosts, levels)
        check.numbers[i] = suffixes(check.number[i], hosts, levels)
        if check.volumes[i] == NULL or check.numbers[i] == NULL:
            return -1
        check.still_one[i] = <int32_t> i
        check.still_volume[i] = check.still_number[i] = 0
    check.still_count[0] = open_
    i = all_sets(check, figures, levels)
    return <int> i if i != UNKNOWN or check.meter.over else put_off_sets(check, figures)


cdef inline int all_sets(Check* check, int64_t* figures, int64_t levels) noexcept nogil:
    """UNKNOWN, if not for want of work, means that all is well but for what was put off."""
    cdef int64_t hosts = check.pool.hosts, open_ = check.open, width = hosts + 1
    cdef int64_t depth = 0, place = 0, remaining, i, one, volume, number, kept, row
    cdef int verdict
    while True:
        remaining = check.count - depth - 1
        if place + remaining >= hosts:
            if depth == 0:
                return UNKNOWN
            depth -= 1
            place = next_other(check, check.chosen[depth])
            continue
        if not spend(&check.meter, 1):
            return not_known(check, NULL)
        kept = 0
        for i in range(check.still_count[depth]):
            one = check.still_one[depth * open_ + i]
            volume = check.still_volume[depth * open_ + i] + check.volume[one][place]
            number = check.still_number[depth * open_ + i] + check.number[one][place]
            if remaining > levels or (
                volume + check.volumes[one][remaining * width + place + 1] >= check.volume_below[one]
                and number + check.numbers[one][remaining * width + place + 1] >= check.number_below[one]
            ):
                if remaining:
                    row = (depth + 1) * open_ + kept
                    check.still_one[row] = <int32_t> one
                    check.still_volume[row] = volume
                    check.still_number[row] = number
                kept += 1
        if kept == 0:
            place = next_other(check, place)
        elif remaining:
            check.chosen[depth] = <int32_t> place
            depth += 1
            check.still_count[depth] = kept
            place += 1
        else:
            check.chosen[depth] = <int32_t> place
            verdict = pack_set(check, check.chosen, SHORT if check.later_count < PUT_OFF else -1)
            if verdict == NO:
                figures_of(&check.work, check.pool.unit, figures)
                return NO
            if verdict < 0:
                return -1
            if check.meter.over:
                return not_known(check, check.chosen)
            if verdict == UNKNOWN and put_off(check) < 0:
                return -1
            place = next_other(check, place)


cdef inline int put_off_sets(Check* check, int64_t* figures) noexcept nogil:
    cdef int64_t turn = SHORT, i, again
    cdef int32_t* chosen
    cdef int verdict
    while check.later_count:
        turn *= LONGER
        again = check.later_count
        check.later_count = 0
        for i in range(again):
            chosen = check.later + i * check.count
            verdict = pack_set(check, chosen, turn)
            if verdict == NO:
                memcpy(check.chosen, chosen, check.count * sizeof(int32_t))
                figures_of(&check.work, check.pool.unit, figures)
                return NO
            if verdict < 0:
                return -1
            if check.meter.over:
                return not_known(check, chosen)
            if verdict == UNKNOWN:
                memmove(
                    check.later + check.later_count * check.count, chosen, check.count * sizeof(int32_t)
                )
                check.later_count += 1
    return well(check)
