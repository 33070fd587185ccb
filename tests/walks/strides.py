"""What an owner may do next: one function for each part of a manifest, and those who meddle beside it.

Every choice is drawn from outside, so that a seed and Hypothesis can walk the same ways.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, Protocol, TypeVar

from tests.walks.declared import ABSENT, Declared, Path
from tests.walks.site import machine, network, volume

T = TypeVar("T")
VM: Final = "VirtualMachine"
_HOSTS: Final = ("h1", "h2", "h3")
_TAINTS: Final = ("spec", "taints")


class Draw(Protocol):
    """Somebody who chooses."""

    def __call__(self, options: Sequence[T], /) -> T:
        """One of the options."""
        ...


class End(StrEnum):
    """What must become of a state."""

    READY = "every object is ready"
    REFUSED = "the loader refuses it in words"
    SAID = "an object is not ready and says why"


@dataclass(frozen=True, slots=True)
class Stride:
    """A next state. One that ends otherwise than `READY` is taken back at once."""

    words: str
    state: Declared
    end: End = End.READY


class Deed(StrEnum):
    """What others do to machines."""

    POWER_OFF = "somebody pulls the plug of it"
    SHUT_DOWN = "somebody shuts it down"
    PAUSE = "somebody pauses it"
    EDIT = "somebody edits it"


Choose = Callable[[Declared, Draw], Stride]


def _names(state: Declared, kind: str) -> list[str]:
    return [one["metadata"]["name"] for one in state.of_kind(kind)]


def _disks(state: Declared, vm: str) -> list[dict[str, Any]]:
    return list(state.value(VM, vm, ("spec", "disks")) or [])


def _cards(state: Declared, vm: str) -> list[dict[str, Any]]:
    return list(state.value(VM, vm, ("spec", "interfaces")) or [])


def _set(state: Declared, name: str, path: Path, value: Any, kind: str = VM) -> Stride:  # noqa: ANN401 - plain data
    where = ".".join(str(segment) for segment in path)
    return Stride(f"{kind}/{name} {where}: {value}", state.with_value(kind, name, path, value))


def cores(state: Declared, draw: Draw) -> Stride:
    """Processors now, and at most."""
    most = draw([2, 4, 8])
    value = {"cores": draw([1, 2, most]), "maxCores": most}
    return _set(state, draw(_names(state, VM)), ("spec", "cpu"), value)


def memory(state: Declared, draw: Draw) -> Stride:
    """Memory in order: min, max, size."""
    least, most, size = draw(
        [("512Mi", "768Mi", "1Gi"), ("256Mi", "512Mi", "512Mi"), ("1Gi", "1Gi", "1Gi"), ("512Mi", "1536Mi", "2Gi")]
    )
    return _set(state, draw(_names(state, VM)), ("spec", "memory"), {"size": size, "min": least, "max": most})


def more_disks(state: Declared, draw: Draw) -> Stride:
    """A new volume in a machine that keeps nothing on local storage."""
    vm, number = draw([one for one in _names(state, VM) if one != "db"]), draw([1, 2, 3])
    name = f"{vm}-extra-{number}"
    disks = [one for one in _disks(state, vm) if one["name"] != f"extra{number}"]
    disk = {"name": f"extra{number}", "volumeRef": {"name": name}, "bus": draw(["Virtio", "Scsi", "Sata"])}
    if state.get("Volume", name) is None:
        policy = draw(["Delete", "Retain"])
        state = state.plus(volume(name, form=draw(["Qcow2", "Raw"]), deletionPolicy=policy))
    place = draw(range(len(disks) + 1))
    return _set(state, vm, ("spec", "disks"), [*disks[:place], disk, *disks[place:]])


def fewer_disks(state: Declared, draw: Draw) -> Stride:
    """A disk leaves its machine, and perhaps its volume the site."""
    vm = draw(_names(state, VM))
    disks = _disks(state, vm)
    if len(disks) < 2:
        return shuffled_disks(state, draw)
    gone = draw(disks)
    if gone["volumeRef"]["name"].startswith(f"{vm}-extra") and draw([True, False]):
        state = state.minus("Volume", gone["volumeRef"]["name"])
    return _set(state, vm, ("spec", "disks"), [one for one in disks if one is not gone])


def shuffled_disks(state: Declared, draw: Draw) -> Stride:
    """Another order of the same disks, and others that the firmware tries."""
    vm = draw(_names(state, VM))
    left = [dict(one, bootable=draw([True, False])) for one in _disks(state, vm)]
    order: list[dict[str, Any]] = []
    while left:
        order.append(left.pop(draw(range(len(left)))))
    return _set(state, vm, ("spec", "disks"), order)


def disk_modes(state: Declared, draw: Draw) -> Stride:
    """Another mode and bus of a disk."""
    vm = draw(_names(state, VM))
    disks = [dict(one) for one in _disks(state, vm)]
    if disks:
        draw(disks).update(mode=draw(["RW", "RO"]), bus=draw(["Virtio", "Scsi", "Sata"]))
    return _set(state, vm, ("spec", "disks"), disks)


def cards(state: Declared, draw: Draw) -> Stride:
    """Network cards of a machine."""
    many = draw([0, 1, 2])
    found = [{"name": f"eth{number}", "networkRef": {"name": draw(_networks(state))}} for number in range(many)]
    if found:
        draw(found)["model"] = draw(["Virtio", "E1000"])
    return _set(state, draw(_names(state, VM)), ("spec", "interfaces"), found)


def _networks(state: Declared) -> list[str]:
    return [name for name in _names(state, "Network") if name != "fleeting"]


def boot(state: Declared, draw: Draw) -> Stride:
    """Direct boot, or the firmware's."""
    value = draw([ABSENT, {"kernel": "/k"}, {"kernel": "/k", "initrd": "/i", "cmdline": "debug"}])
    return _set(state, draw(_names(state, VM)), ("spec", "boot"), value)


def serial(state: Declared, draw: Draw) -> Stride:
    """The serial port."""
    return _set(state, draw(_names(state, VM)), ("spec", "serial"), draw([ABSENT, {"file": "/a"}, {"file": "/b"}]))


def strategy(state: Declared, draw: Draw) -> Stride:
    """When it runs."""
    value = draw(["Always", "Halted", "Manual", "RerunOnFailure", "Once"])
    return _set(state, draw(_names(state, VM)), ("spec", "runStrategy"), value)


def restart(state: Declared, draw: Draw) -> Stride:
    """A restart that is asked for, of a machine that is to run."""
    value = f"203{draw(range(10))}-01-31T08:00:00Z"
    return _set(state, draw(_names(state, VM)), ("spec", "restartedAt"), value)


def shutdown(state: Declared, draw: Draw) -> Stride:
    """The grace of stops."""
    value = {"timeout": draw(["5s", "20s", "1m"]), "force": draw(["Never", "AfterTimeout"])}
    return _set(state, draw(_names(state, VM)), ("spec", "shutdown"), value)


def placement(state: Declared, draw: Draw) -> Stride:
    """A host that takes machines, or none."""
    vm = draw([one for one in _names(state, VM) if one != "db"])
    closed = state.value("Host", "h3", ("spec", "schedulable")) is False or state.value("Host", "h3", _TAINTS)
    return _set(
        state,
        vm,
        ("spec", "placement"),
        draw([ABSENT, *({"host": host} for host in _HOSTS if host != "h3" or not closed)]),
    )


def words(state: Declared, draw: Draw) -> Stride:
    """Labels, annotations and descriptions."""
    vm = draw(_names(state, VM))
    path, value = draw(
        [
            (("metadata", "labels"), {"tier": "front"}),
            (("metadata", "annotations"), {"why": "nobody knows"}),
            (("spec", "description"), "new words"),
            (("spec", "description"), ABSENT),
        ]
    )
    return _set(state, vm, path, value)


def policies(state: Declared, draw: Draw) -> Stride:
    """Who wins, on any object that is there from the beginning."""
    kind, name = draw(
        [
            (VM, "web"),
            (VM, "db"),
            ("Volume", "web-data"),
            ("Network", "lan"),
            ("StorageRepository", "shared"),
            ("Pool", "lab"),
        ]
    )
    path, value = draw(
        [
            (("management",), "Observe"),
            (("management",), "Manage"),
            (("driftPolicy",), draw(["Revert", "Report", "Ignore"])),
            (("updatePolicy", "maxImpact"), draw(["Metadata", "Live", "Deferred", "Migrate", "PowerCycle"])),
            (("updatePolicy", "approval"), draw(["Auto", "Manual"])),
            (("deletionProtection",), draw([True, False])),
        ]
    )
    return _set(state, name, ("spec", *path), value, kind)


def growth(state: Declared, draw: Draw) -> Stride:
    """A volume grows."""
    name = draw(["web-data", "loose", "db-root", "web-root"])
    size = _gib(state.value("Volume", name, ("spec", "size")))
    larger = draw(range(size + 1, size + 4))
    return _set(state, name, ("spec", "size"), f"{larger}Gi", "Volume")


def _gib(size: str) -> int:
    return int(size.removesuffix("Gi"))


def host_room(state: Declared, draw: Draw) -> Stride:
    """What a host has for guests, and whether it takes new ones."""
    path, value = draw(
        [
            (("schedulable",), draw([True, False])),
            (("reserve",), {"memory": draw(["0", "512Mi"])}),
            (("capacity",), {"memory": draw(["8Gi", "7Gi"]), "cpu": 8}),
            (("taints",), draw([ABSENT, [{"key": "gpu", "effect": "NoSchedule"}]])),
        ]
    )
    return _set(state, "h3", ("spec", *path), value, "Host")


def maintenance(state: Declared, draw: Draw) -> Stride:
    """A host is to be left: whoever can leaves it, and what is not ours stays there."""
    name, value = draw(["h1", "h3"]), {"desired": True, "batchSize": draw([1, 4])}
    left = _set(state, name, ("spec", "maintenance"), value, "Host")
    return Stride(left.words, left.state, End.SAID)


def preferences(state: Declared, draw: Draw) -> Stride:
    """What placement weighs; nothing that it has to keep."""
    wish = {"name": "wish", "matchLabels": {"tier": "front"}, "keep": draw(["Apart", "Together"]), "required": False}
    path, value = draw(
        [
            (("strategy",), draw(["Pack", "Spread"])),
            (("overcommit", "cpu"), draw([4.0, 16.0])),
            (("reserveFailures",), draw([0, 1])),
            (("rules",), draw([[], [wish]])),
        ]
    )
    return _set(state, "places", ("spec", *path), value, "PlacementPolicy")


def another_name(state: Declared, draw: Draw) -> Stride:
    """One machine goes and another one comes in its place, with what the old one had."""
    old = _lone(state)
    new = "alone" if old == "lone" else "lone"
    spec = (state.get(VM, old) or {})["spec"]
    del draw
    return Stride(f"{old} is called {new}", state.minus(VM, old).plus({**machine(new, "Always"), "spec": spec}))


def _lone(state: Declared) -> str:
    return "lone" if state.get(VM, "lone") is not None else "alone"


def guests(state: Declared, draw: Draw) -> Stride:
    """A machine with a volume of its own comes, or goes."""
    name = draw(["guest-1", "guest-2"])
    if state.get(VM, name) is not None:
        return Stride(f"{name} goes", state.minus(VM, name).minus("Volume", name))
    disks = [{"name": "root", "volumeRef": {"name": name}}]
    disk = volume(name, backing={"volumeRef": {"name": draw(["base", "base-2"])}}, size="9Gi", deletionPolicy="Delete")
    return Stride(f"{name} comes", state.plus(disk).plus(machine(name, draw(["Always", "Halted"]), disks=disks)))


def networks(state: Declared, draw: Draw) -> Stride:
    """A network that nobody uses comes, or goes."""
    del draw
    if state.get("Network", "fleeting") is not None:
        return Stride("a network goes", state.minus("Network", "fleeting"))
    return Stride("a network comes", state.plus(network("fleeting", "10.7.0.0/24", deletionPolicy="Delete")))


def nonsense(state: Declared, draw: Draw) -> Stride:
    """Something that cannot be; the loader knows."""
    bad = draw(
        [
            _set(state, "web", ("spec", "memory"), {"size": "1Gi", "max": "2Gi"}),
            _set(state, "web", ("spec", "cpu"), {"cores": 4, "maxCores": 2}),
            _set(state, "web", ("spec", "cpu"), {"cores": "two"}),
            _set(state, "web", ("spec", "colour"), "blue"),
            _set(state, "lan", ("spec", "subnet"), "10.1.0.1/24", "Network"),
            _set(state, "dmz", ("spec", "subnet"), "10.1.0.0/25", "Network"),
            _set(state, "web-data", ("spec", "size"), "0", "Volume"),
            _set(state, "lab", ("metadata", "namespace"), "team", "Pool"),
            Stride("twice", Declared((*state.documents, state.documents[0]))),
            Stride("two writers", state.plus(_writer("Always", "web-data")).plus(_writer("Always", "web-data", "w-2"))),
        ]
    )
    return Stride(bad.words, bad.state, End.REFUSED)


def _writer(run: str, disk: str, name: str = "w-1") -> dict[str, Any]:
    return machine(name, run, disks=[{"name": "root", "volumeRef": {"name": disk}}])


def impossible(state: Declared, draw: Draw) -> Stride:
    """Something that no host can bring about; only the planner knows."""
    bad = draw(
        [
            _set(state, "web", ("spec", "interfaces"), [{"name": "eth0", "networkRef": {"name": "nowhere"}}]),
            _set(state, "web", ("spec", "disks"), [{"name": "root", "volumeRef": {"name": "nowhere"}}]),
            _set(state, _lone(state), ("spec", "placement"), {"host": "h9"}),
            _set(state, "base", ("spec", "size"), "2Gi", "Volume"),
            _set(state, "lan", ("spec", "subnet"), "10.9.0.0/24", "Network"),
            _set(state, "shared", ("spec", "path"), "/srv/elsewhere", "StorageRepository"),
            _set(state, "web-data", ("spec", "storageRef"), {"name": "spare"}, "Volume"),
            _set(state, "web-data", ("spec", "format"), "Qcow2", "Volume"),
            _set(state, "web-data", ("spec", "size"), "512Mi", "Volume"),
            _set(state, "web-root", ("spec", "backing"), {"volumeRef": {"name": "base-2"}}, "Volume"),
            Stride("no room", state.plus({**machine("huge", "Always", memory={"size": "100Gi"})})),
            *_used_network_goes(state),
        ]
    )
    return Stride(bad.words, bad.state, End.SAID)


def _used_network_goes(state: Declared) -> list[Stride]:
    """What is protected is not pruned, and what nobody uses may go: nothing is wrong then."""
    protected = state.value("Network", "lan", ("spec", "deletionProtection"))
    used = any(card["networkRef"]["name"] == "lan" for name in _names(state, VM) for card in _cards(state, name))
    return [Stride("no network to go", state.minus("Network", "lan"))] if used and protected is not True else []


EVERY: Final[tuple[Choose, ...]] = (
    cores,
    memory,
    more_disks,
    fewer_disks,
    shuffled_disks,
    disk_modes,
    cards,
    boot,
    serial,
    strategy,
    restart,
    shutdown,
    placement,
    words,
    policies,
    growth,
    host_room,
    maintenance,
    preferences,
    another_name,
    guests,
    networks,
    nonsense,
    impossible,
)
