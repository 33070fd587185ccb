# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""xorshift64*: the twin of exchange.Dice."""

from libc.stdint cimport int64_t, uint64_t

cdef extern from *:
    """
    #define XCP_DICE_ODD 0x9E3779B97F4A7C15ULL
    #define XCP_DICE_STAR 0x2545F4914F6CDD1DULL
    """
    const uint64_t ODD "XCP_DICE_ODD"
    const uint64_t STAR "XCP_DICE_STAR"


cdef inline uint64_t seeded(uint64_t seed) noexcept nogil:
    cdef uint64_t dice = seed * ODD + STAR
    return dice if dice != 0 else 1


cdef inline int64_t below(uint64_t* dice, int64_t bound) noexcept nogil:
    cdef uint64_t x = dice[0]
    x ^= x >> 12
    x ^= x << 25
    x ^= x >> 27
    dice[0] = x
    return <int64_t>((((x * STAR) >> 32) * <uint64_t>bound) >> 32)
