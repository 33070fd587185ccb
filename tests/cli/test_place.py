"""`xcp place -f PATH`: which host takes each new machine, what that leaves free, and why no host takes one."""

from tests.cli.pool_site import HOST, Site, documents, machine, pool

APART = """\
apiVersion: xcp.dev/v1alpha1
kind: PlacementPolicy
metadata: {name: lab}
spec:
  poolRef: {name: lab}
  strategy: Spread
  rules: [{name: db, matchLabels: {app: db}, keep: Apart}]
"""


def database(name: str) -> str:
    """A machine that the policy's rule is about."""
    return machine(name).replace(f"{{name: {name}}}", f"{{name: {name}, labels: {{app: db}}}}", 1)


def small_hosts(site: Site, memory: str) -> None:
    """Two hosts of so much memory."""
    room = f"lab}}, capacity: {{cpu: 8, memory: {memory}}}}}"
    hosts = "".join(HOST.format(name=name).replace("lab}}", room) for name in ("host-a", "host-b"))
    site.write("lab.yaml", pool(hosts=()))
    site.write("hosts.yaml", hosts)


def test_each_new_machine_gets_a_host_and_what_is_left_there_is_said(site: Site) -> None:
    small_hosts(site, "1Gi")
    site.write("web.yaml", machine("old", memory="256Mi"))
    assert site.apply().code == 0
    site.write("new.yaml", documents(machine("x"), machine("y"), machine("off", extra="  runStrategy: Halted\n")))
    before = site.world()

    done = site.run("place", "-f", ".")

    assert done.code == 0, done.text
    rows = {line.split()[0]: line.split()[1:] for line in done.out.splitlines()[1:4]}
    assert rows["x"] == ["host-a", "512Mi", "768Mi", "256Mi"]
    assert rows["y"] == ["host-b", "512Mi", "1Gi", "512Mi"]
    assert rows["off"][1] == "0"
    assert done.out.endswith("All 3 machines have a host.\n")
    assert "old" not in done.out
    assert site.world() == before
    assert site.run("get", "vm", "x").code == 1

    assert site.apply().code == 0
    assert {name: copies[0][0] for name, copies in site.machines().items()} | {"off": ""} == {
        "old": "host-a",
        "x": "host-a",
        "y": "host-b",
        "off": "",
    }
    nobody = site.run("place", "-f", ".")
    assert (nobody.code, nobody.out) == (0, "")
    everybody = site.run("place", "-f", ".", "--all", "-o", "json").json
    assert {one["vm"]: one["host"] for one in everybody}.items() >= {"old": "host-a", "y": "host-b"}.items()


def test_why_no_host_takes_a_machine_is_said_for_each(site: Site) -> None:
    site.write("policy.yaml", APART)
    site.write("db.yaml", documents(*(database(f"db-{number}") for number in range(3))))

    done = site.run("place", "-f", ".", "-o", "json")

    assert done.code == 1
    assert [one["host"] for one in done.json] == ["host-a", "host-b", None]
    assert done.json[2] == {
        "vm": "db-2",
        "host": None,
        "reasons": ["host-a: rule db does not allow it there", "host-b: rule db does not allow it there"],
    }
    text = site.run("place", "-f", ".")
    assert "db-2: no host takes it\n  host-a: rule db does not allow it there\n" in text.out
    assert "2 of 3 machines have a host." in text.out


def test_a_host_that_does_not_answer_or_is_left_takes_nobody(site: Site) -> None:
    site.write("web.yaml", machine("web"))
    assert site.run("apply", "-f", "lab.yaml", "--auto-approve").code == 0
    site.tamper("cut-host", "host-a")
    assert site.run("evacuate", "host-b").code == 0

    done = site.run("place", "-f", ".", "-o", "json")

    assert done.code == 1
    assert done.json == [{"vm": "web", "host": None, "reasons": ["host-a does not answer", "host-b is in maintenance"]}]


def test_a_pool_that_cannot_be_looked_at_is_the_reason(site: Site) -> None:
    site.write("lab.yaml", pool(endpoint="sim:world.db?tls=refused"))
    site.write("web.yaml", machine("web"))
    done = site.run("place", "-f", ".", "-o", "json")
    assert done.code == 1
    (one,) = done.json
    assert one["reasons"][0].startswith("Pool/lab cannot be looked at: ")


def test_mistakes_are_said(site: Site) -> None:
    assert "--filename" in site.run("place").err
    site.write("web.yaml", machine("web").replace("cores", "coers"))
    wrong = site.run("place", "-f", ".")
    assert (wrong.code, wrong.out) == (1, "")
    assert "did you mean `cores`?" in wrong.err
