"""`xcp evacuate HOST`: who leaves, who cannot, who comes back; killed, interrupted, and beside `xcp run`."""

import re
import signal
import subprocess
from functools import partial

from tests.cli.pool_site import HOST, Site, documents, ended, machine, pool

HERE = "  placement: {host: host-a}\n"
MAINTENANCE = "  maintenance: {desired: true, batchSize: 4}\n"
NAMES = ("web-0", "web-1", "web-2", "web-3")


def with_machines(site: Site, *names: str, extra: str = "") -> Site:
    """Machines that run, all on the first host: hosts are filled in the order of their names."""
    site.write("web.yaml", documents(*(machine(name, extra=extra) for name in names)))
    assert site.apply().code == 0
    return site


def on(site: Site, host: str) -> set[str]:
    """The machines that run on a host; each that there is runs once."""
    machines = site.machines()
    running = {name: [at for at, state in copies if state == "running"] for name, copies in machines.items()}
    assert all(len(hosts) == 1 for hosts in running.values()), machines
    return {name for name, hosts in running.items() if hosts == [host]}


def sized(name: str, memory: str) -> str:
    """A host of so much memory."""
    return HOST.format(name=name).replace("lab}}", f"lab}}, capacity: {{cpu: 8, memory: {memory}}}}}")


def test_everybody_leaves_and_comes_back(site: Site) -> None:
    with_machines(site, *NAMES)

    shown = site.run("evacuate", "host-a", "--dry-run")
    assert (shown.code, shown.out.count("host-a -> host-b")) == (2, 4), shown.text
    assert "To do this: xcp evacuate host-a" in shown.out
    assert on(site, "host-a") == set(NAMES)

    done = site.run("evacuate", "host-a")
    assert done.code == 0, done.text
    assert "4 machines left it" in done.out
    assert done.err.count("migrate done") == 4
    assert on(site, "host-b") == set(NAMES)
    assert "evacuating" in site.run("get", "hosts").out

    again = site.run("evacuate", "host-a", "-o", "json")
    assert (again.code, again.json["moved"], again.json["stays"]) == (0, [], [])
    assert site.run("evacuate", "host-a", "--dry-run").code == 0

    site.write("new.yaml", machine("new"))
    assert site.apply().code == 0
    assert on(site, "host-a") == set()

    back = site.run("evacuate", "host-a", "--return", "-o", "json")
    assert back.code == 0, back.text
    assert back.json["moved"] == [{"vm": name, "from": "host-b", "to": "host-a"} for name in NAMES]
    assert (on(site, "host-a"), on(site, "host-b")) == (set(NAMES), {"new"})

    over = site.run("evacuate", "host-a", "--return")
    assert (over.code, over.out) == (1, "")
    assert "nobody has asked for host-a to be left" in over.err
    site.plan_is_empty()


def test_who_cannot_leave_is_named_with_the_reason(site: Site) -> None:
    careful = "  updatePolicy: {maxImpact: Live}\n"
    site.write("web.yaml", documents(machine("pinned", extra=HERE), machine("careful", extra=careful), machine("web")))
    assert site.apply().code == 0
    site.tamper("stranger", "theirs", "--host", "host-a")

    planned = site.run("evacuate", "host-a", "--dry-run", "-o", "json")
    assert planned.json["moves"] == [{"vm": "web", "from": "host-a", "to": "host-b", "impact": "Migrate"}]
    done = site.run("evacuate", "host-a", "-o", "json")

    assert (planned.code, done.code) == (2, 1), done.text
    reasons = {one["vm"]: one["reason"] for one in done.json["stays"]}
    assert reasons == {one["vm"]: one["reason"] for one in planned.json["stays"]}
    assert reasons == {
        "careful": "updatePolicy.maxImpact is Live",
        "pinned": "placement.host keeps it on host-a",
        "theirs": "is not declared: move it or shut it down",
    }
    assert done.json["moved"] == [{"vm": "web", "from": "host-a", "to": "host-b"}]
    assert on(site, "host-a") == {"careful", "pinned", "theirs"}
    text = site.run("evacuate", "host-a")
    assert "  pinned  placement.host keeps it on host-a" in text.out
    assert "is to be left already, since" in text.err


def test_as_many_leave_as_there_is_room_for(site: Site) -> None:
    site.write("lab.yaml", pool(hosts=()))
    site.write("hosts.yaml", sized("host-a", "16Gi") + sized("host-b", "1100Mi"))
    with_machines(site, *NAMES[:3])

    done = site.run("evacuate", "host-a", "-o", "json")

    assert done.code == 1, done.text
    assert len(done.json["moved"]) == 2
    (left,) = done.json["stays"]
    assert left["reason"] == (
        "no other host takes it: host-a is in maintenance; host-b has 76Mi free and 512Mi is needed"
    )
    assert on(site, "host-a") == {left["vm"]}


def test_a_killed_evacuation_is_ended_by_the_same_command(site: Site) -> None:
    with_machines(site, *NAMES)
    for kills in range(3):
        process = site.start("evacuate", "host-a", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        site.wait_for(partial(_gone, site, kills))
        process.kill()
        process.wait()

    done = site.run("evacuate", "host-a")

    assert done.code == 0, done.text
    assert on(site, "host-b") == set(NAMES)
    back = site.run("evacuate", "host-a", "--return")
    assert back.code == 0, back.text
    assert on(site, "host-a") == set(NAMES)


def _gone(site: Site, least: int) -> bool:
    """Whether so many machines run elsewhere, and another is on its way."""
    running = [at for copies in site.machines().values() for at, state in copies if state == "running"]
    return running.count("host-b") >= least and bool(site.world()["jobs"])


def test_ctrl_c_ends_after_the_running_moves_and_the_same_command_goes_on(site: Site) -> None:
    with_machines(site, *NAMES)
    with (site.folder / "progress.log").open("w") as log:
        process = site.start("evacuate", "host-a", stderr=log)
        site.wait_for(lambda: "migrate done" in (site.folder / "progress.log").read_text())
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=60)
    said = (site.folder / "progress.log").read_text()

    assert process.returncode == 1, said
    assert re.search(r"Stopping( after [1-9] running steps?)?\. Left: [0-9]+ steps?; run the same", said)
    assert "(stopped)" in out
    assert "To go on: xcp evacuate host-a" in out
    assert "Traceback" not in said
    assert on(site, "host-a")

    again = site.run("evacuate", "host-a")
    assert again.code == 0, again.text
    assert on(site, "host-b") == set(NAMES)


def test_who_has_not_set_off_stays_when_the_word_is_taken_back(site: Site) -> None:
    with_machines(site, *NAMES)
    process = site.start("evacuate", "host-a", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    site.wait_for(partial(_gone, site, 1))
    process.kill()
    process.wait()

    back = site.run("evacuate", "host-a", "--return")

    assert back.code == 0, back.text
    assert on(site, "host-a") == set(NAMES)
    site.plan_is_empty()


def test_beside_a_running_xcp_that_one_moves_them(site: Site) -> None:
    with_machines(site, *NAMES)
    with site.running():
        done = site.run("evacuate", "host-a")
        assert done.code == 0, done.text
        assert on(site, "host-b") == set(NAMES)
        assert site.log().count("migrate under way") == 4

        back = site.run("evacuate", "host-a", "--return")
        assert back.code == 0, back.text
        assert on(site, "host-a") == set(NAMES)
        assert site.log().count("migrate under way") == 8
    site.plan_is_empty()


def test_the_actor_dies_and_the_evacuation_takes_its_place(site: Site) -> None:
    with_machines(site, *NAMES)
    with site.running() as actor:
        process = site.start("evacuate", "host-a")
        site.wait_for(partial(_gone, site, 1))
        actor.kill()
        done = ended(process)

    assert done.code == 0, done.text
    assert on(site, "host-b") == set(NAMES)


def test_two_at_once(site: Site) -> None:
    with_machines(site, *NAMES)
    both = [site.start("evacuate", "host-a") for _ in range(2)]
    results = [ended(process) for process in both]
    assert [result.code for result in results] == [0, 0], results
    assert on(site, "host-b") == set(NAMES)


def test_moves_that_are_turned_down_are_told_and_hold_up_nobody(site: Site) -> None:
    with_machines(site, *NAMES[:3])
    site.write("lab.yaml", pool(endpoint="sim:world.db?error=NoSuchThing:1"))
    assert site.apply().code == 0

    done = site.run("evacuate", "host-a", "-o", "json", timeout=60)

    assert done.code == 1
    assert done.json["result"] == "Stuck"
    assert [one["vm"] for one in done.json["stays"]] == list(NAMES[:3])
    assert all("NoSuchThing" in one["reason"] for one in done.json["stays"]), done.out

    site.write("lab.yaml", pool())
    assert site.apply().code == 0
    assert site.run("evacuate", "host-a").code == 0
    assert on(site, "host-b") == set(NAMES[:3])


def test_a_manifest_says_the_same_and_has_the_last_word(site: Site) -> None:
    with_machines(site, *NAMES[:2])
    declared = pool().replace("metadata: {name: host-a}\nspec: {poolRef: {name: lab}}\n", "metadata: {name: host-a}\n")
    kept = declared.replace("metadata: {name: host-a}\n", "metadata: {name: host-a}\nspec:\n  poolRef: {name: lab}\n")
    site.write("lab.yaml", kept.replace("  poolRef: {name: lab}\n", "  poolRef: {name: lab}\n" + MAINTENANCE, 1))
    applied = site.run("apply", "-f", "lab.yaml", "--auto-approve")
    assert applied.code == 1
    assert "waiting on does not help" in applied.out

    done = site.run("evacuate", "host-a")
    assert done.code == 0, done.text
    assert "is to be left already, by its manifest" in done.err
    assert on(site, "host-b") == set(NAMES[:2])

    back = site.run("evacuate", "host-a", "--return")
    assert back.code == 1
    assert re.search(r"the manifest of Host/host-a \(lab.yaml:[0-9]+\) says that it is in maintenance", back.err)
    assert on(site, "host-b") == set(NAMES[:2])


def test_errors(site: Site) -> None:
    assert "nothing is stored" in site.run("evacuate", "host-a").err
    with_machines(site, "web")
    unknown = site.run("evacuate", "host-d")
    assert (unknown.code, unknown.out) == (1, "")
    assert "did you mean host-" in unknown.err
    assert "--timeout" in site.run("evacuate", "host-a", "--timeout", "soon").err

    site.tamper("cut-host", "host-a")
    silent = site.run("evacuate", "host-a")
    assert silent.code == 1
    assert "xcp fence host-a" in silent.err
    assert "evacuating" not in site.run("get", "hosts").out


def test_a_pool_of_one_host_has_nowhere_to_go(site: Site) -> None:
    site.write("lab.yaml", pool(hosts=["host-a"]))
    with_machines(site, "web")
    alone = site.run("evacuate", "host-a")
    assert alone.code == 1
    assert "host-a is the only host of Pool/lab" in alone.err
    assert "evacuating" not in site.run("get", "hosts").out
    assert on(site, "host-a") == {"web"}
