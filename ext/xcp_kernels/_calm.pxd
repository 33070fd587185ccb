# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""Demand-aware with a soft threshold: small differences move nobody; `_reference.memory` has the words."""

from libc.stdint cimport int64_t

from xcp_kernels._guests cimport (
    CROSSED, FLOOR, HELD, INACTIVE, INVALID, MOST_GUESTS, MOST_KIB, PLENTY, SCARCE, SHORT, blame, blame_weights,
    is_weight, reason_of, refuse, scale_of, slope_of,
)
from xcp_kernels._level cimport Pieces, share_out


cdef inline int64_t soft(
    int64_t goal, int64_t floor, int64_t top, int64_t held, int64_t shrink, int64_t grow
) noexcept nogil:
    return max(floor, min(max(min(goal + shrink, held), goal - grow), top))


cdef inline void add_piece(
    Pieces *pieces, int64_t owner, int64_t slope, int64_t start, int64_t end, int64_t base
) noexcept nogil:
    if start < end:
        pieces.owner[pieces.many] = owner
        pieces.slope[pieces.many] = slope
        pieces.start[pieces.many] = start - base
        pieces.end[pieces.many] = end - base
        pieces.many += 1


cdef inline int64_t calm_host(
    Py_ssize_t first, Py_ssize_t last, int64_t budget, const int64_t[::1] floor, const int64_t[::1] ceiling,
    const int64_t[::1] demand, const double[::1] weight, const int64_t[::1] active, const int64_t[::1] actual,
    const int64_t[::1] held, const int64_t[::1] shrink, const int64_t[::1] grow,
    int64_t[::1] target, int64_t[::1] reason, Pieces *pieces, double *level,
) noexcept nogil:
    cdef Py_ssize_t i, k, stretch
    cdef int64_t bits = 0, floors = 0, wants = 0, low, top, want, start, end, base, slope, found
    cdef int64_t softened[3]
    cdef int64_t left = budget
    cdef double heaviest = 0, scale, unused = 0
    cdef double *level_out = &unused
    cdef bint good = True
    softened[0] = softened[1] = softened[2] = 0
    for i in range(first, last):
        if active[i]:
            bits |= floor[i] | ceiling[i] | demand[i] | held[i] | shrink[i] | grow[i]
            good = good and is_weight(weight[i])
            heaviest = max(heaviest, weight[i])
    if (bits & ~MOST_KIB) != 0 or not good or last - first > MOST_GUESTS:
        refuse(first, last, active, actual, target, reason)
        blame(first, last, active, floor, reason)
        blame(first, last, active, ceiling, reason)
        blame(first, last, active, demand, reason)
        blame(first, last, active, held, reason)
        blame(first, last, active, shrink, reason)
        blame(first, last, active, grow, reason)
        blame_weights(first, last, active, weight, reason)
        return INVALID
    scale = scale_of(heaviest)
    for i in range(first, last):
        target[i] = actual[i]
        reason[i] = INACTIVE
        if active[i]:
            low = floor[i]
            top = max(low, ceiling[i])
            want = max(low, min(demand[i], top))
            floors += low
            wants += want
            softened[0] += soft(low, low, top, held[i], shrink[i], grow[i])
            softened[1] += soft(want, low, top, held[i], shrink[i], grow[i])
            target[i] = soft(top, low, top, held[i], shrink[i], grow[i])
            softened[2] += target[i]
    if floors > budget:
        for i in range(first, last):
            if active[i]:
                target[i] = floor[i]
                reason[i] = CROSSED if ceiling[i] < floor[i] else FLOOR
        return SHORT
    stretch = 0 if softened[0] > budget else 1 if softened[1] > budget else 2
    if softened[stretch] > budget:
        pieces.many = 0
        for i in range(first, last):
            if active[i]:
                low = floor[i]
                top = max(low, ceiling[i])
                want = max(low, min(demand[i], top))
                if stretch == 0:
                    start, end, base, slope = low - shrink[i], low, low - shrink[i], shrink[i]
                elif stretch == 1:
                    start, end, base, slope = low, want, 0, slope_of(weight[i], scale, demand[i])
                else:
                    start, end, base, slope = want, top, want, top - want
                target[i] = soft(start, low, top, held[i], shrink[i], grow[i])
                left -= target[i]
                add_piece(
                    pieces, i, slope, max(start, low - shrink[i]), min(end, min(held[i], top) - shrink[i]), base
                )
                add_piece(pieces, i, slope, max(start, max(held[i], low) + grow[i]), min(end, top + grow[i]), base)
        if stretch == 1:
            level_out = level
        share_out(pieces, left, level_out[0], level_out)
        for k in range(pieces.many):
            target[pieces.owner[k]] += pieces.given[k]
    for i in range(first, last):
        if active[i]:
            found = reason_of(target[i], floor[i], ceiling[i], demand[i])
            if found != CROSSED and target[i] == held[i] and shrink[i] + grow[i] > 0:
                found = HELD
            reason[i] = found
    return SCARCE if wants > budget else PLENTY
