# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""Steepest descent: the twin of steepest.py."""

from libc.stdint cimport int32_t, int64_t, uint64_t
from libc.stdlib cimport free, malloc
from libc.string cimport memcpy, memset

from xcp_kernels._standing cimport after, charge, may_move, moves_after, refusal, score_of, toll_after
from xcp_kernels._world cimport DESCENT, FREE, NOBODY, NOWHERE, ODD, ROUNDING, STAR, TINY, World


cdef inline uint64_t mixed(uint64_t hashed, uint64_t more) noexcept nogil:
    hashed = (hashed ^ more) * STAR
    return hashed ^ (hashed >> 29)


cdef inline bint is_common(World* w, int64_t item) noexcept nogil:
    cdef int64_t k
    if w.cost[item] > 0:
        return False
    for k in range(w.group_start[item], w.group_start[item + 1]):
        if w.group_price[w.group_of[k]] >= 0:
            return False
    return True


cdef inline bint same_sort(World* w, int64_t one, int64_t other) noexcept nogil:
    """A sort is all kinds that differ in their groups only."""
    cdef int64_t row
    if w.reach_of[one] != w.reach_of[other] or w.size[one] != w.size[other]:
        return False
    for row in range(w.rows):
        if w.amount[one * w.rows + row] != w.amount[other * w.rows + row]:
            return False
    return True


cdef inline bint same_kind(World* w, int64_t one, int64_t other) noexcept nogil:
    cdef int64_t k, many = w.group_start[one + 1] - w.group_start[one]
    if w.group_start[other + 1] - w.group_start[other] != many or not same_sort(w, one, other):
        return False
    for k in range(many):
        if w.group_of[w.group_start[one] + k] != w.group_of[w.group_start[other] + k]:
            return False
    return True


cdef inline bint same_shape(World* w, int64_t one, int64_t other) noexcept nogil:
    cdef int64_t row
    for row in range(w.rows):
        if w.scale[one * w.rows + row] != w.scale[other * w.rows + row]:
            return False
        if w.capacity[one * w.rows + row] != w.capacity[other * w.rows + row]:
            return False
    return True


cdef inline uint64_t hash_of_sort(World* w, int64_t item) noexcept nogil:
    cdef int64_t row
    cdef uint64_t hashed = mixed(mixed(ODD, <uint64_t>w.reach_of[item]), <uint64_t>w.size[item])
    for row in range(w.rows):
        hashed = mixed(hashed, <uint64_t>w.amount[item * w.rows + row])
    return hashed


cdef inline void ranked(int64_t many, const int32_t* key, int64_t keys, int64_t* starts, int32_t* rank) noexcept nogil:
    """A stable counting sort: the rank of each, and where each key starts."""
    cdef int64_t k
    memset(starts, 0, (keys + 1) * sizeof(int64_t))
    for k in range(many):
        starts[key[k] + 1] += 1
    for k in range(keys):
        starts[k + 1] += starts[k]
    for k in range(many):
        rank[k] = <int32_t>starts[key[k]]
        starts[key[k]] += 1


cdef inline bint find_kinds(World* w) noexcept nogil:
    """Items sorted by kind, kinds by sort, sorts by reach; hosts named by shape."""
    cdef int64_t slots = 1, many = w.items if w.items > w.hosts else w.hosts, larger
    cdef int32_t *room
    cdef int64_t *starts
    while slots < 2 * many + 2:
        slots *= 2
    larger = w.classes if w.classes > w.items else w.items
    room = <int32_t*>malloc((slots + 6 * (w.items + 1)) * sizeof(int32_t))
    starts = <int64_t*>malloc((larger + 2) * sizeof(int64_t))
    if room == NULL or starts == NULL:
        free(room)
        free(starts)
        return False
    sort_out(w, slots, room, room + slots, starts)
    find_shapes(w, slots, room)
    free(room)
    free(starts)
    return True


cdef inline void sort_out(World* w, int64_t slots, int32_t* table, int32_t* room, int64_t* starts) noexcept nogil:
    cdef int64_t item, k, kind, sort, width = w.items + 1
    cdef int32_t *sort_of = room
    cdef int32_t *kind_of = room + width
    cdef int32_t *first = room + 2 * width
    cdef int32_t *key = room + 3 * width
    cdef int32_t *rank = room + 4 * width
    cdef int32_t *sort_of_kind = room + 5 * width
    cdef uint64_t hashed
    # Sorts, in the order of their first items; `first` is of sorts, then of kinds.
    memset(table, 0xFF, slots * sizeof(int32_t))
    w.sorts = 0
    for item in range(w.items):
        k = <int64_t>(hash_of_sort(w, item) & <uint64_t>(slots - 1))
        if is_common(w, item):
            while table[k] >= 0 and not same_sort(w, first[table[k]], item):
                k = (k + 1) & (slots - 1)
            if table[k] >= 0:
                sort_of[item] = table[k]
                continue
            table[k] = <int32_t>w.sorts
        first[w.sorts] = <int32_t>item
        sort_of[item] = <int32_t>w.sorts
        w.sorts += 1
    for sort in range(w.sorts):
        key[sort] = <int32_t>w.reach_of[first[sort]]
    ranked(w.sorts, key, w.classes, starts, rank)
    for item in range(w.items):
        sort_of[item] = rank[sort_of[item]]
    memset(table, 0xFF, slots * sizeof(int32_t))
    w.kinds = 0
    for item in range(w.items):
        hashed = hash_of_sort(w, item)
        for k in range(w.group_start[item], w.group_start[item + 1]):
            hashed = mixed(hashed, <uint64_t>w.group_of[k])
        k = <int64_t>(hashed & <uint64_t>(slots - 1))
        if is_common(w, item):
            while table[k] >= 0 and not same_kind(w, first[table[k]], item):
                k = (k + 1) & (slots - 1)
            if table[k] >= 0:
                kind_of[item] = table[k]
                continue
            table[k] = <int32_t>w.kinds
        first[w.kinds] = <int32_t>item
        sort_of_kind[w.kinds] = sort_of[item]
        kind_of[item] = <int32_t>w.kinds
        w.kinds += 1
    ranked(w.kinds, sort_of_kind, w.sorts, starts, rank)
    memset(w.sort_start, 0, (w.sorts + 2) * sizeof(int32_t))
    for kind in range(w.kinds):
        w.sort_start[sort_of_kind[kind] + 1] += 1
    for sort in range(w.sorts):
        w.sort_start[sort + 1] += w.sort_start[sort]
    for item in range(w.items):
        key[item] = rank[kind_of[item]]
    ranked(w.items, key, w.kinds, starts, rank)
    memset(w.kind_start, 0, (w.kinds + 2) * sizeof(int32_t))
    for item in range(w.items):
        w.by_kind[rank[item]] = <int32_t>item
        w.kind_start[key[item] + 1] += 1
    for kind in range(w.kinds):
        w.kind_start[kind + 1] += w.kind_start[kind]


cdef inline void find_shapes(World* w, int64_t slots, int32_t* table) noexcept nogil:
    cdef int64_t host, row, k
    cdef uint64_t hashed, bits
    cdef double number
    memset(table, 0xFF, slots * sizeof(int32_t))
    for host in range(w.hosts):
        hashed = ODD
        for row in range(w.rows):
            number = w.scale[host * w.rows + row]
            memcpy(&bits, &number, sizeof(bits))
            hashed = mixed(hashed, bits)
            hashed = mixed(hashed, <uint64_t>w.capacity[host * w.rows + row])
        k = <int64_t>(hashed & <uint64_t>(slots - 1))
        while table[k] >= 0 and not same_shape(w, table[k], host):
            k = (k + 1) & (slots - 1)
        if table[k] < 0:
            table[k] = <int32_t>host
        w.shape[host] = table[k]


cdef inline bint fuller(World* w, int64_t one, int64_t other) noexcept nogil:
    cdef int64_t row
    if w.shape[one] != w.shape[other]:
        return False
    for row in range(w.rows):
        if w.used[one * w.rows + row] < w.used[other * w.rows + row]:
            return False
    return True


cdef inline int64_t worth_leaving(World* w, int64_t begin, int64_t end) noexcept nogil:
    """The rivals among `by_kind` from begin to end, into `rivals`; how many."""
    cdef int64_t i, j, item, host, many = 0, kept
    cdef int32_t first
    cdef bint beaten
    w.now += 1
    for i in range(begin, end):
        item = w.by_kind[i]
        if not may_move(w, item):
            continue
        host = w.at[item]
        # An earlier item of the same host was here before.
        if w.stamp[host] == w.now:
            continue
        w.stamp[host] = w.now
        beaten = False
        for j in range(many):
            if fuller(w, w.at[w.rivals[j]], host):
                # Who beats one will beat many: it is asked first from now on.
                first = w.rivals[j]
                w.rivals[j] = w.rivals[0]
                w.rivals[0] = first
                beaten = True
                break
        if beaten:
            continue
        kept = 0
        for j in range(many):
            if not fuller(w, host, w.at[w.rivals[j]]):
                w.rivals[kept] = w.rivals[j]
                kept += 1
        w.rivals[kept] = <int32_t>item
        many = kept + 1
    return many


cdef inline int64_t worth_going_to(World* w, int64_t reach) noexcept nogil:
    cdef int64_t host, j, many = 0, kept
    cdef int32_t first
    cdef bint beaten
    for host in range(w.hosts):
        if not w.reach[reach * w.hosts + host]:
            continue
        beaten = False
        for j in range(many):
            if fuller(w, host, w.targets[j]):
                first = w.targets[j]
                w.targets[j] = w.targets[0]
                w.targets[0] = first
                beaten = True
                break
        if beaten:
            continue
        kept = 0
        for j in range(many):
            if not fuller(w, w.targets[j], host):
                w.targets[kept] = w.targets[j]
                kept += 1
        w.targets[kept] = <int32_t>host
        many = kept + 1
    return many


cdef struct Best:
    int64_t item, target, reach, targets
    double value


cdef inline int64_t targets_of(World* w, Best* best, int64_t item) noexcept nogil:
    if w.reach_of[item] != best.reach:
        best.reach = w.reach_of[item]
        best.targets = worth_going_to(w, best.reach)
    return best.targets


cdef inline void try_kind(World* w, Best* best, int64_t kind) noexcept nogil:
    cdef int64_t sources = worth_leaving(w, w.kind_start[kind], w.kind_start[kind + 1])
    cdef int64_t i, j, item, source, target, targets, spent
    cdef double value
    if sources == 0:
        return
    targets = targets_of(w, best, w.rivals[0])
    for i in range(sources):
        item = w.rivals[i]
        source = w.at[item]
        for j in range(targets):
            target = w.targets[j]
            if target == source or refusal(w, item, source, target, NOBODY) != FREE:
                continue
            if w.mode == DESCENT:
                spent = w.made + w.size[item]
            else:
                spent = w.away + moves_after(w, item, target, NOBODY)
            if spent > w.most:
                continue
            value = after(w, item, source, target, NOBODY) + toll_after(w, item, target, NOBODY)
            if (best.item == NOBODY or value < best.value
                    or (value == best.value and (item < best.item or (item == best.item and target < best.target)))):
                best.value = value
                best.item = item
                best.target = target


cdef inline bint has_room(World* w, int64_t item, int64_t target) noexcept nogil:
    cdef int64_t row
    for row in range(w.rows):
        if w.used[target * w.rows + row] + w.amount[item * w.rows + row] > w.capacity[target * w.rows + row]:
            if w.amount[item * w.rows + row]:
                return False
    return True


cdef inline double least_of_sort(World* w, Best* best, int64_t sort, double now) noexcept nogil:
    """No move of an item of this sort has a lower value: as if there were no groups."""
    cdef int64_t begin = w.kind_start[w.sort_start[sort]], end = w.kind_start[w.sort_start[sort + 1]]
    cdef int64_t sources = worth_leaving(w, begin, end), targets, i, j, source
    cdef double least = now, value
    if sources == 0:
        return now
    targets = targets_of(w, best, w.rivals[0])
    for i in range(sources):
        source = w.at[w.rivals[i]]
        for j in range(targets):
            if w.targets[j] != source and has_room(w, w.rivals[i], w.targets[j]):
                value = after(w, w.rivals[i], source, w.targets[j], NOBODY)
                if value < least:
                    least = value
    return least - charge(w, w.rivals[0])


cdef inline bint descend_once(World* w, int64_t* chosen, int64_t* goal) noexcept nogil:
    """The twin's choice; sorts of many kinds are looked into only as long as one of theirs could be the best."""
    cdef Best best
    cdef double now = score_of(w)
    cdef int64_t sort, kind, next_
    best.item = NOBODY
    best.target = NOWHERE
    best.reach = -1
    best.targets = 0
    best.value = 0.0
    for sort in range(w.sorts):
        if w.sort_start[sort + 1] - w.sort_start[sort] == 1:
            try_kind(w, &best, w.sort_start[sort])
    for sort in range(w.sorts):
        if w.sort_start[sort + 1] - w.sort_start[sort] > 1:
            w.sort_least[sort] = least_of_sort(w, &best, sort, now)
    while True:
        next_ = -1
        for sort in range(w.sorts):
            if w.sort_start[sort + 1] - w.sort_start[sort] > 1 and w.sort_least[sort] < now + 1:
                if next_ < 0 or w.sort_least[sort] < w.sort_least[next_]:
                    next_ = sort
        # Rounding may be on either side.
        if next_ < 0 or (best.item != NOBODY and w.sort_least[next_] > best.value + TINY):
            break
        w.sort_least[next_] = now + 2
        for kind in range(w.sort_start[next_], w.sort_start[next_ + 1]):
            try_kind(w, &best, kind)
    chosen[0] = best.item
    goal[0] = best.target
    if best.item == NOBODY or not best.value < now - ROUNDING:
        return False
    return not (w.mode == DESCENT and now <= w.settled and now - best.value < w.least_gain)
