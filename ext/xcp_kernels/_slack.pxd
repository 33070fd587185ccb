# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""Whether the items of any so many hosts would find room on the others: the twin of slack.py.

Here the hosts with most to lose are kept in order for each step, so that a host is judged without the others.
"""

from libc.stdint cimport int64_t

from xcp_kernels._world cimport MOST_FAILURES, MOST_SLOTS, MOST_STEPS, NOWHERE, World


cdef struct Slack:
    bint here
    # What is read.
    int64_t failures, row, steps
    const int64_t *step
    const int64_t *takes
    # What is kept: by host and step; for each step the sum of the slots, and the hosts with most to lose.
    int64_t *needs
    int64_t *slots
    int64_t total[MOST_STEPS]
    int64_t most[MOST_STEPS][MOST_FAILURES + 1]
    int64_t listed


cdef inline int64_t level_of(Slack* s, int64_t amount) noexcept nogil:
    cdef int64_t k = 0
    while s.step[k] < amount:
        k += 1
    return k


cdef inline int64_t need_of(Slack* s, int64_t amount, int64_t k) noexcept nogil:
    """What an item needs of a step."""
    cdef int64_t level
    if amount == 0:
        return 0
    level = level_of(s, amount)
    return s.step[level] // s.step[k] if k <= level else 0


cdef inline int64_t slots_of(World* w, Slack* s, int64_t host, int64_t more, int64_t k) noexcept nogil:
    cdef int64_t cell = host * w.rows + s.row, free = w.capacity[cell] - w.used[cell] - more
    if not s.takes[host] or free <= 0:
        return 0
    free //= s.step[k]
    return free if free < MOST_SLOTS else MOST_SLOTS


cdef inline int64_t loss_of(Slack* s, int64_t host, int64_t k) noexcept nogil:
    return s.needs[host * s.steps + k] + s.slots[host * s.steps + k]


cdef inline int64_t hardest(Slack* s, int64_t k, int64_t host, int64_t loss) noexcept nogil:
    """The most that can be lost of a step if this host has so much to lose."""
    cdef int64_t i, counted = 0, total = 0, least = 0, one
    for i in range(s.listed):
        if counted == s.failures:
            break
        if s.most[k][i] == host:
            continue
        one = loss_of(s, s.most[k][i], k)
        total += one
        least = one
        counted += 1
    if counted < s.failures:
        return total + loss
    return total - least + loss if loss > least else total


cdef inline void list_hosts(World* w, Slack* s, int64_t k) noexcept nogil:
    """The hosts with most to lose of a step, anew."""
    cdef int64_t host, i, many = 0
    for host in range(w.hosts):
        i = many
        if many == s.listed:
            if loss_of(s, host, k) <= loss_of(s, s.most[k][many - 1], k):
                continue
            i -= 1
        else:
            many += 1
        while i > 0 and loss_of(s, s.most[k][i - 1], k) < loss_of(s, host, k):
            s.most[k][i] = s.most[k][i - 1]
            i -= 1
        s.most[k][i] = host


cdef inline void take_stock(World* w, Slack* s, const int64_t* home) noexcept nogil:
    """All sums, from what is there."""
    cdef int64_t host, item, k
    for k in range(w.hosts * s.steps):
        s.needs[k] = 0
    for item in range(w.items):
        if home[item] != NOWHERE:
            for k in range(s.steps):
                s.needs[home[item] * s.steps + k] += need_of(s, w.amount[item * w.rows + s.row], k)
    s.listed = s.failures + 1 if s.failures + 1 < w.hosts else w.hosts
    for k in range(s.steps):
        s.total[k] = 0
        for host in range(w.hosts):
            s.slots[host * s.steps + k] = slots_of(w, s, host, 0, k)
            s.total[k] += s.slots[host * s.steps + k]
        list_hosts(w, s, k)


cdef inline bint suits_anywhere(World* w, Slack* s, int64_t item) noexcept nogil:
    """Whether there is so much to spare that the item may go to any host."""
    cdef int64_t k, need, amount = w.amount[item * w.rows + s.row]
    for k in range(s.steps):
        need = need_of(s, amount, k)
        if s.total[k] - hardest(s, k, NOWHERE, 0) < (need if need > 1 else 1):
            return False
    return True


cdef inline bint overdraws(World* w, Slack* s, int64_t item, int64_t host) noexcept nogil:
    """Slack.refuses."""
    cdef int64_t k, slots, total, amount = w.amount[item * w.rows + s.row]
    for k in range(s.steps):
        slots = slots_of(w, s, host, amount, k)
        total = s.total[k] - s.slots[host * s.steps + k] + slots
        if total < hardest(s, k, host, s.needs[host * s.steps + k] + need_of(s, amount, k) + slots):
            return True
    return False


cdef inline void draw(World* w, Slack* s, int64_t item, int64_t host) noexcept nogil:
    """Slack.add: the item is there already."""
    cdef int64_t k, cell, before, i, last
    for k in range(s.steps):
        cell = host * s.steps + k
        before = loss_of(s, host, k)
        s.total[k] -= s.slots[cell]
        s.slots[cell] = slots_of(w, s, host, 0, k)
        s.total[k] += s.slots[cell]
        s.needs[cell] += need_of(s, w.amount[item * w.rows + s.row], k)
        i = 0
        while i < s.listed and s.most[k][i] != host:
            i += 1
        last = s.listed - 1
        if i == s.listed:
            if loss_of(s, host, k) <= loss_of(s, s.most[k][last], k):
                continue
            i = last
            s.most[k][i] = host
        elif loss_of(s, host, k) < before:
            # Somebody who is not listed may have more now.
            list_hosts(w, s, k)
            continue
        while i > 0 and loss_of(s, s.most[k][i - 1], k) < loss_of(s, host, k):
            s.most[k][i] = s.most[k][i - 1]
            i -= 1
            s.most[k][i] = host
