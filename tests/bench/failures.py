"""The host-failure check at full size: `python -m tests.bench.failures [--json FILE]`, about three minutes.

Verdicts against brute force, promises against plans that an independent checker looks at, XAPI's planner beside ours on
the same pools, and times. Times are of the process, the least of a few calls, one core; sizes KiB.
"""

import argparse
import json
import math
import time
from collections.abc import Callable, Sequence
from itertools import combinations
from pathlib import Path
from random import Random
from typing import Any

from tests.bench.xapi_planner import says_safe
from tests.kernels.failures_calls import TWINS, Answer, Host, compiled, restart, tolerates
from tests.kernels.failures_draws import GIB, edge_pool, fullness, jigsaw, machines, planted
from tests.kernels.failures_judge import sets_of, truth, wrong_with
from xcp_kernels.verdict import Figure, Verdict

LIMIT_S = 60.0


def filled(chance: Random, hosts: int, full: float, *, dust: bool) -> list[Host]:
    """Hosts of 256 GiB that are filled so far."""
    return [Host(256 * GIB, tuple(machines(chance, int(full * 256 * GIB), dust=dust))) for _ in range(hosts)]


def brimful(chance: Random, share: float) -> list[Host]:
    """64 hosts of which two together have machines for such a share of what all others have free: 10 GiB each or so."""
    free = [chance.randint(7 * GIB, 13 * GIB) for _ in range(64)]
    most = share * sum(sorted(free)[:62]) / 2
    pool: list[Host] = []
    for one in free:
        sizes: list[int] = []
        while (size := chance.randint(GIB, 7 * GIB)) + sum(sizes) <= most:
            sizes.append(size)
        pool.append(Host(sum(sizes) + one, tuple(sizes)))
    return pool


def least_time(call: Callable[[], object], times: int = 5) -> float:
    """The least processor time of a few calls, seconds."""
    took: list[float] = []
    for _ in range(times):
        begun = time.process_time()
        call()
        took.append(time.process_time() - begun)
        if sum(took) > 1:
            break
    return min(took)


def ask(pool: Sequence[Host], failures: int) -> Answer:
    """The compiled check within the limit."""
    return tolerates(compiled, pool, failures, deadline=time.monotonic() + LIMIT_S)


def checked_plans(pool: Sequence[Host], sets: Sequence[Sequence[int]]) -> tuple[int, int]:
    """How many sets have a plan that holds, and how many have none."""
    good = 0
    for lost in map(frozenset, sets):
        plan = restart(compiled, pool, lost)
        good += plan.verdict == Verdict.YES and wrong_with(pool, lost, plan.out) == ""
    return good, len(sets) - good


def against_brute_force(pools: int = 1000) -> dict[str, Any]:
    """Small pools on the edge: both forms against every plan of every set."""
    chance = Random(1)  # noqa: S311 - chance that can be repeated
    found = {"pools": pools, "safe": 0, "unsafe": 0, "searched": 0, "wrong": 0}
    for _ in range(pools):
        failures = chance.randint(0, 3)
        pool = edge_pool(chance, failures)
        right = Verdict.YES if truth(pool, failures) else Verdict.NO
        answers = [tolerates(twin, pool, failures) for twin in TWINS.values()]
        found["wrong"] += any(one.verdict != right for one in answers)
        found["safe" if right is Verdict.YES else "unsafe"] += 1
        found["searched"] += answers[0].figures[Figure.SEARCHED] > 0
    return found


def against_plants(pools: int = 500, most_checked: int = 100) -> dict[str, Any]:
    """Planted pools of 32 to 64 hosts: none refused; all plans, or a hundred of a pool, looked at by the checker."""
    chance = Random(2)  # noqa: S311 - the same
    found: dict[str, Any] = {"pools": pools, "refused": 0, "unknown": 0, "plansChecked": 0, "plansWrong": 0}
    seconds: list[float] = []
    full: list[float] = []
    for _ in range(pools):
        failures = chance.choice((1, 1, 2, 2, 3))
        hosts = chance.randint(48 if failures == 3 else 32, 64)
        pool = planted(chance, hosts, failures, full=chance.choice((0.9, 0.9, 0.99)), dust=chance.random() < 0.5)
        full.append(fullness(pool))
        begun = time.process_time()
        answer = ask(pool, failures)
        seconds.append(time.process_time() - begun)
        found["refused"] += answer.verdict == Verdict.NO
        found["unknown"] += answer.verdict == Verdict.UNKNOWN
        sets = list(combinations(range(hosts), failures))
        some = [tuple(answer.lost), *(sets if len(sets) <= most_checked else chance.sample(sets, most_checked))]
        good, bad = checked_plans(pool, some)
        found["plansChecked"] += good
        found["plansWrong"] += bad
    return found | {"fullFrom": min(full), "fullTo": max(full), "msAtMost": 1e3 * max(seconds)}


def against_puzzles(pools: int = 60) -> list[dict[str, Any]]:
    """Pools of 40 hosts where three hosts' machines were cut out of what is free, but for a slack."""
    rows: list[dict[str, Any]] = []
    for slack in (0.05, 0.02, 0.01, 0.005, 0.002):
        row: dict[str, Any] = {"slack": slack, "pools": pools, "safe": 0, "unknown": 0, "refused": 0, "plansWrong": 0}
        seconds: list[float] = []
        searched = 0
        for seed in range(pools):
            pool = jigsaw(Random(seed), 40, 3, slack=slack)  # noqa: S311 - the same
            begun = time.process_time()
            answer = tolerates(compiled, pool, 1, deadline=time.monotonic() + 5)
            seconds.append(time.process_time() - begun)
            name = {Verdict.YES: "safe", Verdict.NO: "refused", Verdict.UNKNOWN: "unknown"}[Verdict(answer.verdict)]
            row[name] += 1
            searched += answer.figures[Figure.SEARCHED]
            if answer.verdict == Verdict.YES:
                row["plansWrong"] += checked_plans(pool, [tuple(one) for one in sets_of(40, 1)])[1]
        rows.append(
            row | {"searched": searched, "msMedian": 1e3 * sorted(seconds)[pools // 2], "msMost": 1e3 * max(seconds)}
        )
    return rows


def beside_xapi() -> list[dict[str, Any]]:
    """Pools that are safe, with a plan for every set that the checker looked at: how many XAPI's planner refuses."""
    rows: list[dict[str, Any]] = []
    for hosts, failures, full, pools in ((64, 1, 0.9, 40), (48, 2, 0.8, 6), (32, 1, 0.9, 10)):
        row = {"hosts": hosts, "failures": failures, "full": full, "safe": 0, "oursRefuses": 0, "xapiRefuses": 0}
        for seed in range(pools):
            pool = filled(Random(seed), hosts, full, dust=False)  # noqa: S311 - the same
            every = list(combinations(range(hosts), failures))
            if checked_plans(pool, every)[1]:
                continue
            row["safe"] += 1
            row["oursRefuses"] += ask(pool, failures).verdict != Verdict.YES
            row["xapiRefuses"] += not says_safe(pool, failures)
        rows.append(row)
    return rows


def times() -> list[dict[str, Any]]:
    """Pools at 90 %, equal sizes or all of them different."""
    rows: list[dict[str, Any]] = []
    shapes = ((64, 1), (64, 2), (64, 4), (100, 1), (300, 1), (1000, 1), (1000, 2), (1000, 8), (3000, 1), (10_000, 1))
    for hosts, failures in shapes:
        for dust in (False, True):
            pool = filled(Random(hosts + failures), hosts, 0.9, dust=dust)  # noqa: S311 - the same
            rows.append(_timed(pool, failures, "equal" if not dust else "all differ"))
    for hosts, failures in ((64, 2), (1000, 1)):
        pool = filled(Random(hosts), hosts, 0.9, dust=True)  # noqa: S311 - the same
        rows.append(_timed([*pool[:-1], Host(2048 * GIB, (1024 * GIB,))], failures, "one fits nowhere"))
    for share in (0.5, 0.85, 0.93, 0.99):
        pool = brimful(Random(4), share)  # noqa: S311 - the same
        rows.append(_timed(pool, 2, f"lost: {share:.0%} of what is free"))
    return rows


def _timed(pool: Sequence[Host], failures: int, what: str) -> dict[str, Any]:
    answer = ask(pool, failures)
    seconds = least_time(lambda: ask(pool, failures))
    return {
        "hosts": len(pool),
        "machines": sum(len(host.sizes) for host in pool),
        "failures": failures,
        "sizes": what,
        "verdict": Verdict(answer.verdict).name,
        "sets": math.comb(len(pool), failures),
        "packed": answer.figures[Figure.PACKED],
        "searched": answer.figures[Figure.SEARCHED],
        "ms": 1e3 * seconds,
    }


def table(title: str, rows: Sequence[dict[str, Any]]) -> str:
    """Rows as a table in Markdown."""
    head = list(rows[0])
    cells = [[_cell(row[key]) for key in head] for row in rows]
    lines = [f"\n{title}\n", f"| {' | '.join(head)} |", f"|{'---|' * len(head)}"]
    return "\n".join([*lines, *(f"| {' | '.join(row)} |" for row in cells)])


def _cell(value: object) -> str:
    match value:
        case float():
            return f"{value:.3g}"
        case int():
            return f"{value:,}"
        case _:
            return str(value)


def main() -> None:
    """Run all, print tables, and write JSON where asked to."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path, help="write all figures there, too")
    given = parser.parse_args()
    found: dict[str, Any] = {}
    for title, run in (
        ("times", times),
        ("beside XAPI's planner", beside_xapi),
        ("against brute force", lambda: [against_brute_force()]),
        ("planted pools", lambda: [against_plants()]),
        ("puzzles", against_puzzles),
    ):
        rows = run()
        found[title] = rows
        print(table(title, rows), flush=True)  # noqa: T201 - a command
    if given.json is not None:
        given.json.write_text(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
