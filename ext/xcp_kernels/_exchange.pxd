# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""Improving a plan by exchanges: the twin of exchange.py."""

from libc.stdint cimport int32_t, int64_t, uint64_t
from libc.stdlib cimport realloc
from libc.string cimport memcpy, memset

from xcp_kernels._standing cimport after, go_to, may_move, moves_after, refusal, score_of, toll_after, trade
from xcp_kernels._world cimport (
    BOLDNESS, DRAWS, FREE, LEAST_TRIES, MOST_TRIES, NOBODY, ODD, REPLACE, ROTATE, Roll, STAR, SWAP, TINY_STEP,
    TRIES_FOR_ITEM, World
)


cdef inline int64_t below(uint64_t* state, int64_t bound) noexcept nogil:
    cdef uint64_t x = state[0]
    x ^= x >> 12
    x ^= x << 25
    x ^= x >> 27
    state[0] = x
    return <int64_t>((((x * STAR) >> 32) * <uint64_t>bound) >> 32)


cdef inline void enter(World* w, Roll* roll, int32_t* place, int64_t item) noexcept nogil:
    cdef int32_t *more
    if roll.many == roll.room:
        more = <int32_t*>realloc(roll.who, (roll.room * 2 + 8) * sizeof(int32_t))
        if more == NULL:
            w.failed = True
            return
        roll.who = more
        roll.room = roll.room * 2 + 8
    place[item] = <int32_t>roll.many
    roll.who[roll.many] = <int32_t>item
    roll.many += 1


cdef inline void leave(Roll* roll, int32_t* place, int64_t item) noexcept nogil:
    cdef int32_t last
    roll.many -= 1
    last = roll.who[roll.many]
    if last != item:
        roll.who[place[item]] = last
        place[last] = place[item]


cdef inline void enrol(World* w) noexcept nogil:
    cdef int64_t item, host
    w.all.many = 0
    w.gone.many = 0
    for host in range(w.hosts):
        w.on[host].many = 0
    for item in range(w.items):
        if may_move(w, item):
            enter(w, &w.all, w.turn, item)
    for item in range(w.items):
        if may_move(w, item):
            enter(w, &w.on[w.at[item]], w.place, item)
            if w.at[item] != w.home[item]:
                enter(w, &w.gone, w.turn, item)


cdef inline void moved(World* w, int64_t item, int64_t source) noexcept nogil:
    cdef int64_t home = w.home[item], target = w.at[item]
    leave(&w.on[source], w.place, item)
    enter(w, &w.on[target], w.place, item)
    if source == home:
        enter(w, &w.gone, w.turn, item)
    elif target == home:
        leave(&w.gone, w.turn, item)
    if not w.is_changed[item]:
        w.is_changed[item] = 1
        w.changed[w.many_changed] = <int32_t>item
        w.many_changed += 1


cdef inline void remember(World* w) noexcept nogil:
    """The plan as it is becomes the best."""
    cdef int64_t k
    for k in range(w.many_changed):
        w.best_at[w.changed[k]] = w.at[w.changed[k]]
        w.is_changed[w.changed[k]] = 0
    w.many_changed = 0


cdef inline int64_t tries_of(World* w) noexcept nogil:
    cdef int64_t tries = TRIES_FOR_ITEM * w.items
    if w.effort >= 0:
        return w.effort
    if tries < LEAST_TRIES:
        tries = LEAST_TRIES
    return MOST_TRIES if tries > MOST_TRIES else tries


cdef inline void exchange(World* w) noexcept nogil:
    cdef uint64_t dice = <uint64_t>w.seed * ODD + STAR
    cdef int64_t tries, turn, kind, item, back, target, source, more
    cdef double now, best, threshold, then
    cdef Roll *roll
    if dice == 0:
        dice = 1
    enrol(w)
    if w.failed or w.all.many == 0 or w.hosts <= 1:
        return
    tries = tries_of(w)
    now = score_of(w) + w.toll
    threshold = BOLDNESS * score_of(w) / <double>w.hosts
    best = now
    memcpy(w.best_at, w.at, w.items * sizeof(int64_t))
    memset(w.is_changed, 0, w.items)
    w.many_changed = 0
    for turn in range(tries):
        kind = below(&dice, DRAWS)
        back = NOBODY
        if kind < ROTATE and w.gone.many:
            item = w.gone.who[below(&dice, w.gone.many)]
            roll = &w.on[w.home[item]] if kind < REPLACE else &w.gone
            if roll.many == 0:
                continue
            back = roll.who[below(&dice, roll.many)]
            target = w.at[back]
        else:
            item = w.all.who[below(&dice, w.all.many)]
            if kind < SWAP:
                back = w.all.who[below(&dice, w.all.many)]
                target = w.at[back]
            else:
                target = below(&dice, w.hosts)
        source = w.at[item]
        if source == target:
            continue
        more = moves_after(w, item, target, back)
        if more > 0 and w.away + more > w.most:
            continue
        if refusal(w, item, source, target, back) != FREE:
            continue
        then = after(w, item, source, target, back) + (w.toll + toll_after(w, item, target, back))
        if not then < now + threshold * <double>(tries - turn) / <double>tries:
            continue
        trade(w, item, target, back)
        moved(w, item, source)
        if back != NOBODY:
            moved(w, back, target)
        if w.failed:
            return
        now = then
        if now < best - TINY_STEP:
            best = now
            remember(w)
    go_to(w, w.best_at)
