"""How an object is named everywhere in xcp: kind, namespace and name."""

from enum import StrEnum
from typing import Final, NamedTuple

DEFAULT_NAMESPACE: Final = "default"


class Kind(StrEnum):
    """The kinds of `xcp.dev/v1alpha1`, spelt as the manifests spell them."""

    POOL = "Pool"
    HOST = "Host"
    STORAGE_REPOSITORY = "StorageRepository"
    NETWORK = "Network"
    VOLUME = "Volume"
    MEMORY_POLICY = "MemoryPolicy"
    PLACEMENT_POLICY = "PlacementPolicy"
    REBALANCE = "Rebalance"
    VIRTUAL_MACHINE = "VirtualMachine"


# These describe machines, not tenants: a namespace in their manifest would only invite two names for one thing.
CLUSTER_KINDS: Final = frozenset(
    {
        Kind.POOL,
        Kind.HOST,
        Kind.STORAGE_REPOSITORY,
        Kind.MEMORY_POLICY,
        Kind.PLACEMENT_POLICY,
        Kind.REBALANCE,
    }
)

# Dependencies first. Creates follow it, deletes go through it backwards.
DEPENDENCY_ORDER: Final = {
    Kind.POOL: 0,
    Kind.HOST: 1,
    Kind.STORAGE_REPOSITORY: 2,
    Kind.NETWORK: 3,
    Kind.VOLUME: 4,
    Kind.MEMORY_POLICY: 5,
    Kind.PLACEMENT_POLICY: 5,
    Kind.REBALANCE: 5,
    Kind.VIRTUAL_MACHINE: 6,
}


class Ref(NamedTuple):
    """One object's name. A tuple, so that hashing and comparing ten thousand of them stays in C."""

    kind: Kind
    namespace: str
    name: str

    def __str__(self) -> str:
        if self.namespace == DEFAULT_NAMESPACE:
            return f"{self.kind}/{self.name}"
        return f"{self.kind}/{self.namespace}/{self.name}"

    @property
    def path(self) -> str:
        """Kind, namespace and name, always all three: what derived identities and stamps are made of."""
        return f"{self.kind}/{self.namespace}/{self.name}"


def ref_of(kind: Kind, name: str, namespace: str = DEFAULT_NAMESPACE) -> Ref:
    """The ref of an object; kinds without namespaces always live in `default`."""
    return Ref(kind, DEFAULT_NAMESPACE if kind in CLUSTER_KINDS else namespace, name)


def parse_ref(path: str) -> Ref:
    """Read what `Ref.path` wrote.

    Raises:
        ValueError: the text has not three parts, or names no kind of ours.
    """
    kind, namespace, name = path.split("/")
    return Ref(Kind(kind), namespace, name)


def pool_ref(name: str) -> Ref:
    """The ref of the pool called `name`."""
    return Ref(Kind.POOL, DEFAULT_NAMESPACE, name)


def host_ref(name: str) -> Ref:
    """The ref of the host called `name`."""
    return Ref(Kind.HOST, DEFAULT_NAMESPACE, name)
