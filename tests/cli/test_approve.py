"""`xcp approve KIND NAME`, and `xcp fence --lift`: words that are given, signed, and taken back."""

from tests.cli.pool_site import Site, machine

MANUAL = "  updatePolicy: {approval: Manual}\n"


def test_changes_wait_for_exactly_the_approval_that_names_them(site: Site) -> None:
    site.write("web.yaml", machine("web-1", extra=MANUAL))
    waiting = site.apply()
    assert waiting.code == 0, waiting.text
    assert "xcp approve VirtualMachine web-1" in " ".join(waiting.text.split())
    assert site.machines() == {}

    approved = site.run("approve", "VirtualMachine", "web-1")
    assert approved.code == 0, approved.text
    assert "exists" in approved.out
    assert site.apply().code == 0
    # The start is a change of its own, and was not part of what was approved.
    assert site.machines() == {"web-1": [("host-a", "halted")]}
    assert "state" in site.run("approve", "vm", "web-1").out
    assert site.apply().code == 0
    assert site.machines() == {"web-1": [("host-a", "running")]}

    nothing = site.run("approve", "vm", "web-1")
    assert nothing.code == 1
    assert "nothing of VirtualMachine/web-1 waits" in nothing.err
    assert site.run("approve", "vm", "web-2").code == 1


def test_an_approval_wakes_whoever_acts(site: Site) -> None:
    site.write("web.yaml", machine("web-1"))
    assert site.apply().code == 0
    with site.running():
        site.write("web.yaml", machine("web-1", memory="384Mi", extra=MANUAL))
        site.wait_for(lambda: "approve it with" in site.log())
        assert site.run("approve", "vm", "web-1").code == 0
        site.wait_for(lambda: "set memory done" in site.log())


def test_a_fence_is_lifted(site: Site) -> None:
    assert site.apply().code == 0
    assert site.run("fence", "host-b", "--lift").code == 1
    site.tamper("kill-host", "host-b")

    unasked = site.run("fence", "host-b", "--until", "1h")
    assert unasked.code == 1
    assert "stays off until" in unasked.err
    over = site.run("fence", "host-b", "--until", "2020-01-01T00:00", "--auto-approve")
    assert over.code == 1
    fenced = site.run("fence", "host-b", "--until", "1h", "--auto-approve")
    assert fenced.code == 0, fenced.text
    assert "@" in fenced.out
    lifted = site.run("fence", "host-b", "--lift")
    assert lifted.code == 0, lifted.text
