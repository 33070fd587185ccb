# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""From what pieces a whole plan is made: the twin of placement.py."""

from libc.stdint cimport int64_t
from libc.stdlib cimport free
from libc.string cimport memcpy, memset

from xcp_kernels._exchange cimport exchange
from xcp_kernels._repair cimport repair, send_home
from xcp_kernels._sequence cimport Procession, note, proceed
from xcp_kernels._standing cimport score_of, set_out, stand, trade, violations
from xcp_kernels._steepest cimport descend_once
from xcp_kernels._world cimport IMPROVE, NOBODY, ROUNDS, TINY, UNLIMITED, World


cdef inline bint step_down(World* w, Procession* p) noexcept nogil:
    """One move of the descent, noted where there is somebody to note it; False: there is none."""
    cdef int64_t item, target
    if not descend_once(w, &item, &target):
        return False
    trade(w, item, target, NOBODY)
    return p == NULL or note(w, p, item, target)


cdef inline void improve(World* w) noexcept nogil:
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


cdef inline bint descend_in_order(World* w, Procession* p) noexcept nogil:
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


cdef inline bint is_better(World* w, int64_t violated, double score) noexcept nogil:
    cdef int64_t now = violations(w)
    return now < violated or (now == violated and score_of(w) < score - TINY)


cdef inline bint rounds(World* w, Procession* p, const int64_t* start) noexcept nogil:
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
