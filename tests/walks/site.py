"""Where walks begin: a small site with one object of every kind, and every optional part of it in use."""

from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from tests.walks.declared import Declared, Document
from xcp_reconciler.api.wire import API_VERSION

OWNER: Final = "11111111-2222-3333-4444-555555555555"
HOSTS: Final = ("h1", "h2", "h3", "h4")
# Images are named relative to the manifest.
FOLDER: Final = str(Path(__file__).parent)


_NOBODY: Final = {"matchLabels": {"tier": "nobody"}}
APART: Final[Document] = {"name": "apart", **_NOBODY, "keep": "Apart", "scope": "Domain", "limit": 2}
TOGETHER: Final[Document] = {"name": "together", **_NOBODY, "keep": "Together", "required": False, "weight": 5}


def image(name: str) -> dict[str, str]:
    """The source of a volume: an image beside this file, and its sum."""
    return {"file": name, "sha256": sha256(Path(FOLDER, name).read_bytes()).hexdigest()}


def document(kind: str, name: str, spec: dict[str, Any], **metadata: Any) -> Document:  # noqa: ANN401 - plain data
    """One document as a manifest has it."""
    return {"apiVersion": API_VERSION, "kind": kind, "metadata": {"name": name, **metadata}, "spec": spec}


def volume(name: str, storage: str = "shared", form: str = "Qcow2", size: str = "1Gi", **more: Any) -> Document:  # noqa: ANN401 - plain data
    """A volume; `more` are further fields of its spec."""
    return document("Volume", name, {"storageRef": {"name": storage}, "size": size, "format": form, **more})


def network(name: str, subnet: str, **more: Any) -> Document:  # noqa: ANN401 - plain data
    """A network of the pool."""
    return document("Network", name, {"poolRef": {"name": "lab"}, "type": "NAT", "subnet": subnet, **more})


def machine(name: str, strategy: str, **more: Any) -> Document:  # noqa: ANN401 - plain data
    """A machine with room above its cores and below its memory, and a short grace."""
    spec: dict[str, Any] = {
        "poolRef": {"name": "lab"},
        "runStrategy": strategy,
        "cpu": {"cores": 2, "maxCores": 4},
        "memory": {"size": "1Gi", "min": "512Mi", "max": "768Mi"},
        "shutdown": {"timeout": "20s", "force": "AfterTimeout"},
        **more,
    }
    return document("VirtualMachine", name, spec)


def site(strategy: str = "Always") -> Declared:
    """The first declared state; its machines run, or are halted."""
    lab = {"poolRef": {"name": "lab"}}
    return Declared.of(
        [
            document("Pool", "lab", {"driver": "sim", "endpoint": "sim:world.db"}),
            document("Pool", "annex", {"driver": "sim", "endpoint": "sim:world.db"}),
            *(document("Host", name, dict(lab)) for name in ("h1", "h2", "h3")),
            document("Host", "h4", {"poolRef": {"name": "annex"}}),
            document("StorageRepository", "shared", {**lab, "type": "Dir", "path": "/srv/shared", "shared": True}),
            document("StorageRepository", "local", {**lab, "type": "Dir", "path": "/srv/local"}),
            document("StorageRepository", "spare", {**lab, "type": "Dir", "path": "/srv/spare", "shared": True}),
            network("lan", "10.1.0.0/24"),
            network("dmz", "10.2.0.0/24"),
            network("idle", "10.3.0.0/24"),
            volume("base"),
            volume("base-2"),
            volume("web-root", size="2Gi", backing={"volumeRef": {"name": "base"}}),
            volume("web-data", form="Raw"),
            volume("seed", form="Raw", source=image("first.raw")),
            volume("db-root", storage="local"),
            volume("loose"),
            document("MemoryPolicy", "balanced", {**lab, "selector": _NOBODY, "mode": "Delegate"}),
            document(
                "PlacementPolicy",
                "places",
                {
                    **lab,
                    "strategy": "Pack",
                    "overcommit": {"cpu": 8.0},
                    "topologyKey": "rack",
                    "rules": [APART, TOGETHER],
                },
            ),
            document("Rebalance", "even", {**lab, "mode": "Recommend"}),
            machine(
                "web",
                strategy,
                disks=[
                    {"name": "root", "volumeRef": {"name": "web-root"}, "bootable": True},
                    {"name": "data", "volumeRef": {"name": "web-data"}},
                    {"name": "seed", "volumeRef": {"name": "seed"}, "mode": "RO"},
                ],
                interfaces=[{"name": "eth0", "networkRef": {"name": "lan"}}],
                boot={"kernel": "/boot/vmlinuz", "initrd": "/boot/initrd", "cmdline": "quiet"},
                serial={"file": "/var/log/web"},
                description="the shop",
            ),
            machine(
                "db",
                strategy,
                disks=[{"name": "root", "volumeRef": {"name": "db-root"}, "bootable": True}],
                interfaces=[{"name": "eth0", "networkRef": {"name": "dmz"}}],
                placement={"host": "h2"},
                memory={"size": "1Gi", "min": "512Mi", "max": "768Mi", "policyRef": {"name": "balanced"}},
            ),
            machine("lone", strategy),
        ]
    )
