"""The simulated hypervisors as they really are: what a walk is judged by."""

import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

from xcp_drivers.world import hosts, tamper
from xcp_drivers.world.encoding import config_of
from xcp_drivers.world.world import World
from xcp_reconciler.model.observed import VmConfig

MEMORY_KIB: Final = 8 * 2**20
_STRANGER: Final = VmConfig(1, 1, 2**18, 2**18)
# Where a machine is that nobody pinned is a free choice, taken once: it stays where a walk has brought it.
_ANYWHERE: Final = "anywhere"


@dataclass(frozen=True, slots=True)
class Instance:
    """A machine that runs: where, since which boot (unix seconds), and with what."""

    host: str
    booted_at: float
    live: VmConfig


@dataclass(frozen=True, slots=True)
class Leeway:
    """What a declaration leaves open, by the names of machines.

    Those that are not `pinned` may be on any host; the live target of `balanced` ones is whatever a policy, or whoever
    it delegates to, has come to.
    """

    pinned: frozenset[str]
    balanced: frozenset[str]


@dataclass(frozen=True, slots=True)
class Ground:
    """All that exists at one instant, in words that do not depend on time or chance.

    `running` are the instances of each machine by its uuid; keys of `things` are the same for as long as the thing is
    there.
    """

    things: Mapping[str, str]
    running: Mapping[str, tuple[Instance, ...]]
    volumes: frozenset[str]


def plant(world: World, names: Iterable[str], now: float) -> None:
    """Hosts of these names, and on each of them a machine that is nobody's."""
    with world.change(now) as change:
        hosts.add(change, [hosts.new_host(name, now, memory=MEMORY_KIB) for name in names])
        for name in names:
            tamper.stranger(change, f"theirs-{name}", name, _STRANGER)


def ground(world: World, now: float, leeway: Leeway | None = None) -> Ground:
    """Look at everything; if `leeway` is given, without what it leaves open."""
    with world.change(now):
        pass
    things: dict[str, str] = {}
    running: dict[str, tuple[Instance, ...]] = {}
    for key, words, uuid, instance in _machines(world, leeway):
        things[key] = f"{things[key]}; {words}" if key in things else words
        if instance is not None:
            running[uuid] = (*running.get(uuid, ()), instance)
    volumes = dict(_files(world))
    for host, uuid, *rest in world.db.execute("SELECT host, uuid, name, subnet, active FROM networks"):
        things[f"network {host} {uuid}"] = json.dumps(rest)
    for host, uuid, *rest in world.db.execute("SELECT host, uuid, name, path, active FROM storages"):
        things[f"storage {host} {uuid}"] = json.dumps(rest)
    return Ground({**things, **volumes}, running, frozenset(volumes))


def _machines(world: World, leeway: Leeway | None) -> Iterator[tuple[str, str, str, Instance | None]]:
    rows = world.db.execute("SELECT uuid, name, host, power, stored, live, booted_at FROM guests ORDER BY name, host")
    for uuid, name, host, power, stored, live, booted_at in rows.fetchall():
        told = leeway is None or name in leeway.pinned or name.startswith("theirs-")
        where = host if told else _ANYWHERE
        kept = _sorted(config_of(stored))
        now = _sorted(config_of(live)) if live is not None else None
        if now is not None and leeway is not None and name in leeway.balanced:
            now = replace(now, memory_target=kept.memory_target)
        beside = "" if now is None or now == kept else f", live {now}"
        instance = Instance(host, booted_at, now) if now is not None else None
        yield f"machine {name} {uuid}", f"{power} on {where}: {kept}{beside}", uuid, instance


def _sorted(config: VmConfig) -> VmConfig:
    """Disks and cards are known by name: of their order only that of the bootable disks means anything."""
    bootable = [disk for disk in config.disks if disk.bootable]
    others = sorted((disk for disk in config.disks if not disk.bootable), key=lambda disk: disk.name)
    cards = sorted(config.interfaces, key=lambda card: card.name)
    return replace(config, disks=(*bootable, *others), interfaces=tuple(cards))


def _files(world: World) -> Iterator[tuple[str, str]]:
    for place, path, *rest in world.db.execute("SELECT place, path, format, capacity, backing FROM files"):
        yield f"volume {place} {path}", json.dumps(rest)


def homecoming(expected: Mapping[str, str], found: Mapping[str, str], left_behind: Collection[str]) -> list[str]:
    """In words, where the world is not as for somebody who never left.

    `left_behind` are parts of the keys of what was declared, is not any more, and is to be retained.
    """
    return [
        f"{key}: never having left {expected.get(key, 'nothing')}, back again {found.get(key, 'nothing')}"
        for key in sorted({**expected, **found})
        if expected.get(key) != found.get(key)
        and not (key not in expected and any(part in key for part in left_behind))
    ]
