# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""The level that shares out a sum exactly, in few passes; `xcp_kernels._reference.level` has the words."""

# A level is a fraction of integers, above / below. The whole part of level * slope comes from doubles, at most one off,
# and is put right by the remainder, which is exact in 64 bits although its two terms overflow. So Newton's steps are
# exact, and a level is final when it parts the pieces in just the way that it was made from. Where that takes too many
# steps, or sums are so large that a remainder needs more than 64 bits, slower ways lead to the same integers.

from cpython.mem cimport PyMem_RawMalloc
from libc.float cimport DBL_MAX
from libc.stdint cimport int64_t, uint64_t

cdef extern from *:
    """
    #define XCP_NARROW (((int64_t)1) << 61)
    """
    ctypedef long long int128 "__int128"
    # Sums of slopes from here on could leave remainders of more than 64 bits.
    const int64_t NARROW "XCP_NARROW"

ctypedef fused word:
    int64_t
    int128

cdef enum:
    WEIGHT_PARTS = 65536
    NEWTON_STEPS = 8
    INTERPOLATIONS = 12
    ROOM_FOR_ONE = 10


# The pieces of one host. `rest` has room for 128 bits each, `spare` for what is still free of three arrays.
cdef struct Pieces:
    Py_ssize_t many
    int64_t *slope
    int64_t *start
    int64_t *end
    int64_t *owner
    int64_t *given
    int128 *rest
    int64_t *spare
    int64_t *block


cdef inline int reserve(Pieces *pieces, Py_ssize_t many) except -1:
    """Room for `many` pieces."""
    cdef int64_t *block = <int64_t *> PyMem_RawMalloc((many * ROOM_FOR_ONE + 1) * sizeof(int64_t))
    if block == NULL:
        raise MemoryError
    pieces.block = block
    pieces.many = 0
    # First, for its alignment.
    pieces.rest = <int128 *> block
    pieces.slope = block + 2 * many
    pieces.start = block + 3 * many
    pieces.end = block + 4 * many
    pieces.owner = block + 5 * many
    pieces.given = block + 6 * many
    pieces.spare = block + 7 * many
    return 0


cdef inline int64_t whole_part(word above, word below, double level, int64_t slope, word *rest) noexcept nogil:
    """Floor of above * slope / below, cut at something that is beyond all ends, and the remainder if it was not cut."""
    cdef double near
    cdef int64_t whole, left, up, down
    cdef int128 product, quotient
    if word is int64_t:
        near = level * <double> slope
        whole = <int64_t> (near if near < 4e18 else 4e18)
        left = <int64_t> (<uint64_t> above * <uint64_t> slope - <uint64_t> whole * <uint64_t> below)
        down = -<int64_t> (left < 0)
        up = -<int64_t> (left >= below)
        rest[0] = left + (below & down) - (below & up)
        return whole + down - up
    else:
        product = above * slope
        quotient = product // below
        rest[0] = product - quotient * below
        return <int64_t> (quotient if quotient < NARROW else <int128> NARROW)


cdef inline void part(
    Pieces *pieces, word *above, word *below, int64_t wanted, int64_t *extra, word *rests
) noexcept nogil:
    """Part the pieces at a level: what each is given, what is left over, and the level that these parts would have."""
    cdef word top = above[0], bottom = below[0], new_above = wanted, new_below = 0, rest
    cdef double level = <double> top / <double> bottom
    cdef int64_t whole, done, inside, start, end, slope, given, left = wanted
    cdef Py_ssize_t k
    for k in range(pieces.many):
        slope, start, end = pieces.slope[k], pieces.start[k], pieces.end[k]
        whole = whole_part[word](top, bottom, level, slope, &rest)
        done = -<int64_t> (whole >= end)
        inside = ~done & -<int64_t> ((whole > start) | ((whole == start) & (rest > 0)))
        given = ((end - start) & done) | ((whole - start) & inside)
        pieces.given[k] = given
        rests[k] = rest & inside
        left -= given
        new_above += (start & inside) - ((end - start) & done)
        new_below += slope & inside
    above[0] = new_above
    below[0] = new_below
    extra[0] = left


cdef inline void peg(Pieces *pieces, int64_t wanted, word *above_out, word *below_out) noexcept nogil:
    """The level from nothing: pieces that must be at an end are left out until all others are within theirs."""
    cdef int64_t *slope = pieces.spare
    cdef int64_t *start = slope + pieces.many
    cdef int64_t *end = start + pieces.many
    cdef Py_ssize_t k, kept, free = pieces.many
    cdef word above, below, new_above, new_below, rest
    cdef int64_t whole
    cdef double level
    cdef bint high
    cdef int128 here, there
    for k in range(free):
        slope[k], start[k], end[k] = pieces.slope[k], pieces.start[k], pieces.end[k]
    above_out[0] = 0
    below_out[0] = 1
    while free:
        above, below = wanted, 0
        for k in range(free):
            above += start[k]
            below += slope[k]
        if below == 0:
            return
        above_out[0] = above
        below_out[0] = below
        level = <double> above / <double> below
        new_above, new_below = wanted, 0
        for k in range(free):
            whole = whole_part[word](above, below, level, slope[k], &rest)
            if whole >= end[k]:
                new_above -= end[k] - start[k]
            elif whole >= start[k]:
                new_above += start[k]
                new_below += slope[k]
        here = <int128> above * new_below
        there = <int128> new_above * below
        if here == there:
            return
        high = here > there
        kept = 0
        for k in range(free):
            whole = whole_part[word](above, below, level, slope[k], &rest)
            if high and whole < start[k]:
                continue
            if not high and whole >= end[k]:
                wanted -= end[k] - start[k]
                continue
            slope[kept], start[kept], end[kept] = slope[k], start[k], end[k]
            kept += 1
        free = kept


cdef inline Py_ssize_t as_large(word *rests, Py_ssize_t many, word least) noexcept nogil:
    cdef Py_ssize_t k, found = 0
    for k in range(many):
        found += rests[k] >= least
    return found


cdef inline void round_up(Pieces *pieces, int64_t extra, word below, word *rests) noexcept nogil:
    """One more for each of the `extra` largest remainders, ties by owner."""
    cdef word low = 1, high = below, guess
    cdef Py_ssize_t k, many, above_high = 0, step = 0, above_low = as_large[word](rests, pieces.many, low)
    cdef int64_t tied
    while above_low != extra and high - low > 1:
        # Remainders are spread evenly, as a rule: a few guesses find the one that parts them.
        if step < INTERPOLATIONS:
            guess = low + <word> (
                <double> (high - low) * (<double> (above_low - extra) + 0.5) / <double> (above_low - above_high + 1)
            )
            guess = min(max(guess, low + 1), high - 1)
        else:
            guess = low + (high - low) // 2
        step += 1
        many = as_large[word](rests, pieces.many, guess)
        if many >= extra:
            low, above_low = guess, many
        else:
            high, above_high = guess, many
    if above_low == extra:
        for k in range(pieces.many):
            pieces.given[k] += rests[k] >= low
        return
    tied = extra - above_high
    for k in range(pieces.many):
        if rests[k] >= high:
            pieces.given[k] += 1
        elif rests[k] == low and tied > 0:
            pieces.given[k] += 1
            tied -= 1


cdef inline void settle(
    Pieces *pieces, int64_t wanted, word above, word below, double *level_out, word *rests
) noexcept nogil:
    """What each piece is given of `wanted`, from a first guess at the level."""
    cdef word was_above, was_below
    cdef int64_t extra = 0
    cdef int _step
    cdef bint found = False
    for _step in range(NEWTON_STEPS):
        if above <= 0 or below <= 0:
            break
        was_above, was_below = above, below
        part[word](pieces, &above, &below, wanted, &extra, rests)
        if (above == was_above and below == was_below) or (above == 0 and below == 0):
            found = True
            break
    if not found:
        peg[word](pieces, wanted, &above, &below)
        part[word](pieces, &above, &below, wanted, &extra, rests)
        if below > 0:
            # Once more: remainders are of the fraction's own form, which `peg` does not know.
            part[word](pieces, &above, &below, wanted, &extra, rests)
    if extra > 0:
        round_up[word](pieces, extra, below, rests)
    if below > 0:
        level_out[0] = <double> above / <double> below * WEIGHT_PARTS


cdef inline void share_out(Pieces *pieces, int64_t wanted, double hint, double *level_out) noexcept nogil:
    """Part `wanted` among the pieces; `hint` is a level that may be near, or anything."""
    cdef int64_t above = wanted, below = 0, coarse = 0, slope, start, end, done, inside
    cdef int128 all_above, all_below
    cdef double reached
    cdef Py_ssize_t k
    if wanted <= 0:
        for k in range(pieces.many):
            pieces.given[k] = 0
        return
    for k in range(pieces.many):
        coarse += (pieces.slope[k] >> 16) + 1
    if coarse >= NARROW >> 16:
        all_above, all_below = wanted, 0
        for k in range(pieces.many):
            all_above += pieces.start[k]
            all_below += pieces.slope[k]
        settle[int128](pieces, wanted, all_above, all_below, level_out, pieces.rest)
        return
    hint = hint / WEIGHT_PARTS
    if not 0 < hint < DBL_MAX:
        hint = 0
    for k in range(pieces.many):
        slope, start, end = pieces.slope[k], pieces.start[k], pieces.end[k]
        reached = hint * <double> slope
        done = -<int64_t> (reached >= <double> end) if hint else 0
        inside = ~done & -<int64_t> (reached > <double> start) if hint else -1
        above += (start & inside) - ((end - start) & done)
        below += slope & inside
    settle[int64_t](pieces, wanted, above, below, level_out, <int64_t *> pieces.rest)
