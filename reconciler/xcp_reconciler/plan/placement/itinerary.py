"""A plan of moves that somebody agreed to, made wave by wave: who sets off now, who waits, and who has to be left out.

The plan was made on one look and is followed on later ones, so each move is checked again when its turn comes.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from xcp_reconciler.model.placement import Assigned
from xcp_reconciler.plan.placement.guests import Guest
from xcp_reconciler.plan.placement.moment import Moment, moment_of
from xcp_reconciler.plan.placement.moves import permits, wave_of
from xcp_reconciler.plan.placement.place import place
from xcp_reconciler.plan.placement.scene import Overfull, Scene, name_of, scene_of
from xcp_reconciler.plan.placement.waves import Wave
from xcp_reconciler.plan.rebalance.arrays import Ground, ground
from xcp_reconciler.plan.rebalance.ledger import Ledger
from xcp_reconciler.plan.rebalance.proposal import Proposal
from xcp_reconciler.plan.world import World
from xcp_reconciler.refs import Ref


@dataclass(frozen=True, slots=True)
class Leg:
    """One move: a machine, or several that move as one, by the names that they have in a pool's description."""

    vms: tuple[str, ...]
    source: str
    target: str


@dataclass(frozen=True, slots=True)
class Departures:
    """What to do about a plan now. `legs` are those that are not over yet, in the order in which they are made.

    `assignments` are those by which machines set off, `travelling` the hosts that others are on their way to.
    `arrived` counts the legs that are over, `dropped` says for machines why they are left out.
    """

    legs: tuple[Leg, ...]
    assignments: Mapping[Ref, Assigned] = field(default_factory=dict[Ref, Assigned])
    travelling: Mapping[Ref, str] = field(default_factory=dict[Ref, str])
    arrived: tuple[Leg, ...] = ()
    dropped: Mapping[str, str] = field(default_factory=dict[str, str])


def legs_of(proposal: Proposal) -> tuple[Leg, ...]:
    """The moves of a plan."""
    made, at = proposal.ground, list(proposal.ground.pool.home)
    legs: list[Leg] = []
    for item, host in proposal.steps:
        names = tuple(vm.name for vm in made.items[item].vms)
        legs.append(Leg(names, made.cluster.hosts[at[item]].name, made.cluster.hosts[host].name))
        at[item] = host
    return tuple(legs)


def settled_moment(pool: str, world: World) -> Moment | None:
    """A pool in which machines that have arrived are on their way no more, whether or not that is stored yet."""
    arrived = {
        ref: one
        for ref, one in place(pool, world).items()
        if isinstance(one, Assigned) and one.leaving is None and one.host == world.home(ref)
    }
    return moment_of(pool, replace(world, assignments={**world.assignments, **arrived}))


def under_way(moment: Moment) -> tuple[Leg, ...]:
    """The moves that earlier commands have begun."""
    return tuple(
        Leg((name_of(guest.ref),), guest.current.leaving, guest.current.host)
        for guest in moment.guests
        if isinstance(guest.current, Assigned) and guest.current.leaving is not None
    )


def depart(moment: Moment, legs: Iterable[Leg], most: int) -> Departures:
    """Who sets off now, beside all that are on their way, in the order of the plan.

    At most `most` machines are on their way at a time. With 0 nobody sets off, and nothing is given up.
    """
    scene = scene_of(moment, Overfull.BROKEN)
    made = ground(scene.cluster)
    step = _Step(scene, made, wave_of(moment, scene, made, most))
    for leg in legs:
        step.take(leg)
    assignments = permits(step.wave, scene, made, moment)
    if most and not assignments and not step.travelling:
        step.give_up()
    return Departures(tuple(step.legs), assignments, step.travelling, tuple(step.arrived), step.dropped)


class _Step:
    """The legs of a plan on one look, one after the other."""

    def __init__(self, scene: Scene, made: Ground, wave: Wave) -> None:
        self.wave = wave
        self.legs: list[Leg] = []
        self.arrived: list[Leg] = []
        self.travelling: dict[Ref, str] = {}
        self.dropped: dict[str, str] = {}
        self._scene = scene
        self._made = made
        self._items = {tuple(vm.name for vm in item.vms): number for number, item in enumerate(made.items)}
        self._waits = False

    def take(self, leg: Leg) -> None:
        """See what is to be done about a leg now."""
        if any(name in self.dropped for name in leg.vms):
            return
        guests = [self._scene.guests.get(name) for name in leg.vms]
        found = [guest for guest in guests if guest is not None]
        if any(set(leg.vms) & set(other.vms) for other in self.legs):
            # Its machine makes an earlier leg first.
            self.legs.append(leg)
        elif len(found) == len(guests) and all(guest.runs_on == leg.target == guest.home for guest in found):
            self.arrived.append(leg)
        elif len(found) == len(guests) and all(_is_bound_for(guest, leg.target) for guest in found):
            self.travelling.update({guest.ref: leg.target for guest in found})
            self.legs.append(leg)
        else:
            why = self._obstacle(leg, guests)
            if why:
                self.dropped.update(dict.fromkeys(leg.vms, why))
            else:
                self._set_off(leg)

    def _obstacle(self, leg: Leg, guests: list[Guest | None]) -> str:
        """Why a leg cannot be made at all any more; "" where it can."""
        for guest in guests:
            if guest is None:
                return "it does not run any more"
            if guest.home != leg.source or guest.runs_on != leg.source:
                return f"it is on {guest.runs_on or 'no host'} now"
        item = self._items.get(leg.vms)
        if item is None:
            return "other machines have to go with it now"
        return self._made.items[item].stays

    def _set_off(self, leg: Leg) -> None:
        """Start, unless it or one before it has to wait: an order is kept, for it was chosen with care."""
        item, host = self._items[leg.vms], self._made.host_index.get(leg.target)
        self._waits = self._waits or host is None or not self.wave.add(item, host)
        self.legs.append(leg)

    def give_up(self) -> None:
        """Nobody moves who could make room: what is left cannot be made as it was planned."""
        self.dropped.update({name: why for leg in self.legs for name, why in self._reasons(leg)})
        self.legs.clear()

    def _reasons(self, leg: Leg) -> Iterator[tuple[str, str]]:
        item, host = self._items.get(leg.vms), self._made.host_index.get(leg.target)
        why = "it was to move after another that does not move"
        if item is not None and host is not None:
            ledger = Ledger(self._made)
            if not ledger.may(item, host):
                why = ledger.refusals(item)[host]
        yield from ((name, why) for name in leg.vms)


def _is_bound_for(guest: Guest, host: str) -> bool:
    """Whether a machine has been sent to a host, and is not there yet."""
    return guest.home == host and guest.runs_on != host
