"""`xcp delete`: the plan first, what files own only by file, and what was retained comes back."""

import subprocess

from tests.cli.pool_site import Site, documents, machine, pool, volume

ROOT = "  disks: [{name: root, volumeRef: {name: web-1-root}, bootable: true}]\n"


def test_delete_by_file_shows_that_it_stops_a_machine_and_retains_volumes(site: Site) -> None:
    site.write("web.yaml", documents(volume("web-1-root"), machine("web-1", extra=ROOT)))
    assert site.apply().code == 0

    unasked = site.run("delete", "-f", "web.yaml")
    assert unasked.code == 1
    assert site.machines() == {"web-1": [("host-a", "running")]}

    result = site.run("delete", "-f", "web.yaml", "--auto-approve")
    assert result.code == 0, result.text
    assert "power cycle" in result.out
    assert "forget" in result.out
    assert site.machines() == {}
    assert len(site.world()["hosts"][0]["volumes"]) == 1

    back = site.apply()
    assert back.code == 0, back.text
    assert site.machines() == {"web-1": [("host-a", "running")]}
    assert len(site.world()["hosts"][0]["volumes"]) == 1


def test_delete_by_name_of_what_a_file_declares_names_file_and_line(site: Site) -> None:
    site.write("web.yaml", documents(machine("web-1"), machine("web-2")))
    assert site.apply().code == 0

    refused = site.run("delete", "vm", "web-2", "--auto-approve")
    assert refused.code == 1
    assert "web.yaml:10" in refused.err
    assert len(site.machines()) == 2

    assert site.run("delete", "vm", "web-2", "-f", "web.yaml", "--auto-approve").code == 0
    assert set(site.machines()) == {"web-1"}


def test_delete_by_name_where_the_file_is_gone(site: Site) -> None:
    site.write("web.yaml", machine("web-1"))
    assert site.apply().code == 0
    (site.folder / "web.yaml").unlink()

    assert site.run("delete", "VirtualMachine/web-1", "--auto-approve").code == 0
    assert site.machines() == {}
    missing = site.run("delete", "vm", "web-1", "--auto-approve")
    assert missing.code == 1
    assert "VirtualMachine/web-1" in missing.err


def test_orphan_forgets_and_touches_nothing(site: Site) -> None:
    site.write("web.yaml", machine("web-1"))
    assert site.apply().code == 0

    result = site.run("delete", "-f", "web.yaml", "--orphan", "--auto-approve")

    assert result.code == 0, result.text
    assert site.machines() == {"web-1": [("host-a", "running")]}
    assert "web-1" not in site.run("get", "vm", "-o", "name").out


def test_everything_at_once_and_back_again(site: Site) -> None:
    site.write("web.yaml", documents(volume("web-1-root"), machine("web-1", extra=ROOT)))
    assert site.apply().code == 0

    result = site.run("delete", "-f", ".", "--auto-approve")

    assert result.code == 0, result.text
    assert site.machines() == {}
    assert site.apply().code == 0
    site.plan_is_empty()


def test_what_is_protected_is_refused_with_3(site: Site) -> None:
    site.write("web.yaml", machine("web-1", extra="  deletionProtection: true\n"))
    assert site.apply().code == 0

    refused = site.run("delete", "-f", "web.yaml", "--auto-approve")

    assert refused.code == 3
    assert "deletionProtection" in refused.err
    assert site.machines() == {"web-1": [("host-a", "running")]}


def test_hosts_are_remembered_until_what_goes_from_them_has_gone(site: Site) -> None:
    site.write("lab.yaml", pool(endpoint="sim:world.db?latency=300ms"))
    site.write("web.yaml", documents(machine("web-1"), machine("web-2"), machine("web-3")))
    assert site.apply().code == 0
    with (site.folder / "progress.log").open("w") as log:
        process = site.start("delete", "-f", ".", "--auto-approve", stdout=subprocess.DEVNULL, stderr=log)
        site.wait_for(lambda: " done " in (site.folder / "progress.log").read_text())
        process.kill()
        process.wait()
    assert site.machines()

    # No manifests: what is in the store is all that it knows of.
    with (site.folder / "run.log").open("w") as log:
        process = site.start("run", stdout=log, stderr=subprocess.STDOUT)
        try:
            site.wait_for(lambda: "web-" not in site.run("get", "vm").text)
        finally:
            process.kill()
            process.wait()
    assert site.machines() == {}
