"""One fault at a time, everywhere: every effect x crash point, every call x error, every look, hint and commit."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from random import Random
from typing import Final

from tests.proof.histories import stage
from tests.proof.leg import Leg, Result
from tests.proof.program import PRODUCT
from xcp_reconciler.simulation.fault import CALL_FAULTS, COMMIT_FAULTS, CrashPoint, Fault
from xcp_reconciler.simulation.library import names, scenario
from xcp_reconciler.simulation.rules import Rule
from xcp_reconciler.simulation.run import Faults
from xcp_reconciler.simulation.tape import Tape

_PAIRS: Final = 3000
_DAY_S: Final = 86_400.0
_BACK: Final = (1, 2, 5, 1000)
# A refusal means that asking again is idle until something changes: it has no end to come to.
_CALL_FAULTS: Final = tuple(fault for fault in CALL_FAULTS if fault is not Fault.REJECTED)

OF: Final = (*PRODUCT, "tests/proof/histories.py", "tests/proof/matrix.py")


@dataclass(frozen=True, slots=True)
class Case:
    """One history of a scenario with exactly these faults."""

    kind: str
    scenario: str
    rules: tuple[Rule, ...]

    def __str__(self) -> str:
        return f"{self.scenario}: " + ", ".join(
            f"{rule.fault} {rule.at if rule.fault is Fault.CRASH else ''} at the {rule.nth}. {rule.occasion}"
            for rule in self.rules
        )


def rule(fault: Fault, nth: int, **more: object) -> Rule:
    """One fault at one occasion."""
    return Rule.model_validate({"fault": fault, "nth": nth, **more})


def _crashes(name: str, effects: int) -> Iterator[Case]:
    for nth in range(1, effects + 1):
        for point in CrashPoint:
            yield Case("crash", name, (rule(Fault.CRASH, nth, at=point),))


def _errors(name: str, effects: int) -> Iterator[Case]:
    for nth in range(1, effects + 1):
        for fault in _CALL_FAULTS:
            yield Case("call", name, (rule(fault, nth),))


def _looks(name: str, looks: int) -> Iterator[Case]:
    for nth in range(1, looks + 1):
        yield Case("look", name, (rule(Fault.STALE_LOOK, nth, by=_BACK[nth % len(_BACK)]),))
        if nth % 3 == 0:
            yield Case("look", name, (rule(Fault.MIXED_LOOK, nth),))
            yield Case("look", name, (rule(Fault.EMPTY_LOOK, nth),))


def _hints(name: str, hints: int) -> Iterator[Case]:
    for nth in range(1, hints + 1):
        yield Case("hint", name, (rule(Fault.HINT_DROPPED, nth),))
    yield Case("hint", name, (rule(Fault.HINTS_LOST, 1, seconds=_DAY_S),))


def _commits(name: str, commits: int) -> Iterator[Case]:
    for nth in range(1, commits + 1):
        yield Case("commit", name, (rule(COMMIT_FAULTS[nth % len(COMMIT_FAULTS)], nth),))


def _pairs(effects: dict[str, int]) -> Iterator[Case]:
    rng = Random("pairs of crashes")  # noqa: S311 - a sample, not a secret
    known = sorted(effects)
    points = tuple(CrashPoint)
    for _ in range(_PAIRS):
        name = rng.choice(known)
        first = rng.randint(1, effects[name])
        second = first + rng.randint(1, effects[name])
        yield Case(
            "pair",
            name,
            (
                rule(Fault.CRASH, first, at=rng.choice(points)),
                rule(Fault.CRASH, second, at=rng.choice(points)),
            ),
        )


@cache
def cases() -> tuple[Case, ...]:
    """Every case, in an order that does not depend on the machine."""
    counted = {name: stage().without_faults(name).counted for name in names()}
    effects = {name: many["effects"] for name, many in counted.items() if many["effects"]}
    found: list[Case] = []
    for name, many in counted.items():
        found.extend(_crashes(name, many["effects"]))
        found.extend(_errors(name, many["effects"]))
        found.extend(_looks(name, many["looks"]))
        found.extend(_hints(name, many["hints"]))
        found.extend(_commits(name, many["commits"]))
    found.extend(_pairs(effects))
    # Mixed, so that any part of the whole is a fair sample of it.
    Random("the order of the matrix").shuffle(found)  # noqa: S311 - an order, not a secret
    return tuple(case for case in found if not {rule.fault for rule in case.rules} & scenario(case.scenario).without)


def run(pieces: range) -> Result:
    """Live through these cases."""
    result = Result()
    for piece in pieces:
        case = cases()[piece]
        outcome = stage().live(case.scenario, Tape(0), Faults(swarm=False, rules=case.rules))
        result.done += 1
        result.counts[f"{case.kind} runs"] += 1
        result.counts[f"{case.kind} met"] += sum(outcome.faults.values()) > 0
        result.counts["converged"] += outcome.converged
        result.peak("passes after the last fault", outcome.passes)
        result.failures.extend(
            f"{case}: {violation.oracle}: {violation.detail} (piece {piece})" for violation in outcome.violations
        )
    return result


def holds(result: Result) -> bool:
    """Whether every case came to the end of its reference."""
    return not result.failures and result.counts["converged"] == result.done


def leg() -> Leg:
    """As many pieces as there are cases."""
    return Leg(
        name="matrix",
        about="every effect of every scenario x every crash point and every error; pairs of crashes; every look, hint "
        "and commit; a day without hints",
        goal="every run ends as its scenario's reference; at least 8,000 of them crash",
        pieces=len(cases()),
        chunk=100,
        run=run,
        holds=holds,
        of=OF,
    )
