# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""The compiled twin of `xcp_kernels._reference.memory`, which is the specification and has the words."""

from cpython.mem cimport PyMem_RawFree
from libc.float cimport DBL_MAX
from libc.stdint cimport int64_t

from xcp_kernels._calm cimport calm_host
from xcp_kernels._guests cimport (
    CEILING, CROSSED, FLOOR, INACTIVE, INVALID, MOST_GUESTS, MOST_KIB, PLENTY, SCARCE, SHARE, SHORT, blame,
    blame_weights, reason_of, refuse, scale_of, slope_of,
)
from xcp_kernels._level cimport Pieces, reserve, share_out
from xcp_kernels._proportional cimport proportional_host


# ---------------------------------------------------------------- shapes


cdef int check(const int64_t[::1] offsets, tuple hosts, tuple guests) except -1:
    cdef Py_ssize_t h, many = offsets.shape[0] - 1
    if many < 0:
        raise ValueError("offsets need an entry more than there are hosts: 0 where there is none")
    for one in hosts:
        if one != many:
            raise ValueError("an array of hosts is not as long as the offsets say")
    for one in guests:
        if one != offsets[many]:
            raise ValueError("an array of guests is not as long as the last offset says")
    for h in range(many):
        if offsets[h] > offsets[h + 1]:
            raise ValueError("offsets begin at 0 and never fall")
    if offsets[0] != 0:
        raise ValueError("offsets begin at 0 and never fall")
    return 0


cdef Py_ssize_t largest_host(const int64_t[::1] offsets) noexcept nogil:
    cdef Py_ssize_t h, most = 0
    for h in range(offsets.shape[0] - 1):
        most = max(most, offsets[h + 1] - offsets[h])
    return most


cdef int64_t gravest(const int64_t[::1] status) noexcept nogil:
    cdef int64_t found = PLENTY
    cdef Py_ssize_t h
    for h in range(status.shape[0]):
        found = max(found, status[h])
    return found


# ---------------------------------------------------------------- one host


cdef inline int64_t demand_aware_host(
    Py_ssize_t first, Py_ssize_t last, int64_t budget, const int64_t[::1] floor, const int64_t[::1] ceiling,
    const int64_t[::1] demand, const double[::1] weight, const int64_t[::1] active, const int64_t[::1] actual,
    int64_t[::1] target, int64_t[::1] reason, Pieces *pieces, double *level,
) noexcept nogil:
    cdef Py_ssize_t i, k, many = last - first
    cdef int64_t bits = 0, good = 1, floors = 0, wants = 0, tops = 0, on, low, top, want
    cdef double heaviest = 0, one, scale, unused = 0
    for i in range(first, last):
        on = -<int64_t> (active[i] != 0)
        bits |= (floor[i] | ceiling[i] | demand[i]) & on
        one = weight[i]
        good &= (on == 0) | ((one >= 0) & (one <= DBL_MAX))
        heaviest = one if (on != 0) & (one > heaviest) else heaviest
    if (bits & ~MOST_KIB) != 0 or not good or many > MOST_GUESTS:
        refuse(first, last, active, actual, target, reason)
        blame(first, last, active, floor, reason)
        blame(first, last, active, ceiling, reason)
        blame(first, last, active, demand, reason)
        blame_weights(first, last, active, weight, reason)
        return INVALID
    scale = scale_of(heaviest)
    for i in range(first, last):
        k = i - first
        on = -<int64_t> (active[i] != 0)
        low = floor[i] & on
        top = max(low, ceiling[i] & on)
        want = max(low, min(demand[i] & on, top))
        pieces.start[k] = low
        pieces.end[k] = want
        pieces.slope[k] = slope_of(weight[i] if on else 0, scale, demand[i] & on)
        floors += low
        wants += want
        tops += top
    pieces.many = many
    if floors > budget:
        for k in range(many):
            pieces.end[k] = pieces.start[k]
            pieces.given[k] = 0
    elif wants > budget:
        share_out(pieces, budget - floors, level[0], level)
    else:
        # From here on `start` is what a guest wants, which is what it has before anything is spread.
        for i in range(first, last):
            k = i - first
            on = -<int64_t> (active[i] != 0)
            low = pieces.end[k]
            top = max(floor[i] & on, ceiling[i] & on)
            pieces.slope[k] = top - low
            pieces.start[k] = 0
            pieces.end[k] = top - low
            pieces.given[k] = top - low
            target[i] = low
        if tops > budget:
            share_out(pieces, budget - wants, 0, &unused)
        for k in range(many):
            pieces.start[k] = target[first + k]
    for i in range(first, last):
        k = i - first
        top = pieces.start[k] + pieces.given[k]
        target[i] = top if active[i] else actual[i]
        reason[i] = reason_of(top, floor[i], ceiling[i], demand[i]) if active[i] else INACTIVE
    if floors > budget:
        for i in range(first, last):
            if active[i]:
                reason[i] = CROSSED if ceiling[i] < floor[i] else FLOOR
        return SHORT
    return SCARCE if wants > budget else PLENTY


cdef inline int64_t static_host(
    Py_ssize_t first, Py_ssize_t last, int64_t budget, const int64_t[::1] floor, const int64_t[::1] ceiling,
    const int64_t[::1] active, const int64_t[::1] actual, int64_t[::1] target, int64_t[::1] reason, Pieces *pieces,
) noexcept nogil:
    cdef Py_ssize_t i, k
    cdef int64_t bits = 0, floors = 0, tops = 0, on, low, top, found
    cdef double unused = 0
    for i in range(first, last):
        bits |= (floor[i] | ceiling[i]) if active[i] else 0
    if (bits & ~MOST_KIB) != 0 or last - first > MOST_GUESTS:
        refuse(first, last, active, actual, target, reason)
        blame(first, last, active, floor, reason)
        blame(first, last, active, ceiling, reason)
        return INVALID
    for i in range(first, last):
        k = i - first
        on = -<int64_t> (active[i] != 0)
        low = floor[i] & on
        top = max(low, ceiling[i] & on)
        pieces.slope[k] = top - low
        pieces.start[k] = 0
        pieces.end[k] = top - low
        pieces.given[k] = top - low
        floors += low
        tops += top
    pieces.many = last - first
    if floors > budget:
        for k in range(pieces.many):
            pieces.given[k] = 0
    elif tops > budget:
        share_out(pieces, budget - floors, 0, &unused)
    for i in range(first, last):
        low = floor[i]
        top = low + pieces.given[i - first]
        target[i] = top if active[i] else actual[i]
        found = FLOOR if top <= low else CEILING if top >= ceiling[i] else SHARE
        found = CROSSED if ceiling[i] < low else found
        # Where floors do not fit, a guest whose ceiling is its floor is at its floor, as all are.
        reason[i] = found if active[i] else INACTIVE
    return SHORT if floors > budget else SCARCE if tops > budget else PLENTY


# ---------------------------------------------------------------- what Python calls


def demand_aware(
    const int64_t[::1] offsets not None,
    const int64_t[::1] budget not None,
    const int64_t[::1] floor not None,
    const int64_t[::1] ceiling not None,
    const int64_t[::1] demand not None,
    const double[::1] weight not None,
    const int64_t[::1] active not None,
    const int64_t[::1] actual not None,
    int64_t[::1] target_out not None,
    int64_t[::1] reason_out not None,
    int64_t[::1] status_out not None,
    double[::1] level_inout not None,
):
    cdef Pieces pieces
    cdef Py_ssize_t h
    check(
        offsets,
        (budget.shape[0], status_out.shape[0], level_inout.shape[0]),
        (floor.shape[0], ceiling.shape[0], demand.shape[0], weight.shape[0], active.shape[0], actual.shape[0],
         target_out.shape[0], reason_out.shape[0]),
    )
    reserve(&pieces, largest_host(offsets))
    with nogil:
        for h in range(status_out.shape[0]):
            status_out[h] = demand_aware_host(
                offsets[h], offsets[h + 1], budget[h], floor, ceiling, demand, weight, active, actual,
                target_out, reason_out, &pieces, &level_inout[h],
            )
    PyMem_RawFree(pieces.block)
    return gravest(status_out)


def static(
    const int64_t[::1] offsets not None,
    const int64_t[::1] budget not None,
    const int64_t[::1] floor not None,
    const int64_t[::1] ceiling not None,
    const int64_t[::1] active not None,
    const int64_t[::1] actual not None,
    int64_t[::1] target_out not None,
    int64_t[::1] reason_out not None,
    int64_t[::1] status_out not None,
):
    cdef Pieces pieces
    cdef Py_ssize_t h
    check(
        offsets,
        (budget.shape[0], status_out.shape[0]),
        (floor.shape[0], ceiling.shape[0], active.shape[0], actual.shape[0], target_out.shape[0], reason_out.shape[0]),
    )
    reserve(&pieces, largest_host(offsets))
    with nogil:
        for h in range(status_out.shape[0]):
            status_out[h] = static_host(
                offsets[h], offsets[h + 1], budget[h], floor, ceiling, active, actual, target_out, reason_out, &pieces
            )
    PyMem_RawFree(pieces.block)
    return gravest(status_out)


def demand_aware_calm(
    const int64_t[::1] offsets not None,
    const int64_t[::1] budget not None,
    const int64_t[::1] floor not None,
    const int64_t[::1] ceiling not None,
    const int64_t[::1] demand not None,
    const double[::1] weight not None,
    const int64_t[::1] active not None,
    const int64_t[::1] actual not None,
    const int64_t[::1] held not None,
    const int64_t[::1] shrink_band not None,
    const int64_t[::1] grow_band not None,
    int64_t[::1] target_out not None,
    int64_t[::1] reason_out not None,
    int64_t[::1] status_out not None,
    double[::1] level_inout not None,
):
    cdef Pieces pieces
    cdef Py_ssize_t h
    check(
        offsets,
        (budget.shape[0], status_out.shape[0], level_inout.shape[0]),
        (floor.shape[0], ceiling.shape[0], demand.shape[0], weight.shape[0], active.shape[0], actual.shape[0],
         held.shape[0], shrink_band.shape[0], grow_band.shape[0], target_out.shape[0], reason_out.shape[0]),
    )
    # A target follows its goal below the band and above it.
    reserve(&pieces, 2 * largest_host(offsets))
    with nogil:
        for h in range(status_out.shape[0]):
            status_out[h] = calm_host(
                offsets[h], offsets[h + 1], budget[h], floor, ceiling, demand, weight, active, actual,
                held, shrink_band, grow_band, target_out, reason_out, &pieces, &level_inout[h],
            )
    PyMem_RawFree(pieces.block)
    return gravest(status_out)


def proportional(
    const int64_t[::1] offsets not None,
    const int64_t[::1] host_free not None,
    const int64_t[::1] free_target not None,
    const int64_t[::1] dynamic_min not None,
    const int64_t[::1] dynamic_max not None,
    const int64_t[::1] actual not None,
    const int64_t[::1] inaccuracy not None,
    const int64_t[::1] active not None,
    int64_t[::1] target_out not None,
    int64_t[::1] reason_out not None,
    int64_t[::1] status_out not None,
    int64_t[::1] surplus_out not None,
    int64_t[::1] range_out not None,
    double[::1] gamma_out not None,
):
    cdef Py_ssize_t h
    check(
        offsets,
        (host_free.shape[0], free_target.shape[0], status_out.shape[0], surplus_out.shape[0], range_out.shape[0],
         gamma_out.shape[0]),
        (dynamic_min.shape[0], dynamic_max.shape[0], actual.shape[0], inaccuracy.shape[0], active.shape[0],
         target_out.shape[0], reason_out.shape[0]),
    )
    with nogil:
        for h in range(status_out.shape[0]):
            status_out[h] = proportional_host(
                offsets[h], offsets[h + 1], host_free[h], free_target[h], dynamic_min, dynamic_max, actual,
                inaccuracy, active, target_out, reason_out, &surplus_out[h], &range_out[h], &gamma_out[h],
            )
    return gravest(status_out)
