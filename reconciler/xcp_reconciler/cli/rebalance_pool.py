"""`xcp rebalance POOL`: a plan of moves for a pool as it is now; shown, agreed to, and made wave by wave."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from xcp_reconciler.api.wording import nearest
from xcp_reconciler.cli.carry_out import Work, at_work
from xcp_reconciler.cli.consent import agreed
from xcp_reconciler.cli.exits import Exit
from xcp_reconciler.cli.failure import CommandError
from xcp_reconciler.cli.output import paint_for, say, show
from xcp_reconciler.cli.proposing import proposed, view_of
from xcp_reconciler.cli.survey import Survey, restricted, stored, survey_with
from xcp_reconciler.cli.undertaking import Undertaking, write_down
from xcp_reconciler.cli.workspace import Workspace
from xcp_reconciler.model.desired import RebalanceSpec
from xcp_reconciler.model.impact import Impact
from xcp_reconciler.model.placement import Assigned, Assignment
from xcp_reconciler.plan.evacuation import ways
from xcp_reconciler.plan.failures import tried_anew
from xcp_reconciler.plan.placement.itinerary import Departures, Leg, depart, legs_of, settled_moment, under_way
from xcp_reconciler.plan.placement.moment import Moment
from xcp_reconciler.plan.placement.moves import AT_ONCE
from xcp_reconciler.plan.placement.scene import Overfull, name_of, scene_of
from xcp_reconciler.plan.rebalance import Aim
from xcp_reconciler.plan.rounds import make_plan
from xcp_reconciler.plan.world import World
from xcp_reconciler.ports.driver import Access
from xcp_reconciler.ports.store import PutAssignment
from xcp_reconciler.refs import Ref
from xcp_reconciler.report.ending import Outcome, last_word
from xcp_reconciler.report.moves_made import Made, made_data, made_text
from xcp_reconciler.report.paint import PLAIN
from xcp_reconciler.report.rebalance import rebalance_json, rebalance_text
from xcp_reconciler.report.words import count
from xcp_reconciler.runtime.coverage import PLAN_LIVES_S
from xcp_reconciler.runtime.system import SystemClock, SystemRng
from xcp_reconciler.store.sqlite import SqliteStore


@dataclass(frozen=True, slots=True)
class Wish:
    """What is asked for: a plan of so many moves at most, made within `timeout` seconds, or only shown."""

    aim: Aim
    most: int | None
    explain: bool
    as_json: bool
    dry_run: bool
    approved: bool
    timeout: float


async def rebalance_pool(pool: str, workspace: Workspace, wish: Wish) -> Exit:
    """Look, plan, show, ask, move.

    Raises:
        CommandError: there is no such pool, it cannot be looked at or computed with, or nobody can be asked.
        StoreError: the store cannot be read or written.
    """
    async with stored(workspace) as store:
        look = await _look(pool, workspace, store)
    workspace = replace(workspace, owner=look.survey.owner)
    proposal, seconds = proposed(scene_of(look.moment, Overfull.BROKEN).cluster, wish.aim, wish.most)
    view = view_of(proposal, seconds, explain=wish.explain)
    begun = under_way(look.moment)
    if wish.as_json and wish.dry_run:
        show(rebalance_json(view))
    else:
        text = rebalance_text(view, PLAIN if wish.as_json else paint_for(sys.stdout), explain=wish.explain)
        (say if wish.as_json else show)(text)
    if begun:
        say(f"{count(len(begun), 'machine')} on the way already: {', '.join(leg.vms[0] for leg in begun)}.")
    legs = (*begun, *legs_of(proposal))
    if wish.dry_run or not legs:
        if wish.as_json and not wish.dry_run:
            show(rebalance_json(view, made_data(Made())))
        return Exit.DONE
    if not agreed("Move them?", already=wish.approved):
        say("Nothing was changed.")
        return Exit.ERROR
    made = await _move(look, legs, workspace, wish.timeout)
    show(rebalance_json(view, made_data(made)) if wish.as_json else made_text(made))
    return Exit.ERROR if made.left else Exit.DONE


@dataclass(frozen=True, slots=True)
class _Look:
    """A pool at one moment. `assignments` are those that its machines had in the store."""

    pool: str
    survey: Survey
    moment: Moment
    assignments: Mapping[Ref, Assignment | None]


async def _look(pool: str, workspace: Workspace, store: SqliteStore) -> _Look:
    survey = await survey_with(workspace, store)
    if pool in survey.refusals:
        raise CommandError(f"Pool/{pool} cannot be looked at: {survey.refusals[pool]}")
    moment = settled_moment(pool, survey.world)
    if moment is None:
        near = nearest(pool, survey.world.sights)
        raise CommandError(f"there is no pool {pool}", *([f"did you mean {near}?"] if near else []))
    return _Look(pool, survey, moment, {one.ref: survey.world.assignments.get(one.ref) for one in moment.guests})


@dataclass(slots=True)
class _Trip:
    """How far the plan is. `dropped` says for machines why they are left out, `travelling` where they are bound for."""

    legs: tuple[Leg, ...]
    travelling: Mapping[str, str] = field(default_factory=dict[str, str])
    arrived: list[Leg] = field(default_factory=list[Leg])
    dropped: dict[str, str] = field(default_factory=dict[str, str])

    def went_on(self, found: Departures) -> None:
        """Take note of one look."""
        self.legs = found.legs
        self.travelling = {name_of(ref): host for ref, host in found.travelling.items()}
        self.arrived += found.arrived
        self.dropped.update(found.dropped)

    def failed(self, refused: Mapping[Ref, str]) -> None:
        """Leave these machines out."""
        self.dropped.update({name_of(ref): why for ref, why in refused.items()})
        self.legs = tuple(leg for leg in self.legs if not self.dropped.keys() & set(leg.vms))

    def left(self) -> dict[str, str]:
        """Who has not moved as planned, and why."""
        waiting = {name: "its turn did not come" for leg in self.legs for name in leg.vms}
        under_way = {name: f"it is on its way to {host}" for name, host in self.travelling.items() if name in waiting}
        return waiting | under_way | self.dropped


async def _move(look: _Look, legs: tuple[Leg, ...], workspace: Workspace, timeout: float) -> Made:  # noqa: ASYNC109 - an ordinary way to end
    clock, trip, outcome = SystemClock(), _Trip(legs), Outcome.DONE
    began = clock.now()
    steps = {guest.ref: many for guest in look.moment.guests if (many := _legs_for(name_of(guest.ref), legs))}
    async with stored(workspace, Access.WRITE) as store, at_work(workspace, store, steps) as work:
        while True:
            # Whoever was asked may have taken their time.
            look = await _look(look.pool, workspace, store)
            if clock.now() < began + timeout and await _is_outdated(look, store):
                continue
            over = outcome in {Outcome.STOPPED, Outcome.TIMEOUT}
            found = depart(look.moment, trip.legs, 0 if over else _at_once(look))
            trip.went_on(found)
            if over or not trip.legs:
                break
            outcome = await _wave(look, found, workspace, work, began + timeout - clock.now(), trip)
    return Made(tuple(trip.arrived), trip.left(), outcome, clock.now() - began)


async def _is_outdated(look: _Look, store: SqliteStore) -> bool:
    """Whether somebody has placed machines since: what was decided on that look may be too much now."""
    await store.refresh()
    return any(store.state.assignments.get(ref) != one for ref, one in look.assignments.items())


def _legs_for(name: str, legs: tuple[Leg, ...]) -> int:
    return sum(name in leg.vms for leg in legs)


def _at_once(look: _Look) -> int:
    """So many moves at a time as the pool's Rebalance says."""
    world = look.survey.world
    ref = world.declared.rebalance.get(look.pool)
    spec = world.declared.desired[ref].spec if ref is not None else None
    return spec.max_concurrent if isinstance(spec, RebalanceSpec) else AT_ONCE


async def _wave(
    look: _Look, found: Departures, workspace: Workspace, work: Work, seconds: float, trip: _Trip
) -> Outcome:
    """Let machines set off, and wait until they have arrived. What turned out to be impossible is left out."""
    undertaking = _undertaking(look, found, workspace)
    plan = undertaking.opened(SystemRng().uid(), SystemClock().now(), PLAN_LIVES_S)
    await write_down(undertaking, plan, work.store)
    ending = await work.bring_about(undertaking, plan, seconds)
    if ending.outcome is Outcome.STUCK:
        trip.failed({ref: last_word(last) for ref, last in ending.left.items()})
    if ending.outcome is not Outcome.DONE:
        await _call_off(found.assignments, ending.left, work.store)
    return ending.outcome


def _undertaking(look: _Look, found: Departures, workspace: Workspace) -> Undertaking:
    """Exactly these moves. The assignments are written in the same commit: they are what nobody else would decide."""
    bound = {**found.travelling, **{ref: one.host for ref, one in found.assignments.items()}}
    world = _supposing(look.survey.world, found.assignments)
    plan = restricted(make_plan(world), frozenset(bound))
    changes = {ref: tuple(ways(_source(ref, look, found), (host,), look.moment)) for ref, host in bound.items()}
    changes.update({entry.ref: (*entry.changes, *changes[entry.ref]) for entry in plan.changing})
    beside = tuple(PutAssignment(ref, one) for ref, one in sorted(found.assignments.items()))
    return Undertaking(workspace, plan, {}, {}, changes, bound, Impact.MIGRATE, beside)


def _source(ref: Ref, look: _Look, found: Departures) -> str:
    current = found.assignments.get(ref) or look.survey.world.assignments.get(ref)
    return (current.leaving if isinstance(current, Assigned) else None) or ""


def _supposing(world: World, assignments: Mapping[Ref, Assigned]) -> World:
    return tried_anew(replace(world, assignments={**world.assignments, **assignments}))


async def _call_off(sent: Mapping[Ref, Assigned], left: Mapping[Ref, object], store: SqliteStore) -> None:
    """Take back what this command allowed and nobody has begun: without it the machine is where it should be."""
    await store.refresh()
    state = store.state
    back = [
        PutAssignment(ref, Assigned(one.leaving, origin=one.origin if one.origin != one.leaving else None))
        for ref, one in sent.items()
        if ref in left
        and one.leaving is not None
        and state.assignments.get(ref) == one
        and (ref not in state.histories or not state.histories[ref].intents)
    ]
    if back:
        await store.commit(*back)
