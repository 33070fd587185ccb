"""Actors that die, prunes and deletions that are cut off: the same command again ends them."""

import time
from functools import partial

from tests.cli.pool_site import Site, documents, ended, machine, pool

SLOW = "sim:world.db?latency=200ms"


def test_a_deletion_that_is_killed_is_ended_by_the_same_command(site: Site) -> None:
    names = [f"web-{number}" for number in range(4)]
    site.write("web.yaml", documents(*(machine(name) for name in names)))
    assert site.apply().code == 0
    site.write("lab.yaml", pool(endpoint=SLOW))
    assert site.apply().code == 0

    process = site.start("delete", "-f", "web.yaml", "--auto-approve")
    site.wait_for(partial(_halted, site))
    process.kill()
    process.communicate()
    result = site.run("delete", "-f", "web.yaml", "--auto-approve")

    assert result.code == 0, result.text
    assert site.machines() == {}
    again = site.run("delete", "-f", "web.yaml", "--auto-approve")
    assert again.code == 0, again.text


def _halted(site: Site) -> bool:
    return any(copies[0][1] == "halted" for copies in site.machines().values())


def test_the_actor_dies_and_whoever_is_attached_takes_its_place(site: Site) -> None:
    site.write("lab.yaml", pool(endpoint=SLOW))
    assert site.apply().code == 0
    with site.running() as actor:
        site.wait_for((site.folder / "state" / "state.db.lock").exists)
        site.write("web.yaml", documents(*(machine(f"web-{number}") for number in range(8))))
        process = site.start("apply", "-f", ".", "--auto-approve")
        site.wait_for(lambda: bool(site.machines()))
        actor.kill()
        result = ended(process)

    assert result.code == 0, result.text
    assert len(site.machines()) == 8
    assert all(len(copies) == 1 and copies[0][1] == "running" for copies in site.machines().values())
    site.plan_is_empty()


def test_a_second_run_waits_for_the_first(site: Site) -> None:
    site.write("web.yaml", machine("web-1"))
    with site.running():
        site.wait_for(partial(_runs, site))
        second = site.start("run", "-f", ".")
        time.sleep(3.0)
        site.tamper("destroy", "web-1")
        site.wait_for(partial(_runs, site))
        second.terminate()
        result = ended(second, 20)

    assert result.code == 0, result.text
    assert "start done" not in result.out


def _runs(site: Site) -> bool:
    return (site.folder / "world.db").exists() and site.machines().get("web-1") == [("host-a", "running")]


def test_standard_input(site: Site) -> None:
    assert site.apply().code == 0
    manifest = site.write("web.txt", machine("web-1"))
    with manifest.open() as stream:
        process = site.start("apply", "-f", "-", "--auto-approve", stdin=stream)
        result = ended(process)

    assert result.code == 0, result.text
    assert site.machines() == {"web-1": [("host-a", "running")]}
    gone = site.run("delete", "vm", "web-1", "--auto-approve")
    assert gone.code == 0, gone.text


def test_the_time_is_over(site: Site) -> None:
    site.write("web.yaml", machine("web-1"))
    assert site.apply().code == 0
    site.tamper("behave", "web-1", "deaf")
    site.write("web.yaml", machine("web-1", extra="  runStrategy: Halted\n").replace("timeout: 5s", "timeout: 90s"))

    result = site.apply("--timeout", "3s")

    assert result.code == 1
    assert "the time is over" in result.out
    assert "the guest was asked to shut down" in result.out
