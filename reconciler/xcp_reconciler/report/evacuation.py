"""What became of a host that was to be left, or that machines came back to, in words and as data."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from typing import assert_never

from xcp_reconciler.plan.evacuation import Evacuation
from xcp_reconciler.plan.placement.scene import name_of
from xcp_reconciler.refs import Ref
from xcp_reconciler.report.ending import Outcome
from xcp_reconciler.report.progress import seconds
from xcp_reconciler.report.words import count


class Way(Enum):
    """Where machines go."""

    AWAY = auto()
    BACK = auto()


@dataclass(frozen=True, slots=True)
class Arrival:
    """A machine that is where it should be; `target` is None where it does not run any more."""

    ref: Ref
    source: str
    target: str | None


@dataclass(frozen=True, slots=True)
class HostEnding:
    """Who is where it should be now, and of the others why not. `took` is in seconds."""

    host: str
    way: Way
    outcome: Outcome
    moved: tuple[Arrival, ...]
    stays: Mapping[str, str]
    took: float


def plan_json(host: str, found: Evacuation) -> str:
    """What would be done."""
    moves = [
        {"vm": name_of(one.ref), "from": one.source, "to": one.target, "impact": one.impact.word}
        for one in found.journeys
    ]
    return _json({"host": host, "moves": moves, "stays": _stays(found.stays)})


def ending_json(ending: HostEnding) -> str:
    """What was done."""
    moved = [{"vm": name_of(one.ref), "from": one.source, "to": one.target} for one in ending.moved]
    return _json(
        {
            "host": ending.host,
            "result": ending.outcome.value,
            "moved": moved,
            "stays": _stays(ending.stays),
            "seconds": round(ending.took, 3),
        }
    )


def ending_text(ending: HostEnding) -> str:
    """The same for people."""
    return "\n".join(_lines(ending))


def _lines(ending: HostEnding) -> Iterator[str]:
    host, many, took = ending.host, len(ending.moved), seconds(ending.took)
    machines = count(many, "machine") if many else "nobody"
    match ending.way:
        case Way.AWAY if not ending.stays:
            yield f"{host} is empty and takes nobody. " + (f"{machines} left it in {took}." if many else "")
        case Way.AWAY:
            yield f"{host} takes nobody, and is not empty{_reason(ending.outcome)}: {machines} left it. Still there:"
        case Way.BACK if not ending.stays:
            yield f"{host} takes machines again. " + (f"{machines} came back in {took}." if many else "")
        case Way.BACK:
            yield f"{host} takes machines again: {machines} came back{_reason(ending.outcome)}. Still elsewhere:"
        case _:
            assert_never(ending.way)
    for name, why in ending.stays.items():
        yield f"  {name}  {why}"
    same = f"xcp evacuate {host}"
    match ending.way:
        case Way.AWAY:
            yield (f"To go on: {same}. " if ending.stays else "") + f"To take it back: {same} --return"
        case Way.BACK if ending.stays:
            yield f"To go on: {same} --return"
        case Way.BACK:
            pass
        case _:
            assert_never(ending.way)


def _reason(outcome: Outcome) -> str:
    match outcome:
        case Outcome.DONE | Outcome.STUCK:
            return ""
        case Outcome.TIMEOUT:
            return " (the time is over)"
        case Outcome.STOPPED:
            return " (stopped)"
        case _:
            assert_never(outcome)


def _stays(stays: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"vm": name, "reason": why} for name, why in stays.items()]


def _json(data: object) -> str:
    return json.dumps(data, indent=2, ensure_ascii=False)
