# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
# cython: auto_pickle=False
"""The compiled twin of `xcp_kernels._reference.placement`, which is the specification and has the words.

The same operations in the same order as there, for the same choices to the last bit. What is faster here: items of a
kind and hosts of a shape are found once, rivals are asked strongest first, and of the best plan only what changed
is copied.
"""

from array import array
from itertools import accumulate, groupby

from libc.stdint cimport int8_t, int32_t, int64_t
from libc.stdlib cimport calloc, free, malloc
from libc.string cimport memcpy, memset

from xcp_kernels._reference.fragments import ratios
from xcp_kernels._reference.shapes import check_shape, held_in_place

from xcp_kernels._batch cimport Batch, find_lines, place_one
from xcp_kernels._bound cimport Bound, find_rows
from xcp_kernels._flaws cimport find_flaws
from xcp_kernels._fragments cimport Fragments, fragments_of
from xcp_kernels._inside cimport Inside, enter_all
from xcp_kernels._rounds cimport descend_in_order, rounds
from xcp_kernels._sequence cimport Procession
from xcp_kernels._slack cimport Slack, take_stock
from xcp_kernels._standing cimport score_of, set_out, shift, stand, violations
from xcp_kernels._steepest cimport find_kinds
from xcp_kernels._world cimport (
    AS_GIVEN, DESCENT, DONE, INVALID, LARGEST_FIRST, NOBODY, NOT_ALL, NOWHERE, REFUSALS, Roll, UNLIMITED, World
)

cdef enum:
    # Lines times hosts times rows: at most 25 bytes for each.
    MOST_CELLS = 4194304


cdef class _Ground:
    """A World with its memory."""

    cdef World w
    cdef Inside n
    cdef list kept

    def __cinit__(self):
        memset(&self.w, 0, sizeof(World))
        memset(&self.n, 0, sizeof(Inside))

    def __dealloc__(self):
        cdef World *w = &self.w
        cdef int64_t host
        if w.on != NULL:
            for host in range(w.hosts):
                free(w.on[host].who)
        free(w.on)
        free(w.all.who)
        free(w.gone.who)
        free(w.at)
        free(w.home)
        free(w.best_at)
        free(w.spare)
        free(w.spare_hosts)
        free(w.used)
        free(w.share)
        free(w.members)
        free(w.filled)
        free(w.excess)
        free(w.kind_start)
        free(w.by_kind)
        free(w.sort_start)
        free(w.sort_least)
        free(w.shape)
        free(w.rivals)
        free(w.targets)
        free(w.stamp)
        free(w.place)
        free(w.turn)
        free(w.changed)
        free(w.is_changed)
        free(w.mark)

    cdef int64_t bulk(self, int64_t item):
        return self.w.amount[item * self.w.rows]

    cdef int64_t* room(self, int64_t many) except NULL:
        """Space that lives as long as this."""
        cdef int64_t[::1] view = array("q", bytes(8 * (many + 1)))
        self.kept.append(view)
        return &view[0]

    cdef const int64_t* numbers(self, values) except NULL:
        """An array of the caller; of an empty one nobody reads the end."""
        cdef const int64_t[::1] view = values if len(values) else array("q", [0])
        self.kept.append(view)
        return &view[0]

    cdef int read(self, pool) except -1:
        cdef World *w = &self.w
        cdef const double[::1] weight = pool.weight, scale = pool.scale, cost = pool.cost, price = pool.group_price
        cdef const int64_t[::1] base = pool.base, capacity = pool.capacity, domain = pool.domain
        cdef const int64_t[::1] amount = pool.amount, movable = pool.movable, size = pool.size
        cdef const int64_t[::1] reach_of = pool.reach_of, reach = pool.reach
        cdef const int64_t[::1] starts = pool.group_start, group_of = pool.group_of
        cdef const int64_t[::1] scope = pool.group_scope, limit = pool.group_limit
        self.kept = [weight, scale, cost, price, base, capacity, domain, amount, movable, size, reach_of, reach,
                     starts, group_of, scope, limit]
        w.rows, w.hosts, w.items, w.groups = weight.shape[0], domain.shape[0], movable.shape[0], scope.shape[0]
        w.classes = reach.shape[0] // w.hosts if w.hosts else 0
        w.weight = &weight[0]
        w.group_start = &starts[0]
        if w.hosts:
            w.scale, w.base, w.capacity, w.domain = &scale[0], &base[0], &capacity[0], &domain[0]
        if reach.shape[0]:
            w.reach = &reach[0]
        if w.items:
            w.amount, w.movable, w.size, w.cost = &amount[0], &movable[0], &size[0], &cost[0]
            w.reach_of = &reach_of[0]
        if group_of.shape[0]:
            w.group_of = &group_of[0]
        if w.groups:
            w.group_scope, w.group_limit, w.group_price = &scope[0], &limit[0], &price[0]
        if pool.parts is not None:
            self.read_parts(pool.parts)
        return 0

    cdef int read_parts(self, parts) except -1:
        cdef Inside *n = &self.n
        n.here = True
        n.hosts, n.items, n.parts = self.w.hosts, self.w.items, len(parts.sort)
        n.start, n.sort, n.size = self.numbers(parts.start), self.numbers(parts.sort), self.numbers(parts.size)
        n.base, n.uniform, n.held = self.numbers(parts.base), self.numbers(parts.uniform), self.numbers(parts.held)
        n.want_start, n.want_sort = self.numbers(parts.want_start), self.numbers(parts.want_sort)
        n.want_count, n.want_amount = self.numbers(parts.want_count), self.numbers(parts.want_amount)
        n.want_profile = self.numbers(parts.want_profile)
        return 0

    cdef int place_all(self, pool, int64_t order, int64_t* part_out, int64_t* refused_out) except -1:
        """Every item that has no home, one after the other."""
        cdef World *w = &self.w
        cdef Fragments f
        cdef Slack s
        cdef Bound u
        cdef Batch b
        cdef int64_t k, many, slots = 2
        waiting = [k for k in range(w.items) if w.home[k] == NOWHERE]
        if order == LARGEST_FIRST:
            waiting.sort(key=lambda item: -self.bulk(item))
        cdef const int64_t *queue = self.numbers(array("q", waiting))
        many = len(waiting)
        memset(&f, 0, sizeof(f))
        memset(&s, 0, sizeof(s))
        memset(&b, 0, sizeof(b))
        memset(&u, 0, sizeof(u))
        b.w, b.n, b.f, b.s, b.u = w, &self.n, &f, &s, &u
        if self.n.here:
            self.n.left, self.n.profile = self.room(self.n.parts), self.room(self.n.parts)
            enter_all(&self.n, w.home)
            if pool.demand is not None:
                self.read_demand(pool.demand, &f)
        if pool.reserve is not None:
            self.read_reserve(pool.reserve, &s)
        while slots < 2 * many:
            slots *= 2
        cdef int32_t *line_of = <int32_t*>self.room(w.items)
        k = MOST_CELLS // (w.hosts * w.rows + 1)
        b.lines = find_lines(w, &self.n, queue, many, k, slots, <int32_t*>self.room(slots),
                             <int32_t*>self.room(many), <int32_t*>self.room(many), line_of)
        b.line_of = line_of
        b.why = <int8_t*>self.room((b.lines + 1) * w.hosts // 8 + 1)
        b.price = <double*>self.room((b.lines + 1) * w.hosts)
        b.known = self.room(b.lines + 1)
        b.seen = self.room(b.lines + 1)
        b.refused = self.room((b.lines + 1) * REFUSALS)
        b.log = <int32_t*>self.room(many)
        b.fragments = self.room(w.hosts)
        b.stamp = self.room(w.hosts)
        b.flat = True
        for k in range(w.rows):
            b.flat = b.flat and not w.weight[k] > 0
        for k in range(w.groups):
            b.flat = b.flat and w.group_price[k] < 0
        for k in range(b.lines + 1):
            b.known[k] = -1
        if not b.flat:
            find_rows(w, &u)
            u.added = <double*>self.room((b.lines + 1) * w.hosts * u.rows * 2)
            u.ends = <double*>self.room((b.lines + 1) * u.rows * 4)
        if f.here:
            for k in range(w.hosts):
                b.fragments[k] = fragments_of(w, &self.n, &f, k, NOBODY, 0)
        with nogil:
            for k in range(many):
                place_one(&b, queue[k], part_out, refused_out)
        return 0

    cdef int read_demand(self, demand, Fragments* f) except -1:
        f.here = True
        f.price, f.sort, f.whole = demand.price, demand.sort, sum(demand.weight)
        rows = self.w.rows
        levels = sorted(set(demand.each))
        order = sorted(range(len(demand.weight)), key=lambda one: (demand.each[one], demand.count[one]))
        kinds = [list(same) for _, same in groupby(order, lambda one: (demand.each[one], demand.count[one]))]
        amounts = [list(demand.amount[one * rows:(one + 1) * rows]) for one in range(len(demand.weight))]
        f.levels, f.kinds = len(levels), len(kinds)
        f.level = self.numbers(array("q", levels))
        f.level_of = self.numbers(array("q", [levels.index(demand.each[same[0]]) for same in kinds]))
        f.count = self.numbers(array("q", [demand.count[same[0]] for same in kinds]))
        f.together = self.numbers(array("q", [sum(demand.weight[one] for one in same) for same in kinds]))
        f.most = self.numbers(array("q", [max(amounts[one][r] for one in same) for same in kinds for r in range(rows)]))
        f.begin = self.numbers(array("q", accumulate(map(len, kinds), initial=0)))
        f.weight = self.numbers(array("q", [demand.weight[one] for one in order]))
        f.amount = self.numbers(array("q", [amount for one in order for amount in amounts[one]]))
        f.ratio = self.numbers(array("q", ratios(demand, rows)))
        return 0

    cdef int read_reserve(self, reserve, Slack* s) except -1:
        s.here = True
        s.failures, s.row, s.steps = reserve.failures, reserve.row, len(reserve.step)
        s.step, s.takes = self.numbers(reserve.step), self.numbers(reserve.takes)
        s.needs, s.slots = self.room(self.w.hosts * s.steps), self.room(self.w.hosts * s.steps)
        take_stock(&self.w, s, self.w.home)
        return 0

    cdef int build(self, const int64_t[::1] at) except -1:
        """Room for everything that is made, and all books."""
        cdef World *w = &self.w
        cdef size_t items = w.items + 1, hosts = w.hosts + 1, groups = w.groups + 1
        cdef size_t cells = w.hosts * w.rows + 1
        w.at = <int64_t*>malloc(items * sizeof(int64_t))
        w.home = <int64_t*>malloc(items * sizeof(int64_t))
        w.best_at = <int64_t*>malloc(items * sizeof(int64_t))
        w.spare = <int64_t*>malloc(2 * items * sizeof(int64_t))
        w.spare_hosts = <int64_t*>malloc(hosts * sizeof(int64_t))
        w.used = <int64_t*>malloc(cells * sizeof(int64_t))
        w.share = <double*>malloc(cells * sizeof(double))
        w.members = <int32_t*>malloc((w.groups * w.hosts + 1) * sizeof(int32_t))
        w.filled = <int64_t*>malloc(groups * sizeof(int64_t))
        w.excess = <int64_t*>malloc(groups * sizeof(int64_t))
        w.kind_start = <int32_t*>malloc((items + 1) * sizeof(int32_t))
        w.by_kind = <int32_t*>malloc(items * sizeof(int32_t))
        w.sort_start = <int32_t*>malloc((items + 1) * sizeof(int32_t))
        w.sort_least = <double*>malloc(items * sizeof(double))
        w.shape = <int32_t*>malloc(hosts * sizeof(int32_t))
        w.rivals = <int32_t*>malloc(items * sizeof(int32_t))
        w.targets = <int32_t*>malloc(hosts * sizeof(int32_t))
        w.stamp = <int64_t*>calloc(hosts, sizeof(int64_t))
        w.on = <Roll*>calloc(hosts, sizeof(Roll))
        w.place = <int32_t*>malloc(items * sizeof(int32_t))
        w.turn = <int32_t*>malloc(items * sizeof(int32_t))
        w.changed = <int32_t*>malloc(items * sizeof(int32_t))
        w.is_changed = <char*>calloc(items, 1)
        w.mark = <char*>calloc(items, 1)
        if (w.at == NULL or w.home == NULL or w.best_at == NULL or w.spare == NULL or w.spare_hosts == NULL
                or w.used == NULL or w.share == NULL or w.members == NULL or w.filled == NULL or w.excess == NULL
                or w.kind_start == NULL or w.by_kind == NULL or w.sort_start == NULL or w.sort_least == NULL
                or w.shape == NULL or w.rivals == NULL
                or w.targets == NULL or w.stamp == NULL or w.on == NULL or w.place == NULL or w.turn == NULL
                or w.changed == NULL or w.is_changed == NULL or w.mark == NULL):
            raise MemoryError
        if w.items:
            memcpy(w.at, &at[0], w.items * sizeof(int64_t))
        w.most = UNLIMITED
        set_out(w)
        return 0


cdef const int64_t* start_of(const int64_t[::1] values) noexcept:
    return &values[0] if values.shape[0] else NULL


def flaws(pool, int64_t[::1] host_out not None, int64_t[::1] item_out not None, int64_t[::1] group_out not None):
    """A Flaw for each host, item and group."""
    check_shape(pool)
    cdef _Ground ground = _Ground()
    ground.read(pool)
    cdef const int64_t[::1] home = pool.home
    cdef World *w = &ground.w
    if host_out.shape[0] != w.hosts or item_out.shape[0] != w.items or group_out.shape[0] != w.groups:
        raise ValueError("an output is not as long as what it is about")
    cdef bint found = find_flaws(w, &ground.n, start_of(home), <int64_t*>start_of(host_out),
                                 <int64_t*>start_of(item_out), <int64_t*>start_of(group_out))
    return INVALID if found else DONE


def score(pool, const int64_t[::1] at not None, double[::1] summary_out not None):
    """The score with the items at `at`, and how many constraints are violated."""
    cdef _Ground ground = made_ready(pool)
    if ground is None or at.shape[0] != ground.w.items or summary_out.shape[0] != 2:
        if ground is not None:
            raise ValueError("an array is not as long as what it is about")
        return INVALID
    cdef int64_t k
    cdef World *w = &ground.w
    for k in range(w.items):
        if not -1 <= at[k] < w.hosts:
            return INVALID
    for k in range(w.items):
        w.at[k] = at[k]
    stand(w)
    summary_out[0] = score_of(w)
    summary_out[1] = <double>violations(w)
    return DONE


def place(
    pool, int64_t order, int64_t[::1] host_out not None, int64_t[::1] part_out not None,
    int64_t[::1] refused_out not None
):
    """A host for every item whose home is NOWHERE."""
    check_shape(pool)
    cdef int64_t items = len(pool.home), k
    if host_out.shape[0] != items or part_out.shape[0] != items or refused_out.shape[0] != items * REFUSALS:
        raise ValueError("an output is not as long as what it is about")
    if order not in (LARGEST_FIRST, AS_GIVEN):
        raise ValueError("no such order")
    cdef _Ground ground = made_ready(pool)
    if ground is None:
        return INVALID
    cdef World *w = &ground.w
    for k in range(items):
        part_out[k] = ground.n.held[k] if ground.n.here else 0
    for k in range(refused_out.shape[0]):
        refused_out[k] = 0
    if items:
        ground.place_all(pool, order, &part_out[0], &refused_out[0])
    cdef bint every = True
    for k in range(items):
        host_out[k] = w.at[k]
        every = every and w.at[k] != NOWHERE
    return DONE if every else NOT_ALL


def plan(
    pool, settings, int64_t[::1] item_out not None, int64_t[::1] host_out not None, double[::1] score_out not None,
    int64_t[::1] summary_out not None
):
    """Moves, in the order in which they are to be made, and the score after each."""
    check_shape(pool)
    cdef int64_t room = item_out.shape[0], k
    if host_out.shape[0] != room or score_out.shape[0] != room + 1 or summary_out.shape[0] != 3:
        raise ValueError("an output is not as long as what it is about")
    summary_out[0] = summary_out[1] = summary_out[2] = 0
    score_out[0] = 0.0
    cdef _Ground ground = made_ready(held_in_place(pool))
    if ground is None:
        return INVALID
    cdef World *w = &ground.w
    cdef const int64_t[::1] home = pool.home
    cdef int64_t most = settings.most_moves
    w.mode, w.effort, w.seed = settings.mode, settings.effort, settings.seed
    w.margin, w.least_gain, w.settled, w.worth = settings.margin, settings.least_gain, settings.settled, settings.worth
    w.most = most if most >= 0 else UNLIMITED
    summary_out[2] = violations(w)
    score_out[0] = score_of(w)
    cdef Procession p
    cdef bint arrived = False
    cdef const int64_t *start = start_of(home)
    memset(&p, 0, sizeof(p))
    p.pending = <int64_t*>malloc((w.items + 1) * sizeof(int64_t))
    p.stepped = <char*>malloc(w.items + 1)
    if p.pending == NULL or p.stepped == NULL or not find_kinds(w):
        w.failed = True
    else:
        with nogil:
            arrived = descend_in_order(w, &p) if w.mode == DESCENT else rounds(w, &p, start)
    cdef int64_t count = p.made if p.made < room else room
    if not w.failed:
        for k in range(w.items):
            w.at[k] = home[k]
        stand(w)
        for k in range(count):
            item_out[k] = p.moves[2 * k]
            host_out[k] = p.moves[2 * k + 1]
            shift(w, item_out[k], host_out[k], NOBODY)
            score_out[k + 1] = score_of(w)
    free(p.moves)
    free(p.pending)
    free(p.stepped)
    if w.failed:
        raise MemoryError
    summary_out[0] = count
    summary_out[1] = violations(w)
    return DONE if arrived and count == p.made and not summary_out[1] else NOT_ALL


cdef _Ground made_ready(pool):
    """All books made, or None where something is wrong with the pool."""
    check_shape(pool)
    cdef _Ground ground = _Ground()
    cdef const int64_t[::1] home = pool.home
    ground.read(pool)
    if find_flaws(&ground.w, &ground.n, start_of(home), NULL, NULL, NULL):
        return None
    ground.build(home)
    return ground
