"""`xcp rebalance POOL`: a plan for a pool as it is, made wave by wave; killed, interrupted, beside `xcp run`."""

import asyncio
import json
import os
import pty
import re
import select
import signal
import subprocess
import time
from functools import partial

from tests.cli.pool_site import Site, documents, ended, machine, pool
from xcp_reconciler.model.placement import Assigned
from xcp_reconciler.ports.driver import Access
from xcp_reconciler.ports.store import PutAssignment
from xcp_reconciler.refs import Kind, ref_of
from xcp_reconciler.runtime.system import SystemClock, SystemRng
from xcp_reconciler.store.sqlite import open_store

NAMES = tuple(f"web-{number}" for number in range(8))
POLICY = """\
apiVersion: xcp.dev/v1alpha1
kind: PlacementPolicy
metadata: {name: lab}
spec:
  poolRef: {name: lab}
  strategy: Pack
  rules: [{name: pair, matchLabels: {pair: one}, keep: Together}]
---
apiVersion: xcp.dev/v1alpha1
kind: Rebalance
metadata: {name: lab}
spec: {poolRef: {name: lab}, mode: "Off", maxConcurrent: 1}
"""


def uneven(site: Site, *names: str, endpoint: str = "sim:world.db") -> Site:
    """A pool whose machines are all on the first host."""
    site.write("lab.yaml", pool(endpoint=endpoint))
    site.write("web.yaml", documents(*(machine(name) for name in names or NAMES)))
    assert site.apply().code == 0
    return site


def homes(site: Site) -> dict[str, int]:
    """How many machines run on each host; each that there is runs once."""
    machines = site.machines()
    running = [[at for at, state in copies if state == "running"] for copies in machines.values()]
    assert all(len(hosts) == 1 for hosts in running), machines
    found = [hosts[0] for hosts in running]
    return {host: found.count(host) for host in sorted(set(found))}


def plan_of(site: Site) -> list[dict[str, str]]:
    """Who would move from where to where now."""
    shown = site.run("rebalance", "lab", "--dry-run", "-o", "json")
    assert shown.code == 0, shown.text
    return [{key: move[key] for key in ("vm", "from", "to")} for move in shown.json["moves"]]


def progress(site: Site) -> str:
    """What the command said so far."""
    return (site.folder / "progress.log").read_text()


def test_a_plan_is_shown_and_made_and_a_second_one_is_empty(site: Site) -> None:
    uneven(site)
    before = site.world()
    shown = site.run("rebalance", "lab", "--dry-run", "-o", "json")
    assert set(shown.json) == {
        "moves",
        "scoreBefore",
        "scoreAfter",
        "elapsedSeconds",
        "violationsBefore",
        "violationsAfter",
    }
    assert len(shown.json["moves"]) == 4
    unasked = site.run("rebalance", "lab")
    assert unasked.code == 1
    assert "there is no terminal to ask on, and nothing was changed" in unasked.err
    assert unasked.out.splitlines()[0].split()[:4] == ["1.", shown.json["moves"][0]["vm"], "host-a", "->"]
    assert site.world() == before

    done = site.run("rebalance", "lab", "--auto-approve", "-o", "json")

    assert done.code == 0, done.text
    assert done.json["moves"] == shown.json["moves"]
    assert done.json["made"] == [{key: move[key] for key in ("vm", "from", "to")} for move in shown.json["moves"]]
    assert done.json["left"] == []
    assert homes(site) == {"host-a": 4, "host-b": 4}
    assert done.err.count("migrate done") == 4
    again = site.run("rebalance", "lab", "--auto-approve")
    assert (again.code, again.err) == (0, "")
    assert "nothing to move" in again.out
    site.plan_is_empty()


def test_no_more_moves_than_asked_for_and_only_what_constraints_need(site: Site) -> None:
    uneven(site)
    assert site.run("rebalance", "lab", "--mode", "constraints", "--auto-approve").code == 0
    assert homes(site) == {"host-a": 8}
    assert site.run("rebalance", "lab", "--max-moves", "1", "--auto-approve", "--explain").code == 0
    assert homes(site) == {"host-a": 7, "host-b": 1}


def test_who_belongs_together_moves_together_and_one_at_a_time_where_a_rebalance_says_so(site: Site) -> None:
    site.write("policy.yaml", POLICY)
    uneven(site, *NAMES[:4])
    pair = [machine(name).replace(f"name: {name}", f"name: {name}, labels: {{pair: one}}", 1) for name in ("p", "q")]
    site.write("pair.yaml", documents(*pair))
    assert site.apply().code == 0
    assert homes(site) == {"host-a": 6}

    with (site.folder / "progress.log").open("w") as log:
        process = site.start("rebalance", "lab", "--auto-approve", "-o", "json", stderr=log)
        most = _most_jobs(site, process)
    out, _ = process.communicate()

    assert process.returncode == 0, progress(site)
    moved = {one["vm"] for one in json.loads(out)["made"]}
    assert len(moved & {"p", "q"}) != 1
    assert homes(site) == {"host-a": 3, "host-b": 3}
    assert most == (2 if "p" in moved else 1)
    assert dict(site.machines())["p"] == dict(site.machines())["q"]


def _most_jobs(site: Site, process: "subprocess.Popen[str]") -> int:
    """How many machines were on their way at once, while a command ran."""
    most = 0
    while process.poll() is None:
        most = max(most, len(site.world()["jobs"]))
        time.sleep(0.1)
    return most


def test_a_machine_that_is_gone_or_moved_meanwhile_is_left_out_and_the_others_are_moved(site: Site) -> None:
    uneven(site)
    planned = [move["vm"] for move in plan_of(site)]
    with (site.folder / "progress.log").open("w") as log:
        process = site.start("rebalance", "lab", "--auto-approve", "-o", "json", stderr=log)
        site.wait_for(lambda: bool(site.world()["jobs"]))
        site.tamper("destroy", planned[-1])
        out, _ = process.communicate(timeout=120)
    told = json.loads(out)

    assert process.returncode == 1, progress(site)
    assert [one["vm"] for one in told["made"]] == planned[:-1]
    assert [one["vm"] for one in told["left"]] == planned[-1:]


def test_a_killed_rebalance_is_ended_by_the_same_command(site: Site) -> None:
    uneven(site)
    process = site.start("rebalance", "lab", "--auto-approve", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    site.wait_for(lambda: homes(site).get("host-b", 0) > 0 and bool(site.world()["jobs"]))
    process.kill()
    process.wait()

    done = site.run("rebalance", "lab", "--auto-approve")

    assert done.code == 0, done.text
    assert homes(site) == {"host-a": 4, "host-b": 4}
    assert plan_of(site) == []
    site.plan_is_empty()


def test_ctrl_c_ends_after_the_running_moves(site: Site) -> None:
    uneven(site)
    with (site.folder / "progress.log").open("w") as log:
        process = site.start("rebalance", "lab", "--auto-approve", stderr=log)
        site.wait_for(lambda: "migrate done" in progress(site))
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=60)

    assert process.returncode == 1, progress(site)
    assert re.search(r"[1-9] moves? made in .*\(stopped\)", out), out
    left = dict(re.findall(r"^  (web-[0-9])  (its turn did not come|it is on its way to host-b)$", out, re.MULTILINE))
    assert left
    assert "Traceback" not in progress(site)
    assert homes(site)["host-a"] > 4
    # Nobody acts any more: what is said to be on its way is in the hypervisor's hands, and the others stay.
    site.wait_for(lambda: not site.world()["jobs"], timeout=20.0)
    assert {name for name in left if _is_on(site, name, "host-b")} == {
        name for name, why in left.items() if "on its way" in why
    }
    assert site.run("rebalance", "lab", "--auto-approve").code == 0
    assert homes(site) == {"host-a": 4, "host-b": 4}


def test_beside_a_running_xcp_that_one_moves_them(site: Site) -> None:
    uneven(site)
    with site.running():
        done = site.run("rebalance", "lab", "--auto-approve")
        assert done.code == 0, done.text
        assert "4 moves made" in done.out
        assert homes(site) == {"host-a": 4, "host-b": 4}
        assert site.log().count("migrate under way") == 4
        time.sleep(3.0)
        assert homes(site) == {"host-a": 4, "host-b": 4}
    site.plan_is_empty()


def test_an_assignment_that_somebody_writes_wakes_whoever_acts(site: Site) -> None:
    """Without a plan, and long before the next look at everything."""
    uneven(site, "web-0")
    web = ref_of(Kind.VIRTUAL_MACHINE, "web-0")

    async def send() -> None:
        opened = open_store(site.state, access=Access.WRITE, clock=SystemClock(), rng=SystemRng())
        async with opened as store:
            await store.commit(PutAssignment(web, Assigned("host-b", leaving="host-a")))

    with site.running("--resync", "10m"):
        site.wait_for(lambda: bool(site.run("get", "vm", "web-0", "--cached", "-o", "name").out))
        asyncio.run(send())
        site.wait_for(partial(_is_on, site, "web-0", "host-b"), timeout=20.0)


def _is_on(site: Site, name: str, host: str) -> bool:
    return site.machines().get(name) == [(host, "running")]


def test_moves_that_are_turned_down_are_taken_back_and_told(site: Site) -> None:
    uneven(site)
    site.write("lab.yaml", pool(endpoint="sim:world.db?error=NoSuchThing:1"))
    assert site.apply().code == 0

    done = site.run("rebalance", "lab", "--auto-approve", "-o", "json", timeout=90)

    assert done.code == 1
    assert done.json["made"] == []
    assert len(done.json["left"]) == 4
    assert all("NoSuchThing" in one["reason"] for one in done.json["left"]), done.out
    assert homes(site) == {"host-a": 8}
    site.plan_is_empty()


def test_a_terminal_is_asked(site: Site) -> None:
    uneven(site)
    for answer, code, after in (b"\n", 1, {"host-a": 8}), (b"yes\n", 0, {"host-a": 4, "host-b": 4}):
        leader, follower = pty.openpty()
        process = site.start("rebalance", "lab", stdin=follower, stdout=follower, stderr=follower)
        os.close(follower)
        shown = _read(leader, until="Move them? [y/N]")
        os.write(leader, answer)
        shown += _read(leader, until="Nothing was changed" if code else "moves made")
        assert process.wait(60) == code, shown
        assert homes(site) == after


def _read(leader: int, until: str) -> str:
    shown, over = "", time.monotonic() + 90
    while until not in shown:
        assert time.monotonic() < over, f"`{until}` was not shown:\n{shown}"
        if select.select([leader], [], [], 0.2)[0]:
            try:
                shown += os.read(leader, 1 << 16).decode(errors="replace")
            except OSError:
                break
    return shown


def test_mistakes_are_said(site: Site) -> None:
    uneven(site, "web-0")
    assert "name either a POOL or a --cluster FILE" in site.run("rebalance").err.replace("\n", " ")
    assert site.run("rebalance", "lab", "--cluster", "pool.json").code == 1
    assert "--write-cluster goes with --cluster" in site.run("rebalance", "lab", "--write-cluster", "x").err
    wrong = site.run("rebalance", "lap")
    assert (wrong.code, wrong.out) == (1, "")
    assert "there is no pool lap" in wrong.err
    assert "did you mean lab?" in wrong.err
    site.write("lab.yaml", pool(endpoint="sim:world.db?tls=refused"))
    assert site.apply().code == 1
    assert "cannot be looked at" in site.run("rebalance", "lab").err


def test_two_at_once(site: Site) -> None:
    uneven(site)
    both = [site.start("rebalance", "lab", "--auto-approve") for _ in range(2)]
    results = [ended(process) for process in both]
    assert all(result.code in {0, 1} for result in results), results
    assert site.run("rebalance", "lab", "--auto-approve").code == 0
    assert homes(site) == {"host-a": 4, "host-b": 4}
    site.plan_is_empty()
