"""A guest that gives no memory back."""

from pathlib import Path

from tests.lab.lab import Lab
from tests.lab.rpc import Procedure
from tests.real.gate import gate


def test_a_guest_without_a_balloon_driver(lab: Lab, tmp_path: Path) -> None:
    with gate(lab, tmp_path) as opened:
        estate = opened.estate
        estate.machine("web-1", boot={"cmdline": "console=ttyS0 quiet module_blacklist=virtio_balloon"})
        boot = {"kernel": str(lab.guest.kernel), "initrd": str(lab.guest.initrd)}
        estate.edit("VirtualMachine/web-1", boot=boot)
        estate.apply()
        estate.settled()
        estate.up("web-1")

        opened.ledger.reset()
        estate.edit("VirtualMachine/web-1", memory={"min": "96Mi", "max": "96Mi"})
        assert "pending" in estate.apply().out
        # Asked once, in two calls: for its next boot, and now.
        assert opened.ledger.procedures == (Procedure.DOMAIN_SET_MEMORY_FLAGS,) * 2
        (waiting,) = estate.settled(pending=1)["pending"]
        assert (waiting["path"], waiting["reason"]) == ("memory.max", "GuestUncooperative")
        conditions = {one["type"]: one["status"] for one in estate.status("VirtualMachine", "web-1")["conditions"]}
        assert conditions["BalloonCooperative"] == "False"

        # Not again and again.
        estate.apply()
        assert opened.ledger.procedures == (Procedure.DOMAIN_SET_MEMORY_FLAGS,) * 2
        assert estate.boots("web-1") == 1
