"""`xcp run -f DIR`: takes over what changes, keeps what was good, heals, and stops when asked."""

import signal

from tests.cli.pool_site import Site, documents, machine


def _running(site: Site, *names: str) -> bool:
    if not (site.folder / "world.db").exists():
        return False
    machines = site.machines()
    return set(machines) == set(names) and all(
        len(copies) == 1 and copies[0][1] == "running" for copies in machines.values()
    )


def test_a_folder_is_followed_and_kept(site: Site) -> None:
    site.write("web.yaml", machine("web-1"))
    with site.running() as process:
        site.wait_for(lambda: _running(site, "web-1"))

        site.write("web.yaml", documents(machine("web-1"), machine("web-2")))
        site.wait_for(lambda: _running(site, "web-1", "web-2"))

        site.tamper("destroy", "web-2")
        site.wait_for(lambda: _running(site, "web-1", "web-2"))

        # Half-written: what was good stays in force, and the mistake has a place.
        site.write("web.yaml", machine("web-1") + "  memroy: [\n")
        site.wait_for(lambda: "stays in force" in site.log())
        assert _running(site, "web-1", "web-2")

        site.write("web.yaml", machine("web-1"))
        site.wait_for(lambda: _running(site, "web-1"))
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 0
    assert "web.yaml:" in site.log()
    assert "VirtualMachine/web-2 is not declared any more" in site.log()
    site.plan_is_empty()


def test_above_the_budget_nothing_is_removed_before_the_approval(site: Site) -> None:
    site.write("web.yaml", documents(*(machine(f"web-{number}") for number in range(3))))
    with site.running("--resync", "3s"):
        site.wait_for(lambda: _running(site, "web-0", "web-1", "web-2"))
        site.write("web.yaml", machine("web-0"))
        site.wait_for(lambda: "xcp approve" in site.log())
        assert _running(site, "web-0", "web-1", "web-2")
        revision = site.log().split("xcp approve ")[1].split()[0]
        approved = site.run("approve", revision)
        assert approved.code == 0, approved.text
        site.wait_for(lambda: _running(site, "web-0"))
    assert site.log().count("xcp approve") == 1


def test_a_folder_that_is_swapped_by_a_link(site: Site) -> None:
    site.write("releases/1/web.yaml", (site.folder / "lab.yaml").read_text() + "---\n" + machine("web-1"))
    site.write(
        "releases/2/web.yaml", (site.folder / "lab.yaml").read_text() + "---\n" + machine("web-1", memory="384Mi")
    )
    (site.folder / "lab.yaml").unlink()
    link = site.folder / "current"
    link.symlink_to("releases/1")
    with (site.folder / "run.log").open("w") as log:
        process = site.start("run", "-f", "current", stdout=log, stderr=log)
        try:
            site.wait_for(lambda: _running(site, "web-1"))
            (site.folder / "next").symlink_to("releases/2")
            (site.folder / "next").replace(link)
            site.wait_for(lambda: "set memory done" in site.log())
        finally:
            process.terminate()
            process.wait(20)


def test_the_folder_vanishes_and_nothing_is_removed(site: Site) -> None:
    site.write("web.yaml", machine("web-1"))
    with site.running("--resync", "2s"):
        site.wait_for(lambda: _running(site, "web-1"))
        for name in ("web.yaml", "lab.yaml"):
            (site.folder / name).rename(site.folder / f"{name}.away")
        site.wait_for(lambda: "stays in force" in site.log())
        assert _running(site, "web-1")
