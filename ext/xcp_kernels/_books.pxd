# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""Who uses what of each machine, where each service is, and what a change would do and cost: the twin of books.py."""

from libc.stdint cimport int32_t, int64_t

# Those of xcp_kernels.workload and of the twin's modules, as the compiler needs to know them; a test compares them.
cdef enum:
    NOBODY = -1
    BALANCE_FIELDS = 4
    FIGURES = 5
    LUCKS = 4096
    SPELL = 4096
    DRAWS = 16
    ALIKE = 6
    SWAPS = 12
    NEAR = 64

cdef enum:  # Flaw
    NONE = 0
    NEGATIVE = 1
    TOO_LARGE = 2
    NO_SUCH_MACHINE = 3
    NO_SUCH_SERVICE = 4
    NO_SUCH_RESOURCE = 5
    NO_SUCH_PLACE = 6
    OVERFULL = 7
    CONFLICT = 8
    SPREAD = 9
    DEPENDENCY = 10

cdef enum:  # Status
    DONE = 0
    INVALID = 1

cdef enum:  # Figure
    FLAW = 0
    CULPRIT = 1
    COST = 2
    BEST = 3
    TAKEN = 4


cdef struct Books:
    # What is read.
    int64_t resources, machines, services, processes, balances, locations, areas
    const int64_t *load_weight
    const int64_t *transient
    const int64_t *capacity
    const int64_t *safety
    const int64_t *location
    const int64_t *area
    const int64_t *way
    const int64_t *spread
    const int64_t *service
    const int64_t *amount
    const int64_t *price
    const int64_t *home
    const int64_t *balance
    int64_t price_weight, service_weight, way_weight
    # What is made once.
    int64_t *nothing
    int64_t *held
    int64_t *slack
    int32_t *crowd
    int32_t *spreader
    int32_t *need_start
    int32_t *need_of
    int32_t *needed_start
    int32_t *needed_by
    # The books.
    int64_t *at
    int64_t *room
    int64_t *over
    int64_t *cost
    char *there
    int32_t *in_location
    int32_t *filled
    int32_t *in_area
    int32_t *lacking
    int32_t *wanted
    int32_t *gone
    int32_t *holders
    int64_t most_gone
    int64_t total
    # What the last change that was looked at would make of its two machines.
    int64_t cost_there, cost_here


cdef inline int64_t machine_cost(
    const Books* b, int64_t machine, const int64_t* more, const int64_t* less
) noexcept nogil:
    """Load and balance of a machine with `more` added and `less` taken off."""
    cdef int64_t r, k, over, free_one, free_two, missing, total = 0
    cdef const int64_t *base = b.over + machine * b.resources
    cdef const int64_t *slack = b.slack + machine * b.resources
    cdef const int64_t *row
    for r in range(b.resources):
        over = base[r] + more[r] - less[r]
        total += b.load_weight[r] * (over if over > 0 else 0)
    for k in range(b.balances):
        row = b.balance + BALANCE_FIELDS * k
        free_one = slack[row[0]] - (base[row[0]] + more[row[0]] - less[row[0]])
        free_two = slack[row[1]] - (base[row[1]] + more[row[1]] - less[row[1]])
        missing = row[2] * free_one - free_two
        total += row[3] * (missing if missing > 0 else 0)
    return total


cdef inline const int64_t* claim(const Books* b, int64_t process, int64_t machine) noexcept nogil:
    """What the machine has to have free for the process: at home, what is transient is held for it anyway."""
    if machine == b.home[process]:
        return b.held + process * b.resources
    return b.amount + process * b.resources


cdef inline bint fits(
    const Books* b, int64_t machine, const int64_t* more, const int64_t* less
) noexcept nogil:
    cdef int64_t r
    cdef const int64_t *room = b.room + machine * b.resources
    for r in range(b.resources):
        if room[r] < more[r] - less[r]:
            return False
    return True


cdef inline bint stands_there(const Books* b, int64_t service, int64_t machine) noexcept nogil:
    cdef int64_t rank = b.crowd[service]
    return rank >= 0 and b.there[rank * b.machines + machine] != 0


cdef inline bint thins(const Books* b, int64_t service, int64_t source, int64_t target) noexcept nogil:
    """Whether the service would be in too few locations."""
    cdef int64_t rank = b.spreader[service], a, c
    cdef const int32_t *row
    if rank < 0:
        return False
    a, c = b.location[source], b.location[target]
    if a == c:
        return False
    row = b.in_location + rank * b.locations
    return row[a] == 1 and row[c] > 0 and b.filled[rank] <= b.spread[service]


cdef inline bint needs(const Books* b, int64_t service, int64_t other) noexcept nogil:
    cdef int64_t k
    for k in range(b.need_start[service], b.need_start[service + 1]):
        if b.need_of[k] == other:
            return True
    return False


cdef inline bint parts(const Books* b, int64_t service, int64_t a, int64_t c) noexcept nogil:
    """Whether going from neighbourhood a to another, c, leaves somebody without what it needs."""
    if b.in_area[service * b.areas + a] == 1 and b.wanted[service * b.areas + a] > 0:
        return True
    return b.in_area[service * b.areas + c] == 0 and b.lacking[service * b.areas + c] > 0


cdef inline bint part_each_other(const Books* b, int64_t one, int64_t other, int64_t area) noexcept nogil:
    """One comes into the neighbourhood and needs the other, whose last process there leaves."""
    return (b.in_area[one * b.areas + area] == 0 and b.in_area[other * b.areas + area] == 1
            and needs(b, one, other))


cdef inline bint is_allowed(Books* b, int64_t process, int64_t target, int64_t back) noexcept nogil:
    """Whether the process can go to target, and `back` (or nobody) come from there in its place."""
    cdef int64_t source = b.at[process], one = b.service[process], other, a, c
    if back == NOBODY:
        if stands_there(b, one, target) or not fits(b, target, claim(b, process, target), b.nothing):
            return False
        a, c = b.area[source], b.area[target]
        return not (a != c and parts(b, one, a, c)) and not thins(b, one, source, target)
    other = b.service[back]
    if one != other and (stands_there(b, one, target) or stands_there(b, other, source)):
        return False
    if not fits(b, target, claim(b, process, target), claim(b, back, target)):
        return False
    if not fits(b, source, claim(b, back, source), claim(b, process, source)):
        return False
    if one == other:
        return True
    a, c = b.area[source], b.area[target]
    if a != c and (parts(b, one, a, c) or parts(b, other, c, a)
                   or part_each_other(b, one, other, c) or part_each_other(b, other, one, a)):
        return False
    return not thins(b, one, source, target) and not thins(b, other, target, source)


cdef inline int64_t price_at(const Books* b, int64_t process, int64_t machine) noexcept nogil:
    cdef int64_t home = b.home[process]
    if machine == home:
        return 0
    return b.price_weight * b.price[process] + b.way_weight * b.way[home * b.machines + machine]


cdef inline int64_t leaves(const Books* b, int64_t process, int64_t source, int64_t target) noexcept nogil:
    """1: it leaves home; -1: it comes home."""
    cdef int64_t home = b.home[process]
    return <int64_t>(target != home) - <int64_t>(source != home)


cdef inline int64_t most_gone_after(
    const Books* b, int64_t one, int64_t more_one, int64_t other, int64_t more_other
) noexcept nogil:
    """The most processes of a service that are away, when two services have more or fewer (the same: both in one)."""
    cdef int64_t then, level, holders
    if more_one == 0 and more_other == 0:
        return b.most_gone
    then = b.gone[one] + more_one
    if other != one and b.gone[other] + more_other > then:
        then = b.gone[other] + more_other
    level = b.most_gone
    while level > then:
        holders = b.holders[level] - <int64_t>(b.gone[one] == level)
        if other != one:
            holders -= <int64_t>(b.gone[other] == level)
        if holders > 0:
            return level
        level -= 1
    return then


cdef inline int64_t change(Books* b, int64_t process, int64_t target, int64_t back) noexcept nogil:
    """What the cost changes by; keeps what the two machines would cost."""
    cdef int64_t source = b.at[process], one = b.service[process], more, away
    cdef const int64_t *mine = b.amount + process * b.resources
    cdef const int64_t *its = b.nothing
    more = leaves(b, process, source, target)
    away = price_at(b, process, target) - price_at(b, process, source)
    if back != NOBODY:
        its = b.amount + back * b.resources
        away += price_at(b, back, source) - price_at(b, back, target)
        if b.service[back] == one:
            more += leaves(b, back, target, source)
            away += b.service_weight * (most_gone_after(b, one, more, one, 0) - b.most_gone)
        else:
            away += b.service_weight * (most_gone_after(
                b, one, more, b.service[back], leaves(b, back, target, source)) - b.most_gone)
    else:
        away += b.service_weight * (most_gone_after(b, one, more, one, 0) - b.most_gone)
    b.cost_there = machine_cost(b, target, mine, its)
    b.cost_here = machine_cost(b, source, its, mine)
    return away + (b.cost_there - b.cost[target]) + (b.cost_here - b.cost[source])


cdef inline void note_gone(Books* b, int64_t service, int64_t more) noexcept nogil:
    if more == 0:
        return
    b.holders[b.gone[service]] -= 1
    b.gone[service] += <int32_t>more
    b.holders[b.gone[service]] += 1
    if b.gone[service] > b.most_gone:
        b.most_gone = b.gone[service]
    while b.most_gone > 0 and b.holders[b.most_gone] == 0:
        b.most_gone -= 1


cdef inline void note_area(Books* b, int64_t service, int64_t area, int32_t more) noexcept nogil:
    """The service has its first process in the neighbourhood (1), or none any more (-1)."""
    cdef int64_t k
    for k in range(b.need_start[service], b.need_start[service + 1]):
        b.wanted[b.need_of[k] * b.areas + area] += more
    for k in range(b.needed_start[service], b.needed_start[service + 1]):
        b.lacking[b.needed_by[k] * b.areas + area] -= more


cdef inline void enter(Books* b, int64_t process, int64_t machine) noexcept nogil:
    cdef int64_t r, service = b.service[process], rank, k
    cdef const int64_t *amount = b.amount + process * b.resources
    cdef const int64_t *claimed = claim(b, process, machine)
    for r in range(b.resources):
        b.over[machine * b.resources + r] += amount[r]
        b.room[machine * b.resources + r] -= claimed[r]
    rank = b.crowd[service]
    if rank >= 0:
        b.there[rank * b.machines + machine] += 1
    rank = b.spreader[service]
    if rank >= 0:
        k = rank * b.locations + b.location[machine]
        b.in_location[k] += 1
        b.filled[rank] += <int32_t>(b.in_location[k] == 1)
    k = service * b.areas + b.area[machine]
    b.in_area[k] += 1
    if b.in_area[k] == 1:
        note_area(b, service, b.area[machine], 1)


cdef inline void leave(Books* b, int64_t process, int64_t machine) noexcept nogil:
    cdef int64_t r, service = b.service[process], rank, k
    cdef const int64_t *amount = b.amount + process * b.resources
    cdef const int64_t *claimed = claim(b, process, machine)
    for r in range(b.resources):
        b.over[machine * b.resources + r] -= amount[r]
        b.room[machine * b.resources + r] += claimed[r]
    rank = b.crowd[service]
    if rank >= 0:
        b.there[rank * b.machines + machine] -= 1
    rank = b.spreader[service]
    if rank >= 0:
        k = rank * b.locations + b.location[machine]
        b.in_location[k] -= 1
        b.filled[rank] -= <int32_t>(b.in_location[k] == 0)
    k = service * b.areas + b.area[machine]
    b.in_area[k] -= 1
    if b.in_area[k] == 0:
        note_area(b, service, b.area[machine], -1)


cdef inline void move(Books* b, int64_t process, int64_t target, int64_t back, int64_t changed) noexcept nogil:
    """Make the change that `change` has just looked at."""
    cdef int64_t source = b.at[process]
    leave(b, process, source)
    if back != NOBODY:
        leave(b, back, target)
        enter(b, back, source)
        note_gone(b, b.service[back], leaves(b, back, target, source))
        b.at[back] = source
    enter(b, process, target)
    note_gone(b, b.service[process], leaves(b, process, source, target))
    b.at[process] = target
    b.cost[target] = b.cost_there
    b.cost[source] = b.cost_here
    b.total += changed
