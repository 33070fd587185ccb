# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""The walk: the twin of annealing.py."""

from libc.math cimport log, pow
from libc.stdint cimport int32_t, int64_t, uint64_t
from libc.string cimport memcpy

from xcp_kernels._books cimport (
    ALIKE, DRAWS, LUCKS, NEAR, NOBODY, SPELL, SWAPS, Books, change, is_allowed, leaves, move
)
from xcp_kernels._dice cimport below, seeded


cdef struct Trip:
    int64_t tries, taken, best_total
    double hot, cold, homing, worth
    uint64_t dice
    int64_t *best
    # Whose place in `best` is no longer where they are.
    int32_t *changed
    int64_t many_changed
    char *is_changed
    # The processes by weight, where each is in that order, and how many of the heaviest are in play.
    const int64_t *weight
    int32_t *order
    int32_t *rank
    int64_t playing
    double luck[LUCKS]


cdef inline void note(Trip* t, int64_t process) noexcept nogil:
    if not t.is_changed[process]:
        t.is_changed[process] = 1
        t.changed[t.many_changed] = <int32_t>process
        t.many_changed += 1


cdef inline void remember(const Books* b, Trip* t) noexcept nogil:
    """The assignment as it is becomes the best."""
    cdef int64_t k
    for k in range(t.many_changed):
        t.best[t.changed[k]] = b.at[t.changed[k]]
        t.is_changed[t.changed[k]] = 0
    t.many_changed = 0
    t.best_total = b.total


cdef inline void admit(const Books* b, Trip* t, double least) noexcept nogil:
    while t.playing < b.processes and <double>t.weight[t.order[b.processes - 1 - t.playing]] >= least:
        t.playing += 1


cdef inline int64_t drawn_partner(
    const Books* b, const Trip* t, int64_t process, int64_t kind, uint64_t* dice
) noexcept nogil:
    cdef int64_t reach, place
    if kind >= ALIKE:
        return below(dice, b.processes)
    reach = b.processes // NEAR + 1
    place = t.rank[process] + below(dice, 2 * reach + 1) - reach
    if place < 0 or place >= b.processes:
        return process
    return t.order[place]


cdef inline void walk_on(Books* b, Trip* t) noexcept nogil:
    cdef uint64_t dice = seeded(t.dice)
    cdef int64_t turn, kind, process, target, back, source, pull, changed
    cdef double heat = t.hot, fall = 1.0
    for turn in range(LUCKS):
        t.luck[turn] = -log((<double>turn + 0.5) / LUCKS)
    if t.tries > 0:
        fall = pow(t.cold / t.hot, <double>SPELL / <double>t.tries)
    if b.processes:
        memcpy(t.best, b.at, b.processes * sizeof(int64_t))
    t.best_total = b.total
    if b.processes == 0 or b.machines == 1:
        return
    t.playing = 1
    admit(b, t, t.worth * heat)
    for turn in range(1, t.tries + 1):
        if turn % SPELL == 0:
            heat *= fall
            admit(b, t, t.worth * heat)
        process, back = t.order[b.processes - 1 - below(&dice, t.playing)], NOBODY
        kind = below(&dice, DRAWS)
        if kind < SWAPS:
            back = drawn_partner(b, t, process, kind, &dice)
            target = b.at[back]
        else:
            target = below(&dice, b.machines)
        source = b.at[process]
        if source == target or not is_allowed(b, process, target, back):
            continue
        pull = leaves(b, process, source, target)
        if back != NOBODY:
            pull += leaves(b, back, target, source)
        changed = change(b, process, target, back)
        if <double>changed > heat * (t.luck[below(&dice, LUCKS)] - t.homing * <double>pull):
            continue
        move(b, process, target, back, changed)
        t.taken += 1
        note(t, process)
        if back != NOBODY:
            note(t, back)
        if b.total < t.best_total:
            remember(b, t)
