"""The simulated world as a simulation needs to know it."""

import json

from xcp_drivers.sim import SimDriver
from xcp_drivers.sim.faults import Faults
from xcp_drivers.world import hosts, tamper
from xcp_drivers.world.world import World
from xcp_reconciler.model.observed import VmConfig
from xcp_reconciler.ports.driver import Driver
from xcp_reconciler.simulation.tape import Tape
from xcp_reconciler.simulation.truth import Facts, HostSize

_SEEDS = 2**31


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

    def facts(self, now: float) -> Facts:
        """Everything that exists, without what time, chance and the store have put into it."""
        with self.world.change(now):
            pass
        db = self.world.db
        objects: dict[str, str] = {}
        running: dict[str, list[str]] = {}
        for uuid, name, host, power, stored, live, stamp in db.execute(
            "SELECT uuid, name, host, power, stored, live, stamp FROM guests ORDER BY name, host"
        ):
            key = f"machine {name} {uuid}" if stamp is not None else f"machine {name}"
            words = f"{power} on {host}: {stored}" + ("" if live is None or live == stored else f" live {live}")
            objects[key] = f"{objects[key]}; {words}" if key in objects else words
            if live is not None:
                running.setdefault(key, []).append(host)
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
        return Facts(objects, {key: tuple(where) for key, where in running.items()}, frozenset(volumes))
