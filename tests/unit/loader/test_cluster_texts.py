"""Pools from htools' text and from JSON: what is read, and what is said where something is wrong."""

import json
from random import Random

import pytest

from tests.unit.loader.cluster_texts import SKEWED, htools, pool
from xcp_reconciler.api.diagnostic import Severity
from xcp_reconciler.loader.cluster import read_cluster
from xcp_reconciler.model.cluster import ClusterGroup, GroupScope
from xcp_reconciler.plan.rebalance import Aim, rebalance
from xcp_reconciler.report.diagnostics import render_all


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("running", "runing", "did you mean `running`?"),
        ("|node-0||", "|node-9||", "there is no node `node-9`"),
        ("||rbd||", "||rdb||", "did you mean `rbd`?"),
        ("vm-1|4096", "vm-1|-4096", "no whole number"),
        ("vm-1|4096", "vm-1|99999999999999999", "too large"),
        ("vm-1|4096", "vm-0|4096", "already, in line 7"),
        ("node-1|65536", "node-0|65536", "already, in line 3"),
        ("|uuid-1|1\n", "|uuid-2|1\n", "did you mean `uuid-1`?"),
        ("|4.0|32.0", "|x|32.0", "no ratio of vCPUs"),
        ("group|uuid-1|preferred|\n\n", "group|uuid-1|preferred|\n", "a group has 3 to 5: is an empty line missing"),
        ("||rbd||1", "", "an instance has 10 to 13"),
    ],
)
def test_errors_in_htools_text_have_their_place(before: str, after: str, said: str) -> None:
    content = htools(SKEWED)
    assert before in content
    read = read_cluster(content.replace(before, after, 1).encode(), "pool.data")
    assert read.cluster is None
    assert said in render_all(read.diagnostics)
    assert all(one.place.line for one in read.diagnostics)


_GROUP: dict[str, object] = {"name": "g", "scope": "Host", "vms": ["vm-1"]}


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("groups", [{**_GROUP, "scope": "host"}], "did you mean `Host`?"),
        ("groups", [{**_GROUP, "vms": ["vm1"]}], "did you mean `vm-1`?"),
        ("groups", [{**_GROUP, "limt": 2}], "did you mean `limit`?"),
        ("groups", [{**_GROUP, "limit": -1}], "not a whole number of 0 or more"),
        ("groups", [_GROUP, _GROUP], "two groups of the name `g`"),
        ("hosts", [], "there is no host in this pool"),
    ],
)
def test_errors_in_json_have_their_place(key: str, value: object, said: str) -> None:
    read = read_cluster(json.dumps({**pool(), key: value}).encode(), "pool.json")
    assert read.cluster is None
    assert said in render_all(read.diagnostics)


@pytest.mark.parametrize("template", ["drbd", "plain", "file"])
def test_machines_with_local_disks_stay(template: str) -> None:
    cluster = read_cluster(htools(SKEWED, template=template).encode(), "pool.data").cluster
    assert cluster is not None
    assert {vm.stays for host in cluster.hosts for vm in host.vms} == {f"its disk is {template}"}


def test_exclusion_tags_of_htools_part_machines() -> None:
    lines = htools({"a": (1024, 1, "node-0"), "b": (1024, 1, "node-0")}).split("\n")
    lines = [line.replace("|rbd||", "|rbd|service:db|") for line in lines]
    at = lines.index("", lines.index("") + 1)
    at = lines.index("", at + 1)
    lines.insert(at + 1, "htools:iextags:service")
    cluster = read_cluster("\n".join(lines).encode(), "pool.data").cluster
    assert cluster is not None
    assert cluster.groups == (ClusterGroup("service:db", GroupScope.HOST, ("a", "b")),)


@pytest.mark.parametrize("seed", range(40))
def test_any_damage_ends_in_a_pool_or_in_words(seed: int) -> None:
    dice, text = Random(seed), bytearray(htools(SKEWED).encode())  # noqa: S311 - not secrets
    for _ in range(dice.randint(1, 4)):
        at = dice.randrange(len(text))
        text[at : at + dice.choice((0, 1, 1, 9))] = bytes([dice.choice(b"|\n-?Y9\xff,.")])
    read = read_cluster(bytes(text), "pool.data")
    assert (read.cluster is None) == bool([one for one in read.diagnostics if one.severity is Severity.ERROR])
    if read.cluster is not None:
        proposal = rebalance(read.cluster, Aim.DESCENT)
        assert proposal.scores[-1] <= proposal.scores[0] or proposal.violations_before
