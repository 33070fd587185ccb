# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""What a host's score is at least, from one product for each row: most hosts need no root taken to lose.

The score is a sum of roots of variances. What an item adds to the sum and to the sum of squares on a host depends on
that host alone and is kept in its line; of these two and of sums that are the same for all hosts the variance is made
by products. A root is concave, so it lies above the chord between the least and the most that the variance can be for
this line, and a sum of chords is products again. Only hosts that by this could be the best are weighed as the twin
weighs all of them.
"""

from libc.math cimport INFINITY, sqrt
from libc.stdint cimport int64_t

from xcp_kernels._standing cimport share_of
from xcp_kernels._world cimport MOST_ROWS, World

# Rounding may be on either side, by far less than this part of a score; where the variance is a smaller part of the
# squares, what cancels out would be more than that.
cdef extern from *:
    """
    #define XCP_LEAST_VARIANCE 1e-7
    #define XCP_DOUBT 1e-7
    """
    const double LEAST_VARIANCE "XCP_LEAST_VARIANCE"
    const double DOUBT "XCP_DOUBT"


cdef struct Bound:
    # The rows that weigh.
    int64_t rows
    int64_t row[MOST_ROWS]
    # By line, host and such a row, two numbers: what the item adds to the sum of squares, and to the sum.
    double *added
    # By line and row, the least and the most met in the line: of the one, then of the other.
    double *ends
    # Of one item: the bound is `base` plus slopes times what is added.
    double base
    double slope[2 * MOST_ROWS]


cdef inline void find_rows(World* w, Bound* u) noexcept nogil:
    cdef int64_t row
    u.rows = 0
    for row in range(w.rows):
        if w.weight[row] > 0 and w.counted[row]:
            u.row[u.rows] = row
            u.rows += 1


cdef inline void forget(Bound* u, int64_t line) noexcept nogil:
    """Nothing was met."""
    cdef int64_t k
    for k in range(line * u.rows * 2, (line + 1) * u.rows * 2):
        u.ends[2 * k] = INFINITY
        u.ends[2 * k + 1] = -INFINITY


cdef inline void meet(World* w, Bound* u, int64_t line, int64_t host) noexcept nogil:
    """The ends take in what is known of a host."""
    cdef int64_t k
    cdef const double *added = u.added + (line * w.hosts + host) * u.rows * 2
    cdef double *ends = u.ends + line * u.rows * 4
    for k in range(2 * u.rows):
        if added[k] < ends[2 * k]:
            ends[2 * k] = added[k]
        if added[k] > ends[2 * k + 1]:
            ends[2 * k + 1] = added[k]


cdef inline void learn(World* w, Bound* u, int64_t line, int64_t item, int64_t host) noexcept nogil:
    cdef int64_t k, cell, row
    cdef double *added = u.added + (line * w.hosts + host) * u.rows * 2
    cdef double to, then
    for k in range(u.rows):
        row = u.row[k]
        cell = host * w.rows + row
        to = w.share[cell]
        then = share_of(w, cell, row, w.used[cell] + w.amount[item * w.rows + row])
        added[2 * k] = then * then - to * to
        added[2 * k + 1] = then - to
    meet(w, u, line, host)


cdef inline double min_of(double one, double other) noexcept nogil:
    return one if one < other else other


cdef inline double max_of(double one, double other) noexcept nogil:
    return one if one > other else other


cdef inline void aim(World* w, Bound* u, int64_t line) noexcept nogil:
    """Chords for an item of the line, as the sums are now: the variance is (Q + q) / n - ((S + s) / n)^2.

    The square of s is taken as if it were the largest met: then all is linear, and not less than this.
    """
    cdef int64_t k, row
    cdef const double *ends = u.ends + line * u.rows * 4
    cdef double n, mean, now, per_sum, low, high, slope
    u.base = w.price
    for k in range(u.rows):
        row = u.row[k]
        n = <double>w.counted[row]
        mean = w.total[row] / n
        now = w.squares[row] / n - mean * mean - (ends[4 * k + 3] / n) * (ends[4 * k + 3] / n)
        per_sum = -2 * mean / n
        low = now + ends[4 * k] / n + min_of(per_sum * ends[4 * k + 2], per_sum * ends[4 * k + 3])
        high = now + ends[4 * k + 1] / n + max_of(per_sum * ends[4 * k + 2], per_sum * ends[4 * k + 3])
        u.slope[2 * k] = 0.0
        u.slope[2 * k + 1] = 0.0
        if low < LEAST_VARIANCE * (1.0 + mean * mean):
            continue
        u.base += w.weight[row] * sqrt(low)
        if high > low:
            slope = w.weight[row] * (sqrt(high) - sqrt(low)) / (high - low)
            u.base += slope * (now - low)
            u.slope[2 * k] = slope / n
            u.slope[2 * k + 1] = slope * per_sum
    u.base -= DOUBT * (1.0 + u.base)


cdef inline double at_least(World* w, Bound* u, int64_t line, int64_t host) noexcept nogil:
    cdef int64_t k
    cdef const double *added = u.added + (line * w.hosts + host) * u.rows * 2
    cdef double bound = u.base
    for k in range(2 * u.rows):
        bound += u.slope[k] * added[k]
    return bound


cdef inline bint is_the_same(World* w, int64_t one, int64_t other) noexcept nogil:
    """Whether the same item would change the score by the same on both, to the last bit."""
    cdef int64_t row, a = one * w.rows, b = other * w.rows
    for row in range(w.rows):
        if w.used[a + row] != w.used[b + row] or w.scale[a + row] != w.scale[b + row]:
            return False
    return True
