"""`xcp apply -f PATH`: what it does, what it refuses, and that doing it twice does nothing."""

import json

from tests.cli.pool_site import Site, documents, machine, volume

ROOT = "  disks: [{name: root, volumeRef: {name: web-1-root}, bootable: true}]\n"
NAT = "  interfaces: [{name: eth0, networkRef: {name: nat}}]\n"


def test_the_second_apply_has_nothing_to_do(site: Site) -> None:
    site.write("web.yaml", documents(volume("web-1-root"), machine("web-1", extra=ROOT + NAT)))

    first = site.apply()
    second = site.apply()

    assert first.code == 0, first.text
    assert "create, start" in first.out
    assert "4 objects changed" in first.out
    assert site.machines() == {"web-1": [("host-a", "running")]}
    assert second.code == 0, second.text
    assert "Nothing to do: 7 objects are as declared." in second.out
    site.plan_is_empty()


def test_without_a_terminal_it_needs_auto_approve_unless_there_is_nothing_to_change(site: Site) -> None:
    site.write("web.yaml", machine("web-1"))

    refused = site.run("apply", "-f", ".")
    assert refused.code == 1
    assert "--auto-approve" in refused.err
    assert not site.state.exists()

    assert site.apply().code == 0
    idle = site.run("apply", "-f", ".")
    assert idle.code == 0
    assert "Nothing to do" in idle.out


def test_without_xcp_yaml_it_names_init(site: Site) -> None:
    (site.folder / "xcp.yaml").unlink()

    result = site.apply()

    assert result.code == 1
    assert "xcp init" in result.err
    assert not site.state.exists()


def test_without_anything_to_apply_it_says_what_to_type(site: Site) -> None:
    result = site.run("apply")

    assert result.code == 1
    assert "xcp apply -f PATH" in result.err


def test_max_impact_refuses_with_3(site: Site) -> None:
    site.write("web.yaml", machine("web-1"))
    assert site.apply().code == 0
    site.write("web.yaml", machine("web-1", extra="  placement: {host: host-b}\n"))

    refused = site.apply("--max-impact", "Live")

    assert refused.code == 3
    assert "placement.host" in refused.err
    assert site.machines()["web-1"] == [("host-a", "running")]
    assert site.apply("--max-impact", "Migrate").code == 0
    assert site.machines()["web-1"] == [("host-b", "running")]


def test_the_result_as_json(site: Site) -> None:
    site.write("web.yaml", machine("web-1"))

    result = site.apply("-o", "json")
    again = site.apply("-o", "json")

    data = json.loads(result.out)
    assert data["result"] == "Done"
    assert {"kind": "VirtualMachine", "namespace": "default", "name": "web-1"} in data["changed"]
    assert data["left"] == []
    assert again.json["changed"] == []
    assert again.json["unchanged"] == 6


def test_a_lost_database_loses_nothing(site: Site) -> None:
    site.write("web.yaml", documents(volume("web-1-root"), machine("web-1", extra=ROOT + NAT), machine("web-2")))
    assert site.apply().code == 0
    before = site.world()
    for file in site.state.parent.iterdir():
        file.unlink()

    plan = site.run("plan", "-f", ".", "-o", "json")
    again = site.apply()

    assert plan.json["changes"] == []
    assert again.code == 0, again.text
    assert "0 objects changed" in again.out
    assert _identities(site.world()) == _identities(before)
    site.plan_is_empty()


def _identities(world: dict[str, list[dict[str, object]]]) -> object:
    hosts = world["hosts"]
    return [(host["name"], sorted((vm["name"], vm["uuid"], vm["state"]) for vm in host["vms"])) for host in hosts]  # type: ignore[attr-defined]


def test_objects_that_another_file_declares_are_conflicts_with_file_and_line(site: Site) -> None:
    site.write("one/web.yaml", machine("web-1"))
    site.write("two/web.yaml", "# a comment\n" + machine("web-1"))
    assert site.run("apply", "-f", "lab.yaml", "-f", "one", "--auto-approve").code == 0

    conflict = site.run("apply", "-f", "two", "--auto-approve")

    assert conflict.code == 1
    assert "VirtualMachine/web-1 is already declared at one/web.yaml:1" in conflict.err
    assert "two/web.yaml:2" in conflict.err

    # A file that has moved is no second declaration.
    (site.folder / "one" / "web.yaml").unlink()
    moved = site.run("apply", "-f", "two", "--auto-approve")
    assert moved.code == 0, moved.text


def test_objects_of_another_owner_are_refused(site: Site) -> None:
    site.write("web.yaml", machine("web-1"))
    assert site.apply().code == 0
    site.write("xcp.yaml", "owner: somebody-else\n")

    refused = site.apply()

    assert refused.code == 1
    assert "belongs to owner `tests`" in refused.err
    assert len(site.machines()["web-1"]) == 1
