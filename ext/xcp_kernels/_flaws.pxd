# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""What is wrong with a pool: the twin of flaws.py."""

from libc.stdint cimport int64_t

from xcp_kernels._inside cimport Inside
from xcp_kernels._world cimport (
    BAD_NUMBER, BAD_PARTS, HOST, MOST_AMOUNT, MOST_ITEMS, MOST_ON_HOST, MOST_PRICE, NEGATIVE, NONE, NOWHERE,
    NO_SUCH_CLASS, NO_SUCH_GROUP, NO_SUCH_HOST, TOGETHER, TOO_LARGE, World
)


cdef inline int64_t flaw_of_host(World* w, Inside* n, int64_t host) noexcept nogil:
    cdef int64_t k
    if not 0 <= w.domain[host] < w.hosts:
        return NO_SUCH_HOST
    for k in range(host * w.rows, (host + 1) * w.rows):
        if not 0 <= w.scale[k] <= MOST_PRICE:
            return BAD_NUMBER
        if not -MOST_ON_HOST <= w.base[k] <= MOST_ON_HOST or not -MOST_ON_HOST <= w.capacity[k] <= MOST_ON_HOST:
            return TOO_LARGE
    if n.here:
        for k in range(n.start[host], n.start[host + 1]):
            if not 0 <= n.size[k] <= MOST_AMOUNT or not 0 <= n.base[k] <= MOST_AMOUNT:
                return BAD_PARTS
    return NONE


cdef inline bint are_bad(Inside* n, int64_t item, int64_t home) noexcept nogil:
    cdef int64_t rest = n.held[item], k, j, part, had
    for k in range(n.want_start[item], n.want_start[item + 1]):
        if n.want_profile[k] < 0:
            return True
        if not 1 <= n.want_count[k] <= MOST_ITEMS or not 0 <= n.want_amount[k] <= MOST_AMOUNT:
            return True
        for j in range(n.want_start[item], k):
            if n.want_sort[j] == n.want_sort[k]:
                return True
        if home != NOWHERE:
            had = 0
            for part in range(n.start[home], n.start[home + 1]):
                j = (<int64_t>1) << (part - n.start[home])
                if n.sort[part] == n.want_sort[k] and rest & j:
                    had += 1
                    rest ^= j
            if had != n.want_count[k]:
                return True
    return rest != 0


cdef inline int64_t flaw_of_item(World* w, Inside* n, int64_t item, const int64_t* home) noexcept nogil:
    cdef int64_t k, j
    for k in range(item * w.rows, (item + 1) * w.rows):
        if w.amount[k] < 0:
            return NEGATIVE
        if w.amount[k] > MOST_AMOUNT:
            return TOO_LARGE
    if w.size[item] < 1:
        return NEGATIVE
    if w.size[item] > MOST_ITEMS:
        return TOO_LARGE
    if home[item] != NOWHERE and not 0 <= home[item] < w.hosts:
        return NO_SUCH_HOST
    if not 0 <= w.reach_of[item] < (w.classes if w.classes else 1):
        return NO_SUCH_CLASS
    if not 0 <= w.cost[item] <= MOST_PRICE:
        return BAD_NUMBER
    for k in range(w.group_start[item], w.group_start[item + 1]):
        if not 0 <= w.group_of[k] < w.groups:
            return NO_SUCH_GROUP
        for j in range(w.group_start[item], k):
            if w.group_of[j] == w.group_of[k]:
                return NO_SUCH_GROUP
    if n.here and are_bad(n, item, home[item]):
        return BAD_PARTS
    return NONE


cdef inline int64_t flaw_of_group(World* w, int64_t group) noexcept nogil:
    if not HOST <= w.group_scope[group] <= TOGETHER:
        return NO_SUCH_GROUP
    if w.group_limit[group] < 0:
        return NEGATIVE
    if not w.group_price[group] <= MOST_PRICE:
        return BAD_NUMBER
    return NONE


cdef inline bint find_flaws(
    World* w, Inside* n, const int64_t* home, int64_t* hosts, int64_t* items, int64_t* groups
) noexcept nogil:
    cdef int64_t k, flaw
    cdef bint any_flaw = False
    for k in range(w.hosts):
        flaw = flaw_of_host(w, n, k)
        any_flaw = any_flaw or flaw != NONE
        if hosts != NULL:
            hosts[k] = flaw
    for k in range(w.items):
        flaw = flaw_of_item(w, n, k, home)
        any_flaw = any_flaw or flaw != NONE
        if items != NULL:
            items[k] = flaw
    for k in range(w.groups):
        flaw = flaw_of_group(w, k)
        any_flaw = any_flaw or flaw != NONE
        if groups != NULL:
            groups[k] = flaw
    return any_flaw
