# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""Where everything is, and what a change would do and cost: the twin of standing.py and errand.py."""

from libc.math cimport sqrt
from libc.stdint cimport int32_t, int64_t
from libc.string cimport memcpy, memset

from xcp_kernels._world cimport (
    DOMAIN, FREE, GROUP, IMPROVE, MOST_ASIDE, MOST_ROWS, NOBODY, NOWHERE, REACH, REFRESH, ROW, TOGETHER, World
)


cdef inline int64_t unit_of(World* w, int64_t group, int64_t host) noexcept nogil:
    return w.domain[host] if w.group_scope[group] == DOMAIN else host


cdef inline double share_of(World* w, int64_t k, int64_t row, int64_t used) noexcept nogil:
    if w.scale[k] > 0:
        return <double>used * w.scale[k] - w.centre[row]
    return 0.0


cdef inline bint in_group(World* w, int64_t item, int64_t group) noexcept nogil:
    cdef int64_t k
    for k in range(w.group_start[item], w.group_start[item + 1]):
        if w.group_of[k] == group:
            return True
    return False


cdef inline int64_t joining(World* w, int64_t group, int64_t unit) noexcept nogil:
    cdef int64_t members = w.members[group * w.hosts + unit]
    if w.group_scope[group] == TOGETHER:
        return 1 if members == 0 and w.filled[group] > 0 else 0
    return 1 if members >= w.group_limit[group] else 0


cdef inline int64_t excess_after(World* w, int64_t group, int64_t source, int64_t target) noexcept nogil:
    cdef int64_t a, b = unit_of(w, group, target), limit
    cdef int32_t *members = w.members + group * w.hosts
    if source == NOWHERE:
        return joining(w, group, b)
    a = unit_of(w, group, source)
    if a == b:
        return 0
    if w.group_scope[group] == TOGETHER:
        return (1 if members[b] == 0 else 0) - (1 if members[a] == 1 else 0)
    limit = w.group_limit[group]
    return (1 if members[b] >= limit else 0) - (1 if members[a] > limit else 0)


cdef inline void refresh(World* w) noexcept nogil:
    cdef int64_t row, host, k, group
    cdef double total, squares
    w.stale = 0
    for row in range(w.rows):
        total = 0.0
        squares = 0.0
        for host in range(w.hosts):
            k = host * w.rows + row
            w.share[k] = share_of(w, k, row, w.used[k])
            total += w.share[k]
            squares += w.share[k] * w.share[k]
        w.total[row] = total
        w.squares[row] = squares
    w.price = 0.0
    for group in range(w.groups):
        if w.group_price[group] >= 0:
            w.price += w.group_price[group] * <double>w.excess[group]


cdef inline void stand(World* w) noexcept nogil:
    """All books anew, from `at`."""
    cdef int64_t item, host, row, k, group
    cdef double total
    if w.hosts:
        memcpy(w.used, w.base, w.hosts * w.rows * sizeof(int64_t))
    memset(w.members, 0, w.groups * w.hosts * sizeof(int32_t))
    memset(w.filled, 0, w.groups * sizeof(int64_t))
    memset(w.excess, 0, w.groups * sizeof(int64_t))
    for item in range(w.items):
        host = w.at[item]
        if host == NOWHERE:
            continue
        for row in range(w.rows):
            w.used[host * w.rows + row] += w.amount[item * w.rows + row]
        for k in range(w.group_start[item], w.group_start[item + 1]):
            group = w.group_of[k]
            w.excess[group] += joining(w, group, unit_of(w, group, host))
            w.members[group * w.hosts + unit_of(w, group, host)] += 1
            w.filled[group] += 1
    for row in range(w.rows):
        w.counted[row] = 0
        total = 0.0
        for host in range(w.hosts):
            k = host * w.rows + row
            if w.scale[k] > 0:
                w.counted[row] += 1
            total += <double>w.used[k] * w.scale[k]
        w.centre[row] = total / <double>w.counted[row] if w.counted[row] else 0.0
    refresh(w)


cdef inline double weighed(World* w, const double* totals, const double* squares) noexcept nogil:
    cdef double score = 0.0, mean, variance, counted
    cdef int64_t row
    for row in range(w.rows):
        if w.weight[row] > 0 and w.counted[row]:
            counted = <double>w.counted[row]
            mean = (w.total[row] + totals[row]) / counted
            variance = (w.squares[row] + squares[row]) / counted - mean * mean
            if variance > 0:
                score += w.weight[row] * sqrt(variance)
    return score


cdef inline double score_of(World* w) noexcept nogil:
    cdef double zeros[MOST_ROWS]
    memset(zeros, 0, sizeof(zeros))
    return weighed(w, zeros, zeros) + w.price


cdef inline double one_price(World* w, int64_t item, int64_t a, int64_t b, int64_t other, double change) noexcept nogil:
    cdef int64_t k, group
    for k in range(w.group_start[item], w.group_start[item + 1]):
        group = w.group_of[k]
        if w.group_price[group] >= 0 and not (other != NOBODY and in_group(w, other, group)):
            change += w.group_price[group] * <double>excess_after(w, group, a, b)
    return change


cdef inline double price_after(World* w, int64_t item, int64_t source, int64_t target, int64_t back) noexcept nogil:
    cdef double change = 0.0
    if w.groups == 0:
        return change
    change = one_price(w, item, source, target, back, change)
    if back != NOBODY:
        change = one_price(w, back, target, source, item, change)
    return change


cdef inline int64_t net_of(World* w, int64_t item, int64_t back, int64_t row) noexcept nogil:
    if back != NOBODY:
        return w.amount[item * w.rows + row] - w.amount[back * w.rows + row]
    return w.amount[item * w.rows + row]


cdef inline double after(World* w, int64_t item, int64_t source, int64_t target, int64_t back) noexcept nogil:
    cdef double totals[MOST_ROWS]
    cdef double squares[MOST_ROWS]
    cdef double to, to_then, fro, fro_then
    cdef int64_t row, a, b, net
    for row in range(w.rows):
        net = net_of(w, item, back, row)
        b = target * w.rows + row
        to = w.share[b]
        to_then = share_of(w, b, row, w.used[b] + net)
        if source == NOWHERE:
            totals[row] = to_then - to
            squares[row] = to_then * to_then - to * to
            continue
        a = source * w.rows + row
        fro = w.share[a]
        fro_then = share_of(w, a, row, w.used[a] - net)
        totals[row] = (fro_then - fro) + (to_then - to)
        squares[row] = (fro_then * fro_then - fro * fro) + (to_then * to_then - to * to)
    return weighed(w, totals, squares) + (w.price + price_after(w, item, source, target, back))


cdef inline bint reaches(World* w, int64_t item, int64_t host) noexcept nogil:
    return w.reach[w.reach_of[item] * w.hosts + host] != 0


cdef inline bint group_refuses(World* w, int64_t item, int64_t source, int64_t target, int64_t other) noexcept nogil:
    cdef int64_t k, group, b
    cdef int32_t *members
    for k in range(w.group_start[item], w.group_start[item + 1]):
        group = w.group_of[k]
        if w.group_price[group] >= 0 or (other != NOBODY and in_group(w, other, group)):
            continue
        members = w.members + group * w.hosts
        b = unit_of(w, group, target)
        if source != NOWHERE and unit_of(w, group, source) == b:
            continue
        if w.group_scope[group] == TOGETHER:
            if members[b] == 0 and w.filled[group] > 0:
                return True
        elif members[b] >= w.group_limit[group]:
            return True
    return False


cdef inline int64_t refusal(World* w, int64_t item, int64_t source, int64_t target, int64_t back) noexcept nogil:
    cdef int64_t row, net, k
    if not reaches(w, item, target) or (back != NOBODY and not reaches(w, back, source)):
        return REACH
    for row in range(w.rows):
        net = net_of(w, item, back, row)
        if net > 0:
            k = target * w.rows + row
            if w.used[k] + net > w.capacity[k]:
                return ROW + row
        elif net < 0:
            k = source * w.rows + row
            if source != NOWHERE and w.used[k] - net > w.capacity[k]:
                return ROW + row
    if w.groups:
        if group_refuses(w, item, source, target, back):
            return GROUP
        if back != NOBODY and group_refuses(w, back, target, source, item):
            return GROUP
    return FREE


cdef inline void regroup(World* w, int64_t item, int64_t source, int64_t target, int64_t other) noexcept nogil:
    cdef int64_t k, group
    for k in range(w.group_start[item], w.group_start[item + 1]):
        group = w.group_of[k]
        if other != NOBODY and in_group(w, other, group):
            continue
        w.excess[group] += excess_after(w, group, source, target)
        if source != NOWHERE:
            w.members[group * w.hosts + unit_of(w, group, source)] -= 1
        else:
            w.filled[group] += 1
        w.members[group * w.hosts + unit_of(w, group, target)] += 1


cdef inline void shift(World* w, int64_t item, int64_t target, int64_t back) noexcept nogil:
    """Standing.trade."""
    cdef int64_t source = w.at[item], row, net, a, b
    cdef double to, to_then, fro, fro_then
    w.price += price_after(w, item, source, target, back)
    for row in range(w.rows):
        net = net_of(w, item, back, row)
        b = target * w.rows + row
        w.used[b] += net
        to = w.share[b]
        to_then = share_of(w, b, row, w.used[b])
        w.share[b] = to_then
        if source == NOWHERE:
            w.total[row] += to_then - to
            w.squares[row] += to_then * to_then - to * to
            continue
        a = source * w.rows + row
        w.used[a] -= net
        fro = w.share[a]
        fro_then = share_of(w, a, row, w.used[a])
        w.share[a] = fro_then
        w.total[row] += (fro_then - fro) + (to_then - to)
        w.squares[row] += (fro_then * fro_then - fro * fro) + (to_then * to_then - to * to)
    if w.groups:
        regroup(w, item, source, target, back)
    w.at[item] = target
    if back != NOBODY:
        if w.groups:
            regroup(w, back, target, source, item)
        w.at[back] = source
    w.stale += 1
    if w.stale >= REFRESH:
        refresh(w)


cdef inline int64_t violations(World* w) noexcept nogil:
    cdef int64_t item, k, group, found = 0
    for item in range(w.items):
        if w.at[item] != NOWHERE and not reaches(w, item, w.at[item]):
            found += 1
    for k in range(w.hosts * w.rows):
        if w.used[k] > w.capacity[k]:
            found += 1
    for group in range(w.groups):
        if w.group_price[group] < 0:
            found += w.excess[group]
    return found


cdef inline double charge(World* w, int64_t item) noexcept nogil:
    if w.mode != IMPROVE:
        return 0.0
    return w.margin * <double>w.size[item] + w.cost[item]


cdef inline int64_t strays(World* w, int64_t item, int64_t host) noexcept nogil:
    return 1 if w.home[item] != host else 0


cdef inline int64_t moves_after(World* w, int64_t item, int64_t target, int64_t back) noexcept nogil:
    cdef int64_t source = w.at[item]
    cdef int64_t more = (strays(w, item, target) - strays(w, item, source)) * w.size[item]
    if back != NOBODY:
        more += (strays(w, back, source) - strays(w, back, target)) * w.size[back]
    return more


cdef inline double toll_after(World* w, int64_t item, int64_t target, int64_t back) noexcept nogil:
    cdef int64_t source = w.at[item]
    cdef double more = <double>(strays(w, item, target) - strays(w, item, source)) * charge(w, item)
    if back != NOBODY:
        more += <double>(strays(w, back, source) - strays(w, back, target)) * charge(w, back)
    return more


cdef inline int64_t moves_at_most(World* w, int64_t item) noexcept nogil:
    return (1 - strays(w, item, w.at[item])) * w.size[item]


cdef inline void trade(World* w, int64_t item, int64_t target, int64_t back) noexcept nogil:
    """Errand.trade."""
    w.away += moves_after(w, item, target, back)
    w.made += w.size[item] + (w.size[back] if back != NOBODY else 0)
    w.toll += toll_after(w, item, target, back)
    shift(w, item, target, back)


cdef inline bint may_move(World* w, int64_t item) noexcept nogil:
    return w.movable[item] != 0 and w.home[item] != NOWHERE


cdef inline void go_to(World* w, const int64_t* at) noexcept nogil:
    cdef int64_t item
    if at != w.at:
        memcpy(w.at, at, w.items * sizeof(int64_t))
    stand(w)
    w.away = 0
    w.toll = 0.0
    for item in range(w.items):
        if may_move(w, item):
            w.away += strays(w, item, w.at[item]) * w.size[item]
            w.toll += <double>strays(w, item, w.at[item]) * charge(w, item)


cdef inline void set_out(World* w) noexcept nogil:
    """A new errand from `at`, which becomes home."""
    memcpy(w.home, w.at, w.items * sizeof(int64_t))
    stand(w)
    w.away = 0
    w.made = 0
    w.toll = 0.0
    w.only_mends = True
    w.patience = MOST_ASIDE
