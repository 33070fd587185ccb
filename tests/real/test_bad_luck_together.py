"""Several of us at once, and plans that were overtaken."""

import collections
from pathlib import Path

from tests.cli.pool_site import ended
from tests.lab.lab import Lab
from tests.lab.rpc import Procedure
from tests.real.gate import Gate, gate

NAMES = ("web-1", "web-2")
ONCE = (Procedure.DOMAIN_DEFINE_XML_FLAGS, Procedure.DOMAIN_CREATE_WITH_FLAGS)


def declare(opened: Gate, *names: str) -> None:
    for name in names:
        opened.estate.volume(name)
        disks = [{"name": "root", "volumeRef": {"name": name}}]
        opened.estate.machine(name, placement={"host": "host-a"}, disks=disks)


def each_once(opened: Gate, names: tuple[str, ...]) -> None:
    counted = collections.Counter(opened.ledger.procedures)
    assert [counted[procedure] for procedure in ONCE] == [len(names)] * 2
    for name in names:
        assert opened.estate.copies(name) == [("host-a", "running")]
        opened.estate.up(name)
    opened.estate.settled()


def test_two_applies_at_once(lab: Lab, tmp_path: Path) -> None:
    with gate(lab, tmp_path) as opened:
        declare(opened, *NAMES)
        apply = ("apply", "-f", ".", "--auto-approve", "--timeout", "90s")
        both = [opened.estate.site.start(*apply) for _ in range(2)]
        results = [ended(process) for process in both]
        assert [result.code for result in results] == [0, 0], [result.text for result in results]
        each_once(opened, NAMES)


def test_apply_beside_run(lab: Lab, tmp_path: Path) -> None:
    with gate(lab, tmp_path) as opened:
        declare(opened, "web-1")
        opened.estate.apply()
        opened.estate.up("web-1")
        with opened.estate.site.running():
            declare(opened, "web-2")
            opened.estate.apply()
            # What the other one did is what this one reports.
            assert opened.estate.copies("web-2") == [("host-a", "running")]
            # And the other one heals what nobody applies.
            lab.host(1).virsh("destroy", "web-1")
            opened.estate.site.wait_for(lambda: opened.estate.copies("web-1") == [("host-a", "running")])
        assert opened.ledger.procedures.count(Procedure.DOMAIN_DEFINE_XML_FLAGS) == 2
        opened.estate.up("web-1", boots=2)
        opened.estate.up("web-2")
        opened.estate.settled()


def test_a_saved_plan_that_the_world_has_overtaken(lab: Lab, tmp_path: Path) -> None:
    with gate(lab, tmp_path) as opened:
        estate = opened.estate
        declare(opened, "web-1")
        estate.apply()
        estate.up("web-1")
        estate.edit("VirtualMachine/web-1", description="planned on Monday")
        planned = estate.site.run("plan", "-f", ".", "--out", "monday.plan")
        assert planned.code == 0, planned.text
        lab.host(1).virsh("destroy", "web-1")
        opened.ledger.reset()

        result = estate.site.run("apply", "monday.plan", "--auto-approve")
        assert result.code == 3, result.text
        assert "monday.plan is stale" in result.text
        assert "state is halted and would become running" in result.text
        assert opened.ledger.procedures == ()
        assert estate.copies("web-1") == [("host-a", "shut off")]

        # Once the world is again what the plan was made on, it holds.
        lab.host(1).virsh("start", "web-1")
        result = estate.site.run("apply", "monday.plan", "--auto-approve")
        assert result.code == 0, result.text
        estate.settled()
        assert lab.host(1).virsh("desc", "web-1", "--config").strip() == "planned on Monday"
