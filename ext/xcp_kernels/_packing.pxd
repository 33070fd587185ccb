# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""Machines into rooms; `xcp_kernels._reference.packing` has the words."""

from libc.stdint cimport int32_t, int64_t
from libc.stdlib cimport free, malloc
from libc.string cimport memcpy, memmove, memset

from xcp_kernels._memo cimport Memo, Meter, memo_add, memo_begin, memo_has, spend, tired

cdef enum:
    FIRST_TURN = 512
    LONGER = 4

cdef enum:
    YES = 0
    NO = 1
    UNKNOWN = 2
    INVALID = 3

cdef enum:
    NONE = 0
    OVERFULL = 1
    NOBODY = 2
    TOO_MANY = 3
    TOO_MUCH = 4
    EXHAUSTED = 5
    NEGATIVE = 6
    TOO_LARGE = 7


cdef struct Rooms:
    # Ascending by what is left, ties by number.
    int64_t* left
    int32_t* number
    int64_t count


cdef inline int64_t first_at_least(const Rooms* rooms, int64_t size) noexcept nogil:
    cdef int64_t low = 0, high = rooms.count, middle
    while low < high:
        middle = (low + high) >> 1
        if rooms.left[middle] < size:
            low = middle + 1
        else:
            high = middle
    return low


cdef inline int64_t place_of(const Rooms* rooms, int64_t left, int32_t number) noexcept nogil:
    cdef int64_t low = 0, high = rooms.count, middle
    while low < high:
        middle = (low + high) >> 1
        if rooms.left[middle] < left or (rooms.left[middle] == left and rooms.number[middle] < number):
            low = middle + 1
        else:
            high = middle
    return low


cdef inline void moved(Rooms* rooms, int64_t at, int64_t left) noexcept nogil:
    """Change what is left of the room at a place, and put it where it then belongs."""
    cdef int32_t number = rooms.number[at]
    cdef int64_t to = place_of(rooms, left, number)
    if to <= at:
        memmove(rooms.left + to + 1, rooms.left + to, (at - to) * sizeof(int64_t))
        memmove(rooms.number + to + 1, rooms.number + to, (at - to) * sizeof(int32_t))
    else:
        to -= 1
        memmove(rooms.left + at, rooms.left + at + 1, (to - at) * sizeof(int64_t))
        memmove(rooms.number + at, rooms.number + at + 1, (to - at) * sizeof(int32_t))
    rooms.left[to] = left
    rooms.number[to] = number


# ---------------------------------------------------------------- machines into rooms


cdef struct Packing:
    # In: machines, the largest first; rooms, the smallest first. Out: the room of each machine, -1 for none.
    int64_t machines
    int64_t* sizes
    int64_t rooms
    int64_t* room
    int32_t* where
    # Figures of the answer.
    int ground
    int64_t size
    int64_t need
    int64_t have
    bint searched
    # Space for the work: as many entries as there can be machines or rooms.
    Rooms left
    Memo memo
    int64_t* key
    int32_t* found
    int64_t* trail_room
    int64_t* trail_wasted
    bint* trail_only
    # Space for `fill`: the classes, and frames of one for each room that is being filled.
    int64_t* class_size
    int32_t* class_count
    Filling* frames
    int64_t frames_made
    int64_t frame_classes


cdef struct Filling:
    int32_t* left
    int32_t* take
    int64_t room
    int64_t rest
    int64_t slack
    int64_t fair
    bint in_share
    bint fresh


cdef inline int packing_begin(Packing* work, int64_t most_machines, int64_t most_rooms) noexcept nogil:
    cdef int64_t rooms = most_rooms + 1, machines = most_machines + 1
    memset(work, 0, sizeof(Packing))
    work.sizes = <int64_t*> malloc(machines * sizeof(int64_t))
    work.room = <int64_t*> malloc(rooms * sizeof(int64_t))
    work.where = <int32_t*> malloc(machines * sizeof(int32_t))
    work.left.left = <int64_t*> malloc(rooms * sizeof(int64_t))
    work.left.number = <int32_t*> malloc(rooms * sizeof(int32_t))
    work.key = <int64_t*> malloc((max(machines, rooms) + 1) * sizeof(int64_t))
    work.found = <int32_t*> malloc(machines * sizeof(int32_t))
    work.trail_room = <int64_t*> malloc(machines * sizeof(int64_t))
    work.trail_wasted = <int64_t*> malloc(machines * sizeof(int64_t))
    work.trail_only = <bint*> malloc(machines * sizeof(bint))
    work.class_size = <int64_t*> malloc(machines * sizeof(int64_t))
    work.class_count = <int32_t*> malloc(machines * sizeof(int32_t))
    # A plan uses no more rooms than there are machines.
    work.frames = <Filling*> malloc((min(machines, rooms) + 1) * sizeof(Filling))
    if (
        work.sizes == NULL or work.room == NULL or work.where == NULL or work.left.left == NULL
        or work.left.number == NULL or work.key == NULL or work.found == NULL or work.trail_room == NULL
        or work.trail_wasted == NULL or work.trail_only == NULL
        or work.class_size == NULL or work.class_count == NULL or work.frames == NULL
    ):
        return -1
    return 0


cdef inline void frames_end(Packing* work) noexcept nogil:
    cdef int64_t i
    for i in range(work.frames_made):
        free(work.frames[i].left)
        free(work.frames[i].take)
    work.frames_made = 0


cdef inline void packing_end(Packing* work) noexcept nogil:
    if work.frames != NULL:
        frames_end(work)
    free(work.sizes)
    free(work.room)
    free(work.where)
    free(work.left.left)
    free(work.left.number)
    free(work.key)
    free(work.found)
    free(work.trail_room)
    free(work.trail_wasted)
    free(work.trail_only)
    free(work.class_size)
    free(work.class_count)
    free(work.frames)
    free(work.memo.keys)
    free(work.memo.slots)


cdef inline int pack(Packing* work, Meter* meter, int64_t longest) noexcept nogil:
    """A verdict, or -1 where there is no memory."""
    cdef int64_t count, first, i
    cdef int verdict
    work.searched = False
    work.ground = NONE
    work.size = work.need = work.have = 0
    spend(meter, work.machines)
    if best_fit(work):
        return YES
    if by_sums(work):
        return NO
    count = work.machines
    while count > 0 and work.sizes[count - 1] == 0:
        count -= 1
    first = max(0, work.rooms - count)
    work.searched = True
    verdict = search(work, meter, longest, count, first)
    if verdict == YES:
        for i in range(count):
            work.where[i] = <int32_t> first + work.found[i]
        for i in range(count, work.machines):
            work.where[i] = 0
    elif verdict >= 0:
        work.ground = EXHAUSTED if verdict == NO else NONE
        work.size = work.sizes[count - 1]
        for i in range(work.machines):
            work.need += work.sizes[i]
        for i in range(work.rooms):
            work.have += work.room[i]
    return verdict


cdef inline bint best_fit(Packing* work) noexcept nogil:
    cdef int64_t i, at
    cdef Rooms* rooms = &work.left
    cdef bint all_fit = True
    rooms.count = work.rooms
    memcpy(rooms.left, work.room, work.rooms * sizeof(int64_t))
    for i in range(work.rooms):
        rooms.number[i] = <int32_t> i
    for i in range(work.machines):
        at = first_at_least(rooms, work.sizes[i])
        if at == rooms.count:
            work.where[i] = -1
            all_fit = False
            continue
        work.where[i] = rooms.number[at]
        moved(rooms, at, rooms.left[at] - work.sizes[i])
    return all_fit


cdef inline bint by_sums(Packing* work) noexcept nogil:
    cdef int64_t together = 0, i, j, size, places, volume
    for i in range(work.machines):
        size = work.sizes[i]
        together += size
        if size == 0 or (i + 1 < work.machines and work.sizes[i + 1] == size):
            continue
        places = volume = 0
        for j in range(work.rooms - 1, -1, -1):
            if work.room[j] < size:
                break
            places += work.room[j] // size
            volume += work.room[j]
        work.size = size
        if i + 1 > places:
            work.ground = TOO_MANY
            work.need = i + 1
            work.have = places
            return True
        if together > volume:
            work.ground = TOO_MUCH
            work.need = together
            work.have = volume
            return True
    work.size = 0
    return False


cdef inline int64_t halves_in(int64_t turn) noexcept nogil:
    """Turn after turn, how many halves of its fair share of the slack a room may leave empty at first."""
    return 2 if turn & 3 == 0 else 4 if turn & 3 == 1 else 1 if turn & 3 == 2 else 8


cdef inline int search(Packing* work, Meter* meter, int64_t longest, int64_t machines, int64_t first) noexcept nogil:
    cdef int64_t turn = FIRST_TURN, number = 0, i, empty = first
    cdef int verdict, which
    while work.room[empty] < work.sizes[machines - 1]:
        empty += 1
    while longest < 0 or turn <= longest:
        for which in range(2):
            meter.until = meter.steps + turn
            if which == 0:
                verdict = fill(
                    work, meter, machines, work.room + empty, work.rooms - empty, halves_in(number)
                )
            else:
                verdict = place(work, meter, machines, work.room + empty, work.rooms - empty)
            meter.until = -1
            if verdict == YES:
                for i in range(machines):
                    work.found[i] += <int32_t> (empty - first)
            if verdict != UNKNOWN or meter.over:
                return verdict
        turn *= LONGER
        number += 1
    return UNKNOWN


# ---------------------------------------------------------------- room by room


cdef inline void fill_from(Filling* one, const int64_t* sizes, int64_t begin, int64_t classes) noexcept nogil:
    cdef int64_t c, count
    for c in range(begin, classes):
        count = one.rest // sizes[c]
        if count > one.left[c]:
            count = one.left[c]
        one.take[c] = <int32_t> count
        one.rest -= count * sizes[c]


cdef inline bint next_content(Filling* one, const int64_t* sizes, int64_t classes) noexcept nogil:
    cdef int64_t c, most, below = 0
    if one.fresh:
        one.fresh = False
        one.rest = one.room
        fill_from(one, sizes, 0, classes)
        return True
    most = one.fair if one.in_share else one.slack
    for c in range(classes - 1, -1, -1):
        if one.take[c]:
            one.rest += sizes[c]
            # What is left out of class c must not fit in the end, and not too much may stay empty.
            if one.rest - below <= min(most, sizes[c] - 1):
                one.take[c] -= 1
                fill_from(one, sizes, c + 1, classes)
                return True
            one.rest += sizes[c] * (one.take[c] - 1)
            one.take[c] = 0
        below += sizes[c] * one.left[c]
    return False


cdef inline bint outside(
    const Filling* one, const int64_t* sizes, int64_t classes, int64_t least, int64_t most
) noexcept nogil:
    """Whether a machine of such a size could be taken and is not."""
    cdef int64_t c
    for c in range(classes):
        if sizes[c] < least:
            return False
        if sizes[c] <= most and one.left[c] > one.take[c]:
            return True
    return False


cdef inline bint is_good(const Filling* one, const int64_t* sizes, int64_t classes) noexcept nogil:
    cdef int64_t rest = one.rest, c, other, both
    if one.in_share:
        if rest > one.fair:
            return False
    elif rest <= one.fair or rest > one.slack:
        return False
    if outside(one, sizes, classes, 0, rest):
        return False
    for c in range(classes):
        if not one.take[c]:
            continue
        if outside(one, sizes, classes, sizes[c] + 1, sizes[c] + rest):
            return False
        for other in range(c if one.take[c] > 1 else c + 1, classes):
            both = sizes[c] + sizes[other]
            if one.take[other] and outside(one, sizes, classes, both, both + rest):
                return False
    return True


cdef inline bint advance(Filling* one, const int64_t* sizes, int64_t classes, Meter* meter) noexcept nogil:
    while spend(meter, 1):
        if not next_content(one, sizes, classes):
            if not one.in_share or one.fair >= one.slack:
                return False
            one.in_share = False
            one.fresh = True
            continue
        if is_good(one, sizes, classes):
            return True
    return False


cdef inline bint may_fit(
    const int64_t* sizes, const int32_t* left, int64_t classes, const int64_t* rooms, int64_t count
) noexcept nogil:
    """Whether those machines of which no room takes two have a room each."""
    cdef int64_t room = count, c
    for c in range(classes):
        if left[c] == 0:
            continue
        if count == 0 or sizes[c] * 2 <= rooms[count - 1]:
            return count > 0
        for _ in range(left[c]):
            room -= 1
            if room < 0 or rooms[room] < sizes[c]:
                return False
    return True


cdef inline int frame_make(Packing* work, int64_t depth) noexcept nogil:
    if depth < work.frames_made:
        return 0
    work.frames[depth].left = <int32_t*> malloc(work.frame_classes * sizeof(int32_t))
    work.frames[depth].take = <int32_t*> malloc(work.frame_classes * sizeof(int32_t))
    work.frames_made = depth + 1
    if work.frames[depth].left == NULL or work.frames[depth].take == NULL:
        return -1
    return 0


cdef inline int fill(
    Packing* work, Meter* meter, int64_t machines, const int64_t* rooms, int64_t count, int64_t halves
) noexcept nogil:
    """A verdict, or -1 where there is no memory; `found` has the rooms."""
    cdef int64_t classes = 0, slack = 0, remaining = machines, depth = 0, i, c, r
    cdef int64_t* sizes = work.class_size
    cdef int32_t* left = work.class_count
    cdef Filling* top
    for i in range(machines):
        slack -= work.sizes[i]
        if i == 0 or work.sizes[i] != work.sizes[i - 1]:
            sizes[classes] = work.sizes[i]
            left[classes] = 0
            classes += 1
        left[classes - 1] += 1
    for i in range(count):
        slack += rooms[i]
    if slack < 0:
        return NO
    if classes > work.frame_classes:
        frames_end(work)
        work.frame_classes = classes
    if memo_begin(&work.memo, classes + 1) < 0:
        return -1
    while remaining:
        if not spend(meter, 1):
            return UNKNOWN
        if may_fit(sizes, left, classes, rooms + depth, count - depth):
            work.key[0] = depth
            for c in range(classes):
                work.key[1 + c] = left[c]
            if not memo_has(&work.memo, work.key):
                if frame_make(work, depth) < 0:
                    return -1
                top = &work.frames[depth]
                memcpy(top.left, left, classes * sizeof(int32_t))
                top.room = top.rest = rooms[depth]
                top.slack = slack
                top.fair = min(slack, halves * (slack // (count - depth)) // 2)
                top.in_share = top.fresh = True
                memset(top.take, 0, classes * sizeof(int32_t))
                depth += 1
        while depth and not advance(&work.frames[depth - 1], sizes, classes, meter):
            if tired(meter):
                return UNKNOWN
            depth -= 1
            work.key[0] = depth
            for c in range(classes):
                work.key[1 + c] = work.frames[depth].left[c]
            if memo_add(&work.memo, work.key) < 0:
                return -1
        if depth == 0:
            return NO
        top = &work.frames[depth - 1]
        remaining = 0
        for c in range(classes):
            left[c] = top.left[c] - top.take[c]
            remaining += left[c]
        slack = top.slack - top.rest
    # Those of equal size go to the rooms in their order.
    i = 0
    for c in range(classes):
        for r in range(depth):
            for _ in range(work.frames[r].take[c]):
                work.found[i] = <int32_t> r
                i += 1
    return YES


# ---------------------------------------------------------------- machine by machine


cdef inline void state_key(Packing* work, int64_t placed, int64_t smallest) noexcept nogil:
    cdef int64_t i
    work.key[0] = placed
    for i in range(work.left.count):
        work.key[1 + i] = work.left.left[i] if work.left.left[i] >= smallest else 0


cdef inline int place(
    Packing* work, Meter* meter, int64_t machines, const int64_t* rooms, int64_t count
) noexcept nogil:
    """A verdict, or -1 where there is no memory; `found` has the rooms."""
    cdef Rooms* left = &work.left
    cdef int64_t smallest = work.sizes[machines - 1], slack = 0, placed = 0, tried = 0, i, at, size, room, wasted
    cdef bint only
    left.count = count
    for i in range(machines):
        slack -= work.sizes[i]
    for i in range(count):
        left.left[i] = rooms[i]
        left.number[i] = <int32_t> i
        slack += rooms[i]
    if slack < 0:
        return NO
    if memo_begin(&work.memo, count + 1) < 0:
        return -1
    while placed < machines:
        if not spend(meter, 1):
            return UNKNOWN
        size = work.sizes[placed]
        at = count
        if not tried:
            state_key(work, placed, smallest)
        if tried or not memo_has(&work.memo, work.key):
            at = first_at_least(left, max(size, tried + 1))
        if at < count:
            room = left.left[at]
            only = tried == 0 and (room == size or room < 2 * smallest)
            wasted = room - size if room - size < smallest else 0
            if wasted > slack and not only:
                tried = room
                continue
            if wasted <= slack:
                work.found[placed] = left.number[at]
                work.trail_room[placed] = room
                work.trail_only[placed] = only
                work.trail_wasted[placed] = wasted
                moved(left, at, room - size)
                slack -= wasted
                placed += 1
                tried = 0
                continue
        # There is no way on from here. Go back to the last machine that has another room to try.
        while True:
            state_key(work, placed, smallest)
            if memo_add(&work.memo, work.key) < 0:
                return -1
            if placed == 0:
                return NO
            placed -= 1
            room = work.trail_room[placed]
            moved(left, place_of(left, room - work.sizes[placed], work.found[placed]), room)
            slack += work.trail_wasted[placed]
            if not work.trail_only[placed]:
                tried = room
                break
    return YES
