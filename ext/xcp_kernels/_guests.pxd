# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""What is said of guests: sizes and weights that can be computed with, and why they got what they got."""

from libc.float cimport DBL_MAX
from libc.stdint cimport int64_t

from xcp_kernels._level cimport WEIGHT_PARTS

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


cdef inline void refuse(
    Py_ssize_t first, Py_ssize_t last, const int64_t[::1] active, const int64_t[::1] actual,
    int64_t[::1] target, int64_t[::1] reason,
) noexcept nogil:
    """Everybody keeps what they hold; who is to blame is found by `blame`."""
    cdef Py_ssize_t i
    for i in range(first, last):
        target[i] = actual[i]
        reason[i] = REFUSED if active[i] else INACTIVE


cdef inline void blame(
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


cdef inline void blame_weights(
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
