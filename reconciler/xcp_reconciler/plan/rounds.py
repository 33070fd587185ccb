"""The whole plan: rounds of decisions over a world in which each change is played through as if it had worked."""

from dataclasses import dataclass, field, replace
from typing import Final

from xcp_reconciler.model.decision import Act, Change, Decision, Gone, Pending, Steady
from xcp_reconciler.model.history import History
from xcp_reconciler.model.ops import Call, Op
from xcp_reconciler.model.placement import Assigned, Assignment
from xcp_reconciler.model.plan import Entry, Plan
from xcp_reconciler.plan.decide import decide
from xcp_reconciler.plan.effects import completed
from xcp_reconciler.plan.overlay import copies_of, put_copies
from xcp_reconciler.plan.placement import place
from xcp_reconciler.plan.recall import remember
from xcp_reconciler.plan.world import Declarations, World
from xcp_reconciler.refs import DEPENDENCY_ORDER, Ref

# The longest honest way of one object is a handful of rounds (stop, move, configure, start); dependencies add depth.
_MOST_ROUNDS: Final = 40


@dataclass(slots=True)
class _Draft:
    """What the rounds have gathered for one object so far."""

    changes: dict[str, Change] = field(default_factory=dict[str, Change])
    ops: list[Op] = field(default_factory=list[Op])
    calls: list[Call] = field(default_factory=list[Call])
    why: list[str] = field(default_factory=list[str])
    pending: tuple[Pending, ...] = ()
    end: Decision = field(default_factory=Steady)
    first: int = _MOST_ROUNDS


def make_plan(world: World) -> Plan:
    """What would be done from here, if every guest plays along and nobody else touches anything."""
    histories: dict[Ref, History] = dict(world.histories)
    assignments: dict[Ref, Assignment] = dict(world.assignments)
    sights = {name: sight.fork() for name, sight in world.sights.items()}
    play = replace(world, sights=sights, histories=histories, assignments=assignments, played=True)
    drafts: dict[Ref, _Draft] = {}
    order = sorted(world.declared.desired, key=_creation_order)
    going = [ref for ref in reversed(order) if world.declared.desired[ref].removal is not None]
    every = open_refs = [*going, *(ref for ref in order if world.declared.desired[ref].removal is None)]
    for turn in range(_MOST_ROUNDS):
        placed: dict[Ref, Assignment] = {}
        for pool in sights:
            placed.update(place(pool, play))
        assignments.update(placed)
        if turn and placed:
            # Who was as declared may have to go elsewhere, now that others have made room.
            meant = placed.keys() | set(open_refs)
            open_refs = [ref for ref in every if ref in meant]
        acted = False
        still: list[Ref] = []
        gone: list[Ref] = []
        for ref in open_refs:
            decision = decide(ref, play)
            if isinstance(decision, Steady) and not decision.pending and ref not in drafts:
                continue
            draft = drafts.setdefault(ref, _Draft())
            draft.end = decision
            if isinstance(decision, Act):
                acted = True
                draft.first = min(draft.first, turn)
                _play(ref, decision, draft, play, histories)
                still.append(ref)
            elif isinstance(decision, Gone):
                gone.append(ref)
            elif isinstance(decision, Steady):
                draft.pending = decision.pending
            else:
                still.append(ref)
        open_refs = still
        if gone:
            left = {ref: one for ref, one in play.declared.desired.items() if ref not in set(gone)}
            play = replace(play, declared=Declarations.of(left))
        if not acted and not gone:
            return _finish(drafts, world, assignments, loop=())
    return _finish(drafts, world, assignments, loop=tuple(open_refs))


def _creation_order(ref: Ref) -> tuple[int, Ref]:
    return DEPENDENCY_ORDER[ref.kind], ref


def _play(ref: Ref, act: Act, draft: _Draft, play: World, histories: dict[Ref, History]) -> None:
    for change in act.changes:
        earlier = draft.changes.get(change.path)
        draft.changes[change.path] = _merged(earlier, change) if earlier is not None else change
    draft.pending = act.pending
    if act.why not in draft.why:
        draft.why.append(act.why)
    sight = play.sights[play.pool(ref) or ""]
    desired = play.declared.desired[ref]
    for step in act.steps:
        copies = copies_of(step.op, sight)
        draft.ops.append(step.op)
        draft.calls.extend(sight.dialect.calls(step.op, copies))
        put_copies(step.op, sight, completed(step.op, copies))
        histories[ref] = remember(step.op, desired, play.history(ref), play.now)


def _merged(earlier: Change, later: Change) -> Change:
    """From the first `current` to the last `desired`, at the cost of the dearer of the two."""
    dearer = max(earlier, later, key=lambda change: change.impact)
    return replace(later, current=earlier.current, impact=dearer.impact, reason=dearer.reason)


def _finish(drafts: dict[Ref, _Draft], world: World, assignments: dict[Ref, Assignment], loop: tuple[Ref, ...]) -> Plan:
    hosts = {ref: one.host for ref, one in assignments.items() if isinstance(one, Assigned)}
    entries = tuple(
        Entry(
            ref,
            tuple(draft.changes.values()),
            tuple(draft.ops),
            tuple(draft.calls),
            "; ".join(draft.why),
            draft.pending,
            draft.end,
            hosts.get(ref),
        )
        for ref, draft in sorted(drafts.items(), key=lambda item: (item[1].first, _creation_order(item[0])))
        if draft.changes or draft.pending or not isinstance(draft.end, Steady)
    )
    return Plan(entries, len(world.declared.desired), hosts, loop)
