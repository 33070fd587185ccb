# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
# cython: auto_pickle=False
"""The compiled twin of `xcp_kernels._reference.placement`, which is the specification and has the words.

The same operations in the same order as there, for the same choices to the last bit. What is faster here: items of a
kind and hosts of a shape are found once, rivals are asked strongest first, and of the best plan only what changed
is copied.
"""

from libc.stdint cimport int32_t, int64_t
from libc.stdlib cimport calloc, free, malloc
from libc.string cimport memcpy, memset

from xcp_kernels._reference.flaws import check_shape

from xcp_kernels._exchange cimport exchange
from xcp_kernels._repair cimport repair, send_home
from xcp_kernels._sequence cimport Procession, note, proceed
from xcp_kernels._standing cimport (
    BAD_NUMBER, DESCENT, DONE, FREE, HOST, IMPROVE, INVALID, MOST_AMOUNT, MOST_ITEMS, MOST_ON_HOST, MOST_PRICE,
    NEGATIVE, NOBODY, NONE, NOT_ALL, NOWHERE, NO_SUCH_CLASS, NO_SUCH_GROUP, NO_SUCH_HOST, REFUSALS, ROUNDS, Roll,
    TINY, TOGETHER, TOO_LARGE, UNLIMITED, World, after, refusal, score_of, set_out, shift, stand, trade,
    violations
)
from xcp_kernels._steepest cimport descend_once, find_kinds


cdef void improve(World* w) noexcept nogil:
    """One round: from home to the best end found, or to what is only mended."""
    cdef double before, worth, gain
    cdef int64_t *mended = w.spare
    repair(w)
    memcpy(mended, w.at, w.items * sizeof(int64_t))
    w.only_mends = False
    before = score_of(w) + w.toll
    worth = w.worth * score_of(w)
    while step_down(w, NULL):
        pass
    exchange(w)
    if w.failed:
        return
    send_home(w)
    gain = before - (score_of(w) + w.toll)
    if gain < worth or gain < TINY:
        memcpy(w.at, mended, w.items * sizeof(int64_t))


cdef bint step_down(World* w, Procession* p) noexcept nogil:
    """One move of the descent, noted where there is somebody to note it; False: there is none."""
    cdef int64_t item, target
    if not descend_once(w, &item, &target):
        return False
    trade(w, item, target, NOBODY)
    return p == NULL or note(w, p, item, target)


cdef bint descend_in_order(World* w, Procession* p) noexcept nogil:
    """What repair finds, in an order that works, then hbal's moves; whether all went as wished."""
    cdef Procession tail
    cdef int64_t k
    cdef bint arrived
    memset(&tail, 0, sizeof(tail))
    repair(w)
    memcpy(w.best_at, w.at, w.items * sizeof(int64_t))
    while step_down(w, &tail):
        pass
    memcpy(w.at, w.home, w.items * sizeof(int64_t))
    stand(w)
    arrived = proceed(w, p, w.best_at, w.most)
    if arrived:
        for k in range(tail.made):
            note(w, p, tail.moves[2 * k], tail.moves[2 * k + 1])
    free(tail.moves)
    return arrived


cdef bint rounds(World* w, Procession* p, const int64_t* start) noexcept nogil:
    """Rounds, until one that begins where the last one ended finds nothing; whether every end was reached."""
    cdef Procession direct
    cdef int64_t turn, first, k, most = w.most, left = w.most, violated
    cdef double score
    cdef bint arrived = True, unlimited = w.most == UNLIMITED
    for turn in range(ROUNDS):
        if turn:
            set_out(w)
        w.most = left
        if w.mode == IMPROVE:
            improve(w)
        else:
            repair(w)
        if w.failed:
            return False
        memcpy(w.best_at, w.at, w.items * sizeof(int64_t))
        memcpy(w.at, w.home, w.items * sizeof(int64_t))
        stand(w)
        first = p.made
        violated = violations(w)
        score = score_of(w)
        arrived = proceed(w, p, w.best_at, left)
        if p.made == first or (not arrived and not is_better(w, violated, score)):
            p.made = first
            memcpy(w.at, w.home, w.items * sizeof(int64_t))
            break
        if not unlimited:
            for k in range(first, p.made):
                left -= w.size[p.moves[2 * k]]
            if arrived:
                break
    memcpy(w.best_at, w.at, w.items * sizeof(int64_t))
    if w.items:
        memcpy(w.at, start, w.items * sizeof(int64_t))
    stand(w)
    direct = p[0]
    direct.moves = NULL
    direct.made = 0
    direct.room = 0
    if proceed(w, &direct, w.best_at, most):
        free(p.moves)
        p.moves = direct.moves
        p.made = direct.made
    else:
        free(direct.moves)
    return arrived


cdef bint is_better(World* w, int64_t violated, double score) noexcept nogil:
    cdef int64_t now = violations(w)
    return now < violated or (now == violated and score_of(w) < score - TINY)


cdef class _Ground:
    """A World with its memory."""

    cdef World w
    cdef object kept

    def __cinit__(self):
        memset(&self.w, 0, sizeof(World))

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

    cdef int read(self, pool) except -1:
        cdef World *w = &self.w
        cdef const double[::1] weight = pool.weight, scale = pool.scale, cost = pool.cost, price = pool.group_price
        cdef const int64_t[::1] base = pool.base, capacity = pool.capacity, domain = pool.domain
        cdef const int64_t[::1] amount = pool.amount, movable = pool.movable, size = pool.size
        cdef const int64_t[::1] reach_of = pool.reach_of, reach = pool.reach
        cdef const int64_t[::1] starts = pool.group_start, group_of = pool.group_of
        cdef const int64_t[::1] scope = pool.group_scope, limit = pool.group_limit
        self.kept = (weight, scale, cost, price, base, capacity, domain, amount, movable, size, reach_of, reach,
                     starts, group_of, scope, limit)
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


cdef int64_t flaw_of_host(World* w, int64_t host) noexcept nogil:
    cdef int64_t k
    if not 0 <= w.domain[host] < w.hosts:
        return NO_SUCH_HOST
    for k in range(host * w.rows, (host + 1) * w.rows):
        if not 0 <= w.scale[k] <= MOST_PRICE:
            return BAD_NUMBER
        if not -MOST_ON_HOST <= w.base[k] <= MOST_ON_HOST or not -MOST_ON_HOST <= w.capacity[k] <= MOST_ON_HOST:
            return TOO_LARGE
    return NONE


cdef int64_t flaw_of_item(World* w, int64_t item, const int64_t* home) noexcept nogil:
    cdef int64_t k, j
    for k in range(item * w.rows, (item + 1) * w.rows):
        if w.amount[k] < 0:
            return NEGATIVE
        if w.amount[k] > MOST_AMOUNT:
            return TOO_LARGE
    if w.size[item] < 1:
        return NEGATIVE
    if w.size[item] > MOST_ITEMS:
        return TOO_LARGE
    if home[item] != NOWHERE and not 0 <= home[item] < w.hosts:
        return NO_SUCH_HOST
    if not 0 <= w.reach_of[item] < (w.classes if w.classes else 1):
        return NO_SUCH_CLASS
    if not 0 <= w.cost[item] <= MOST_PRICE:
        return BAD_NUMBER
    for k in range(w.group_start[item], w.group_start[item + 1]):
        if not 0 <= w.group_of[k] < w.groups:
            return NO_SUCH_GROUP
        for j in range(w.group_start[item], k):
            if w.group_of[j] == w.group_of[k]:
                return NO_SUCH_GROUP
    return NONE


cdef int64_t flaw_of_group(World* w, int64_t group) noexcept nogil:
    if not HOST <= w.group_scope[group] <= TOGETHER:
        return NO_SUCH_GROUP
    if w.group_limit[group] < 0:
        return NEGATIVE
    if not w.group_price[group] <= MOST_PRICE:
        return BAD_NUMBER
    return NONE


cdef bint find_flaws(World* w, const int64_t* home, int64_t* hosts, int64_t* items, int64_t* groups) noexcept nogil:
    cdef int64_t k, flaw
    cdef bint any_flaw = False
    for k in range(w.hosts):
        flaw = flaw_of_host(w, k)
        any_flaw = any_flaw or flaw != NONE
        if hosts != NULL:
            hosts[k] = flaw
    for k in range(w.items):
        flaw = flaw_of_item(w, k, home)
        any_flaw = any_flaw or flaw != NONE
        if items != NULL:
            items[k] = flaw
    for k in range(w.groups):
        flaw = flaw_of_group(w, k)
        any_flaw = any_flaw or flaw != NONE
        if groups != NULL:
            groups[k] = flaw
    return any_flaw


cdef const int64_t* start_of(const int64_t[::1] array) noexcept:
    return &array[0] if array.shape[0] else NULL


def flaws(pool, int64_t[::1] host_out not None, int64_t[::1] item_out not None, int64_t[::1] group_out not None):
    """A Flaw for each host, item and group."""
    check_shape(pool)
    cdef _Ground ground = _Ground()
    ground.read(pool)
    cdef const int64_t[::1] home = pool.home
    cdef World *w = &ground.w
    if host_out.shape[0] != w.hosts or item_out.shape[0] != w.items or group_out.shape[0] != w.groups:
        raise ValueError("an output is not as long as what it is about")
    cdef bint found = find_flaws(w, start_of(home), <int64_t*>start_of(host_out), <int64_t*>start_of(item_out),
                                 <int64_t*>start_of(group_out))
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


def place(pool, int64_t[::1] host_out not None, int64_t[::1] refused_out not None):
    """A host for every item whose home is NOWHERE."""
    check_shape(pool)
    if host_out.shape[0] != len(pool.home) or refused_out.shape[0] != len(pool.home) * REFUSALS:
        raise ValueError("an output is not as long as what it is about")
    cdef _Ground ground = made_ready(pool)
    if ground is None:
        return INVALID
    cdef World *w = &ground.w
    cdef int64_t k
    order = [k for k in range(w.items) if w.home[k] == NOWHERE]
    order.sort(key=lambda item: -ground.bulk(item))
    for k in range(refused_out.shape[0]):
        refused_out[k] = 0
    for item in order:
        place_one(w, item, &refused_out[0])
    cdef bint every = True
    for k in range(w.items):
        host_out[k] = w.at[k]
        every = every and w.at[k] != NOWHERE
    return DONE if every else NOT_ALL


cdef void place_one(World* w, int64_t item, int64_t* refused) noexcept nogil:
    cdef int64_t host, found = NOWHERE, why
    cdef double value, lowest = 0.0
    for host in range(w.hosts):
        why = refusal(w, item, NOWHERE, host, NOBODY)
        if why != FREE:
            refused[item * REFUSALS + why] += 1
            continue
        value = after(w, item, NOWHERE, host, NOBODY)
        if found == NOWHERE or value < lowest:
            found, lowest = host, value
    if found != NOWHERE:
        shift(w, item, found, NOBODY)


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
    cdef _Ground ground = made_ready(pool)
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
    if find_flaws(&ground.w, start_of(home), NULL, NULL, NULL):
        return None
    ground.build(home)
    return ground
