# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
# cython: auto_pickle=False
"""The compiled twin of `xcp_kernels._reference.reassignment`, which is the specification and has the words.

The same changes are drawn, judged and taken, to the last bit. What is faster here: what every machine costs, which
services a neighbourhood lacks and wants, and how many services have how many processes away are kept, not counted.
"""

from cpython.bytearray cimport PyByteArray_AS_STRING
from libc.stdint cimport int32_t, int64_t
from libc.string cimport memcpy, memset

from xcp_kernels._reference.workload_flaws import check_shape, check_walk, find_flaw

from xcp_kernels._annealing cimport Trip, walk_on
from xcp_kernels._books cimport (
    BALANCE_FIELDS, BEST, COST, CULPRIT, DEPENDENCY, DONE, FIGURES, FLAW, INVALID, NONE, OVERFULL, SPREAD, TAKEN,
    Books, enter, machine_cost, note_gone, price_at
)


cdef class _Ledger:
    """Books with their memory."""

    cdef Books b
    cdef bint is_transient
    cdef object kept
    cdef list blocks

    def __cinit__(self):
        memset(&self.b, 0, sizeof(Books))
        self.blocks = []

    cdef void* room(self, int64_t many, size_t size) except NULL:
        """So many zeros, for as long as the books."""
        block = bytearray((many + 1) * size)
        self.blocks.append(block)
        return PyByteArray_AS_STRING(block)

    cdef int64_t* integers(self, int64_t many) except NULL:
        return <int64_t*>self.room(many, sizeof(int64_t))

    cdef int32_t* numbers(self, int64_t many) except NULL:
        return <int32_t*>self.room(many, sizeof(int32_t))

    cdef int read(self, workload) except -1:
        cdef Books *b = &self.b
        cdef const int64_t[::1] load_weight = workload.load_weight, transient = workload.transient
        cdef const int64_t[::1] capacity = workload.capacity, safety = workload.safety
        cdef const int64_t[::1] location = workload.location, area = workload.neighbourhood, way = workload.way
        cdef const int64_t[::1] spread = workload.spread, service = workload.service, amount = workload.amount
        cdef const int64_t[::1] price = workload.price, home = workload.home, balance = workload.balance
        self.kept = (load_weight, transient, capacity, safety, location, area, way, spread, service, amount, price,
                     home, balance)
        b.resources, b.machines, b.services = load_weight.shape[0], location.shape[0], spread.shape[0]
        b.processes, b.balances = service.shape[0], balance.shape[0] // BALANCE_FIELDS
        b.locations, b.areas = max(workload.location) + 1, max(workload.neighbourhood) + 1
        b.load_weight, b.transient, b.capacity = &load_weight[0], &transient[0], &capacity[0]
        b.safety, b.location, b.area, b.way = &safety[0], &location[0], &area[0], &way[0]
        if b.services:
            b.spread = &spread[0]
        if b.processes:
            b.service, b.amount, b.price, b.home = &service[0], &amount[0], &price[0], &home[0]
        if b.balances:
            b.balance = &balance[0]
        self.is_transient = any(workload.transient)
        b.price_weight, b.service_weight = workload.price_weight, workload.service_weight
        b.way_weight = workload.way_weight
        return 0

    cdef int rank(self) except -1:
        """Rows of counters for those services only that can break the rule."""
        cdef Books *b = &self.b
        cdef int64_t process, service, crowds = 0, spreaders = 0
        cdef int32_t *members = self.numbers(b.services)
        b.crowd, b.spreader = self.numbers(b.services), self.numbers(b.services)
        for process in range(b.processes):
            members[b.service[process]] += 1
        for service in range(b.services):
            b.crowd[service] = b.spreader[service] = -1
            if members[service] > 1:
                b.crowd[service] = <int32_t>crowds
                crowds += 1
            if b.spread[service] > 1 or b.spread[service] > members[service]:
                b.spreader[service] = <int32_t>spreaders
                spreaders += 1
        b.there = <char*>self.room(crowds * b.machines, 1)
        b.in_location, b.filled = self.numbers(spreaders * b.locations), self.numbers(spreaders)
        return 0

    cdef int link(self, const int64_t[::1] starts, const int64_t[::1] needed) except -1:
        """Who needs whom and who is needed by whom, nobody itself."""
        cdef Books *b = &self.b
        cdef int64_t service, other, k
        cdef int32_t *filled = self.numbers(b.services)
        b.need_start, b.need_of = self.numbers(b.services), self.numbers(needed.shape[0])
        b.needed_start, b.needed_by = self.numbers(b.services), self.numbers(needed.shape[0])
        for service in range(b.services):
            b.need_start[service + 1] = b.need_start[service]
            for k in range(starts[service], starts[service + 1]):
                if needed[k] != service:
                    b.need_of[b.need_start[service + 1]] = <int32_t>needed[k]
                    b.need_start[service + 1] += 1
                    b.needed_start[needed[k] + 1] += 1
        for service in range(b.services):
            b.needed_start[service + 1] += b.needed_start[service]
        b.lacking, b.wanted = self.numbers(b.services * b.areas), self.numbers(b.services * b.areas)
        b.in_area = self.numbers(b.services * b.areas)
        for service in range(b.services):
            for k in range(b.need_start[service], b.need_start[service + 1]):
                other = b.need_of[k]
                b.needed_by[b.needed_start[other] + filled[other]] = <int32_t>service
                filled[other] += 1
            for k in range(b.areas):
                b.lacking[service * b.areas + k] = b.need_start[service + 1] - b.need_start[service]
        return 0

    cdef int build(self, const int64_t[::1] at) except -1:
        cdef Books *b = &self.b
        cdef int64_t process, r, k, cells = b.machines * b.resources
        b.nothing = self.integers(b.resources)
        # Where nothing is transient: the same rows, half the cache.
        if self.is_transient:
            b.held = self.integers(b.processes * b.resources)
        else:
            b.held = <int64_t*>b.amount
        b.slack, b.room, b.over = self.integers(cells), self.integers(cells), self.integers(cells)
        b.at, b.cost = self.integers(b.processes), self.integers(b.machines)
        b.gone, b.holders = self.numbers(b.services), self.numbers(b.processes + 1)
        b.holders[0] = <int32_t>b.services
        for k in range(cells):
            b.slack[k] = b.capacity[k] - b.safety[k]
            b.room[k] = b.capacity[k]
            b.over[k] = -b.safety[k]
        for process in range(b.processes):
            for r in range(b.resources):
                k = process * b.resources + r
                if b.transient[r]:
                    b.room[b.home[process] * b.resources + r] -= b.amount[k]
                elif self.is_transient:
                    b.held[k] = b.amount[k]
        for process in range(b.processes):
            b.at[process] = at[process]
            enter(b, process, at[process])
            note_gone(b, b.service[process], at[process] != b.home[process])
        return 0

    cdef void price(self) noexcept:
        """What it costs: of an assignment that breaks no rule, else the sums could be too large."""
        cdef Books *b = &self.b
        cdef int64_t k
        b.total = b.service_weight * b.most_gone
        for k in range(b.processes):
            b.total += price_at(b, k, b.at[k])
        for k in range(b.machines):
            b.cost[k] = machine_cost(b, k, b.nothing, b.nothing)
            b.total += b.cost[k]


cdef int64_t broken(Books* b, int64_t* culprit) noexcept nogil:
    """Books.flaw."""
    cdef int64_t k, area
    for k in range(b.machines * b.resources):
        if b.room[k] < 0:
            culprit[0] = k // b.resources
            return OVERFULL
    for k in range(b.services):
        if b.spreader[k] >= 0 and b.filled[b.spreader[k]] < b.spread[k]:
            culprit[0] = k
            return SPREAD
    for k in range(b.services):
        for area in range(b.areas):
            if b.in_area[k * b.areas + area] > 0 and b.lacking[k * b.areas + area] > 0:
                culprit[0] = k
                return DEPENDENCY
    return NONE


cdef _Ledger opened(workload, const int64_t[::1] at, int64_t[::1] figures):
    """All books made, or None where something is wrong with the workload or the assignment."""
    cdef int64_t flaw, culprit, k
    check_shape(workload, at, figures=figures)
    for k in range(FIGURES):
        figures[k] = 0
    flaw, culprit = find_flaw(workload, at)
    cdef _Ledger ledger = _Ledger()
    if flaw == NONE:
        ledger.read(workload)
        ledger.rank()
        ledger.link(workload.need_start, workload.need_of)
        ledger.build(at)
        flaw = broken(&ledger.b, &culprit)
    if flaw == NONE:
        ledger.price()
        figures[COST] = figures[BEST] = ledger.b.total
    figures[FLAW], figures[CULPRIT] = flaw, culprit
    return ledger if flaw == NONE else None


cdef list weights(const Books* b):
    """Order: what the amounts of each process cost where every unit costs."""
    cdef int64_t process, r, k, weight
    cdef const int64_t *amount
    cdef const int64_t *row
    found = []
    for process in range(b.processes):
        amount = b.amount + process * b.resources
        weight = 0
        for r in range(b.resources):
            weight += b.load_weight[r] * amount[r]
        for k in range(b.balances):
            row = b.balance + BALANCE_FIELDS * k
            weight += row[3] * (row[2] * amount[row[0]] + amount[row[1]])
        found.append(weight)
    return found


def cost(workload, const int64_t[::1] at not None, int64_t[::1] figures_out not None):
    """What an assignment costs."""
    return INVALID if opened(workload, at, figures_out) is None else DONE


def anneal(
    workload, walk, int64_t[::1] at_inout not None, int64_t[::1] best_out not None, int64_t[::1] figures_out not None
):
    """Walk on from an assignment to another, and keep the best."""
    check_walk(walk)
    if best_out.shape[0] != at_inout.shape[0]:
        raise ValueError("an output is not as long as what it is about")
    cdef _Ledger ledger = opened(workload, at_inout, figures_out)
    if ledger is None:
        return INVALID
    cdef Books *b = &ledger.b
    cdef Trip t
    memset(&t, 0, sizeof(t))
    t.tries, t.hot, t.cold, t.homing, t.worth = walk.tries, walk.hot, walk.cold, walk.homing, walk.worth
    t.dice = <unsigned long long>(walk.seed & 0xFFFFFFFFFFFFFFFF)
    t.best, t.changed = ledger.integers(b.processes), ledger.numbers(b.processes)
    t.is_changed = <char*>ledger.room(b.processes, 1)
    t.order, t.rank = ledger.numbers(b.processes), ledger.numbers(b.processes)
    cdef int64_t *weight = ledger.integers(b.processes)
    cdef int64_t place = 0, process
    found = weights(b)
    for process in range(b.processes):
        weight[process] = found[process]
    t.weight = weight
    for process in sorted(range(b.processes), key=found.__getitem__):
        t.order[place] = <int32_t>process
        t.rank[process] = <int32_t>place
        place += 1
    with nogil:
        walk_on(b, &t)
    if b.processes:
        memcpy(&at_inout[0], b.at, b.processes * sizeof(int64_t))
        memcpy(&best_out[0], t.best, b.processes * sizeof(int64_t))
    figures_out[COST], figures_out[BEST], figures_out[TAKEN] = b.total, t.best_total, t.taken
    return DONE
