"""Several commands at once: one acts, the others see to it that their plan is obeyed, nothing is done twice."""

from tests.cli.pool_site import Site, documents, ended, machine, pool


def _slow(site: Site, latency: str = "50ms") -> None:
    site.write("lab.yaml", pool(endpoint=f"sim:world.db?latency={latency}"))


def test_two_applies_of_the_same_manifests(site: Site) -> None:
    _slow(site)
    site.write("web.yaml", documents(*(machine(f"web-{number}") for number in range(6))))

    both = [site.start("apply", "-f", ".", "--auto-approve") for _ in range(2)]
    results = [ended(process) for process in both]

    assert [result.code for result in results] == [0, 0], results
    assert site.machines() == {f"web-{number}": [("host-a", "running")] for number in range(6)}
    site.plan_is_empty()


def test_two_applies_of_different_manifests(site: Site) -> None:
    _slow(site)
    assert site.run("apply", "-f", "lab.yaml", "--auto-approve").code == 0
    for folder in ("one", "two"):
        site.write(f"{folder}/web.yaml", documents(*(machine(f"{folder}-{number}") for number in range(4))))

    both = [site.start("apply", "-f", folder, "--auto-approve") for folder in ("one", "two")]
    results = [ended(process) for process in both]

    assert [result.code for result in results] == [0, 0], results
    assert len(site.machines()) == 8
    assert all(len(copies) == 1 for copies in site.machines().values())


def test_apply_beside_run_attaches_and_reports(site: Site) -> None:
    assert site.apply().code == 0
    with site.running():
        site.write("other/web.yaml", machine("web-9"))
        (site.folder / "other" / "web.yaml").unlink()
        site.write("web.yaml", machine("web-1"))
        result = site.apply()
        assert result.code == 0, result.text
        assert site.machines()["web-1"] == [("host-a", "running")]
    assert "stopped" in site.log()
    site.plan_is_empty()


def test_no_wait_needs_somebody_who_acts(site: Site) -> None:
    site.write("web.yaml", machine("web-1"))

    alone = site.apply("--no-wait")
    assert alone.code == 1
    assert "xcp run" in alone.err
    assert not (site.folder / "world.db").exists() or site.machines() == {}

    (site.folder / "web.yaml").rename(site.folder / "web.later")
    with site.running():
        (site.folder / "web.later").rename(site.folder / "web.yaml")
        result = site.apply("--no-wait")
        assert result.code == 0, result.text
        site.wait_for(lambda: site.machines().get("web-1") == [("host-a", "running")])
