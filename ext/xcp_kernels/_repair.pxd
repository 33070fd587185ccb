# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""Mending violated constraints: the twin of repair.py."""

from libc.stdint cimport int64_t
from libc.string cimport memset

from xcp_kernels._standing cimport (
    after, in_group, may_move, moves_after, moves_at_most, reaches, refusal, score_of, toll_after, trade, unit_of
)
from xcp_kernels._world cimport FREE, NOBODY, NOWHERE, TOGETHER, World


cdef inline double relief(World* w, int64_t item, int64_t target) noexcept nogil:
    cdef int64_t source = w.at[item], row, k, over, amount, group, unit
    cdef double total = 0.0
    if not reaches(w, item, source):
        total += 1.0
    for row in range(w.rows):
        k = source * w.rows + row
        if w.used[k] > w.capacity[k]:
            over = w.used[k] - w.capacity[k]
            amount = w.amount[item * w.rows + row]
            total += <double>(amount if amount < over else over) / <double>over
    for k in range(w.group_start[item], w.group_start[item + 1]):
        group = w.group_of[k]
        if w.group_price[group] >= 0 or w.group_scope[group] == TOGETHER:
            continue
        unit = unit_of(w, group, source)
        if target == NOWHERE or unit_of(w, group, target) != unit:
            if w.members[group * w.hosts + unit] > w.group_limit[group]:
                total += 1.0
    return total


cdef inline int64_t gravest(World* w) noexcept nogil:
    cdef int64_t item, size, found = NOBODY, found_size = 0
    cdef double gain, key, found_key = 0.0
    for item in range(w.items):
        if not may_move(w, item) or w.mark[item] or w.away + moves_at_most(w, item) > w.most:
            continue
        gain = relief(w, item, NOWHERE)
        if not gain > 0:
            continue
        size = w.amount[item * w.rows]
        if not reaches(w, item, w.at[item]):
            size = -size
        key = -gain / <double>w.size[item]
        if found == NOBODY or key < found_key or (key == found_key and size < found_size):
            found, found_key, found_size = item, key, size
    return found


cdef inline int64_t best_target(World* w, int64_t item) noexcept nogil:
    cdef int64_t source = w.at[item], target, found = NOWHERE
    cdef double gain, value, found_gain = 0.0, found_value = 0.0
    for target in range(w.hosts):
        if target == source or refusal(w, item, source, target, NOBODY) != FREE:
            continue
        gain = relief(w, item, target)
        if not gain > 0:
            continue
        value = after(w, item, source, target, NOBODY)
        if found == NOWHERE or gain > found_gain or (gain == found_gain and value < found_value):
            found, found_gain, found_value = target, gain, value
    return found


cdef inline bint make_room(World* w, int64_t item) noexcept nogil:
    cdef int64_t source = w.at[item], target, other, aside
    for target in range(w.hosts):
        if target == source or not reaches(w, item, target):
            continue
        for other in range(w.items):
            if not may_move(w, other) or w.at[other] != target or other == item:
                continue
            if w.away + moves_at_most(w, item) + moves_at_most(w, other) > w.most:
                continue
            for aside in range(w.hosts):
                if aside == target or w.patience <= 0:
                    continue
                w.patience -= 1
                if refusal(w, other, target, aside, NOBODY) != FREE:
                    continue
                trade(w, other, aside, NOBODY)
                if refusal(w, item, source, target, NOBODY) == FREE and relief(w, item, target) > 0:
                    trade(w, item, target, NOBODY)
                    return True
                trade(w, other, target, NOBODY)
    return False


cdef inline bint all_go(World* w, const int64_t* members, int64_t many, int64_t host) noexcept nogil:
    """Sources of those that went are kept in the second half of `spare`."""
    cdef int64_t k, j, item, source
    cdef bint fine
    cdef int64_t *sources = w.spare + w.items
    for k in range(many):
        item = members[k]
        source = w.at[item]
        sources[k] = source
        if source == host:
            continue
        fine = w.movable[item] != 0 and w.away + moves_after(w, item, host, NOBODY) <= w.most
        if not fine or refusal(w, item, source, host, NOBODY) != FREE:
            for j in range(k - 1, -1, -1):
                if sources[j] != host:
                    trade(w, members[j], sources[j], NOBODY)
            return False
        trade(w, item, host, NOBODY)
    return True


cdef inline void gather(World* w) noexcept nogil:
    cdef int64_t group, item, many, host, best
    cdef int64_t *there = w.spare_hosts
    for group in range(w.groups):
        if w.group_scope[group] != TOGETHER or w.group_price[group] >= 0 or w.excess[group] == 0:
            continue
        many = 0
        memset(there, 0, w.hosts * sizeof(int64_t))
        for item in range(w.items):
            if w.at[item] != NOWHERE and in_group(w, item, group):
                w.spare[many] = item
                many += 1
                there[w.at[item]] += w.size[item]
        while True:
            best = 0
            for host in range(w.hosts):
                if there[host] > there[best]:
                    best = host
            if there[best] <= 0 or all_go(w, w.spare, many, best):
                break
            there[best] = -1


cdef inline void send_home(World* w) noexcept nogil:
    cdef bint again = True
    cdef int64_t item, source, target
    cdef double change
    while again:
        again = False
        for item in range(w.items):
            source = w.at[item]
            target = w.home[item]
            if not may_move(w, item) or source == target or refusal(w, item, source, target, NOBODY) != FREE:
                continue
            if relief(w, item, target) > 0:
                continue
            change = after(w, item, source, target, NOBODY) - score_of(w)
            if change + toll_after(w, item, target, NOBODY) <= 0 or w.only_mends:
                trade(w, item, target, NOBODY)
                again = True


cdef inline void repair(World* w) noexcept nogil:
    cdef int64_t item, target
    gather(w)
    memset(w.mark, 0, w.items)
    while True:
        item = gravest(w)
        if item == NOBODY:
            break
        target = best_target(w, item)
        if target != NOWHERE:
            trade(w, item, target, NOBODY)
        elif not make_room(w, item):
            w.mark[item] = 1
    send_home(w)
