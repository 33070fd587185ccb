"""`xcp balance --cluster FILE`: who should have how much memory, on a pool that is described in a file."""

import json
from typing import Any

import pytest

from tests.cli.pool_site import Site, ended
from tests.cli.result import Result

GIB = 1 << 20


def vm(name: str, **values: object) -> dict[str, object]:
    """A machine of 1 to 8 GiB."""
    return {"name": name, "minKiB": GIB, "maxKiB": 8 * GIB, **values}


def host(name: str, memory: int, *vms: dict[str, object], reserve: int = 0) -> dict[str, object]:
    """A host of so many KiB."""
    return {"name": name, "memoryKiB": memory, "reserveKiB": reserve, "vms": list(vms)}


def balance(site: Site, *hosts: dict[str, object], words: tuple[str, ...] = ("-o", "json")) -> Result:
    """The command over a file with these hosts."""
    path = site.write("pool.json", json.dumps({"hosts": hosts}, indent=1))
    return site.run("balance", "--cluster", str(path), *words)


def only(result: Result) -> Any:  # noqa: ANN401 - whatever the command prints
    """The one host of the answer."""
    assert result.code == 0, result.text
    (found,) = result.json["hosts"]
    return found


def test_a_scarce_host_is_shared_out_by_demand_to_the_last_kib(site: Site) -> None:
    found = only(
        balance(
            site,
            host(
                "a",
                10 * GIB + 1,
                vm("web", demandKiB=6 * GIB),
                vm("db", demandKiB=6 * GIB),
                vm("idle", demandKiB=0),
                vm("off", actualKiB=2 * GIB, active=False),
                reserve=GIB,
            ),
        )
    )
    # 10 GiB and a KiB, less 1 for the reserve, 2 for the inactive and 1 for the idle machine's minimum.
    assert found["targets"] == {"web": 3 * GIB + 1, "db": 3 * GIB, "idle": GIB, "off": 2 * GIB}
    assert (found["name"], found["mode"], found["status"]) == ("a", "demand-aware", "Scarce")
    assert found["budgetKiB"] == 7 * GIB + 1
    assert {name: one["reason"] for name, one in found["reasons"].items()} == {
        "web": "Share",
        "db": "Share",
        "idle": "Floor",
        "off": "Inactive",
    }
    assert found["reasons"]["db"]["message"].startswith("3 GiB: 50.0 % of what it wants")


def test_weights_count_and_what_nobody_wants_is_spread(site: Site) -> None:
    scarce = only(balance(site, host("a", 6 * GIB, vm("x", demandKiB=6 * GIB, weight=2), vm("y", demandKiB=6 * GIB))))
    assert scarce["targets"] == {"x": 4 * GIB, "y": 2 * GIB}
    plenty = only(balance(site, host("a", 8 * GIB, vm("x", demandKiB=2 * GIB), vm("y", demandKiB=2 * GIB))))
    assert plenty["targets"] == {"x": 4 * GIB, "y": 4 * GIB}
    assert {one["reason"] for one in plenty["reasons"].values()} == {"Spread"}


@pytest.mark.parametrize("actual", [GIB, 3 * GIB])
def test_proportional_is_the_same_fraction_of_each_range(site: Site, actual: int) -> None:
    """What machines hold now is free for all, so it changes nothing; squeezed's doubles are cut down."""
    vms = vm("x", actualKiB=actual, demandKiB=7), vm("y", actualKiB=actual, maxKiB=3 * GIB)
    found = only(balance(site, host("a", 5 * GIB + 1, *vms), words=("--mode", "proportional", "-o", "json")))
    assert found["targets"] == {"x": GIB + int((3 * GIB + 1) / (9 * GIB) * 7 * GIB), "y": GIB + 2 * GIB // 3}
    assert found["mode"] == "proportional"


def test_a_machine_below_its_minimum_is_counted_with_it(site: Site) -> None:
    found = only(balance(site, host("a", 4 * GIB, vm("x"), vm("y")), words=("--mode", "proportional", "-o", "json")))
    assert found["targets"] == {"x": 2 * GIB, "y": 2 * GIB}


def test_static_is_exact(site: Site) -> None:
    found = only(balance(site, host("a", 5 * GIB + 1, vm("x"), vm("y")), words=("--mode", "static", "-o", "json")))
    assert found["targets"] == {"x": 5 * GIB // 2 + 1, "y": 5 * GIB // 2}


def test_without_any_demand_a_host_is_balanced_proportionally_and_says_so(site: Site) -> None:
    done = balance(site, host("blind", 6 * GIB, vm("x"), vm("y")), host("b", 6 * GIB, vm("z", demandKiB=GIB)))
    blind, other = done.json["hosts"]
    assert (blind["mode"], other["mode"]) == ("proportional", "demand-aware")
    assert "no machine's demand is known" in blind["message"]
    assert blind["targets"] == {"x": 3 * GIB, "y": 3 * GIB}


def test_a_machine_of_unknown_demand_is_taken_to_want_its_proportional_share(site: Site) -> None:
    found = only(balance(site, host("a", 6 * GIB, vm("x", demandKiB=8 * GIB), vm("y", demandKiB=None))))
    # Proportionally y would have 3 GiB; 11 GiB are wanted, so each has 6/11 of what it wants.
    assert found["targets"] == {"x": 6 * 8 * GIB // 11, "y": 6 * 3 * GIB // 11 + 1}
    assert "its demand is not known, and taken to be 3 GiB" in found["reasons"]["y"]["message"]


def test_minima_that_do_not_fit_are_said_and_no_sum_is_made_up(site: Site) -> None:
    done = balance(site, host("a", GIB, vm("x", demandKiB=1), vm("y", demandKiB=1)), host("b", GIB))
    small, empty = done.json["hosts"]
    assert (small["status"], small["targets"]) == ("Short", {"x": GIB, "y": GIB})
    assert empty["targets"] == {}
    assert "warning: a: demand-aware: 1 GiB for its machines" in done.err
    assert "not enough for the minima, which are 2 GiB" in done.err


def test_as_a_table_with_reasons(site: Site) -> None:
    hosts = host("a", 6 * GIB, vm("x", demandKiB=6 * GIB), vm("y", demandKiB=2 * GIB, minKiB=9 * GIB))
    brief = balance(site, hosts, words=())
    assert brief.out.splitlines()[1].split() == ["VM", "HOLDS", "MIN", "MAX", "WANTS", "WEIGHT", "TARGET", "WHY"]
    assert "x: " not in brief.out
    full = balance(site, hosts, words=("--explain",))
    assert "y: 9 GiB: its minimum, which is above its maximum of 8 GiB" in full.out


def test_from_standard_input(site: Site) -> None:
    site.write("pool.json", json.dumps({"hosts": [host("a", 6 * GIB, vm("x", demandKiB=6 * GIB))]}))
    with (site.folder / "pool.json").open() as text:
        done = ended(site.start("balance", "--cluster", "-", "-o", "json", stdin=text), 60)
    assert only(done)["targets"] == {"x": 6 * GIB}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"hosts": [{"name": "a", "memoryKib": 5}]}', ["pool.json:1:", "did you mean `memoryKiB`?"]),
        ('{"hosts": [{"name": "a", "memoryKiB": 5, "vms": [{"name": "x", "minKiB": 1}]}]}', ["maxKiB` is missing"]),
        ('{"hosts": [{"name": "a", "memoryKiB": 1.5}]}', ["memoryKiB` is `1.5`", "whole number of KiB"]),
        ('{"hosts": [', ["this is not JSON", "pool.json:1:"]),
    ],
)
def test_what_is_wrong_with_a_file_is_said_with_its_place(site: Site, text: str, said: list[str]) -> None:
    site.write("pool.json", text)
    done = site.run("balance", "--cluster", "pool.json")
    assert (done.code, done.out) == (1, "")
    assert all(words in done.err for words in said), done.err


@pytest.mark.parametrize("weight", ["NaN", "-1"])
def test_weights_that_are_none(site: Site, weight: str) -> None:
    machine = f'{{"name": "x", "minKiB": 1, "maxKiB": 2, "weight": {weight}}}'
    site.write("pool.json", f'{{"hosts": [{{"name": "a", "memoryKiB": 5, "vms": [{machine}]}}]}}')
    done = site.run("balance", "--cluster", "pool.json")
    assert done.code == 1
    assert "weight` is" in done.err


def test_other_mistakes_are_said_too(site: Site) -> None:
    assert "nowhere.json: No such file" in site.run("balance", "--cluster", "nowhere.json").err
    assert "is a folder" in site.run("balance", "--cluster", ".").err
    wrong = site.run("balance", "--cluster", "x", "--mode", "proportionl")
    assert wrong.code == 1
    assert "--mode': 'proportionl' is not one of 'proportional'" in wrong.err
