"""`xcp simulate`: which hosts can be lost, of a pool in a file and of one that is looked at."""

import json

from tests.cli.pool_site import HOST, Site, documents, machine
from tests.cli.pool_site import pool as declared


def pool(*, reserve: int = 1) -> str:
    """Three hosts of 9 MiB; any one can be lost, and not the last two together."""
    sizes = {"h1": {"a": 2, "b": 2}, "h2": {"c": 5}, "h3": {"d": 3}}
    hosts = [
        {
            "name": host,
            "memoryKiB": 9216,
            "reserveKiB": 1024 * reserve,
            "vms": [{"name": vm, "minKiB": 1024 * size, "maxKiB": 1 << 30} for vm, size in vms.items()],
        }
        for host, vms in sizes.items()
    ]
    return json.dumps({"hosts": hosts}, indent=1)


def test_any_one_can_be_lost(site: Site) -> None:
    site.write("pool.json", pool())
    shown = site.run("simulate", "--cluster", "pool.json", "--failures", "1", "-o", "json")
    assert shown.code == 0, shown.text
    assert shown.json["tolerates"] is True
    assert shown.json["checked"]["sets"] == 3
    for one in shown.json["witness"]["restarts"]:
        assert one["from"] in shown.json["witness"]["lost"]
        assert one["to"] not in shown.json["witness"]["lost"]


def test_two_cannot(site: Site) -> None:
    site.write("pool.json", pool())
    shown = site.run("simulate", "--cluster", "pool.json", "--failures", "2", "--explain")
    assert shown.code == 0, shown.text
    assert shown.out.startswith("Not every machine restarts when ")
    assert "RESTARTS ON" in shown.out
    assert "FREE AFTER" in shown.out


def test_just_these(site: Site) -> None:
    site.write("pool.json", pool())
    shown = site.run("simulate", "--cluster", "pool.json", "--lose", "h2")
    assert shown.out.startswith("Every machine restarts when h2 is lost.\n  with h2 lost, 1 machine of 5Mi")
    wrong = site.run("simulate", "--cluster", "pool.json", "--lose", "h-2")
    assert (wrong.code, wrong.out) == (1, "")
    assert "there is no host h-2 in this pool\n = did you mean h2?" in wrong.err


def test_what_only_a_search_knows(site: Site) -> None:
    """Sums are well, and best fit fails, and so does everything else."""
    sizes = {"h1": (5, 4, 4, 3), "h2": (), "h3": ()}
    room = {"h1": 16, "h2": 10, "h3": 6}
    hosts = [
        {"name": h, "memoryKiB": room[h], "vms": [{"name": f"{h}-{n}", "minKiB": s} for n, s in enumerate(sizes[h])]}
        for h in sizes
    ]
    site.write("pool.json", json.dumps({"hosts": hosts}))
    shown = site.run("simulate", "--cluster", "pool.json", "--failures", "1", "-o", "json", "--time-limit", "5")
    assert shown.json["tolerates"] is False
    assert shown.json["witness"]["proof"]["ground"] == "EXHAUSTED"
    assert "no plan puts 16Ki into the 16Ki that are free; all were tried" in shown.json["witness"]["reason"]


def test_what_is_wrong_is_said_at_its_place(site: Site) -> None:
    site.write("pool.json", pool(reserve=-1))
    shown = site.run("simulate", "--cluster", "pool.json", "--failures", "1", "-o", "json")
    assert (shown.code, shown.out) == (1, "")
    assert "error: `hosts[0].reserveKiB` is `-1024`: no memory is negative\n" in shown.err
    assert "pool.json:6:18\n" in shown.err
    nothing = site.run("simulate", "--cluster", "pool.json")
    assert (nothing.code, "nothing says which hosts are lost" in nothing.err) == (1, True)
    absent = site.run("simulate", "--cluster", "absent.json", "--failures", "1")
    assert (absent.code, absent.err) == (1, "error: absent.json: No such file or directory\n")


def test_a_declared_pool_as_it_is_now(site: Site) -> None:
    room = "lab}, capacity: {memory: 1Gi}}"
    site.write("lab.yaml", declared(hosts=()))
    site.write("hosts.yaml", "".join(HOST.format(name=name).replace("lab}}", room) for name in ("host-a", "host-b")))
    site.write("web.yaml", documents(machine("one", memory="384Mi"), machine("two", memory="384Mi")))
    assert site.apply().code == 0
    shown = site.run("simulate", "lab", "--failures", "1", "-f", ".")
    assert shown.code == 0, shown.text
    assert shown.out.startswith("Every machine restarts")
    site.write("db.yaml", machine("three", memory="512Mi"))
    assert site.apply().code == 0
    lost = site.run("simulate", "lab", "--lose", "host-a", "-f", ".", "-o", "json")
    assert (lost.code, lost.json["tolerates"]) == (0, False)
    wrong = site.run("simulate", "lap", "--failures", "1", "-f", ".")
    assert (wrong.code, "did you mean lab?" in wrong.err) == (1, True)
    both = site.run("simulate", "lab", "--cluster", "pool.json", "--failures", "1")
    assert (both.code, "either a POOL or a --cluster FILE" in both.err) == (1, True)
