# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""squeezed's rule, as exact as its doubles; `_reference.proportional` has the words."""

from libc.stdint cimport int64_t, uint64_t

from xcp_kernels._guests cimport CEILING, CROSSED, FLOOR, INACTIVE, INVALID, PLENTY, SCARCE, SHARE, SHORT, TOO_LARGE
from xcp_kernels._level cimport int128


cdef inline int64_t magnitude(int64_t number) noexcept nogil:
    return number ^ (number >> 63)


cdef inline int64_t range_reason(int64_t target, int64_t low, int64_t high) noexcept nogil:
    cdef int64_t found = CEILING if target >= high else SHARE
    found = FLOOR if target <= low else found
    return CROSSED if high < low else found


cdef inline int64_t proportional_host_exact(
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
