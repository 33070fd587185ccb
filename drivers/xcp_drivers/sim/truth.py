"""The simulated world as a simulation needs to know it."""

import json
from dataclasses import replace

from xcp_drivers.sim import SimDriver
from xcp_drivers.sim.deeds import do
from xcp_drivers.sim.faults import Faults
from xcp_drivers.world import hosts, tamper
from xcp_drivers.world.encoding import config_of, config_text, stamp_of
from xcp_drivers.world.world import World
from xcp_reconciler.model.observed import VmConfig
from xcp_reconciler.ports.driver import Driver
from xcp_reconciler.simulation.deeds import WorldDeed
from xcp_reconciler.simulation.tape import Tape
from xcp_reconciler.simulation.truth import Facts, HostSize

_SEEDS = 2**31


def _alive(stored: str, live: str | None) -> str:
    """What runs, where that is not what is stored; the balloon's target apart, for some have it moved all the time."""
    if live is None or live == stored:
        return ""
    kept, runs = config_of(stored), config_of(live)
    rest = config_text(replace(runs, memory_target=kept.memory_target))
    beside = "" if rest == stored else f" live {rest}"
    return beside if runs.memory_target == kept.memory_target else f"{beside} target {runs.memory_target}"


class WorldTruth:
    """Implements `xcp_reconciler.simulation.truth.Truth` over a world in memory."""

    def __init__(self, sizes: tuple[HostSize, ...], tape: Tape) -> None:
        self._sizes = sizes
        self.world = World.in_memory(seed=tape.choose(_SEEDS))

    def driver(self, faults: Faults) -> Driver:
        """A driver over this world, for one simulated process."""
        return SimDriver(self.world, faults)

    def version(self) -> int:
        """A number that grows with every change."""
        return self.world.version()

    def plant(self, now: float) -> None:
        """The hosts, and on each of them a machine that is nobody's."""
        with self.world.change(now) as change:
            hosts.add(
                change, [hosts.new_host(size.name, now, cpus=size.cpus, memory=size.memory) for size in self._sizes]
            )
            for size in self._sizes:
                tamper.stranger(change, f"theirs-{size.name}", size.name, VmConfig(1, 1, 2**18, 2**18))

    def do(self, deed: WorldDeed, now: float) -> bool:
        """Let somebody else do something; False where there is nothing to do it to."""
        return do(self.world, deed, now)

    def facts(self, now: float) -> Facts:
        """Everything that exists, without what time, chance and the store have put into it."""
        with self.world.change(now):
            pass
        db = self.world.db
        words: dict[str, list[str]] = {}
        where: dict[str, list[str]] = {}
        running: dict[str, list[str]] = {}
        coming: dict[str, list[str]] = {}
        ours: set[str] = set()
        targets = dict(db.execute("SELECT uuid || ' ' || host, target FROM jobs").fetchall())
        for uuid, name, host, power, stored, live, stamp in db.execute(
            "SELECT uuid, name, host, power, stored, live, stamp FROM guests ORDER BY name, host"
        ):
            mark = stamp_of(stamp)
            # A copied mark is no mark: it names the machine that was copied.
            if mark is not None and mark.self_uuid == uuid:
                key = f"machine {mark.ref.name} of {mark.owner}"
                ours.add(name)
            else:
                key = f"machine {name}"
            words.setdefault(key, []).append(f"{power}: {stored}{_alive(stored, live)}")
            where.setdefault(key, []).append(host)
            if live is not None:
                running.setdefault(key, []).append(host)
            if (target := targets.get(f"{uuid} {host}")) is not None:
                coming.setdefault(key, []).append(target)
        objects = {key: "; ".join(sorted(copies)) for key, copies in words.items()}
        volumes: list[str] = []
        for place, path, form, capacity, backing in db.execute(
            "SELECT place, path, format, capacity, backing FROM files ORDER BY place, path"
        ):
            volumes.append(f"volume {place} {path}")
            objects[volumes[-1]] = json.dumps([form, capacity, backing])
        for host, uuid, name, subnet, active in db.execute(
            "SELECT host, uuid, name, subnet, active FROM networks ORDER BY host, uuid"
        ):
            objects[f"network {host} {uuid}"] = json.dumps([name, subnet, active])
        for host, uuid, name, path, active in db.execute(
            "SELECT host, uuid, name, path, active FROM storages ORDER BY host, uuid"
        ):
            objects[f"storage {host} {uuid}"] = json.dumps([name, path, active])
        return Facts(
            objects,
            {key: tuple(found) for key, found in where.items()},
            {key: tuple(found) for key, found in running.items()},
            frozenset(volumes),
            self._free(),
            frozenset(ours),
            {key: tuple(found) for key, found in coming.items()},
        )

    def _free(self) -> dict[str, int]:
        """The memory of each host that nobody holds and nobody has been promised, in KiB."""
        rows = self.world.db.execute(
            """SELECT name, memory - claimed - (SELECT coalesce(sum(jobs.memory), 0) FROM jobs WHERE target = name)
               FROM hosts WHERE claimed > 0"""
        )
        return {str(name): int(free) for name, free in rows}
