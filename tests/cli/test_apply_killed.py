"""The gate: an apply of thirty machines, killed at random moments, ends with each machine once."""

import random
import subprocess
import time

from tests.cli.pool_site import Site, documents, machine, pool, volume

MACHINES = 30
KILLS = 25
SEED = 20261121


def _declared() -> str:
    parts: list[str] = []
    for number in range(MACHINES):
        name = f"vm-{number:02}"
        disks = f"  disks: [{{name: root, volumeRef: {{name: {name}-root}}, bootable: true}}]\n"
        cards = "  interfaces: [{name: eth0, networkRef: {name: nat}}]\n"
        parts += [volume(f"{name}-root"), machine(name, memory="256Mi", extra=disks + cards)]
    return documents(*parts)


def _killed(site: Site, chance: random.Random, *, in_the_middle: bool) -> None:
    """Start an apply and kill it: any time after its start, or soon after its first step has ended."""
    with (site.folder / "progress.log").open("w+") as log:
        process = site.start("apply", "-f", ".", "--auto-approve", stdout=subprocess.DEVNULL, stderr=log)
        if in_the_middle:
            site.wait_for(lambda: " done " in (site.folder / "progress.log").read_text() or process.poll() is not None)
            time.sleep(chance.uniform(0.0, 0.4))
        else:
            time.sleep(chance.uniform(0.3, 4.0))
        process.kill()
        process.wait()


def test_thirty_machines_and_twenty_five_kills(site: Site) -> None:
    chance = random.Random(SEED)  # noqa: S311 - the moments of the kills, to be had again
    site.write("lab.yaml", pool(endpoint="sim:world.db?latency=20ms&jitter=1s"))
    site.write("vms.yaml", _declared())
    there: list[int] = []
    for number in range(KILLS):
        _killed(site, chance, in_the_middle=number % 5 != 0)
        machines = site.machines() if (site.folder / "world.db").exists() else {}
        assert all(len(copies) == 1 for copies in machines.values()), machines
        there.append(len(machines))

    last = site.apply("--timeout", "5m")

    assert last.code == 0, f"machines after each kill: {there}\n{last.text}"
    machines = site.machines()
    assert len(machines) == MACHINES
    assert all(len(copies) == 1 and copies[0][1] == "running" for copies in machines.values()), machines
    volumes = {volume["name"] for host in site.world()["hosts"] for volume in host["volumes"]}
    assert len(volumes) == MACHINES
    site.plan_is_empty()
    assert "Nothing to do" in site.apply().out
    # Kills that all came too early or too late would prove nothing.
    assert len({count for count in there if 0 < count < MACHINES}) >= 3, there
