# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""The compiled twin of `xcp_kernels._reference.memory`, which is the specification and has the words."""

from cpython.mem cimport PyMem_RawFree
from libc.float cimport DBL_MAX
from libc.stdint cimport int64_t, uint64_t

from xcp_kernels._level cimport WEIGHT_PARTS, Pieces, int128, reserve, share_out

# Those of xcp_kernels.limits and xcp_kernels.outcome, as the compiler needs to know them; tests compare the two.
cdef extern from *:
    """
    #define XCP_MOST_KIB ((((int64_t)1) << 46) - 1)
    #define XCP_MOST_GUESTS (((int64_t)1) << 16)
    """
    const int64_t MOST_KIB "XCP_MOST_KIB"
    const int64_t MOST_GUESTS "XCP_MOST_GUESTS"

cdef enum:
    PLENTY = 0
    SCARCE = 1
    SHORT = 2
    INVALID = 3

cdef enum:
    SHARE = 0
    FLOOR = 1
    CEILING = 2
    DEMAND = 3
    SPREAD = 4
    INACTIVE = 5
    HELD = 6
    CROSSED = 7
    REFUSED = 8
    NEGATIVE = 9
    TOO_LARGE = 10
    BAD_WEIGHT = 11


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


cdef void refuse(
    Py_ssize_t first, Py_ssize_t last, const int64_t[::1] active, const int64_t[::1] actual,
    int64_t[::1] target, int64_t[::1] reason,
) noexcept nogil:
    """Everybody keeps what they hold; who is to blame is found by `blame`."""
    cdef Py_ssize_t i
    for i in range(first, last):
        target[i] = actual[i]
        reason[i] = REFUSED if active[i] else INACTIVE


cdef void blame(
    Py_ssize_t first, Py_ssize_t last, const int64_t[::1] active, const int64_t[::1] size, int64_t[::1] reason
) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(first, last):
        if active[i] and size[i] < 0:
            reason[i] = NEGATIVE
        elif active[i] and size[i] > MOST_KIB and reason[i] == REFUSED:
            reason[i] = TOO_LARGE


cdef inline bint is_weight(double weight) noexcept nogil:
    return 0 <= weight <= DBL_MAX


cdef void blame_weights(
    Py_ssize_t first, Py_ssize_t last, const int64_t[::1] active, const double[::1] weight, int64_t[::1] reason
) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(first, last):
        if active[i] and reason[i] == REFUSED and not is_weight(weight[i]):
            reason[i] = BAD_WEIGHT


cdef inline int64_t slope_of(double weight, double scale, int64_t demand) noexcept nogil:
    return max(1, <int64_t> (weight * scale + 0.5)) * demand


cdef inline double scale_of(double largest) noexcept nogil:
    return WEIGHT_PARTS / largest if largest >= 1e-300 else 0.0


cdef inline int64_t reason_of(int64_t target, int64_t floor, int64_t ceiling, int64_t demand) noexcept nogil:
    cdef int64_t top = max(floor, ceiling)
    cdef int64_t wanted = max(floor, min(demand, top))
    cdef int64_t found = SHARE if target < wanted else SPREAD
    found = DEMAND if target == wanted else found
    found = CEILING if target >= top else found
    found = FLOOR if target <= floor else found
    return CROSSED if ceiling < floor else found


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


# ---------------------------------------------------------------- one host, calm


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


cdef int64_t calm_host(
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


# ---------------------------------------------------------------- one host, squeezed's rule


cdef inline int64_t magnitude(int64_t number) noexcept nogil:
    return number ^ (number >> 63)


cdef int64_t proportional_host_exact(
    Py_ssize_t first, Py_ssize_t last, int64_t host_free, int64_t free_target, const int64_t[::1] dynamic_min,
    const int64_t[::1] dynamic_max, const int64_t[::1] actual, const int64_t[::1] inaccuracy,
    const int64_t[::1] active, int64_t[::1] target, int64_t[::1] reason, int64_t *surplus_out, int64_t *range_out,
    double *gamma_out,
) noexcept nogil:
    """The same in 128 bits; a host whose answers do not fit into 64 is refused."""
    cdef int128 spare = <int128> host_free - free_target, total = 0, least, most, surplus, span
    cdef double gamma, product
    cdef Py_ssize_t i
    cdef bint fits
    for i in range(first, last):
        if active[i]:
            spare += max(<int128> 0, <int128> actual[i] - dynamic_min[i] - <int128> 2 * inaccuracy[i])
            total += max(<int128> 0, <int128> dynamic_max[i] - dynamic_min[i])
    surplus = max(<int128> 0, spare)
    gamma = min(1.0, <double> surplus / <double> total) if total else <double> (surplus > 0)
    most = <int128> 0x7fffffffffffffff
    fits = surplus <= most and total <= most
    for i in range(first, last):
        target[i] = actual[i]
        reason[i] = INACTIVE
        if active[i]:
            reason[i] = TOO_LARGE
            span = max(<int128> 0, <int128> dynamic_max[i] - dynamic_min[i])
            product = gamma * <double> span
            # At most 2^64, which 128 bits hold.
            least = dynamic_min[i] + <int128> product
            fits = fits and least <= most
    surplus_out[0] = range_out[0] = 0
    gamma_out[0] = 0
    if not fits:
        return INVALID
    for i in range(first, last):
        if active[i]:
            span = max(<int128> 0, <int128> dynamic_max[i] - dynamic_min[i])
            target[i] = <int64_t> (dynamic_min[i] + <int128> (gamma * <double> span))
            reason[i] = range_reason(target[i], dynamic_min[i], dynamic_max[i])
    surplus_out[0], range_out[0], gamma_out[0] = <int64_t> surplus, <int64_t> total, gamma
    return SHORT if spare < 0 else PLENTY if gamma >= 1 else SCARCE


cdef inline int64_t range_reason(int64_t target, int64_t low, int64_t high) noexcept nogil:
    cdef int64_t found = CEILING if target >= high else SHARE
    found = FLOOR if target <= low else found
    return CROSSED if high < low else found


cdef inline int64_t proportional_host(
    Py_ssize_t first, Py_ssize_t last, int64_t host_free, int64_t free_target, const int64_t[::1] dynamic_min,
    const int64_t[::1] dynamic_max, const int64_t[::1] actual, const int64_t[::1] inaccuracy,
    const int64_t[::1] active, int64_t[::1] target, int64_t[::1] reason, int64_t *surplus_out, int64_t *range_out,
    double *gamma_out,
) noexcept nogil:
    cdef int64_t bits = 0, freeable = 0, total = 0, on, span, spare, surplus, low, found
    cdef double gamma
    cdef Py_ssize_t i
    for i in range(first, last):
        on = -<int64_t> (active[i] != 0)
        bits |= magnitude(dynamic_min[i]) | magnitude(dynamic_max[i]) | magnitude(actual[i]) | magnitude(inaccuracy[i])
        # Should this overflow, `bits` tells; unsigned, so that it may.
        span = <int64_t> (<uint64_t> actual[i] - <uint64_t> dynamic_min[i] - 2 * <uint64_t> inaccuracy[i])
        freeable = <int64_t> (<uint64_t> freeable + <uint64_t> (max(span, 0) & on))
        span = <int64_t> (<uint64_t> dynamic_max[i] - <uint64_t> dynamic_min[i])
        total = <int64_t> (<uint64_t> total + <uint64_t> (max(span, 0) & on))
    if (bits >> 43) | (magnitude(host_free) >> 60) | (magnitude(free_target) >> 60) | ((last - first) >> 16):
        return proportional_host_exact(
            first, last, host_free, free_target, dynamic_min, dynamic_max, actual, inaccuracy, active, target, reason,
            surplus_out, range_out, gamma_out,
        )
    spare = host_free + freeable - free_target
    surplus = max(spare, 0)
    gamma = min(1.0, <double> surplus / <double> total) if total else <double> (surplus > 0)
    for i in range(first, last):
        on = -<int64_t> (active[i] != 0)
        low = dynamic_min[i]
        span = low + <int64_t> (gamma * <double> max(dynamic_max[i] - low, 0))
        found = range_reason(span, low, dynamic_max[i])
        target[i] = (span & on) | (actual[i] & ~on)
        reason[i] = (found & on) | (INACTIVE & ~on)
    surplus_out[0], range_out[0], gamma_out[0] = surplus, total, gamma
    return SHORT if spare < 0 else PLENTY if gamma >= 1 else SCARCE


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
