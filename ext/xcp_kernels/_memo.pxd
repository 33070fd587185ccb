# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""Work and memory: how much may still be done, what a search remembers, and how places are sorted."""

from libc.math cimport INFINITY
from libc.stdint cimport int32_t, int64_t, uint64_t
from libc.stdlib cimport free, malloc, realloc
from libc.string cimport memcmp, memcpy, memset
from posix.time cimport CLOCK_MONOTONIC, clock_gettime, timespec

cdef extern from "Python.h":
    # Declared without `except`: whoever calls it without the interpreter may only take note of what it says.
    int PyErr_CheckSignals()

cdef enum:
    MEMORY = 1 << 21
    LOOK_EVERY = 10  # powers of two
    LISTEN_EVERY = 16


cdef struct Meter:
    int64_t steps
    int64_t most
    int64_t until
    double deadline
    bint over
    bint interrupted


cdef inline double monotonic() noexcept nogil:
    cdef timespec now
    clock_gettime(CLOCK_MONOTONIC, &now)
    return <double> now.tv_sec + <double> now.tv_nsec * 1e-9


cdef inline bint called_off() noexcept with gil:
    return PyErr_CheckSignals() != 0


cdef inline int raised() except -1:
    """Let the exception that a signal's handler raised go on."""
    return -1


cdef inline bint tired(Meter* meter) noexcept nogil:
    return meter.over or (meter.until >= 0 and meter.steps > meter.until)


cdef inline bint spend(Meter* meter, int64_t steps) noexcept nogil:
    cdef int64_t before = meter.steps
    meter.steps += steps
    if meter.most >= 0 and meter.steps > meter.most:
        meter.over = True
    elif before >> LOOK_EVERY != meter.steps >> LOOK_EVERY:
        if meter.deadline < INFINITY and monotonic() >= meter.deadline:
            meter.over = True
        if before >> LISTEN_EVERY != meter.steps >> LISTEN_EVERY and not meter.interrupted and called_off():
            meter.over = meter.interrupted = True
    return not tired(meter)


cdef struct Memo:
    # Keys of `stride` numbers, up to `most` of them; `slots` hold 1 + the place of a key.
    int64_t* keys
    int32_t* slots
    int64_t stride
    int64_t count
    int64_t most
    int64_t space
    int64_t width


cdef inline uint64_t hashed(const int64_t* key, int64_t stride) noexcept nogil:
    cdef uint64_t h = 1469598103934665603ULL
    cdef int64_t i
    for i in range(stride):
        h = (h ^ <uint64_t> key[i]) * 0x9E3779B97F4A7C15ULL
        h ^= h >> 29
    return h


cdef inline int memo_begin(Memo* memo, int64_t stride) noexcept nogil:
    """An empty memory for keys of another length. The room that it has is kept."""
    if memo.slots == NULL:
        memo.width = 1024
        memo.slots = <int32_t*> malloc(memo.width * sizeof(int32_t))
        if memo.slots == NULL:
            return -1
    memo.stride = stride
    memo.most = MEMORY // stride
    memo.count = 0
    memset(memo.slots, 0, memo.width * sizeof(int32_t))
    return 0


cdef inline bint memo_has(const Memo* memo, const int64_t* key) noexcept nogil:
    cdef uint64_t mask = <uint64_t> memo.width - 1
    cdef uint64_t at = hashed(key, memo.stride) & mask
    while memo.slots[at]:
        if memcmp(memo.keys + (memo.slots[at] - 1) * memo.stride, key, memo.stride * sizeof(int64_t)) == 0:
            return True
        at = (at + 1) & mask
    return False


cdef inline int memo_add(Memo* memo, const int64_t* key) noexcept nogil:
    """Remember a key, unless it is there or the memory is full."""
    cdef uint64_t mask, at
    cdef int64_t i, space
    cdef int64_t* keys
    cdef int32_t* slots
    if memo.count >= memo.most or memo_has(memo, key):
        return 0
    if (memo.count + 1) * memo.stride > memo.space:
        space = max(2 * memo.space, 64 * memo.stride)
        keys = <int64_t*> realloc(memo.keys, space * sizeof(int64_t))
        if keys == NULL:
            return -1
        memo.keys = keys
        memo.space = space
    if 2 * (memo.count + 1) > memo.width:
        slots = <int32_t*> malloc(2 * memo.width * sizeof(int32_t))
        if slots == NULL:
            return -1
        free(memo.slots)
        memo.slots = slots
        memo.width *= 2
        memset(slots, 0, memo.width * sizeof(int32_t))
        mask = <uint64_t> memo.width - 1
        for i in range(memo.count):
            at = hashed(memo.keys + i * memo.stride, memo.stride) & mask
            while slots[at]:
                at = (at + 1) & mask
            slots[at] = <int32_t> (i + 1)
    memcpy(memo.keys + memo.count * memo.stride, key, memo.stride * sizeof(int64_t))
    mask = <uint64_t> memo.width - 1
    at = hashed(key, memo.stride) & mask
    while memo.slots[at]:
        at = (at + 1) & mask
    memo.count += 1
    memo.slots[at] = <int32_t> memo.count
    return 0


cdef inline void sort_places(const int64_t* keys, int32_t* places, int32_t* spare, int64_t count) noexcept nogil:
    """Sort places by what `keys` has there, the smallest first; equal ones stay in their order."""
    cdef int64_t width = 1, begin, middle, end, i, j, k
    cdef int32_t* here = places
    cdef int32_t* there = spare
    cdef int32_t* other
    while width < count:
        begin = 0
        while begin < count:
            middle = min(begin + width, count)
            end = min(begin + 2 * width, count)
            i = begin
            j = middle
            for k in range(begin, end):
                if i < middle and (j >= end or keys[here[i]] <= keys[here[j]]):
                    there[k] = here[i]
                    i += 1
                else:
                    there[k] = here[j]
                    j += 1
            begin = end
        other = here
        here = there
        there = other
        width *= 2
    if here != places:
        memcpy(places, here, count * sizeof(int32_t))
