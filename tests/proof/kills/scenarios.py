"""The scenarios whose every mutating call has a kill before it and one after it."""

from collections import Counter
from typing import Final

from tests.proof.kills.estates import APPLY, HERE, THERE, WEB, disk, ground, machine, whole
from tests.proof.kills.scenario import Scenario
from tests.proof.kills.world import Held
from tests.proof.kills.world import machine as a_machine
from tests.proof.kills.world import network as a_network
from tests.proof.kills.world import repository as a_repository
from tests.proof.kills.world import volume as a_volume
from tests.real.estate import HOSTS, MIB, Estate

PRUNE: Final = (*APPLY, "--prune")
EVERYTHING: Final = ("delete", "-f", ".", "--auto-approve")


def _held(*more: str, volumes: tuple[str, ...] = ("base", "root"), networks: bool = True) -> Held:
    there = [a_repository("shared", host) for host in HOSTS]
    there += [a_network("nat", host) for host in HOSTS] if networks else []
    return Counter([*there, *map(a_volume, volumes), *more])


# --- create


def _create(estate: Estate) -> None:
    whole(estate)


# --- change


def _grow(estate: Estate) -> None:
    whole(estate)
    estate.apply()
    estate.edit("Volume/root", size="32Mi")


def _size(estate: Estate) -> int:
    sizes = (
        estate.lab.host(1 if estate.copies("web-1")[0][0] == HERE else 2).virsh("domblkinfo", "web-1", "vda").split()
    )
    return int(sizes[sizes.index("Capacity:") + 1])


def _not_grown(estate: Estate) -> list[str]:
    size = _size(estate)
    return [] if size == 32 << 20 else [f"the disk has {size} bytes"]


def _move(estate: Estate) -> None:
    whole(estate)
    estate.apply()
    estate.edit(WEB, placement={"host": THERE})


def _grow_and_move(estate: Estate) -> None:
    _grow(estate)
    estate.edit(WEB, placement={"host": THERE})


def _memory(estate: Estate) -> None:
    """The one guest with a kernel: memory is given back by a driver inside."""
    memory = {"size": "128Mi", "min": "96Mi", "max": "128Mi"}
    estate.machine("web-1", memory=memory, placement={"host": HERE})
    estate.apply()
    estate.up("web-1")
    estate.edit(WEB, memory={"max": "96Mi"})


def _not_given_back(estate: Estate) -> list[str]:
    stats = estate.lab.host(1).virsh("dommemstat", "web-1").split()
    held = int(stats[stats.index("actual") + 1])
    wrong = [] if abs(held - 96 * MIB) <= 4 * MIB else [f"it holds {held} KiB"]
    boots = estate.boots("web-1")
    return wrong if boots == 1 else [*wrong, f"it booted {boots} times"]


def _halt(estate: Estate) -> None:
    whole(estate)
    estate.apply()
    estate.edit(WEB, runStrategy="Halted")


def _restart(estate: Estate) -> None:
    whole(estate)
    estate.apply()
    estate.edit(WEB, cpu={"cores": 1, "maxCores": 2}, restartedAt="2030-01-31T08:00:00Z")


# --- retire


def _retire_all(estate: Estate) -> None:
    whole(estate)
    for key in ("Volume/root", "Volume/base", "Network/nat", "StorageRepository/shared"):
        estate.edit(key, deletionPolicy="Delete")
    estate.apply()


def _retire_machine(estate: Estate) -> None:
    whole(estate)
    estate.apply()
    estate.drop(WEB)


# --- several


def _several(estate: Estate) -> None:
    ground(estate)
    cards = [{"name": "eth0", "networkRef": {"name": "nat"}}]
    for number, host in enumerate((HERE, THERE, HERE), start=1):
        estate.volume(f"d{number}", backing={"volumeRef": {"name": "base"}})
        machine(estate, f"vm-{number}", disks=[disk(f"d{number}")], interfaces=cards, placement={"host": host})


# --- adopt


BY_HAND: Final = """<domain type='{virt}'><name>old-server</name><memory unit='MiB'>64</memory>
<description>made by hand</description><os><type arch='x86_64' machine='q35'>hvm</type></os></domain>"""
ADOPT: Final = ("adopt", "vm", "old-server", "--out", "old-server.yaml", "--apply", "--auto-approve")


def _adopt(estate: Estate) -> None:
    estate.apply()
    document = estate.site.write("by-hand.xml", BY_HAND.format(virt=estate.lab.virt_type))
    host = estate.lab.host(1)
    host.virsh("define", str(document))
    host.virsh("start", "old-server")


def _not_as_it_was(estate: Estate) -> list[str]:
    text = estate.lab.host(1).virsh("dumpxml", "--inactive", "old-server")
    return [] if "made by hand" in text and "<xcp:stamp" in text else [text]


WEB_HERE: Final = a_machine("web-1", HERE)
SCENARIOS: Final = (
    Scenario(name="create", calls=24, ready=_create, command=APPLY, held=_held(WEB_HERE)),
    Scenario(name="grow", calls=1, ready=_grow, command=APPLY, held=_held(WEB_HERE), wrong=_not_grown),
    Scenario(name="move", calls=1, ready=_move, command=APPLY, held=_held(a_machine("web-1", THERE))),
    Scenario(name="halt", calls=2, ready=_halt, command=APPLY, held=_held(a_machine("web-1", HERE, "halted"))),
    Scenario(name="restart", calls=4, ready=_restart, command=APPLY, held=_held(WEB_HERE)),
    Scenario(
        name="memory",
        calls=2,
        ready=_memory,
        command=APPLY,
        held=_held(WEB_HERE, volumes=(), networks=False),
        wrong=_not_given_back,
    ),
    Scenario(
        name="grow and move",
        calls=2,
        ready=_grow_and_move,
        command=APPLY,
        held=_held(a_machine("web-1", THERE)),
        wrong=_not_grown,
    ),
    Scenario(name="retire all", calls=13, ready=_retire_all, command=EVERYTHING, held=Counter(), declared=False),
    Scenario(name="retire one", calls=3, ready=_retire_machine, command=PRUNE, held=_held()),
    Scenario(
        name="several",
        calls=31,
        ready=_several,
        command=APPLY,
        held=_held(
            a_machine("vm-1", HERE),
            a_machine("vm-2", THERE),
            a_machine("vm-3", HERE),
            volumes=("base", "root", "d1", "d2", "d3"),
        ),
    ),
    Scenario(
        name="adopt",
        calls=1,
        ready=_adopt,
        command=ADOPT,
        held=_held(a_machine("old-server", HERE), volumes=(), networks=False),
        wrong=_not_as_it_was,
    ),
)
