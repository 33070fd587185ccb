"""`xcp adopt`: a manifest of what somebody made by hand, which changes nothing but a stamp."""

import json

from tests.cli.pool_site import Site, machine, pool


def test_a_stranger_is_adopted_without_being_changed(site: Site) -> None:
    assert site.apply().code == 0
    uuid = site.tamper("stranger", "Old Server", "--host", "host-b", "--memory", "1Gi")
    before = next(vm for vm in site.world()["hosts"][1]["vms"])

    shown = site.run("adopt", "vm", "Old Server")
    assert shown.code == 0, shown.text
    assert "name: old-server" in shown.out
    assert uuid in shown.out
    assert shown.err == ""

    site.write("old.yaml", shown.out)
    plan = site.run("plan", "-f", ".", "-o", "json").json
    assert [change["impact"] for change in plan["changes"]] == ["Metadata"]
    applied = site.apply()
    assert applied.code == 0, applied.text
    after = next(vm for vm in site.world()["hosts"][1]["vms"])
    assert after["stamp"]["ref"] == "VirtualMachine/default/old-server"
    assert {key: value for key, value in after.items() if key != "stamp"} == {
        key: value for key, value in before.items() if key != "stamp"
    }
    site.plan_is_empty()


def test_adopt_and_apply_in_one_go(site: Site) -> None:
    assert site.apply().code == 0
    site.tamper("stranger", "legacy", "--host", "host-a")

    result = site.run("adopt", "vm", "legacy", "--name", "web-7", "--out", "web-7.yaml", "--apply", "--auto-approve")

    assert result.code == 0, result.text
    assert site.world()["hosts"][0]["vms"][0]["stamp"]["ref"] == "VirtualMachine/default/web-7"
    site.plan_is_empty()


def test_what_cannot_be_adopted_is_told(site: Site) -> None:
    site.write("web.yaml", machine("web-1"))
    assert site.apply().code == 0
    site.tamper("stranger", "twin", "--host", "host-a")
    site.tamper("stranger", "twin", "--host", "host-b")

    ours = site.run("adopt", "vm", "web-1")
    twins = site.run("adopt", "vm", "twin")
    missing = site.run("adopt", "vm", "nobody")
    host = site.run("adopt", "host", "host-a")

    assert [one.code for one in (ours, twins, missing, host)] == [1, 1, 1, 1]
    assert "declared already" in ours.err
    assert "name one by its uuid" in twins.err
    assert "nobody" in missing.err
    assert "declared, not adopted" in host.err


def test_networks_repositories_and_volumes(site: Site) -> None:
    site.write("lab.yaml", pool(("host-a",)))
    assert site.apply().code == 0
    world = site.world()
    world["hosts"][0]["networks"].append(
        {"name": "Office LAN", "uuid": "11111111-2222-3333-4444-555555555555", "subnet": "10.9.0.0/24", "active": True}
    )
    storage = {"name": "old", "uuid": "21111111-2222-3333-4444-555555555555", "path": "/srv/old", "active": True}
    world["hosts"][0]["storages"].append(storage)
    path = "/srv/old/data.qcow2"
    world["hosts"][0]["volumes"].append(
        {"name": "data.qcow2", "storage": "old", "path": path, "format": "Qcow2", "capacityBytes": 1 << 30}
        | {"allocationBytes": 1 << 20, "backingPath": None}
    )
    (site.folder / "world.db").unlink()
    site.write("world.txt", json.dumps(world))
    site.tamper("import", "world.txt")

    for kind, name in (("network", "Office LAN"), ("storagerepository", "old"), ("volume", "data.qcow2")):
        shown = site.run("adopt", kind, name, "-f", ".", "--out", f"{kind}.yaml")
        assert shown.code == 0, shown.text
        assert "would" not in shown.err, shown.err
        applied = site.apply()
        assert applied.code == 0, applied.text
        assert "0 objects changed" in applied.out
    site.plan_is_empty()
    deleted = site.run("delete", "-f", "network.yaml", "-f", "volume.yaml", "--auto-approve")
    assert deleted.code == 0, deleted.text
    assert len(site.world()["hosts"][0]["networks"]) == 2
    assert len(site.world()["hosts"][0]["volumes"]) == 1


def test_an_adoption_is_ended_by_the_command_that_began_it(site: Site) -> None:
    assert site.apply().code == 0
    site.tamper("stranger", "legacy", "--host", "host-a")
    command = ("adopt", "vm", "legacy", "--out", "legacy.yaml")
    assert site.run(*command).code == 0
    text = (site.folder / "legacy.yaml").read_text()

    first = site.run(*command, "--apply", "--auto-approve")
    world = site.world()
    again = site.run(*command, "--apply", "--auto-approve")

    assert first.code == 0, first.text
    assert again.code == 0, again.text
    assert "Nothing to do" in again.out
    assert site.world()["hosts"] == world["hosts"]
    assert (site.folder / "legacy.yaml").read_text() == text
    site.plan_is_empty()
    other = site.run("adopt", "vm", "legacy", "--name", "other", "--apply", "--auto-approve")
    assert other.code == 1
    assert "legacy is VirtualMachine/legacy, which is declared already" in other.err
    site.write("legacy.yaml", "mine: yes\n")
    kept = site.run(*command, "--apply", "--auto-approve")
    assert kept.code == 1
    assert "is there already" in kept.err
