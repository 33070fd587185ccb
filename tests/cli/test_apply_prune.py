"""Pruning: only what the same source wrote, within a budget, or approved."""

from tests.cli.pool_site import Site, documents, machine


def _machines(*numbers: int) -> str:
    return documents(*(machine(f"web-{number}") for number in numbers))


def test_what_is_not_declared_any_more_stays_without_prune(site: Site) -> None:
    site.write("web.yaml", _machines(1, 2))
    assert site.apply().code == 0
    site.write("web.yaml", _machines(1))

    result = site.apply()

    assert result.code == 0
    assert "--prune" in result.err
    assert set(site.machines()) == {"web-1", "web-2"}


def test_prune_removes_within_the_budget(site: Site) -> None:
    site.write("web.yaml", _machines(1, 2))
    assert site.apply().code == 0
    site.write("web.yaml", _machines(1))

    result = site.apply("--prune")

    assert result.code == 0, result.text
    assert "delete" in result.out
    assert set(site.machines()) == {"web-1"}
    assert "Nothing to do" in site.apply("--prune").out


def test_prune_above_the_budget_waits_for_an_approval(site: Site) -> None:
    site.write("web.yaml", _machines(1, 2, 3))
    assert site.apply().code == 0
    site.write("web.yaml", _machines(1))

    held = site.apply("--prune")
    assert held.code == 0, held.text
    assert "2 objects would be removed" in held.err
    assert set(site.machines()) == {"web-1", "web-2", "web-3"}
    revision = held.err.split("xcp approve ")[1].split()[0]

    assert site.run("approve", "0000000000").code == 1
    approved = site.run("approve", revision)
    assert approved.code == 0, approved.text
    assert site.run("approve", revision).code == 1

    result = site.apply("--prune")
    assert result.code == 0, result.text
    assert set(site.machines()) == {"web-1"}


def test_only_what_the_same_source_wrote_is_removed(site: Site) -> None:
    site.write("one/web.yaml", _machines(1))
    site.write("two/web.yaml", _machines(2, 3))
    assert site.apply().code == 0
    site.write("two/web.yaml", _machines(3))

    assert site.run("apply", "-f", "one", "--prune", "--auto-approve").code == 0
    assert set(site.machines()) == {"web-1", "web-2", "web-3"}
    assert site.run("apply", "-f", "two", "--prune", "--auto-approve").code == 0
    assert set(site.machines()) == {"web-1", "web-3"}


def test_an_empty_source_removes_nothing(site: Site) -> None:
    site.write("one/web.yaml", _machines(1))
    assert site.apply().code == 0
    site.write("one/web.yaml", "# nothing\n")

    result = site.run("apply", "-f", "one", "--prune", "--auto-approve")

    assert set(site.machines()) == {"web-1"}, result.text


def test_what_is_protected_stays(site: Site) -> None:
    site.write("web.yaml", documents(machine("web-1"), machine("web-2", extra="  deletionProtection: true\n")))
    assert site.apply().code == 0
    site.write("web.yaml", _machines(1))

    result = site.apply("--prune")

    assert result.code == 0
    assert "protected" in result.err
    assert set(site.machines()) == {"web-1", "web-2"}
    assert site.run("delete", "VirtualMachine", "web-2").code == 1
    site.write("web.yaml", documents(machine("web-1"), machine("web-2", extra="  deletionProtection: true\n")))
    refused = site.run("delete", "-f", "web.yaml", "vm", "web-2")
    assert refused.code in {1, 3}
