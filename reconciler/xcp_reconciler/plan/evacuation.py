"""What becomes of a host that is to be left, and of one that machines come back to: who moves where, and who does not.

For commands that somebody gives. The loop needs none of it: it places machines, and each of them decides for itself.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from xcp_reconciler.model import ops
from xcp_reconciler.model.decision import HOST, Blocked, Change, Decision, Wait
from xcp_reconciler.model.impact import Impact, Power, Unsupported
from xcp_reconciler.model.placement import Assigned
from xcp_reconciler.model.plan import Entry, Plan
from xcp_reconciler.plan.effects import completed
from xcp_reconciler.plan.overlay import copies_of, put_copies
from xcp_reconciler.plan.placement.guests import Guest, why_it_stays
from xcp_reconciler.plan.placement.hosts import closed
from xcp_reconciler.plan.placement.moment import Moment, moment_of
from xcp_reconciler.plan.placement.outlook import strangers_on, why_kept
from xcp_reconciler.plan.placement.scene import name_of
from xcp_reconciler.plan.rounds import make_plan
from xcp_reconciler.plan.world import World
from xcp_reconciler.refs import Kind, Ref, host_ref

_PLACES = frozenset({HOST, "placement.host"})


@dataclass(frozen=True, slots=True)
class Journey:
    """One machine goes live from host to host; `target` is where it is in the end."""

    ref: Ref
    source: str
    target: str
    impact: Impact


@dataclass(frozen=True, slots=True)
class Evacuation:
    """Who moves, who should and does not, and what whoever acts may do for it.

    `plan` is about the machines that move, and the host. `concerned` are the machines that it is all about, by where
    they run: those on the host, or those that left it. `stays` has a sentence for each of them that nothing moves.

    `permits` names every object that whoever acts may touch. A machine that leaves may go to any host that takes it:
    when its turn comes another than the plan's may be the better one.
    """

    plan: Plan
    concerned: Mapping[Ref, str] = field(default_factory=dict[Ref, str])
    journeys: tuple[Journey, ...] = ()
    stays: Mapping[str, str] = field(default_factory=dict[str, str])
    permits: Mapping[Ref, tuple[Change, ...]] = field(default_factory=dict[Ref, tuple[Change, ...]])

    @property
    def is_hopeful(self) -> bool:
        """Whether anybody may still get where it should be without further help."""
        return bool(self.permits)


def leaving(host: str, pool: str, world: World) -> Evacuation:
    """Everybody leaves a host; in `world` it is to be left already."""
    whole, moment = make_plan(world), moment_of(pool, world)
    if moment is None:
        return Evacuation(_only(whole, ()))
    there = {guest.ref: host for guest in moment.guests if guest.runs_on == host}
    moving = {entry.ref: entry for entry in whole.changing if _moves(entry) and world.pool(entry.ref) == pool}
    # Who is in the air already, or has to wait for something of its own, leaves later.
    later = {entry.ref: entry for entry in whole.entries if entry.ref in there and isinstance(entry.end, Wait)}
    able = [other for other in moment.room.hosts if closed(other, world, moment.sight) is None]
    away = list(ways(host, able, moment))
    permits = {
        ref: (*entry.changes, *_hops(entry), *(away if ref in there else ()))
        for ref, entry in {**later, **moving}.items()
    }
    after = moment_of(pool, _played(world, moving.values())) or moment
    ends = _ends(whole)
    stays = {
        name_of(guest.ref): _in_the_way(ends.get(guest.ref)) or why_kept(guest, after)
        for guest in _by_name(after)
        if guest.runs_on == host
    }
    stays.update(strangers_on(host, after))
    return Evacuation(
        _only(whole, {*permits, host_ref(host)}), there, tuple(_journeys(moving.values())), stays, _with(host, permits)
    )


def coming_back(host: str, pool: str, world: World) -> Evacuation:
    """Those that left a host because it was to be left come back; in `world` it is not to be left any more."""
    whole, moment = make_plan(world), moment_of(pool, world)
    if moment is None:
        return Evacuation(_only(whole, ()))
    left = [guest for guest in moment.guests if _is_away(guest, host)]
    away = {guest.ref: guest.runs_on for guest in left if guest.runs_on is not None}
    back = {entry.ref: entry for entry in whole.changing if entry.ref in away and [*_targets(entry)][-1:] == [host]}
    after = moment_of(pool, _played(world, back.values())) or moment
    ends = _ends(whole)
    stays = {
        name_of(guest.ref): _in_the_way(ends.get(guest.ref)) or _why_away(guest, host, after)
        for guest in _by_name(after)
        if guest.ref in away and guest.runs_on != host
    }
    # Who is still on its way out, or was about to set off, may be back only after it has arrived.
    later = [ref for ref, source in away.items() if source == host or isinstance(ends.get(ref), Wait)]
    permits = {ref: tuple(ways(world.home(ref) or host, (host,), moment)) for ref in later}
    permits.update({ref: (*entry.changes, *_hops(entry)) for ref, entry in back.items()})
    return Evacuation(
        _only(whole, {*permits, host_ref(host)}),
        away,
        tuple(_journeys(back.values())),
        stays,
        _with(host, permits),
    )


def _is_away(guest: Guest, host: str) -> bool:
    """Whether a machine has left the host because it was to be left, or is about to."""
    current = guest.current
    about_to = isinstance(current, Assigned) and current.leaving == host
    return isinstance(current, Assigned) and current.origin == host and (about_to or guest.runs_on != host)


def _moves(entry: Entry) -> bool:
    return any(True for _ in _targets(entry))


def _targets(entry: Entry) -> Iterator[str]:
    """The hosts that a machine goes to while it runs, one after the other."""
    return (op.target for op in entry.ops if isinstance(op, ops.MigrateVm) and op.mode is ops.MigrationMode.LIVE)


def _journeys(entries: Iterable[Entry]) -> Iterator[Journey]:
    for entry in sorted(entries, key=lambda entry: entry.ref):
        place_change = next(change for change in entry.changes if change.path in _PLACES)
        yield Journey(entry.ref, str(place_change.current), [*_targets(entry)][-1], place_change.impact)


def _hops(entry: Entry) -> Iterator[Change]:
    """Each move of its own: a machine that steps aside first is seen where it stepped to."""
    changes = [change for change in entry.changes if change.path in _PLACES]
    for op in entry.ops:
        if isinstance(op, ops.MigrateVm):
            yield from (replace(change, current=op.host, desired=op.target) for change in changes)


def ways(source: str, targets: Iterable[str], moment: Moment) -> Iterator[Change]:
    """The moves of a machine that runs from one host to each of the others."""
    cost = moment.sight.impacts(source).row(Kind.VIRTUAL_MACHINE, HOST, Power.RUNNING)
    for target in targets:
        if target != source and not isinstance(cost.impact, Unsupported):
            yield Change(HOST, source, target, cost.impact, cost.reason)


def _with(host: str, permits: Mapping[Ref, tuple[Change, ...]]) -> dict[Ref, tuple[Change, ...]]:
    """The host's own decision says when all is over; where nobody moves there is nothing to wait for."""
    return {host_ref(host): (), **permits} if permits else {}


def _played(world: World, entries: Iterable[Entry]) -> World:
    """The world in which these machines are where the plan sends them."""
    sights = {name: sight.fork() for name, sight in world.sights.items()}
    assignments = dict(world.assignments)
    for entry in entries:
        sight = sights[world.pool(entry.ref) or ""]
        for op in entry.ops:
            if isinstance(op, ops.MigrateVm):
                put_copies(op, sight, completed(op, copies_of(op, sight)))
                assignments[entry.ref] = Assigned(op.target)
    return replace(world, sights=sights, assignments=assignments)


def _ends(plan: Plan) -> dict[Ref, Decision]:
    return {entry.ref: entry.end for entry in plan.entries}


def _by_name(moment: Moment) -> list[Guest]:
    return sorted(moment.guests, key=lambda guest: guest.ref)


def _in_the_way(end: Decision | None) -> str:
    """What a machine's own decision ends with, where that keeps it."""
    return end.why if isinstance(end, Blocked | Wait) else ""


def _why_away(guest: Guest, host: str, moment: Moment) -> str:
    """Why a machine does not come back."""
    stays = why_it_stays(guest, moment.world, moment.sight)
    refusal = moment.room.refusal(host, guest.need) or moment.eligible.refusal(host, guest.spec)
    return stays or refusal or "its turn has not come yet"


def _only(plan: Plan, about: Collection[Ref]) -> Plan:
    entries = tuple(entry for entry in plan.entries if entry.ref in about)
    hosts = {ref: host for ref, host in plan.hosts.items() if ref in about}
    return replace(plan, entries=entries, looked_at=len(about), hosts=hosts)
