"""The mutants: the program without one of its guards. A simulation that does not notice that guards nothing."""

import logging
from argparse import ArgumentParser
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from tests.faults.guards.elsewhere import notices
from tests.faults.guards.every import GUARDS, named
from tests.faults.guards.guard import Guard
from tests.faults.guards.walk import Kill, first_kill
from tests.proof.leg import Leg, Result
from tests.proof.program import PRODUCT

SEEDS: Final = 2000
_LEAST_MUTANTS: Final = 30
_LEAST_PERCENT: Final = 95
_MUTANT: Final = "mutant "
_SEEDS: Final = "seeds for "


@dataclass(frozen=True, slots=True)
class Mutant:
    """One or more guards that are missing at once, and what showed it: a history, another test, or nothing."""

    name: str
    guard: Guard
    kill: Kill | None = None
    noticed: bool = False

    @property
    def survives(self) -> bool:
        """Whether nothing noticed."""
        return self.kill is None and not self.noticed


def tried(guard: Guard, seeds: int = SEEDS) -> Mutant:
    """The fate of the program without a guard, and without those that would stand in for it."""
    missing = [guard, *map(named, guard.beside)]
    name = " + ".join(one.name for one in missing)
    if guard.test is not None:
        return Mutant(name, guard, noticed=notices(guard.test, *(one.name for one in missing)))
    return Mutant(name, guard, first_kill(missing, range(seeds)))


def run(pieces: range) -> Result:
    """The mutants with these numbers."""
    result = Result()
    for number in pieces:
        mutant = tried(GUARDS[number])
        result.done += 1
        if mutant.survives:
            command = f"python -m tests.proof.mutants --guard {mutant.guard.name}"
            result.failures.append(f"{mutant.name}: survives{_because(mutant.guard)}; {command}")
        if mutant.guard.test is not None:
            result.counts["mutants for other tests"] += 1
            result.counts["killed by other tests"] += mutant.noticed
            continue
        result.counts["mutants"] += 1
        if mutant.kill is not None:
            result.counts["killed"] += 1
            result.counts[_row(mutant.name, mutant.kill)] += 1
            result.peak(f"{_SEEDS}{mutant.name}", float(mutant.kill.seed + 1))
            result.peak("most seeds needed", float(mutant.kill.seed + 1))
    return result


def holds(result: Result) -> bool:
    """Whether enough mutants are killed, and all of those that other tests are for."""
    counts = result.counts
    mutants, killed = counts["mutants"], counts["killed"]
    enough = mutants >= _LEAST_MUTANTS and killed * 100 >= mutants * _LEAST_PERCENT
    return enough and counts["killed by other tests"] == counts["mutants for other tests"]


def _row(name: str, kill: Kill) -> str:
    return f"{_MUTANT}{name} killed by {kill.oracle} in {kill.scenario}"


def _because(guard: Guard) -> str:
    return f" ({guard.why})" if guard.why else ""


def markdown(result: Result) -> str:
    """The table for the documents: which seed, scenario and promise shows that a guard is missing, and the rest."""
    lines = ["| Without | Seeds | Broken promise | Scenario |", "|---|---:|---|---|"]
    for key in sorted(result.counts):
        if not key.startswith(_MUTANT):
            continue
        name, _, rest = key.removeprefix(_MUTANT).partition(" killed by ")
        oracle, _, scenario = rest.partition(" in ")
        lines.append(f"| {name} | {result.peaks[_SEEDS + name]:.0f} | {oracle} | {scenario} |")
    survivors = dict(sorted(failure.split(": ", 1) for failure in result.failures))
    lines.extend(f"| {name} | none of {SEEDS} | {words.partition(';')[0]} | |" for name, words in survivors.items())
    lines += ["", "No simulated history can show that these are missing; another test does:", ""]
    lines += ["| Without | Test | Why no history |", "|---|---|---|"]
    lines.extend(
        f"| {guard.name} | `{guard.test}` | {guard.why} |"
        for guard in GUARDS
        if guard.test is not None and guard.name not in survivors
    )
    return "\n".join(lines) + "\n"


LEG: Final = Leg(
    "mutants",
    "each guard is switched off, and the simulation has to notice",
    f"at least {_LEAST_MUTANTS} mutants, {_LEAST_PERCENT} % of them killed within {SEEDS} seeds; survivors are listed",
    len(GUARDS),
    1,
    run,
    holds,
    of=(*PRODUCT, "tests/faults", "tests/proof/mutants.py"),
    tabled=(_MUTANT, _SEEDS),
    tables=markdown,
)


def as_text(mutant: Mutant) -> str:
    """The same for a terminal: a line."""
    kill = mutant.kill
    if kill is not None:
        end = f"seed {kill.seed} of {kill.scenario}: {kill.oracle}: {kill.detail}"
    else:
        end = f"noticed by {mutant.guard.test}" if mutant.noticed else "SURVIVES"
    return f"{mutant.name:45} {end[:160]}"


def main(words: Sequence[str] | None = None) -> None:
    """Try guards one by one, and say what became of each."""
    # Refusals and deaths are what it is about; only defects are news.
    logging.getLogger("xcp_reconciler").setLevel(logging.ERROR)
    parser = ArgumentParser(prog="python -m tests.proof.mutants", description=__doc__)
    parser.add_argument("--guard", action="append", help="only this one; may be given again")
    parser.add_argument("--seeds", type=int, default=SEEDS, help="how many seeds each gets")
    given = parser.parse_args(words)
    for guard in map(named, given.guard) if given.guard else GUARDS:
        print(as_text(tried(guard, given.seeds)), flush=True)  # noqa: T201 - what the command is for


if __name__ == "__main__":
    main()
