"""Whether machines that have to go elsewhere do, and if not, what keeps each of them."""

from collections.abc import Iterable

from xcp_reconciler.model.decision import Blocked, BlockReason, Decision, Steady, Wait, WaitReason
from xcp_reconciler.model.placement import Assigned, Assignment
from xcp_reconciler.plan.placement.eligible import expels
from xcp_reconciler.plan.placement.guests import Guest, at_home, why_it_stays
from xcp_reconciler.plan.placement.moment import Moment, moment_of
from xcp_reconciler.plan.placement.moves import comes_back, moves_of
from xcp_reconciler.plan.placement.newcomers import why_nowhere
from xcp_reconciler.plan.placement.rules import broken_rules
from xcp_reconciler.plan.world import World
from xcp_reconciler.refs import Ref, host_ref


def judging(pool: str, world: World) -> list[Ref]:
    """Whom it concerns where a pool's machines are: its placement policy, and hosts that are left or gone back to."""
    policy, hosts = world.declared.placement.get(pool), world.declared.hosts.get(pool, ())
    assignments = (world.assignments.get(ref) for ref in world.declared.members.get(pool, ()))
    origins = {one.origin for one in assignments if isinstance(one, Assigned)}
    concerned = [host_ref(host) for host in hosts if host in origins or is_left(host, world)]
    return concerned if policy is None else [policy, *concerned]


def is_left(host: str, world: World) -> bool:
    """Whether a host is to be left: by everybody for a maintenance, or by those who do not tolerate a taint."""
    spec = world.host_spec(host)
    return world.leaves(host) or (spec is not None and expels(spec))


def evacuation(host: str, pool: str, world: World) -> Decision:
    """How far a host is left by those who have to leave it."""
    moment = moment_of(pool, world)
    if moment is None:
        return Steady()
    there = (guest for guest in moment.guests if guest.runs_on == host)
    left = sorted((guest for guest in there if moment.has_to_leave(guest)), key=lambda guest: guest.ref)
    # A taint is about machines that can say what they tolerate; a maintenance is about an empty host.
    strangers = strangers_on(host, moment) if world.leaves(host) else {}
    if not left and not strangers:
        return Steady()
    refs = tuple(guest.ref for guest in left)
    if left and _moves(moment, refs):
        return Wait(WaitReason.MOVES, f"{_named(refs)} {'leave' if len(refs) > 1 else 'leaves'} it", on=refs)
    words = [f"{guest.ref.name}: {why_kept(guest, moment)}" for guest in left]
    words += [f"{name} {why}" for name, why in strangers.items()]
    return Blocked(BlockReason.NOT_EVACUATED, "; ".join(words))


def homecoming(host: str, pool: str, world: World) -> Decision:
    """Whether machines are coming back to a host that they left because of a maintenance."""
    away = [ref for ref in world.declared.members.get(pool, ()) if _belongs(world.assignments.get(ref), host)]
    moment = moment_of(pool, world) if away else None
    if moment is None:
        return Steady()
    guests = (guest for guest in moment.guests if guest.seen is not None and _belongs(guest.current, host))
    refs = tuple(guest.ref for guest in guests if not at_home(guest) or comes_back(guest, moment))
    if refs and _moves(moment, refs):
        return Wait(WaitReason.MOVES, f"{_named(refs)} {'come' if len(refs) > 1 else 'comes'} back to it", on=refs)
    return Steady()


def _belongs(assignment: Assignment | None, host: str) -> bool:
    return isinstance(assignment, Assigned) and assignment.origin == host


def repair(pool: str, world: World) -> Decision:
    """How the required rules of a pool's policy stand."""
    moment = moment_of(pool, world)
    broken = list(broken_rules(moment)) if moment is not None else []
    if moment is None or not broken:
        return Steady()
    refs = tuple(dict.fromkeys(ref for one in broken for ref in one.refs))
    words = "; ".join(one.words for one in broken)
    if _moves(moment, refs):
        return Wait(WaitReason.MOVES, words, on=refs)
    guests = sorted((guest for guest in moment.guests if guest.ref in refs), key=lambda guest: guest.ref)
    kept = "; ".join(f"{guest.ref.name}: {why_kept(guest, moment)}" for guest in guests)
    return Blocked(BlockReason.RULE_BROKEN, f"{words}. {kept}")


def _moves(moment: Moment, refs: Iterable[Ref]) -> bool:
    """Whether any machine of the pool is on its way, or sets off next: then things may still turn out well."""
    meant = set(refs)
    # Those who are on their way are as many as there may be at a time: it is nobody else's turn yet.
    on_its_way = any(
        isinstance(guest.current, Assigned)
        and (guest.current.leaving is not None or (guest.ref in meant and guest.home != guest.runs_on))
        and moment.world.history(guest.ref).refused is None
        for guest in moment.guests
    )
    return on_its_way or bool(moves_of(moment))


def strangers_on(host: str, moment: Moment) -> dict[str, str]:
    """The machines that run on a host and nobody declared: by name, what has to be done about them."""
    return {
        vm.name: "is not declared: move it or shut it down"
        for uuid, vm in sorted(moment.sight.active.get(host, {}).items())
        if uuid not in moment.ours
    }


def why_kept(guest: Guest, moment: Moment) -> str:
    """Why a machine that should go elsewhere does not."""
    known = moment.world.history(guest.ref)
    if known.refused is not None and known.failure is not None:
        return known.failure.message
    stays = why_it_stays(guest, moment.world, moment.sight)
    if stays:
        return stays
    reasons = why_nowhere(guest.ref, moment)
    return "no other host takes it: " + "; ".join(reasons) if reasons else "its turn has not come yet"


def _named(refs: tuple[Ref, ...]) -> str:
    few = ", ".join(ref.name for ref in refs[:3])
    return few + (f" and {len(refs) - 3} more" if len(refs) > 3 else "")  # noqa: PLR2004 - a few
