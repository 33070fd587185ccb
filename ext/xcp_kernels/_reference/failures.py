"""Whether every machine comes back when any R hosts are lost at once: the specification. All sizes are integer KiB.

Machines of host h are the entries `offsets[h]` to `offsets[h + 1]` of `sizes`; `room[h]` is what they may have together
(memory without the reserve). What is lost restarts, each machine on one host that is left; what is left stays where it
is. A plan for more lost hosts is one for fewer, so only sets of exactly R hosts are looked at.

How the sets are gone through is in `sets`.
"""

from typing import Final

from xcp_kernels._reference.arrays import Integers, IntegersOut, check
from xcp_kernels._reference.meter import Meter
from xcp_kernels._reference.packing import pack
from xcp_kernels._reference.sets import AllSets, machines_of, outcome_of, pool_of
from xcp_kernels.limits import MOST_KIB
from xcp_kernels.verdict import Figure, Ground, Verdict

__all__ = ["restart", "tolerates"]

# No sum may come near 2^63: this is the most that all machines, and all rooms, may be together.
_MOST_TOGETHER: Final = 1 << 60


def tolerates(
    offsets: Integers,
    sizes: Integers,
    room: Integers,
    failures: int,
    work: int,
    deadline: float,
    lost_out: IntegersOut,
    figures_out: IntegersOut,
) -> int:
    """Whether all machines come back when any `failures` hosts, or fewer, are lost at once.

    Args:
        offsets: where the machines of each host begin, and the number of machines; hosts + 1 entries.
        sizes: what each machine has, here and after its restart (KiB, below 2^46).
        room: for each host, what its machines may have together (KiB, absolute value below 2^46).
        failures: how many hosts are lost; all of them if there are fewer.
        work: the most steps of work, -1 for any number. Both forms of this kernel count alike.
        deadline: a time of `time.monotonic` after which no more work begins, infinite for none.
        lost_out: 1 for each host of the set that the verdict names, 0 for all others. NO: that set has no plan.
            UNKNOWN: nothing is known of it. YES: the set that was hardest, or else the one that leaves least room.
        figures_out: by `Figure`.

    Returns:
        A `Verdict`.

    Raises:
        ValueError: lengths or offsets do not fit together.
    """
    check(offsets, [room, lost_out], [sizes])
    _reset(lost_out, figures_out)
    if failures < 0:
        return _say(figures_out, Verdict.INVALID, Ground.NEGATIVE, need=-1)
    if (flawed := _flaw(offsets, sizes, room, figures_out)) is not None:
        return flawed
    count = min(failures, len(room))
    if count == len(room) and len(sizes):
        for host in range(count):
            lost_out[host] = 1
        return _say(figures_out, Verdict.NO, Ground.NOBODY, need=len(sizes))
    if count in {0, len(room)}:
        return Verdict.YES
    meter = Meter(work, deadline)
    found = AllSets(pool_of(offsets, sizes, room), count, meter).run()
    for host in found.lost:
        lost_out[host] = 1
    figures_out[Figure.PACKED], figures_out[Figure.SEARCHED] = found.packed, found.searched
    figures_out[Figure.STEPS] = meter.steps
    return _say(figures_out, found.verdict, found.ground, size=found.size, need=found.need, have=found.have)


def restart(
    offsets: Integers,
    sizes: Integers,
    room: Integers,
    lost: Integers,
    work: int,
    deadline: float,
    host_out: IntegersOut,
    figures_out: IntegersOut,
) -> int:
    """Where each machine is after the hosts in `lost` are lost at once, and their machines have restarted.

    Args:
        offsets: as for `tolerates`, and so are `sizes`, `room`, `work` and `deadline`.
        sizes: see there.
        room: see there.
        lost: for each host, not 0 if it is lost.
        work: see there.
        deadline: see there.
        host_out: for each machine its host; -1 if it has none. NO and UNKNOWN: what best fit leaves without one.
        figures_out: by `Figure`.

    Returns:
        A `Verdict`.

    Raises:
        ValueError: lengths or offsets do not fit together.
    """
    check(offsets, [room, lost], [sizes, host_out])
    _reset(host_out, figures_out)
    if (flawed := _flaw(offsets, sizes, room, figures_out)) is not None:
        return flawed
    pool = pool_of(offsets, sizes, room)
    for host in pool.hosts:
        for machine in host.machines:
            host_out[machine] = -1 if lost[host.number] else host.number
    gone = [host for host in pool.hosts if lost[host.number]]
    machines = machines_of(gone)
    left = [host for host in pool.by_free if not lost[host.number]]
    if not machines:
        return Verdict.YES
    if not left:
        return _say(figures_out, Verdict.NO, Ground.NOBODY, need=len(machines))
    meter = Meter(work, deadline)
    found = pack([size for size, _ in machines], [host.free for host in left], meter)
    for (_, machine), number in zip(machines, found.rooms, strict=True):
        host_out[machine] = left[number].number if number >= 0 else -1
    figures_out[Figure.PACKED], figures_out[Figure.SEARCHED] = 1, int(found.searched)
    figures_out[Figure.STEPS] = meter.steps
    outcome = outcome_of(found, [], pool.unit)
    return _say(figures_out, outcome.verdict, outcome.ground, size=outcome.size, need=outcome.need, have=outcome.have)


def _flaw(offsets: Integers, sizes: Integers, room: Integers, figures_out: IntegersOut) -> Verdict | None:
    """What is wrong before anything is lost."""
    for machine, size in enumerate(sizes):
        if size < 0:
            return _say(figures_out, Verdict.INVALID, Ground.NEGATIVE, need=machine)
        if size > MOST_KIB:
            return _say(figures_out, Verdict.INVALID, Ground.TOO_LARGE, need=machine)
    if any(abs(most) > MOST_KIB for most in room) or max(sum(sizes), sum(map(abs, room))) > _MOST_TOGETHER:
        return _say(figures_out, Verdict.INVALID, Ground.TOO_LARGE, need=-1)
    for host, most in enumerate(room):
        need = sum(sizes[machine] for machine in range(offsets[host], offsets[host + 1]))
        if need > most:
            figures_out[Figure.HOST] = host
            return _say(figures_out, Verdict.NO, Ground.OVERFULL, need=need, have=most)
    return None


def _reset(marks_out: IntegersOut, figures_out: IntegersOut) -> None:
    if len(figures_out) != len(Figure):
        raise ValueError(f"there are {len(Figure)} figures")
    for place in range(len(marks_out)):
        marks_out[place] = 0
    for place in range(len(figures_out)):
        figures_out[place] = 0


def _say(
    figures_out: IntegersOut, verdict: Verdict, ground: Ground, *, size: int = 0, need: int = 0, have: int = 0
) -> Verdict:
    figures_out[Figure.GROUND] = ground
    figures_out[Figure.SIZE] = size
    figures_out[Figure.NEED] = need
    figures_out[Figure.HAVE] = have
    return verdict
