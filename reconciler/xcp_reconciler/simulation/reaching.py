"""Whether a phase has been reached, as the store tells it, and as the hypervisors are."""

from collections.abc import Iterator
from itertools import chain

from xcp_reconciler.model.desired import Desired
from xcp_reconciler.model.status import ConditionType, Truth
from xcp_reconciler.ports.store import State
from xcp_reconciler.refs import Ref
from xcp_reconciler.simulation.scenario import OWNER, Phase
from xcp_reconciler.simulation.truth import Facts


def missing(phase: Phase, state: State) -> list[Ref]:
    """The objects that are not yet as the phase says, in order."""
    return sorted({*_not_ready(phase, state), *_not_gone(phase, state)})


def is_reached(phase: Phase, state: State) -> bool:
    """Whether nothing is missing; to be asked often."""
    return next(chain(_not_ready(phase, state), _not_gone(phase, state)), None) is None


def astray(phase: Phase, facts: Facts) -> list[str]:
    """The machines that do not run where the phase wants them, or not only there, in words."""
    found = ((name, host, facts.running.get(f"machine {name} of {OWNER}", ())) for name, host in phase.at.items())
    return [f"{name} is on {', '.join(on) or 'no host'} and not on {host}" for name, host, on in found if on != (host,)]


def _not_ready(phase: Phase, state: State) -> Iterator[Ref]:
    blocked = phase.blocked or {}
    for one in phase.declared:
        ready = _ready(state, one)
        if ready is None:
            yield one.ref
            continue
        word, reason = ready
        if one.ref in phase.waiting:
            if word is Truth.TRUE:
                yield one.ref
        elif one.ref in blocked:
            if word is Truth.TRUE or reason != blocked[one.ref]:
                yield one.ref
        elif word is not Truth.TRUE:
            yield one.ref


def _ready(state: State, wanted: Desired) -> tuple[Truth, str] | None:
    """What the status says of this very declaration."""
    known = state.desired.get(wanted.ref)
    status = state.statuses.get(wanted.ref)
    if known is None or known.removal is not None or status is None:
        return None
    if status.observed_generation < known.generation or not known.declares_the_same(wanted):
        return None
    ready = status.condition(ConditionType.READY)
    return (ready.status, ready.reason) if ready is not None else None


def _not_gone(phase: Phase, state: State) -> Iterator[Ref]:
    """What was removed, and is still there; a phase whose prune is held back has to keep everything."""
    declared = {one.ref for one in phase.declared}
    excused = phase.waiting | frozenset(phase.blocked or {})
    for ref, one in state.desired.items():
        if ref not in declared and one.removal is not None and ref not in excused:
            yield ref
    if phase.held and not state.prunes:
        yield from sorted(declared)[:1]


def unobserved(state: State) -> list[Ref]:
    """Objects whose status is of another generation than their declaration."""
    return [
        ref
        for ref, desired in state.desired.items()
        if (status := state.statuses.get(ref)) is None or status.observed_generation != desired.generation
    ]
