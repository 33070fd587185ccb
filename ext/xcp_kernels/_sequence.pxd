# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""The order of moves: the twin of sequence.py."""

from libc.stdint cimport int64_t
from libc.stdlib cimport realloc
from libc.string cimport memset

from xcp_kernels._standing cimport after, in_group, refusal, shift, unit_of
from xcp_kernels._world cimport FREE, MOST_ASIDE, NOBODY, NOWHERE, WINDOW, World


cdef struct Procession:
    const int64_t *goal
    int64_t *moves
    int64_t made, room, left, patience
    int64_t *pending
    int64_t waiting
    char *stepped


cdef inline bint note(World* w, Procession* p, int64_t item, int64_t target) noexcept nogil:
    """One more pair in `moves`; False: no memory."""
    cdef int64_t *more
    if p.made == p.room:
        more = <int64_t*>realloc(p.moves, (p.room * 2 + 64) * 2 * sizeof(int64_t))
        if more == NULL:
            w.failed = True
            return False
        p.moves = more
        p.room = p.room * 2 + 64
    p.moves[2 * p.made] = item
    p.moves[2 * p.made + 1] = target
    p.made += 1
    return True


cdef inline bint step(World* w, Procession* p, int64_t item, int64_t target) noexcept nogil:
    p.left -= w.size[item]
    if p.left < 0:
        return False
    shift(w, item, target, NOBODY)
    return note(w, p, item, target)


cdef inline int64_t next_step(World* w, Procession* p) noexcept nogil:
    """Which of the pending goes next: its place among them, or -1."""
    cdef int64_t k, item, found = -1, possible = 0
    cdef double value, lowest = 0.0
    for k in range(p.waiting):
        item = p.pending[k]
        if refusal(w, item, w.at[item], p.goal[item], NOBODY) != FREE:
            continue
        value = after(w, item, w.at[item], p.goal[item], NOBODY)
        if found < 0 or value < lowest:
            lowest = value
            found = k
        possible += 1
        if possible >= WINDOW:
            break
    return found


cdef inline bint lets_in(World* w, Procession* p, int64_t item, int64_t other) noexcept nogil:
    cdef int64_t host = p.goal[item], here = w.at[other], aside, k
    cdef bint fits
    for aside in range(w.hosts):
        if aside == here or aside == p.goal[other] or p.patience <= 0:
            continue
        p.patience -= 1
        if refusal(w, other, here, aside, NOBODY) != FREE:
            continue
        shift(w, other, aside, NOBODY)
        fits = refusal(w, item, w.at[item], host, NOBODY) == FREE
        shift(w, other, here, NOBODY)
        if not fits:
            continue
        p.stepped[other] = 1
        step(w, p, other, aside)
        if p.goal[other] == here:
            k = p.waiting
            while k > 0 and p.pending[k - 1] > other:
                p.pending[k] = p.pending[k - 1]
                k -= 1
            p.pending[k] = other
            p.waiting += 1
        return True
    return False


cdef inline bint is_in_the_way(World* w, Procession* p, int64_t other, int64_t item) noexcept nogil:
    cdef int64_t where = w.at[other], target = p.goal[item], k, group
    if where == NOWHERE or other == item or not w.movable[other] or p.stepped[other] or w.size[other] > p.left:
        return False
    if where == target:
        return True
    for k in range(w.group_start[item], w.group_start[item + 1]):
        group = w.group_of[k]
        if (w.group_price[group] < 0 and unit_of(w, group, where) == unit_of(w, group, target)
                and in_group(w, other, group)):
            return True
    return False


cdef inline bint step_aside(World* w, Procession* p) noexcept nogil:
    cdef int64_t k, item, other
    cdef int stays
    for k in range(p.waiting):
        item = p.pending[k]
        for stays in range(2):
            for other in range(w.items):
                if (p.goal[other] == w.at[other]) != (stays == 1) or not is_in_the_way(w, p, other, item):
                    continue
                if lets_in(w, p, item, other):
                    return True
    return False


cdef inline bint proceed(World* w, Procession* p, const int64_t* goal, int64_t most) noexcept nogil:
    """From where the items are; whether the goal was reached."""
    cdef int64_t item, k
    p.goal = goal
    p.left = most
    p.patience = MOST_ASIDE
    p.waiting = 0
    memset(p.stepped, 0, w.items)
    for item in range(w.items):
        if w.at[item] != p.goal[item]:
            p.pending[p.waiting] = item
            p.waiting += 1
    while p.waiting:
        k = next_step(w, p)
        if k < 0:
            if not step_aside(w, p):
                return False
            continue
        item = p.pending[k]
        if not step(w, p, item, p.goal[item]):
            return False
        p.waiting -= 1
        while k < p.waiting:
            p.pending[k] = p.pending[k + 1]
            k += 1
    return True
