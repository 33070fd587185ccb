"""When machines are moved only so that a pool's load is spread better, which, and when nobody is moved for that."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from xcp_reconciler.model.cluster import ClusterHost
from xcp_reconciler.model.desired import RebalanceMode, RebalanceSpec
from xcp_reconciler.model.history import Moved, Shifts
from xcp_reconciler.model.placement import Assigned
from xcp_reconciler.plan.placement.guests import Guest
from xcp_reconciler.plan.placement.moment import Moment
from xcp_reconciler.plan.placement.moves import permits, wave_of
from xcp_reconciler.plan.placement.scene import Overfull, scene_of
from xcp_reconciler.plan.rebalance.proposal import Aim, Move, rebalance
from xcp_reconciler.refs import Ref

# Looks that follow each other faster count as one: seconds.
ROUND_S: Final = 10.0
# So many of our moves that somebody moved on from are no accident: there is another balancer.
_MEDDLING: Final = 2


@dataclass(frozen=True, slots=True)
class Shift:
    """What a Rebalance came to: the machines that set off, what would be moved, and how things are.

    `rounds` is for how many looks in a row the load was uneven, the last one at `looked_at`. `spread` is how much
    fuller the fullest host is than the emptiest, in points of the percentage of its memory or CPUs; None where no two
    hosts can be compared. `rests` says why nobody is moved; "" where nothing keeps it. `meddled`: somebody else moves
    the same machines.
    """

    memory: Shifts = field(default=Shifts())
    rounds: int = 0
    looked_at: float = float("-inf")
    assignments: Mapping[Ref, Assigned] = field(default_factory=dict[Ref, Assigned])
    moves: tuple[Move, ...] = ()
    spread: float | None = None
    rests: str = ""
    meddled: bool = False


NOTHING: Final = Shift()


def shift(spec: RebalanceSpec, moment: Moment, before: Shift, resting: frozenset[Ref] = frozenset()) -> Shift:
    """What to do now about a pool's load.

    Args:
        spec: the pool's Rebalance.
        moment: the pool, before anything is decided about those whom somebody else has moved.
        before: the turn before this one, with what is remembered of those before it.
        resting: machines that are not to be moved now.
    """
    now = moment.world.now
    memory = _remembered(spec, moment, before.memory)
    # A look from after now is from before the clock was set back.
    if before.looked_at <= now < before.looked_at + ROUND_S:
        return replace(before, memory=memory, assignments={})
    scene = scene_of(moment, Overfull.BROKEN, resting | _rested(spec, memory, now))
    spread = _spread(scene.cluster.hosts)
    uneven = spec.constraints_only or (spread is not None and spread >= spec.threshold_percent)
    rounds = before.rounds + 1 if uneven else 0
    meddled = len(memory.undone) >= _MEDDLING
    rests = _rests(spec, moment, rounds)
    quiet = Shift(memory, rounds, now, spread=spread, rests=rests, meddled=meddled)
    if spec.mode is RebalanceMode.OFF or rests:
        return quiet
    aim = Aim.CONSTRAINTS if spec.constraints_only else Aim.IMPROVE
    proposal = rebalance(scene.cluster, aim, worth=spec.margin_percent / 100)
    shown = replace(quiet, moves=tuple(proposal.moves()))
    if spec.mode is RebalanceMode.RECOMMEND or not shown.moves:
        return shown
    left = max(spec.max_moves - sum(moved.at > now - spec.window_s for moved in memory.made), 0)
    if meddled or not left:
        few = f"{spec.max_moves} machines were moved within {spec.window_s / 60:.0f} min"
        return replace(shown, rests="somebody else moves the same machines" if meddled else few)
    wave = wave_of(moment, scene, proposal.ground, spec.max_concurrent)
    wave.follow(proposal.steps[:left])
    assignments = permits(wave, scene, proposal.ground, moment)
    made = (Moved(ref, one.leaving or "", one.host, now) for ref, one in sorted(assignments.items()))
    return replace(shown, memory=Shifts((*memory.made, *made), memory.undone), assignments=assignments)


def _remembered(spec: RebalanceSpec, moment: Moment, memory: Shifts) -> Shifts:
    """The same without what is long ago, and with what somebody else has done to what we moved."""
    since = moment.world.now - max(spec.window_s, spec.cooldown_s)
    guests = {guest.ref: guest for guest in moment.guests}
    undone = [moved for moved in memory.undone if moved.at > moment.world.now - spec.window_s]
    made: list[Moved] = []
    for moved in memory.made:
        guest = guests.get(moved.vm)
        if guest is not None and _is_followed(guest):
            undone.append(replace(moved, at=moment.world.now))
        elif moved.at > since:
            made.append(moved)
    return Shifts(tuple(made), tuple(undone))


def _is_followed(guest: Guest) -> bool:
    """Whether somebody else has moved a machine: it runs neither where it may be nor where it was sent away from."""
    current = guest.current
    if not isinstance(current, Assigned) or guest.runs_on is None or guest.spec.host is not None:
        return False
    return guest.runs_on not in {current.host, current.leaving}


def _rested(spec: RebalanceSpec, memory: Shifts, now: float) -> frozenset[Ref]:
    return frozenset(moved.vm for moved in (*memory.made, *memory.undone) if moved.at > now - spec.cooldown_s)


def _spread(hosts: tuple[ClusterHost, ...]) -> float | None:
    """Points of a percentage between the fullest and the emptiest of the hosts that take machines.

    One with taints is kept for some, and may well be empty. Where a pool has more vCPUs than CPUs, a host with its part
    of them counts as full.
    """
    able = [host for host in hosts if not (host.closed or host.cordoned or host.taints)]
    memory = [100 * sum(vm.needs for vm in host.vms) / host.memory for host in able if host.memory]
    vcpus = {host.name: sum(vm.vcpus for vm in host.vms) for host in able if host.cpus}
    cpus = {host.name: host.cpus for host in able if host.cpus}
    full = max(sum(vcpus.values()) / sum(cpus.values()), 1.0) if cpus else 1.0
    cores = [100 * count / (cpus[host] * full) for host, count in vcpus.items()]
    found = [max(shares) - min(shares) for shares in (memory, cores) if len(shares) > 1]
    return max(found, default=None)


def _rests(spec: RebalanceSpec, moment: Moment, rounds: int) -> str:
    """Why nobody is moved now, whatever there would be to gain."""
    if any(moment.world.leaves(host) for host in moment.room.hosts):
        return "a host is in maintenance"
    if rounds == 0:
        return f"the hosts are within {spec.threshold_percent} points of each other"
    if rounds < spec.hold_rounds and not spec.constraints_only:
        return f"uneven at {rounds} of {spec.hold_rounds} looks"
    return ""
