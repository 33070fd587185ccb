"""Why a guest has what it has, in words and with the numbers that decided."""

from dataclasses import replace

from tests.unit.plan.memory.balloons import GIB, MIB
from xcp_reconciler.plan.memory import Algorithm, FloorRule, GuestMemory, HostMemory, Knowledge, Policy, Step, step
from xcp_reconciler.plan.memory.words import size

NOW = 5_000_000.0


def guest(key: str, demand: int | None, floor: int = GIB // 2, ceiling: int = 4 * GIB) -> GuestMemory:
    return GuestMemory(key, key, 2 * GIB, 2 * GIB, floor, ceiling, demand)


def decide(guests: list[GuestMemory], total: int = 6 * GIB, policy: Policy | None = None) -> Step:
    host = HostMemory("h1", total, GIB, seen_at=NOW)
    return step(policy or Policy(), host, guests, Knowledge(), 0, NOW)


def words(said: Step, key: str) -> str:
    return said.shares[key].sentence


def test_sizes_as_people_say_them() -> None:
    assert [size(kib) for kib in (12, 512 * MIB, 1536 * MIB, 2 * GIB, 1_258_291)] == [
        "12 KiB",
        "512 MiB",
        "1.5 GiB",
        "2 GiB",
        "1.2 GiB",
    ]


def test_scarce() -> None:
    said = decide([guest("a", 3 * GIB), guest("b", 3 * GIB + GIB // 4)])
    assert words(said, "a") == (
        "2.4 GiB: wants 3 GiB (working set and margin), has 80 % of it like everybody on h1, "
        "which has 5 GiB for the 6.2 GiB that are wanted"
    )


def test_scarce_with_weights() -> None:
    said = decide([replace(guest("a", 3 * GIB), weight=0.5), guest("b", 4 * GIB)])
    assert "by its weight of 0.5 on h1" in words(said, "a")


def test_plenty() -> None:
    said = decide([guest("a", 2 * GIB), guest("b", GIB)])
    assert words(said, "a") == (
        "2.8 GiB: wants 2 GiB (working set and margin), has all of it and 819.2 MiB of what nobody on h1 wants"
    )


def test_bounds() -> None:
    said = decide([guest("a", 6 * GIB), guest("b", 64 * MIB, floor=3 * GIB)])
    assert words(said, "b") == "3 GiB: its minimum; wants 64 MiB (working set and margin)"
    said = decide([guest("a", 6 * GIB)], total=16 * GIB)
    assert words(said, "a") == "4 GiB: its maximum; wants 6 GiB (working set and margin)"


def test_without_any_demand_it_is_proportional_and_says_so() -> None:
    said = decide([guest("a", None), guest("b", None)])
    assert said.fallback == "nobody says what the guests on h1 want: the same fraction of its range for each"
    assert words(said, "a") == "2.5 GiB: 57 % of the way from 512 MiB to 4 GiB, like everybody on h1"


def test_where_only_some_say_what_they_want_the_others_are_given_an_assumption() -> None:
    said = decide([guest("a", None), guest("b", GIB)])
    assert said.fallback is None
    assert "(an assumption: it does not say)" in words(said, "a")
    assert "(working set and margin)" in words(said, "b")


def test_another_algorithm_needs_no_demand_and_is_no_fallback() -> None:
    for algorithm in (Algorithm.PROPORTIONAL, Algorithm.STATIC):
        said = decide([guest("a", None), guest("b", None)], policy=Policy(algorithm=algorithm))
        assert said.fallback is None
        assert "57 % of the way" in words(said, "a")
    said = decide([guest("a", None)], total=16 * GIB, policy=Policy(algorithm=Algorithm.STATIC))
    assert words(said, "a") == "4 GiB: its maximum"


def test_a_floor_that_is_used() -> None:
    policy = Policy(algorithm=Algorithm.PROPORTIONAL)
    guests = [guest("a", 3 * GIB), guest("b", 2 * GIB)]
    said = decide(guests, policy=policy)
    assert words(said, "a") == "3 GiB: the 3 GiB that it uses"
    said = decide(guests, policy=replace(policy, floor=FloorRule.MINIMUM))
    assert words(said, "a") == "2.5 GiB: 57 % of the way from 512 MiB to 4 GiB, like everybody on h1"


def test_those_that_take_no_part() -> None:
    guests = [replace(guest("a", GIB), migrating=True), replace(guest("b", GIB), ballooning=False)]
    said = decide(guests)
    assert words(said, "a") == "2 GiB: stays as it is while it migrates"
    assert words(said, "b") == "2 GiB: its guest has no balloon driver"
    assert not said.sends


def test_what_cannot_be() -> None:
    assert words(decide([guest("a", GIB, floor=3 * GIB), guest("b", GIB, floor=3 * GIB)]), "a") == (
        "3 GiB: its minimum: h1 has 5 GiB for all, and not even the minima fit"
    )
    assert words(decide([guest("a", GIB, floor=3 * GIB, ceiling=2 * GIB)]), "a") == (
        "3 GiB: its minimum, which is above its maximum of 2 GiB"
    )
    said = decide([replace(guest("a", GIB), weight=float("nan")), guest("b", GIB)])
    assert "nothing moves on h1: its weight is no number" in words(said, "a")
    assert "nothing moves on h1: the numbers of another guest" in words(said, "b")
    assert not said.sends


def test_demand_that_is_only_new_is_mentioned() -> None:
    first = decide([guest("a", 2 * GIB), guest("b", GIB)])
    host = HostMemory("h1", 6 * GIB, GIB, seen_at=NOW + 10)
    said = step(Policy(), host, [guest("a", 3 * GIB), guest("b", GIB)], first.knowledge, 0, NOW + 10)
    assert "wants 2 GiB (working set and margin; 3 GiB as soon as that has lasted 30s)" in words(said, "a")


def test_an_uncooperative_guest() -> None:
    known, sentences = Knowledge(), dict[int, str]()
    for at in (0, 10, 21):
        host = HostMemory("h1", 6 * GIB, GIB, seen_at=NOW + at)
        stuck = replace(guest("a", GIB), target=GIB)
        said = step(Policy(), host, [stuck, guest("b", GIB)], known, 0, NOW + at)
        known = said.knowledge
        sentences[at] = words(said, "a")
    assert sentences[10] == "2 GiB: it does not come nearer to its target of 1 GiB, so it counts with what it holds"
    assert sentences[21] == (
        "2 GiB: uncooperative: it did not come to its target in 20s; left alone, and tried again after 10m"
    )
