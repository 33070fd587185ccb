# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""The host-failure check, compiled. What it computes is said in `_reference/failures.py`, which it equals in every
verdict, set, plan, figure and step. These are the two doors; all behind them works on plain C arrays, without the
interpreter.
"""

from libc.stdint cimport int32_t, int64_t
from libc.string cimport memcpy, memset

from xcp_kernels._lost cimport (
    F_GROUND, F_NEED, F_PACKED, F_SEARCHED, F_STEPS, FIGURES, figures_of, flaw, lose, pool_begin,
)
from xcp_kernels._memo cimport raised
from xcp_kernels._packing cimport INVALID, NEGATIVE, NO, NOBODY, YES, pack
from xcp_kernels._sets cimport run
from xcp_kernels._sums cimport Check, check_begin, check_end

from xcp_kernels.limits import MOST_KIB as _MOST_KIB
from xcp_kernels.verdict import Figure, Ground, Verdict

cdef int64_t MOST_KIB = _MOST_KIB
cdef int64_t MOST_TOGETHER = (<int64_t> 1) << 60

assert [int(one) for one in Verdict] == list(range(4))
assert [int(one) for one in Ground] == list(range(8))
assert [int(one) for one in Figure] == list(range(FIGURES))


cdef int fit_together(
    const int64_t[::1] offsets, const int64_t[::1] sizes, const int64_t[::1] room, int64_t marks, int64_t hosts,
    int64_t figures,
) except -1:
    cdef int64_t h
    if offsets.shape[0] == 0:
        raise ValueError("offsets need an entry more than there are hosts: 0 where there is none")
    if room.shape[0] != offsets.shape[0] - 1 or hosts != room.shape[0]:
        raise ValueError("an array of hosts is not as long as the offsets say")
    if sizes.shape[0] != offsets[offsets.shape[0] - 1] or marks != sizes.shape[0]:
        raise ValueError("an array of guests is not as long as the last offset says")
    if offsets[0] != 0:
        raise ValueError("offsets begin at 0 and never fall")
    for h in range(offsets.shape[0] - 1):
        if offsets[h] > offsets[h + 1]:
            raise ValueError("offsets begin at 0 and never fall")
    if figures != FIGURES:
        raise ValueError(f"there are {FIGURES} figures")
    return 0


def tolerates(
    const int64_t[::1] offsets not None,
    const int64_t[::1] sizes not None,
    const int64_t[::1] room not None,
    int64_t failures,
    int64_t work,
    double deadline,
    int64_t[::1] lost_out not None,
    int64_t[::1] figures_out not None,
):
    """Whether all machines come back when any `failures` hosts, or fewer, are lost at once."""
    cdef int64_t hosts = room.shape[0], count, i
    cdef int64_t figures[FIGURES]
    cdef const int64_t* all_sizes = &sizes[0] if sizes.shape[0] else NULL
    cdef const int64_t* rooms = &room[0] if hosts else NULL
    cdef Check check
    cdef int verdict = -1
    fit_together(offsets, sizes, room, sizes.shape[0], lost_out.shape[0], figures_out.shape[0])
    for i in range(hosts):
        lost_out[i] = 0
    memset(figures, 0, sizeof(figures))
    count = min(failures, hosts)
    if failures < 0:
        figures[F_GROUND] = NEGATIVE
        figures[F_NEED] = -1
        verdict = INVALID
    else:
        verdict = flaw(hosts, &offsets[0], all_sizes, rooms, MOST_KIB, MOST_TOGETHER, figures)
        if verdict < 0 and count == hosts and sizes.shape[0]:
            for i in range(hosts):
                lost_out[i] = 1
            figures[F_GROUND] = NOBODY
            figures[F_NEED] = sizes.shape[0]
            verdict = NO
        elif verdict < 0 and (count == 0 or count == hosts):
            verdict = YES
    if verdict < 0:
        with nogil:
            memset(&check, 0, sizeof(Check))
            check.meter.most = work
            check.meter.until = -1
            check.meter.deadline = deadline
            if pool_begin(&check.pool, hosts, &offsets[0], all_sizes, rooms) == 0 and check_begin(&check, count) == 0:
                verdict = run(&check, figures)
                figures[F_PACKED] = check.packed
                figures[F_SEARCHED] = check.searched
                figures[F_STEPS] = check.meter.steps
        if verdict >= 0 and check.chosen[0] >= 0:
            for i in range(count):
                lost_out[check.order[check.chosen[i]]] = 1
        check_end(&check)
        if check.meter.interrupted:
            raised()
        if verdict < 0:
            raise MemoryError
    for i in range(FIGURES):
        figures_out[i] = figures[i]
    return Verdict(verdict)


def restart(
    const int64_t[::1] offsets not None,
    const int64_t[::1] sizes not None,
    const int64_t[::1] room not None,
    const int64_t[::1] lost not None,
    int64_t work,
    double deadline,
    int64_t[::1] host_out not None,
    int64_t[::1] figures_out not None,
):
    """Where each machine is after the hosts in `lost` are lost at once, and their machines have restarted."""
    cdef int64_t hosts = room.shape[0], h, i, left = 0
    cdef int64_t figures[FIGURES]
    cdef const int64_t* all_sizes = &sizes[0] if sizes.shape[0] else NULL
    cdef const int64_t* rooms = &room[0] if hosts else NULL
    cdef Check check
    cdef int verdict = -1
    fit_together(offsets, sizes, room, host_out.shape[0], lost.shape[0], figures_out.shape[0])
    memset(figures, 0, sizeof(figures))
    verdict = flaw(hosts, &offsets[0], all_sizes, rooms, MOST_KIB, MOST_TOGETHER, figures)
    if verdict >= 0:
        for i in range(sizes.shape[0]):
            host_out[i] = 0
    else:
        with nogil:
            memset(&check, 0, sizeof(Check))
            check.meter.most = work
            check.meter.until = -1
            check.meter.deadline = deadline
            if pool_begin(&check.pool, hosts, &offsets[0], all_sizes, rooms) == 0 and check_begin(&check, 0) == 0:
                for h in range(hosts):
                    check.gone[h] = lost[h] != 0
                    for i in range(offsets[h], offsets[h + 1]):
                        host_out[i] = -1 if lost[h] else h
                    if lost[h]:
                        lose(&check.lost, &check.pool, h)
                for i in range(hosts):
                    h = check.pool.by_free[i]
                    if not check.gone[h]:
                        check.order[left] = <int32_t> h
                        check.work.room[left] = check.pool.free_[h]
                        left += 1
                check.work.machines = check.lost.count
                check.work.rooms = left
                memcpy(check.work.sizes, check.lost.size, check.lost.count * sizeof(int64_t))
                if check.lost.count == 0:
                    verdict = YES
                elif left == 0:
                    verdict = NO
                    figures[F_GROUND] = NOBODY
                    figures[F_NEED] = check.lost.count
                else:
                    verdict = pack(&check.work, &check.meter, -1)
                    figures_of(&check.work, check.pool.unit, figures)
                    figures[F_PACKED] = 1
                    figures[F_SEARCHED] = check.work.searched
                    figures[F_STEPS] = check.meter.steps
                    for i in range(check.lost.count):
                        h = check.work.where[i]
                        host_out[check.lost.machine[i]] = check.order[h] if h >= 0 else -1
        check_end(&check)
        if check.meter.interrupted:
            raised()
        if verdict < 0:
            raise MemoryError
    for i in range(FIGURES):
        figures_out[i] = figures[i]
    return Verdict(verdict)
