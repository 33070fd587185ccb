"""The kinds that exist: their models, and what people call them on the command line."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from xcp_reconciler.api.host import Host
from xcp_reconciler.api.memory_policy import MemoryPolicy
from xcp_reconciler.api.network import Network
from xcp_reconciler.api.placement_policy import PlacementPolicy
from xcp_reconciler.api.pool import Pool
from xcp_reconciler.api.rebalance import Rebalance
from xcp_reconciler.api.storage_repository import StorageRepository
from xcp_reconciler.api.virtual_machine import VirtualMachine
from xcp_reconciler.api.volume import Volume
from xcp_reconciler.api.wire import AnyResource
from xcp_reconciler.refs import CLUSTER_KINDS, Kind


@dataclass(frozen=True, slots=True)
class Column:
    """One column that `kubectl get` prints."""

    name: str
    type: str
    path: str


@dataclass(frozen=True, slots=True)
class KindInfo:
    """A kind, the model of its documents, and its names."""

    kind: Kind
    model: type[AnyResource]
    plural: str
    short: str
    columns: tuple[Column, ...]

    @property
    def namespaced(self) -> bool:
        """Whether objects of this kind live in namespaces."""
        return self.kind not in CLUSTER_KINDS

    @property
    def words(self) -> tuple[str, ...]:
        """All that people may call it, in lower case."""
        return (self.kind.lower(), self.plural, self.short)


_READY: Final = Column("Ready", "string", '.status.conditions[?(@.type=="Ready")].status')
_AGE: Final = Column("Age", "date", ".metadata.creationTimestamp")
_POOL: Final = Column("Pool", "string", ".spec.poolRef.name")


def _column(name: str, path: str, kind: str = "string") -> Column:
    return Column(name, kind, path)


KINDS: Final[Mapping[Kind, KindInfo]] = {
    info.kind: info
    for info in (
        KindInfo(Kind.POOL, Pool, "pools", "pool", (_column("Driver", ".spec.driver"), _READY, _AGE)),
        KindInfo(
            Kind.HOST,
            Host,
            "hosts",
            "host",
            (
                _POOL,
                _column("Schedulable", ".spec.schedulable", "boolean"),
                _column("Maintenance", ".spec.maintenance.desired", "boolean"),
                _READY,
                _AGE,
            ),
        ),
        KindInfo(
            Kind.STORAGE_REPOSITORY,
            StorageRepository,
            "storagerepositories",
            "sr",
            (_POOL, _column("Type", ".spec.type"), _column("Shared", ".spec.shared", "boolean"), _READY, _AGE),
        ),
        KindInfo(
            Kind.NETWORK,
            Network,
            "networks",
            "net",
            (_POOL, _column("Type", ".spec.type"), _column("Subnet", ".spec.subnet"), _READY, _AGE),
        ),
        KindInfo(
            Kind.VOLUME,
            Volume,
            "volumes",
            "vol",
            (
                _column("Storage", ".spec.storageRef.name"),
                _column("Size", ".spec.size"),
                _column("Format", ".spec.format"),
                _READY,
                _AGE,
            ),
        ),
        KindInfo(
            Kind.MEMORY_POLICY,
            MemoryPolicy,
            "memorypolicies",
            "mempol",
            (_POOL, _column("Mode", ".spec.mode"), _column("Algorithm", ".spec.algorithm"), _READY, _AGE),
        ),
        KindInfo(
            Kind.PLACEMENT_POLICY,
            PlacementPolicy,
            "placementpolicies",
            "placepol",
            (_POOL, _column("Strategy", ".spec.strategy"), _READY, _AGE),
        ),
        KindInfo(
            Kind.REBALANCE,
            Rebalance,
            "rebalances",
            "rebalance",
            (_POOL, _column("Mode", ".spec.mode"), _READY, _AGE),
        ),
        KindInfo(
            Kind.VIRTUAL_MACHINE,
            VirtualMachine,
            "virtualmachines",
            "vm",
            (
                _column("Host", ".status.host"),
                _column("Strategy", ".spec.runStrategy"),
                _READY,
                _column("Memory", ".spec.memory.size"),
                _AGE,
            ),
        ),
    )
}

_BY_WORD: Final[Mapping[str, KindInfo]] = {word: info for info in KINDS.values() for word in info.words}


def kind_called(word: str) -> KindInfo | None:
    """The kind that somebody means by `vm`, `VirtualMachines` or `storagerepository`; None when there is none."""
    return _BY_WORD.get(word.lower())


def kind_words() -> tuple[str, ...]:
    """Every word that `kind_called` knows, for completion and for guessing what was meant."""
    return tuple(_BY_WORD)
