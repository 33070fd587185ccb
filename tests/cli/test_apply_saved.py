"""`xcp apply SAVED`: exactly what was shown, or nothing of it."""

from tests.cli.pool_site import Site, documents, machine


def _save(site: Site) -> None:
    assert site.run("plan", "-f", ".", "--out", "web.plan").code == 0


def test_a_saved_plan_is_applied_and_then_there_is_nothing_to_do(site: Site) -> None:
    site.write("web.yaml", machine("web-1"))
    _save(site)

    first = site.run("apply", "web.plan", "--auto-approve")
    again = site.run("apply", "web.plan", "--auto-approve")

    assert first.code == 0, first.text
    assert again.code == 0, again.text
    assert "Nothing to do" in again.out
    assert site.machines() == {"web-1": [("host-a", "running")]}
    site.plan_is_empty()


def test_a_stale_plan_is_refused_with_what_has_changed(site: Site) -> None:
    site.write("web.yaml", documents(machine("web-1"), machine("web-2")))
    assert site.apply().code == 0
    site.write("web.yaml", documents(machine("web-1", memory="384Mi"), machine("web-2")))
    _save(site)
    site.tamper("destroy", "web-2")

    stale = site.run("apply", "web.plan", "--auto-approve")

    assert stale.code == 3, stale.text
    assert "VirtualMachine/web-2: state is halted and would become running" in stale.err
    assert site.machines()["web-2"] == [("host-a", "halted")]


def test_a_plan_killed_in_the_middle_resumes_under_the_same_file(site: Site) -> None:
    site.write("lab.yaml", (site.folder / "lab.yaml").read_text().replace("world.db", "world.db?latency=100ms"))
    site.write("web.yaml", documents(*(machine(f"web-{number}") for number in range(6))))
    _save(site)

    process = site.start("apply", "web.plan", "--auto-approve")
    site.wait_for(lambda: (site.folder / "world.db").exists() and len(site.machines()) >= 1)
    process.kill()
    process.communicate()
    halfway = site.machines()
    result = site.run("apply", "web.plan", "--auto-approve")

    assert len(halfway) >= 1
    assert result.code == 0, result.text
    assert all(len(copies) == 1 for copies in site.machines().values())
    assert len(site.machines()) == 6
    site.plan_is_empty()


def test_a_file_that_is_no_plan_is_told_apart(site: Site) -> None:
    folder = site.run("apply", ".", "--auto-approve")
    manifest = site.run("apply", "lab.yaml", "--auto-approve")
    missing = site.run("apply", "nothing.plan", "--auto-approve")

    assert (folder.code, manifest.code, missing.code) == (1, 1, 1)
    assert "xcp apply -f ." in folder.err
    assert "xcp apply -f lab.yaml" in manifest.err
    assert "nothing.plan" in missing.err


def test_a_plan_changed_by_hand_is_refused(site: Site) -> None:
    site.write("web.yaml", machine("web-1"))
    _save(site)
    text = (site.folder / "web.plan").read_text()
    site.write("web.plan", text.replace("web-1", "web-2"))

    result = site.run("apply", "web.plan", "--auto-approve")

    assert result.code == 1
    assert "changed after it was made" in result.err
    assert not site.state.exists()


def test_a_plan_is_stale_when_somebody_has_declared_something_else(site: Site) -> None:
    site.write("web.yaml", machine("web-1"))
    assert site.apply().code == 0
    site.write("web.yaml", machine("web-1", memory="384Mi"))
    _save(site)
    # Nothing of this shows in the world, and the plan would take it back.
    site.write("web.yaml", machine("web-1", extra="  deletionProtection: true\n"))
    assert site.apply().code == 0

    stale = site.run("apply", "web.plan", "--auto-approve")

    assert stale.code == 3, stale.text
    assert "VirtualMachine/web-1 was declared anew by somebody else" in stale.err
    assert site.run("delete", "-f", "web.yaml", "--auto-approve").code == 3
