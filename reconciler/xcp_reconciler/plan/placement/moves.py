"""Machines that have to go elsewhere although they run well where they are: a host is to be left, a rule is broken."""

from typing import Final

from xcp_reconciler.model.observed import PowerState
from xcp_reconciler.model.placement import Assigned
from xcp_reconciler.plan.placement.guests import Guest, at_home, origin_of, why_it_stays
from xcp_reconciler.plan.placement.moment import Moment
from xcp_reconciler.plan.placement.rules import broken_rules
from xcp_reconciler.plan.placement.scene import Overfull, Scene, name_of, scene_of
from xcp_reconciler.plan.placement.waves import Step, Wave
from xcp_reconciler.plan.rebalance.arrays import Ground
from xcp_reconciler.plan.rebalance.proposal import Aim, rebalance
from xcp_reconciler.refs import Ref

# So many at a time, unless the host that they leave says otherwise.
AT_ONCE: Final = 2
# A move that has failed so often, or that was turned down, is tried further, and holds up no other; nor does one of a
# machine that somebody has paused.
_MOST_ATTEMPTS: Final = 3


def moves_of(moment: Moment) -> dict[Ref, Assigned]:
    """The next machines that set off; none while everybody is where it should be."""
    returning = [guest for guest in moment.guests if comes_back(guest, moment)]
    if not returning and not _is_called_for(moment):
        return {}
    scene = scene_of(moment, Overfull.ACCEPTED)
    proposal = rebalance(scene.cluster, Aim.CONSTRAINTS)
    wave = wave_of(moment, scene, proposal.ground, _most(moment))
    wave.follow(proposal.steps)
    if not proposal.steps:
        for item, host in _ways_back(returning, proposal.ground):
            wave.add(item, host)
    return permits(wave, scene, proposal.ground, moment)


def _is_called_for(moment: Moment) -> bool:
    leaving = any(guest.runs_on == guest.home and moment.has_to_leave(guest) for guest in moment.guests)
    return leaving or any(True for _ in broken_rules(moment))


def comes_back(guest: Guest, moment: Moment) -> bool:
    """Whether a machine that left its host because of a maintenance may go home."""
    current, world = guest.current, moment.world
    if not isinstance(current, Assigned) or current.origin not in moment.room.hosts or not at_home(guest):
        return False
    if world.leaves(current.origin) or moment.eligible.refusal(current.origin, guest.spec) is not None:
        return False
    return not why_it_stays(guest, world, moment.sight)


def wave_of(moment: Moment, scene: Scene, ground: Ground, most: int) -> Wave:
    """What is on its way already, and so many more that there are at most `most` at the same time."""
    lingering: list[Step] = []
    under_way = 0
    for number, item in enumerate(ground.items):
        guests = [scene.guests[vm.name] for vm in item.vms if vm.name in scene.guests]
        left = {host for guest in guests for host in guest.places - {guest.home}}
        lingering += [(number, ground.host_index[host]) for host in sorted(left) if host in ground.host_index]
        under_way += sum(_holds_up(guest, moment) for guest in guests)
    # In a plan that is played through each move is over at once.
    return Wave(ground, lingering, None if moment.world.played else most - under_way)


def _holds_up(guest: Guest, moment: Moment) -> bool:
    """Whether a machine is on its way for the good of the pool, so that another one may have to wait."""
    known = moment.world.history(guest.ref)
    sent = isinstance(guest.current, Assigned) and guest.current.leaving is not None
    paused = guest.seen is not None and guest.seen.power is PowerState.PAUSED
    return sent and not paused and known.attempts < _MOST_ATTEMPTS and known.refused is None


def _most(moment: Moment) -> int:
    specs = [moment.world.host_spec(host) for host in moment.room.hosts if moment.world.leaves(host)]
    return max((spec.batch for spec in specs if spec is not None), default=AT_ONCE)


def _ways_back(returning: list[Guest], ground: Ground) -> list[Step]:
    origins = {name_of(guest.ref): guest.current.origin for guest in returning if isinstance(guest.current, Assigned)}
    found = ((number, origins.get(item.vms[0].name)) for number, item in enumerate(ground.items))
    return [(number, ground.host_index[origin]) for number, origin in found if origin is not None]


def permits(wave: Wave, scene: Scene, ground: Ground, moment: Moment) -> dict[Ref, Assigned]:
    """The assignments by which the machines of a wave set off."""
    made: dict[Ref, Assigned] = {}
    for item, host in wave.steps:
        target = ground.cluster.hosts[host].name
        for vm in ground.items[item].vms:
            guest = scene.guests[vm.name]
            # On its way home it keeps in mind where that is: the way may be in vain.
            made[guest.ref] = Assigned(target, leaving=guest.home, origin=origin_of(guest, moment.world))
    return made
