"""Guards that the harness is known to guard: without them it must fail. All of them are tried in `make prove`."""

from collections import Counter
from itertools import chain

import pytest

from tests.faults.guards.elsewhere import notices
from tests.faults.guards.every import GUARDS, named
from tests.faults.guards.guard import Guard, Off, off, without
from tests.faults.guards.patches import Patches, StaleGuardError
from tests.faults.guards.walk import Kill, first_kill
from tests.proof import mutants
from tests.proof.leg import Result
from xcp_reconciler.plan import presence
from xcp_reconciler.simulation.library import names

# Each of these is noticed within two seeds of a short story.
QUICK = (
    "never-seen-hosts",
    "fences-expire",
    "silent-hosts-hold-files",
    "silent-hosts-hold-definitions",
    "local-files-of-silent-hosts",
    "unknown-is-not-absent",
    "reserve",
)


@pytest.mark.parametrize("name", QUICK)
def test_whoever_does_without_a_guard_is_found_out(name: str) -> None:
    kill = first_kill([named(name)], range(2))
    assert kill is not None


def test_whoever_does_without_nothing_is_not() -> None:
    def nothing(patches: Patches) -> None:
        del patches

    guard = Guard("nothing", "", nothing, scenarios=("unknown-network",))
    assert first_kill([guard], range(1)) is None


@pytest.mark.parametrize("guard", GUARDS, ids=[guard.name for guard in GUARDS])
def test_every_switch_finds_its_line(guard: Guard) -> None:
    with off([guard, *map(named, guard.beside)]):
        pass


def test_guards_have_names_of_their_own_and_stories_that_there_are() -> None:
    assert Counter(guard.name for guard in GUARDS).most_common(1)[0][1] == 1
    assert set(chain.from_iterable(guard.scenarios or () for guard in GUARDS)) <= set(names())


def test_what_was_switched_off_is_on_again() -> None:
    before = presence.vm_presence.__code__
    with off([named("unknown-is-not-absent")]):
        assert presence.vm_presence.__code__ is not before
    assert presence.vm_presence.__code__ is before


@pytest.mark.parametrize(
    "stale",
    [
        without("plan.presence:vm_presence", "if nobody_says_this:"),
        without("plan.presence:no_such_function", "if silent:"),
        without("plan.presence:silent_hosts", "host"),
    ],
    ids=["no such line", "no such function", "more than once"],
)
def test_a_switch_whose_line_has_changed_says_so(stale: Off) -> None:
    with pytest.raises(StaleGuardError), off([Guard("stale", "", stale)]):
        pass


def test_the_table_names_the_killed_and_the_survivors(monkeypatch: pytest.MonkeyPatch) -> None:
    simulated = [number for number, guard in enumerate(GUARDS) if guard.test is None][:2]
    other = next(number for number, guard in enumerate(GUARDS) if guard.test is not None)
    first, second, third = (GUARDS[number] for number in (*simulated, other))
    fates = {
        first: mutants.Mutant(first.name, first, Kill(3, "create-five", "endState", "it is gone")),
        second: mutants.Mutant(second.name, second),
        third: mutants.Mutant(third.name, third, noticed=True),
    }

    def tried(guard: Guard) -> mutants.Mutant:
        return fates[guard]

    monkeypatch.setattr(mutants, "tried", tried)
    result = Result()
    for number in (*simulated, other):
        result.add(mutants.run(range(number, number + 1)))
    assert (result.done, result.counts["mutants"], result.counts["killed"]) == (3, 2, 1)
    assert result.peaks["most seeds needed"] == 4
    assert len(result.failures) == 1
    table = mutants.markdown(result)
    assert f"| {first.name} | 4 | endState | create-five |" in table
    assert f"| {second.name} | none of 2000 | survives" in table
    assert f"| {third.name} | `{third.test}` |" in table


@pytest.mark.parametrize(
    ("counts", "enough"),
    [
        ({"mutants": 40, "killed": 38}, True),
        ({"mutants": 40, "killed": 37}, False),
        ({"mutants": 29, "killed": 29}, False),
        ({"mutants": 40, "killed": 40, "mutants for other tests": 2, "killed by other tests": 1}, False),
        ({}, False),
    ],
)
def test_too_few_killed_are_not_enough(counts: dict[str, int], *, enough: bool) -> None:
    assert mutants.holds(Result(counts=Counter(counts))) is enough


def test_a_test_that_passes_without_a_guard_does_not_notice() -> None:
    test = "tests/unit/plan/test_admission.py::test_without_a_plan_everything_passes"
    assert not notices(test, "plan-impact-limit")


def test_a_test_that_fails_without_a_guard_does() -> None:
    test = "tests/unit/plan/test_admission.py::test_the_limit_of_a_plan_is_its_own"
    assert notices(test, "plan-impact-limit")
