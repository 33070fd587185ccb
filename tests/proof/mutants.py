"""The mutants: the program without one of its guards. A simulation that does not notice that guards nothing."""

from argparse import ArgumentParser
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from tests.faults.guards.every import GUARDS, named
from tests.faults.guards.guard import Guard
from tests.faults.guards.walk import Kill, first_kill
from tests.proof.leg import Leg, Result

SEEDS: Final = 2000
_LEAST_MUTANTS: Final = 30
_LEAST_PERCENT: Final = 95


@dataclass(frozen=True, slots=True)
class Mutant:
    """One or more guards that are missing at once, and the history that showed it."""

    name: str
    about: str
    kill: Kill | None


def tried(guard: Guard, seeds: int = SEEDS) -> Mutant:
    """The fate of the program without a guard, and without those that would stand in for it."""
    missing = [guard, *map(named, guard.beside)]
    return Mutant(" + ".join(one.name for one in missing), guard.about, first_kill(missing, range(seeds)))


def run(pieces: range) -> Result:
    """The mutants with these numbers."""
    result = Result()
    for number in pieces:
        mutant = tried(GUARDS[number])
        result.done += 1
        result.counts["mutants"] += 1
        if mutant.kill is None:
            result.failures.append(
                f"{mutant.name}: survives {SEEDS} seeds; python -m tests.proof.mutants --guard {GUARDS[number].name}"
            )
            continue
        result.counts["killed"] += 1
        result.counts[_row(mutant.name, mutant.kill)] += 1
        result.peak(f"seeds for {mutant.name}", float(mutant.kill.seed + 1))
        result.peak("most seeds needed", float(mutant.kill.seed + 1))
    return result


def holds(result: Result) -> bool:
    """Whether enough mutants are killed."""
    mutants, killed = result.counts["mutants"], result.counts["killed"]
    return mutants >= _LEAST_MUTANTS and killed * 100 >= mutants * _LEAST_PERCENT


def _row(name: str, kill: Kill) -> str:
    return f"mutant {name} killed by {kill.oracle} in {kill.scenario}"


LEG: Final = Leg(
    "mutants",
    "each guard is switched off, and the simulation has to notice",
    f"at least {_LEAST_MUTANTS} mutants, {_LEAST_PERCENT} % of them killed within {SEEDS} seeds; survivors are listed",
    len(GUARDS),
    1,
    run,
    holds,
)


def markdown(result: Result) -> str:
    """The table for the documents: every mutant that was killed, and those that were not."""
    lines = ["| Without | Seeds | Broken promise | Scenario |", "|---|---:|---|---|"]
    for key in sorted(result.counts):
        if not key.startswith("mutant "):
            continue
        name, _, rest = key.removeprefix("mutant ").partition(" killed by ")
        oracle, _, scenario = rest.partition(" in ")
        lines.append(f"| {name} | {result.peaks[f'seeds for {name}']:.0f} | {oracle} | {scenario} |")
    lines.extend(f"| {failure.partition(':')[0]} | survives {SEEDS} | | |" for failure in sorted(result.failures))
    return "\n".join(lines) + "\n"


def as_text(mutants: Iterable[Mutant]) -> str:
    """The same for a terminal."""
    lines: list[str] = []
    for mutant in mutants:
        kill = mutant.kill
        end = "SURVIVES" if kill is None else f"seed {kill.seed} of {kill.scenario}: {kill.oracle}: {kill.detail}"
        lines.append(f"{mutant.name:45} {end[:160]}")
    return "\n".join(lines)


def main(words: Sequence[str] | None = None) -> None:
    """Try guards one by one, and say what became of each."""
    parser = ArgumentParser(prog="python -m tests.proof.mutants", description=__doc__)
    parser.add_argument("--guard", action="append", help="only this one; may be given again")
    parser.add_argument("--seeds", type=int, default=SEEDS, help="how many seeds each gets")
    given = parser.parse_args(words)
    for guard in map(named, given.guard) if given.guard else GUARDS:
        print(as_text([tried(guard, given.seeds)]), flush=True)  # noqa: T201 - what the command is for


if __name__ == "__main__":
    main()
