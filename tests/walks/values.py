"""For every field of the schema values to walk through, and how each ends. A field without any fails a test."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from tests.walks.declared import ABSENT, Path
from tests.walks.schema import Leaf
from tests.walks.site import APART, OWNER
from xcp_reconciler.api.shape import Many
from xcp_reconciler.model.identity import Identities
from xcp_reconciler.refs import Kind, ref_of


class End(StrEnum):
    """How a declared value ends."""

    READY = "every object is ready"
    REFUSED = "the loader refuses it in words"
    SAID = "an object is not ready and says why"


@dataclass(frozen=True, slots=True)
class Step:
    """One value, how it ends, and why if not well."""

    value: Any
    end: End = End.READY
    why: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """What to walk one field of one object through.

    `name` is the object's, None for its kind's usual one. `base` is added to the first state, for fields that need
    others beside them. `home` is what the field says at the end where it cannot go all the way back, and `kept` why.
    """

    steps: tuple[Step, ...]
    name: str | None = None
    base: tuple[tuple[Path, Any], ...] = ()
    home: Any = None
    kept: str = ""
    left: tuple[str, ...] = ()


USUAL: Final[Mapping[str, str]] = {
    "Pool": "lab",
    "Host": "h1",
    "StorageRepository": "shared",
    "Network": "lan",
    "Volume": "web-data",
    "MemoryPolicy": "balanced",
    "PlacementPolicy": "places",
    "Rebalance": "even",
    "VirtualMachine": "web",
}


def row_of(leaf: Leaf) -> Row | None:
    """The row of a field: its own, that of its path in any kind, or what its type allows; None where there is none."""
    return _OWN.get(str(leaf)) or _anywhere(leaf) or _by_type(leaf)


def _row(*values: Any, **more: Any) -> Row:  # noqa: ANN401 - plain data
    return Row(tuple(one if isinstance(one, Step) else Step(one) for one in values), **more)


def _refused(value: Any, why: str) -> Step:  # noqa: ANN401 - plain data
    return Step(value, End.REFUSED, why)


def _said(value: Any, why: str) -> Step:  # noqa: ANN401 - plain data
    return Step(value, End.SAID, why)


def own_uuid(kind: str, name: str) -> str:
    """The backend's uuid of an object that xcp made."""
    return Identities(OWNER).uuid(ref_of(Kind(kind), name))


_NOBODY: Final = "00000000-0000-4000-8000-000000000000"
_IN_USE: Final = "the object of the old name is still referred to"
_NOT_THERE: Final = "there is no such object to adopt"
_UNDECLARED: Final = "nothing of that name is declared"
_FIXED: Final = "fixed when it is created"
_LEFT_BEHIND: Final = "what is in one pool is not made anew in another, to be left behind in the first"
_MOVED: Final = "what is in one pool is not looked for in another; the machine could still run in the old one"
_RULES: Final[Mapping[str, tuple[str, str]]] = {
    "Pool": ("description", "endpoint"),
    "Host": ("schedulable", "reserve.memory"),
    "StorageRepository": ("path", "shared"),
    "Network": ("subnet", "type"),
    "Volume": ("size", "source"),
    "MemoryPolicy": ("mode", "floor"),
    "PlacementPolicy": ("rules", "strategy"),
    "Rebalance": ("mode", "window"),
    "VirtualMachine": ("memory.max", "cpu"),
}
# Kinds that are xcp's own records: they live in no namespace, and a backend has nothing of them to take over.
_RECORDS: Final = frozenset({"Pool", "Host", "MemoryPolicy", "PlacementPolicy", "Rebalance"})
_ADOPTABLE: Final[Mapping[str, str]] = {"StorageRepository": "spare", "Network": "idle", "VirtualMachine": "web"}


def _anywhere(leaf: Leaf) -> Row | None:
    kind = leaf.kind
    match leaf.dotted:
        case "metadata.namespace" if kind in {*_RECORDS, "StorageRepository"}:
            return _row(_refused("team", "the kind has no namespaces"), _refused("other", "the same"))
        case "metadata.name":
            return _row(_said("second", _IN_USE), _said("third", _IN_USE))
        case "metadata.labels" | "metadata.annotations":
            return _row({"tier": "front"}, {"tier": "back", "team": "blue"})
        case "spec.driftRules.path":
            return _row(
                *_RULES[kind], base=((("spec", "driftRules"), [{"path": _RULES[kind][0], "policy": "Report"}]),)
            )
        case "spec.driftRules.policy":
            base = (("spec", "driftRules"), [{"path": _RULES[kind][0], "policy": "Report"}])
            return _row("Ignore", "Revert", base=(base,))
        case "spec.adopt.uuid" if kind in _ADOPTABLE:
            name = _ADOPTABLE[kind]
            return _row(own_uuid(kind, name), _said(_NOBODY, _NOT_THERE), name=name)
        case "spec.adopt.name" if kind in _ADOPTABLE:
            name = _ADOPTABLE[kind]
            return _row(name, _said("nobody", _NOT_THERE), name=name)
        case "spec.adopt.uuid" | "spec.adopt.name" if kind in _RECORDS:
            return _row(_NOBODY, own_uuid(kind, USUAL[kind]))
        case _:
            return None


def _by_type(leaf: Leaf) -> Row | None:
    shape = leaf.shape
    if shape.many is not Many.ONE:
        return None
    if len(shape.choices) == 1:
        return _row(shape.choices[0], _refused("Other", "there is only one"))
    if shape.choices:
        return _row(*shape.choices)
    word = shape.unit.type if shape.unit is not None else ""
    if word == "true or false":
        return _row(True, False)  # noqa: FBT003 - the values themselves
    if word == "text" and leaf.dotted.endswith((".description", ".cmdline", ".username")):
        return _row("one", "two words")
    return None


_ENV: Final = ((("spec", "credentials"), {"env": "LAB"}),)
_FINGERPRINT: Final = ":".join(["AB"] * 32)
_OTHER_FINGERPRINT: Final = ":".join(["CD"] * 32)

# As the site has them, but for what does not go with the field that is walked.
_LOOSE: Final = {**APART, "required": False}
_APART: Final = ((("spec", "rules"), [{name: APART[name] for name in ("name", "matchLabels", "keep")}]),)
_MAINTENANCE: Final = ((("spec", "maintenance"), {"desired": False}),)
_TAINTED: Final = ((("spec", "taints"), [{"key": "gpu", "effect": "NoSchedule"}]),)
_TOLERANT: Final = ((("spec", "placement", "tolerations"), [{"key": "gpu"}]),)
_WEIGHTS: Final = ((("spec", "weights"), [{"matchLabels": {"tier": "db"}, "weight": 3}]),)

_OWN: Final[Mapping[str, Row]] = {
    "Pool.spec.driver": _row(
        _refused("libvirt", "its hosts have no uri, and it has no endpoint"), _refused("xapi", "no such endpoint")
    ),
    "Pool.spec.endpoint": _row("sim:other.db", "sim:third.db"),
    "Pool.spec.credentials.username": _row("root", "admin", base=_ENV),
    "Pool.spec.credentials.env": _row("LAB_PASSWORD", "OTHER_PASSWORD"),
    "Pool.spec.credentials.file": _row("/run/secrets/lab", "secret"),
    "Pool.spec.credentials.command": _row(["pass", "lab"], ["pass", "show", "lab"]),
    "Pool.spec.tls.ca": _row("/etc/lab.pem", "other.pem"),
    "Pool.spec.tls.fingerprint": _row(_FINGERPRINT, _OTHER_FINGERPRINT),
    "Host.spec.poolRef.name": _row("annex", _said("nowhere", _UNDECLARED), name="h3"),
    # A simulated pool has every host that is declared.
    "Host.metadata.name": _row(
        _said("second", "what ran on the old one cannot be seen any more"),
        _said("third", "the same"),
        left=(" second ", " third "),
    ),
    "Host.spec.uri": _row("test:///one", "test:///two"),
    "Host.spec.migrationURI": _row("test:///one", "test:///two", base=((("spec", "uri"), "test:///here"),)),
    "Host.spec.capacity.cpu": _row(4, 8),
    "Host.spec.capacity.memory": _row("6Gi", "4Gi"),
    "Host.spec.reserve.memory": _row("1Gi", "2Gi"),
    "Host.spec.maintenance.desired": _row(
        _said(True, "a machine that is not ours runs there, and nobody else's is ever moved"),  # noqa: FBT003 - the value
        False,  # noqa: FBT003 - the same
    ),
    "Host.spec.maintenance.batchSize": _row(1, 64, base=_MAINTENANCE),
    "Host.spec.taints.key": _row("disk", "example.org/gpu", base=_TAINTED),
    "Host.spec.taints.value": _row("a100", "h100", base=_TAINTED),
    "Host.spec.taints.effect": _row("NoExecute", "NoSchedule", base=_TAINTED),
    "StorageRepository.spec.poolRef.name": _row(
        _said("annex", _LEFT_BEHIND), _said("nowhere", _UNDECLARED), name="spare"
    ),
    "StorageRepository.spec.path": _row(_said("/srv/other", _FIXED), _said("/srv/third", _FIXED)),
    "StorageRepository.spec.shared": _row(False, True, name="spare"),  # noqa: FBT003 - the values themselves
    "Network.spec.poolRef.name": _row(_said("annex", _LEFT_BEHIND), _said("nowhere", _UNDECLARED), name="idle"),
    "Network.metadata.namespace": _row(_said("team", _IN_USE), _said("other", _IN_USE)),
    "Network.spec.subnet": _row(_said("10.9.0.0/24", _FIXED), _said("10.8.0.0/16", _FIXED)),
    "Volume.metadata.namespace": _row(_said("team", _IN_USE), _said("other", _IN_USE)),
    "Volume.spec.storageRef.name": _row(_said("spare", _FIXED), _said("local", _FIXED), _said("nowhere", _UNDECLARED)),
    "Volume.spec.size": _row("2Gi", "3Gi", home="3Gi", kept="a volume never shrinks: that would cut off what is in it"),
    "Volume.spec.format": _row(_said("Qcow2", _FIXED), "Raw"),
    "Volume.spec.source.file": _row("second.raw", "third.raw", name="seed"),
    "Volume.spec.source.sha256": _row("ab" * 32, "cd" * 32, name="seed"),
    "Volume.spec.backing.volumeRef.name": _row(_said("base-2", _FIXED), _said("nowhere", _UNDECLARED), name="web-root"),
    "Volume.spec.adopt.uuid": _row(_NOBODY, own_uuid("Volume", "web-data")),
    "Volume.spec.adopt.name": _row(
        Identities(OWNER).file_name(ref_of(Kind.VOLUME, "web-data"), "raw"), _said("nothing.raw", _NOT_THERE)
    ),
    "MemoryPolicy.spec.poolRef.name": _row(
        _refused("annex", "a machine of the first pool names it"), _refused("nowhere", "the same")
    ),
    "MemoryPolicy.metadata.name": _row(_said("second", _IN_USE), _said("third", _IN_USE)),
    "MemoryPolicy.spec.selector.matchLabels": _row({"tier": "web"}, {"tier": "db"}),
    "MemoryPolicy.spec.hostReserve": _row("2Gi", "512Mi"),
    "MemoryPolicy.spec.weights.matchLabels": _row({"tier": "web"}, {"tier": "db"}, base=_WEIGHTS),
    "MemoryPolicy.spec.weights.weight": _row(2, 7, base=_WEIGHTS),
    "MemoryPolicy.spec.hysteresis.low": _row(4, 12),
    "MemoryPolicy.spec.hysteresis.high": _row(10, 30),
    "MemoryPolicy.spec.hysteresis.hold": _row("5s", "2m"),
    "MemoryPolicy.spec.step.maxPercent": _row(10, 100),
    "MemoryPolicy.spec.step.minDelta": _row("16Mi", "128Mi"),
    "MemoryPolicy.spec.uncooperativeAfter": _row("10s", "1m"),
    "MemoryPolicy.spec.retryAfter": _row("1m", "1h"),
    "MemoryPolicy.spec.overcommitRatio": _row(1.5, 2.0),
    "PlacementPolicy.metadata.name": _row("second", "third"),
    "PlacementPolicy.spec.poolRef.name": _row("annex", _said("nowhere", _UNDECLARED)),
    "PlacementPolicy.spec.overcommit.cpu": _row(4.0, 64.0),
    "PlacementPolicy.spec.reserveFailures": _row(1, 2),
    "PlacementPolicy.spec.topologyKey": _row("zone", "example.org/room"),
    "PlacementPolicy.spec.rules.name": _row("other", _refused("together", "another rule is called so"), "third"),
    "PlacementPolicy.spec.rules.matchLabels": _row({"tier": "web"}, {"tier": "db"}),
    "PlacementPolicy.spec.rules.keep": _row("Together", "Apart", base=_APART),
    "PlacementPolicy.spec.rules.limit": _row(1, 3),
    "PlacementPolicy.spec.rules.weight": _row(1, 100, base=((("spec", "rules"), [_LOOSE]),)),
    "Rebalance.metadata.name": _row("second", "third"),
    "Rebalance.spec.poolRef.name": _row("annex", _said("nowhere", _UNDECLARED)),
    "Rebalance.spec.threshold": _row(1, 60),
    "Rebalance.spec.holdRounds": _row(1, 9),
    "Rebalance.spec.margin": _row(1, 50),
    "Rebalance.spec.cooldown": _row("0s", "2h"),
    "Rebalance.spec.maxMovesPerWindow": _row(1, 40),
    "Rebalance.spec.window": _row("10m", _refused("0s", "in no time no moves can be counted"), "2h"),
    "Rebalance.spec.maxConcurrent": _row(1, 4),
    "VirtualMachine.metadata.name": _row("second", "third"),
    "VirtualMachine.metadata.namespace": _row(
        _said("team", "its volumes and networks are in another namespace"), _said("other", "the same")
    ),
    "VirtualMachine.spec.poolRef.name": _row(_said("annex", _MOVED), _said("nowhere", _UNDECLARED), name="lone"),
    "VirtualMachine.spec.restartedAt": _row("2030-01-31T08:00:00Z", "2030-02-28T08:00:00Z"),
    "VirtualMachine.spec.cpu.cores": _row(1, 3, 4),
    "VirtualMachine.spec.cpu.maxCores": _row(2, 8),
    "VirtualMachine.spec.memory.size": _row("2Gi", "896Mi"),
    "VirtualMachine.spec.memory.min": _row("256Mi", "768Mi"),
    "VirtualMachine.spec.memory.max": _row("1Gi", "600Mi"),
    "VirtualMachine.spec.memory.policyRef.name": _row("balanced", _said("nowhere", _UNDECLARED)),
    "VirtualMachine.spec.disks.name": _row("sys", "boot"),
    "VirtualMachine.spec.disks.volumeRef.name": _row("loose", _said("nowhere", _UNDECLARED), "base-2"),
    "VirtualMachine.spec.interfaces.name": _row("lan0", "net0"),
    "VirtualMachine.spec.interfaces.networkRef.name": _row("dmz", _said("nowhere", _UNDECLARED), "idle"),
    "VirtualMachine.spec.interfaces.mac": _row("52:54:00:12:34:56", "52:54:00:65:43:21"),
    "VirtualMachine.spec.boot.kernel": _row("/boot/other", "/boot/third"),
    "VirtualMachine.spec.boot.initrd": _row("/boot/other", ABSENT),
    "VirtualMachine.spec.serial.file": _row("/var/log/other", "/var/log/third"),
    "VirtualMachine.spec.shutdown.timeout": _row("5s", "1m"),
    "VirtualMachine.spec.placement.host": _row(
        "h3", _said("h9", _UNDECLARED), "h2", _refused("h4", "it is a host of another pool"), "h1"
    ),
    # It runs already; a halted one is not there to start.
    "VirtualMachine.spec.placement.nodeSelector": _row({}, {"rack": "r1"}, {"rack": "r2", "disk": "ssd"}),
    "VirtualMachine.spec.placement.tolerations.key": _row("disk", "example.org/gpu", base=_TOLERANT),
    "VirtualMachine.spec.placement.tolerations.operator": _row("Exists", "Equal", base=_TOLERANT),
    "VirtualMachine.spec.placement.tolerations.value": _row("a100", "h100", base=_TOLERANT),
    "VirtualMachine.spec.placement.tolerations.effect": _row("NoSchedule", "NoExecute", base=_TOLERANT),
}
