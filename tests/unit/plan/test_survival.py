"""Lost hosts in words: which set, how that is known, and where machines restart."""

import time
from itertools import combinations
from random import Random

import pytest

from tests.kernels.failures_calls import Host
from tests.kernels.failures_draws import jigsaw
from tests.kernels.failures_judge import has_plan
from xcp_reconciler.loader.cluster import read_cluster
from xcp_reconciler.model.cluster import MOST_KIB, Cluster, ClusterHost, ClusterVm
from xcp_reconciler.plan.survival import Ground, Restart, Room, Survival, survives, survives_loss
from xcp_reconciler.report.survival import reason, survival_data, survival_text

GIB = 1 << 20


def pool(**hosts: tuple[int, dict[str, int]]) -> Cluster:
    """Hosts by name: GiB of memory of which one is reserved, and GiB for each machine."""
    return Cluster(
        tuple(
            ClusterHost(
                name,
                memory * GIB,
                GIB,
                tuple(
                    ClusterVm(vm, actual=50 * GIB, minimum=size * GIB, maximum=60 * GIB, active=False)
                    for vm, size in vms.items()
                ),
            )
            for name, (memory, vms) in hosts.items()
        )
    )


THREE = pool(h1=(65, {"a": 16, "b": 16, "c": 8}), h2=(65, {"d": 32}), h3=(65, {"e": 16, "f": 4}))


def test_any_one_can_be_lost() -> None:
    found = survives(THREE, 1)
    assert (found.tolerates, found.sets, found.lost, found.proof) == (True, 3, ("h1",), None)
    assert found.restarts == (
        Restart("a", "h1", 16 * GIB, "h2"),
        Restart("b", "h1", 16 * GIB, "h2"),
        Restart("c", "h1", 8 * GIB, "h3"),
    )
    assert found.rooms == (Room("h2", 32 * GIB, 0), Room("h3", 44 * GIB, 36 * GIB))
    assert survival_text(found).splitlines() == [
        "Every machine restarts, whichever host is lost.",
        "  with h1 lost, 3 machines of 40Gi in all restart, and 36Gi stay free",
        "  3 sets of lost hosts: 0 planned for one by one, 0 of them by search, all others known by sums",
    ]


def test_the_smallest_set_is_blamed() -> None:
    """Of three lost hosts two are enough, and of these it is said what does not fit."""
    found = survives(THREE, 9)
    assert (found.tolerates, found.failures, found.lost) == (False, 3, ("h2", "h3"))
    assert found.proof is not None
    assert (found.proof.ground, found.proof.size, found.proof.need, found.proof.have) == (
        Ground.TOO_MANY,
        32 * GIB,
        1,
        0,
    )
    assert reason(found) == "1 lost machine of 32Gi or more (d); the hosts that are left have room for 0 of that size"
    assert [(one.vm, one.target) for one in found.restarts] == [("d", None), ("e", "h1"), ("f", "h1")]


def test_a_reserve_that_is_not_kept_needs_no_loss() -> None:
    found = survives(pool(h1=(5, {"a": 3, "b": 2}), h2=(100, {})), 0)
    assert (found.tolerates, found.lost) == (False, ())
    assert reason(found) == "the machines of h1 need 5Gi at the least, and it has 4Gi for machines"
    assert survival_text(found).startswith("The reserve is not kept even before a host is lost.")


@pytest.mark.parametrize("failures", [0, 1, 2, 3])
def test_pools_of_nothing(failures: int) -> None:
    assert survives(Cluster(()), failures).tolerates
    assert survives(pool(h1=(5, {}), h2=(5, {})), failures).tolerates


def test_what_a_host_itself_needs_is_no_room() -> None:
    """Text of htools: of 100 MiB the node has 10 for itself and one machine 40; 49 are left, as 1 is in reserve."""
    text = (
        "g|u|preferred||\n\n"
        "n1|100|10|50|9|9|4|N|u|1||N|0|1|1.0\nn2|100|10|90|9|9|4|N|u|1||N|0|1|1.0\n"
        "n3|100|10|90|9|9|4|Y|u|1||N|0|1|1.0\n\n"
        "a|40|9|1|running|Y|n1||rbd||1|1|N\n{}\n\n"
    )
    fits = read_cluster(text.format("b|48|9|1|running|Y|n2||rbd||1|1|N").encode(), "c.txt").cluster
    assert fits is not None
    found = survives_loss(fits, {"n2"})
    assert (found.tolerates, found.rooms[0]) == (True, Room("n1", 49 << 10, 1 << 10))
    over = read_cluster(text.format("b|50|9|1|running|Y|n2||rbd||1|1|N").encode(), "c.txt").cluster
    assert over is not None
    assert survives_loss(over, {"n2"}).tolerates is False


def test_nobody_is_left() -> None:
    found = survives(pool(h1=(5, {"a": 1})), 1)
    assert (found.tolerates, found.lost, reason(found)) == (False, ("h1",), "no host is left for 1 machine")


def test_just_these_hosts() -> None:
    found = survives_loss(THREE, {"h2"})
    assert (found.tolerates, found.lost) == (True, ("h2",))
    assert found.restarts == (Restart("d", "h2", 32 * GIB, "h3"),)
    assert survival_text(found, explain=True).splitlines()[3:] == [
        "VM  LOST WITH  RESTARTS ON  MIN",
        "d   h2         h3           32Gi",
        "",
        "HOST  FREE  FREE AFTER",
        "h1    24Gi  24Gi",
        "h3    44Gi  12Gi",
    ]


def test_whatever_set_is_blamed_no_part_of_it_is_to_blame() -> None:
    chance = Random(2)  # noqa: S311 - chance that can be repeated
    refused = 0
    for _ in range(60):
        hosts = [
            Host(chance.randint(10, 40), tuple(chance.randint(1, 9) for _ in range(chance.randint(0, 3))))
            for _ in range(6)
        ]
        cluster = Cluster(
            tuple(
                ClusterHost(
                    str(n), host.room, 0, tuple(ClusterVm(f"{n}-{m}", minimum=s) for m, s in enumerate(host.sizes))
                )
                for n, host in enumerate(hosts)
            )
        )
        found = survives(cluster, 4)
        if found.tolerates is False and found.lost:
            refused += 1
            lost = frozenset(map(int, found.lost))
            assert not has_plan(hosts, lost)
            assert all(has_plan(hosts, frozenset(part)) for part in combinations(lost, len(lost) - 1))
    assert refused > 10


def test_time_that_is_over_is_no_answer() -> None:
    hosts = jigsaw(Random(5), 40, 2, slack=0.0)  # noqa: S311 - chance that can be repeated
    cluster = Cluster(
        tuple(
            ClusterHost(
                f"h{n}", host.room, 0, tuple(ClusterVm(f"{n}-{m}", minimum=s) for m, s in enumerate(host.sizes))
            )
            for n, host in enumerate(hosts)
        )
    )
    found = survives(cluster, 1, time.monotonic() + 0.05)
    assert found.tolerates is None
    assert found.lost in {("h38",), ("h39",)}
    assert any(one.target is None for one in found.restarts)
    assert survival_text(found).startswith(
        "Not known: the time is over.\n  there was not enough time to plan for every"
    )


def test_sums_that_could_overflow_are_refused() -> None:
    vms = tuple(ClusterVm(str(n), minimum=MOST_KIB) for n in range(1 << 15))
    with pytest.raises(ValueError, match="too large"):
        survives(Cluster((ClusterHost("h", MOST_KIB, 0, vms),)), 1)
    with pytest.raises(ValueError, match="negative"):
        survives(THREE, -1)


def test_more_sets_than_can_be_counted() -> None:
    hosts = {f"h{n}": (100, {f"v{n}": 1}) for n in range(400)}
    found = survives(pool(**hosts), 80)
    assert (found.tolerates, found.sets, found.packed) == (True, None, 0)
    assert "more than 2^63 sets" in survival_text(found)


def test_the_data_has_the_witness() -> None:
    found: Survival = survives(THREE, 2)
    data = survival_data(found, elapsed=0.5, explain=True)
    assert (data["tolerates"], data["failures"], data["elapsedSeconds"]) == (False, 2, 0.5)
    assert data["witness"]["lost"] == ["h2", "h3"]
    assert data["witness"]["proof"] == {"ground": "TOO_MANY", "sizeKiB": 32 * GIB, "need": 1, "have": 0}
    assert data["witness"]["restarts"][0] == {"vm": "d", "from": "h2", "to": None, "minKiB": 32 * GIB}
    assert data["witness"]["rooms"] == [{"host": "h1", "freeKiB": 24 * GIB, "leftKiB": 4 * GIB}]
    assert "rooms" not in survival_data(found, elapsed=0.5)["witness"]
