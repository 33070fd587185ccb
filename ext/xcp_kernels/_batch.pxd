# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""Placing a batch: the twin of batch.py.

Items that are alike in all but their groups share a line: what refuses them on each host, and what their fragments
would cost there. A line is corrected for the hosts that got something since it was last asked, so an item that is
alike to an earlier one costs a look at what changed, and not at every part of every host.
"""

from libc.math cimport INFINITY
from libc.stdint cimport int8_t, int32_t, int64_t, uint64_t
from libc.string cimport memset

from xcp_kernels._bound cimport Bound, aim, at_least, forget, is_the_same, learn, meet
from xcp_kernels._fragments cimport Fragments, fragments_of
from xcp_kernels._inside cimport Inside, choose, take
from xcp_kernels._slack cimport Slack, draw, overdraws, suits_anywhere
from xcp_kernels._standing cimport after, group_refuses, reaches, shift
from xcp_kernels._steepest cimport mixed
from xcp_kernels._world cimport FREE, GROUP, NOBODY, NOWHERE, ODD, PART, REACH, REFUSALS, RESERVE, ROW, World


cdef struct Batch:
    World *w
    Inside *n
    Fragments *f
    Slack *s
    Bound *u
    # By line and host; the last line is of items that are like no other.
    int64_t lines
    const int32_t *line_of
    int8_t *why
    double *price
    # By line: how much of the log it knows, when it last looked at all hosts, and hosts refused by each Refusal.
    int64_t *known
    int64_t *seen
    int64_t *refused
    # The hosts that got something, one after the other.
    int32_t *log
    int64_t logged
    # By host.
    int64_t *fragments
    int64_t *stamp
    int64_t now
    # Whether the score is of fragments alone.
    bint flat


cdef inline int64_t refusal_of(Batch* b, int64_t item, int64_t host, int64_t* bits) noexcept nogil:
    """By reach, rows and parts: what an item's line can know."""
    cdef World *w = b.w
    cdef int64_t row, amount, k
    bits[0] = 0
    if not reaches(w, item, host):
        return REACH
    for row in range(w.rows):
        amount = w.amount[item * w.rows + row]
        k = host * w.rows + row
        if amount and w.used[k] + amount > w.capacity[k]:
            return ROW + row
    if b.n.here and not choose(b.n, item, host, bits):
        return PART
    return FREE


cdef inline void judge(Batch* b, int64_t line, int64_t item, int64_t host) noexcept nogil:
    cdef int64_t bits, cell = line * b.w.hosts + host, why = refusal_of(b, item, host, &bits)
    b.why[cell] = <int8_t>why
    if why != FREE:
        b.refused[line * REFUSALS + why] += 1
        b.price[cell] = INFINITY
    elif b.f.here:
        b.price[cell] = b.f.price * <double>(fragments_of(b.w, b.n, b.f, host, item, bits) - b.fragments[host])
    else:
        b.price[cell] = 0.0
    if why == FREE and not b.flat:
        learn(b.w, b.u, line, item, host)


cdef inline void bring_up(Batch* b, int64_t line, int64_t item) noexcept nogil:
    """The line as things are."""
    cdef int64_t host, k, begin = b.known[line], cell = line * b.w.hosts
    if begin < 0 or b.logged - begin >= b.w.hosts or line == b.lines:
        memset(b.refused + line * REFUSALS, 0, REFUSALS * sizeof(int64_t))
        for host in range(b.w.hosts):
            judge(b, line, item, host)
    else:
        b.now += 1
        for k in range(begin, b.logged):
            host = b.log[k]
            if b.stamp[host] == b.now:
                continue
            b.stamp[host] = b.now
            if b.why[cell + host] != FREE:
                b.refused[line * REFUSALS + b.why[cell + host]] -= 1
            judge(b, line, item, host)
    if not b.flat:
        if begin < 0 or line == b.lines or b.logged - b.seen[line] > b.w.hosts // 16:
            # Where all hosts fill up, what was met first is far from what is met now.
            b.seen[line] = b.logged
            forget(b.u, line)
            for host in range(b.w.hosts):
                if b.why[cell + host] == FREE:
                    meet(b.w, b.u, line, host)
    b.known[line] = b.logged


cdef inline int64_t cheapest(const double* price, int64_t hosts) noexcept nogil:
    """The first of the lowest; NOWHERE if all are refused. Four at a time: each comparison waits for the last."""
    cdef int64_t host = 0, found = NOWHERE, k
    cdef double lowest = INFINITY, one, other
    while host + 4 <= hosts:
        one = price[host] if price[host] < price[host + 1] else price[host + 1]
        other = price[host + 2] if price[host + 2] < price[host + 3] else price[host + 3]
        if one < lowest or other < lowest:
            for k in range(host, host + 4):
                if price[k] < lowest:
                    lowest = price[k]
                    found = k
        host += 4
    for k in range(host, hosts):
        if price[k] < lowest:
            lowest = price[k]
            found = k
    return found


cdef inline int64_t weigh_all(Batch* b, int64_t line, int64_t item, int64_t* refused) noexcept nogil:
    """The best host by everything that a line does not know: groups, the reserve, the spread."""
    cdef World *w = b.w
    cdef int64_t host, found = NOWHERE
    cdef const double *price = b.price + line * w.hosts
    cdef const int8_t *why = b.why + line * w.hosts
    cdef bint is_grouped = w.group_start[item] < w.group_start[item + 1]
    cdef bint is_scarce = b.s.here and not suits_anywhere(w, b.s, item)
    cdef double value, lowest = 0.0
    if not b.flat:
        aim(w, b.u, line)
    for host in range(w.hosts):
        if why[host] != FREE:
            continue
        if is_grouped and group_refuses(w, item, NOWHERE, host, NOBODY):
            refused[GROUP] += 1
            continue
        if is_scarce and overdraws(w, b.s, item, host):
            refused[RESERVE] += 1
            continue
        if not b.flat and found != NOWHERE:
            if at_least(w, b.u, line, host) + price[host] > lowest:
                continue
            # Of two that are the same in all that counts the first is taken.
            if not is_grouped and price[host] == price[found] and is_the_same(w, host, found):
                continue
        value = price[host] if b.flat else after(w, item, NOWHERE, host, NOBODY) + price[host]
        if found == NOWHERE or value < lowest:
            found, lowest = host, value
    return found


cdef inline void settle(Batch* b, int64_t item, int64_t host, int64_t* part_out) noexcept nogil:
    cdef int64_t bits = 0
    if b.n.here:
        choose(b.n, item, host, &bits)
        take(b.n, item, host, bits)
        part_out[item] = bits
    shift(b.w, item, host, NOBODY)
    if b.s.here:
        draw(b.w, b.s, item, host)
    if b.f.here:
        b.fragments[host] = fragments_of(b.w, b.n, b.f, host, NOBODY, 0)
    b.log[b.logged] = <int32_t>host
    b.logged += 1


cdef inline void place_one(Batch* b, int64_t item, int64_t* part_out, int64_t* refused) noexcept nogil:
    cdef int64_t k, found, line = b.line_of[item]
    bring_up(b, line, item)
    for k in range(REFUSALS):
        refused[item * REFUSALS + k] = b.refused[line * REFUSALS + k]
    if b.flat and b.w.group_start[item] == b.w.group_start[item + 1] and (
        not b.s.here or suits_anywhere(b.w, b.s, item)
    ):
        found = cheapest(b.price + line * b.w.hosts, b.w.hosts)
    else:
        found = weigh_all(b, line, item, refused + item * REFUSALS)
    if found != NOWHERE:
        settle(b, item, found, part_out)


cdef inline bint are_alike(World* w, Inside* n, int64_t one, int64_t other) noexcept nogil:
    cdef int64_t k, j
    if w.reach_of[one] != w.reach_of[other]:
        return False
    for k in range(w.rows):
        if w.amount[one * w.rows + k] != w.amount[other * w.rows + k]:
            return False
    if not n.here:
        return True
    if n.want_start[one + 1] - n.want_start[one] != n.want_start[other + 1] - n.want_start[other]:
        return False
    for k in range(n.want_start[one], n.want_start[one + 1]):
        j = n.want_start[other] + k - n.want_start[one]
        if (n.want_sort[k] != n.want_sort[j] or n.want_count[k] != n.want_count[j]
                or n.want_amount[k] != n.want_amount[j] or n.want_profile[k] != n.want_profile[j]):
            return False
    return True


cdef inline uint64_t hash_of(World* w, Inside* n, int64_t item) noexcept nogil:
    cdef uint64_t hashed = mixed(ODD, <uint64_t>w.reach_of[item])
    cdef int64_t k
    for k in range(item * w.rows, (item + 1) * w.rows):
        hashed = mixed(hashed, <uint64_t>w.amount[k])
    if n.here:
        for k in range(n.want_start[item], n.want_start[item + 1]):
            hashed = mixed(mixed(mixed(hashed, <uint64_t>n.want_sort[k]), <uint64_t>n.want_count[k]),
                           <uint64_t>n.want_amount[k])
            hashed = mixed(hashed, <uint64_t>n.want_profile[k])
    return hashed


cdef inline int64_t find_lines(
    World* w, Inside* n, const int64_t* waiting, int64_t many, int64_t most, int64_t slots, int32_t* table,
    int32_t* first, int32_t* members, int32_t* line_of
) noexcept nogil:
    """A line for every item that has its like among those that wait; the number after the last for the others."""
    cdef int64_t i, k, item, kinds = 0, lines = 0
    memset(table, 0xFF, slots * sizeof(int32_t))
    for i in range(many):
        item = waiting[i]
        k = <int64_t>(hash_of(w, n, item) & <uint64_t>(slots - 1))
        while table[k] >= 0 and not are_alike(w, n, first[table[k]], item):
            k = (k + 1) & (slots - 1)
        if table[k] < 0:
            table[k] = <int32_t>kinds
            first[kinds] = <int32_t>item
            members[kinds] = 0
            kinds += 1
        members[table[k]] += 1
        line_of[item] = table[k]
    # From kinds to lines: of `first`, the line of a kind from now on.
    for k in range(kinds):
        first[k] = -1
        if members[k] > 1 and lines < most:
            first[k] = <int32_t>lines
            lines += 1
    for i in range(many):
        k = line_of[waiting[i]]
        line_of[waiting[i]] = first[k] if first[k] >= 0 else <int32_t>lines
    return lines
