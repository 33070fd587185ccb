"""Everything about one object, for the one who has to find out what is wrong with it."""

from collections.abc import Iterable, Iterator
from textwrap import wrap
from typing import Final, assert_never

from xcp_reconciler.model.decision import Act, Blocked, Change, Decision, Gone, Steady, Wait
from xcp_reconciler.model.ops import Call
from xcp_reconciler.model.placement import Assigned
from xcp_reconciler.model.status import Condition, Truth
from xcp_reconciler.plan.overlay import copies_of
from xcp_reconciler.plan.world import World
from xcp_reconciler.report.columns import columns
from xcp_reconciler.report.manifest import spec_of
from xcp_reconciler.report.paint import PLAIN, Paint, Role
from xcp_reconciler.report.standing import Standing
from xcp_reconciler.report.words import IMPACT_WORDS, age, count, value_word
from xcp_reconciler.report.yaml_text import yaml_text
from xcp_reconciler.units import format_bytes, format_kib

_INDENT: Final = "  "
_LABEL: Final = 12


def describe(one: Standing, world: World, *, paint: Paint = PLAIN, width: int = 80) -> str:
    """The whole description."""
    parts = [
        "\n".join([paint(str(one.ref), Role.STRONG), *_facts(one, world)]),
        _section("Differs", _differences(one), paint),
        _section("Conditions", _conditions(one, world, width), paint),
        _section("Moves", _moves(one, width), paint),
        _section("Next", _next(one, world, width), paint),
        _section("Declared", yaml_text(spec_of(one.desired)).splitlines(), paint),
    ]
    return "\n\n".join(part for part in parts if part)


def _section(title: str, lines: Iterable[str], paint: Paint) -> str:
    indented = [f"{_INDENT}{line}" for line in lines]
    return "\n".join([paint(title, Role.STRONG), *indented]) if indented else ""


def _facts(one: Standing, world: World) -> Iterator[str]:
    desired, status = one.desired, one.status
    pool = world.pool(one.ref)
    assignment = world.assignments.get(one.ref)
    facts: dict[str, str | None] = {
        "owner": desired.owner,
        "declared in": str(desired.origin) if desired.origin is not None else None,
        "labels": ", ".join(f"{key}={value}" for key, value in sorted(desired.labels.items())) or None,
        "pool": pool if pool != one.ref.name else None,
        "generation": str(desired.generation),
        "leaving": f"yes ({desired.removal.value})" if desired.removal is not None else None,
        "place": assignment.host if isinstance(assignment, Assigned) else None,
    }
    if status is not None:
        memory = status.memory_actual or status.memory
        facts |= {
            "seen on": status.host,
            "state": status.state,
            "cores": str(status.cores) if status.cores is not None else None,
            "memory": format_kib(memory) if memory is not None else None,
            "size": format_bytes(status.size) if status.size is not None else None,
            "file": status.file,
            "uuid": status.uuid,
            "since": age(world.now - status.since) if status.since is not None else None,
        }
        for host in status.balance:
            has = f", {host.satisfaction} % of what they ask for" if host.satisfaction is not None else ""
            facts[f"on {host.host}"] = f"{count(host.guests, 'guest')}{has}"
    for label, value in facts.items():
        if value is not None:
            yield f"{_INDENT}{label:<{_LABEL}}  {value}"


def _differences(one: Standing) -> list[str]:
    decision = one.decision
    rows = [(change, "") for change in decision.changes] if isinstance(decision, Act) else []
    pending = decision.pending if isinstance(decision, Act | Steady) else ()
    if decision is None and one.status is not None:
        pending = one.status.pending
    rows += [(item.change, item.message) for item in pending]
    if not rows:
        return []
    table = columns(
        ("FIELD", "DECLARED", "SEEN", "IMPACT", "WHY"), [_difference(change, note) for change, note in rows]
    )
    return table.splitlines()


def _difference(change: Change, note: str) -> tuple[str, str, str, str, str]:
    values = value_word(change.desired), value_word(change.current)
    return (change.path, *values, IMPACT_WORDS[change.impact], note or change.reason)


def _conditions(one: Standing, world: World, width: int) -> Iterator[str]:
    for condition in one.status.conditions if one.status is not None else ():
        words = _words(condition)
        head = f"{condition.type.value:<18}  {condition.status.value:<7}  {age(world.now - condition.since):<4}  "
        first, *rest = wrap(words, max(24, width - len(head) - 2)) or [""]
        yield f"{head}{first}".rstrip()
        yield from (f"{' ' * len(head)}{line}" for line in rest)


def _moves(one: Standing, width: int) -> Iterator[str]:
    """Each move on a line of its own, and below it why."""
    moves = one.status.moves if one.status is not None else ()
    names = max((len(move.vm) for move in moves), default=0)
    for move in moves:
        yield f"{move.vm:<{names}}  {move.source} -> {move.target}"
        yield from wrap(move.why, max(24, width - 4), initial_indent=_INDENT, subsequent_indent=_INDENT)


def _words(condition: Condition) -> str:
    if condition.status is Truth.TRUE and not condition.message:
        return condition.reason
    return f"{condition.reason}: {condition.message}" if condition.message else condition.reason


def _next(one: Standing, world: World, width: int) -> Iterator[str]:
    decision = one.decision
    if decision is None:
        yield "nobody has looked: the status above is the last one that was published"
        return
    yield from (line for text in _intentions(decision, world) for line in wrap(text, max(24, width - 2)))
    if isinstance(decision, Act):
        yield from (f"  {call}" for call in calls_of(one, decision, world))
    history = world.history(one.ref)
    if history.failure is not None:
        yield from wrap(
            f"the last attempt failed {age(world.now - history.failure.at)} ago "
            f"({history.failure.kind.value}, attempt {history.attempts}): {history.failure.message}",
            max(24, width - 2),
        )


def _intentions(decision: Decision, world: World) -> Iterator[str]:
    match decision:
        case Act():
            yield f"xcp would act, because {decision.why}:"
        case Wait():
            until = f", looked at again in {max(0.0, decision.until - world.now):.0f} s" if decision.until else ""
            yield f"xcp waits ({decision.reason.value}){until}: {decision.why}"
            if decision.on:
                yield f"for: {', '.join(str(ref) for ref in decision.on)}"
        case Blocked():
            yield f"xcp can do nothing before somebody does something ({decision.reason.value}): {decision.why}"
        case Steady():
            yield "nothing: it is as declared" + (", but for what is pending" if decision.pending else "")
        case Gone():
            yield "xcp forgets it: it is deleted, or was to be forgotten"
        case _:
            assert_never(decision)


def calls_of(one: Standing, act: Act, world: World) -> Iterator[Call]:
    """The calls of the next steps."""
    sight = world.sights.get(world.pool(one.ref) or "")
    if sight is not None:
        for step in act.steps:
            yield from sight.dialect.calls(step.op, copies_of(step.op, sight))
