"""What changes cost through libvirt: one table for each hypervisor, as data. Downtimes are estimates."""

from typing import Final

from xcp_reconciler.model.impact import Direction, Impact, ImpactRow, ImpactTable, Power, Unsupported
from xcp_reconciler.refs import Kind

_VM: Final = Kind.VIRTUAL_MACHINE
_VOLUME: Final = Kind.VOLUME

# Seconds that a guest is away: shutting down and booting, stopping only, and the pause that ends a live migration.
_CYCLE_S: Final = 30.0
_STOP_S: Final = 10.0
_BLINK_S: Final = 0.3
_XEN_BLINK_S: Final = 8.0

_AT_BOOT: Final = "libvirt stores it now; effective at the next power cycle"
_ITS_OWN: Final = "xcp's own record; nothing changes on a host"
_FIXED: Final = "fixed when it is created: another one would have to take its place"


def _deferred(*paths: str) -> tuple[ImpactRow, ...]:
    return tuple(ImpactRow(_VM, path, Impact.DEFERRED, _AT_BOOT, downtime_s=_CYCLE_S) for path in paths)


def _metadata(kind: Kind, *paths: str, reason: str = _ITS_OWN) -> tuple[ImpactRow, ...]:
    return tuple(ImpactRow(kind, path, Impact.METADATA, reason) for path in paths)


def _fixed(kind: Kind, *paths: str) -> tuple[ImpactRow, ...]:
    return tuple(ImpactRow(kind, path, Impact.REPLACE, _FIXED) for path in paths)


def _no(path: str, reason: str, power: Power = Power.ANY, kind: Kind = _VM) -> ImpactRow:
    return ImpactRow(kind, path, Unsupported(reason), reason, power)


_LIFE: Final = (
    ImpactRow(_VM, "exists", Impact.LIVE, "a new definition", direction=Direction.GROW),
    ImpactRow(
        _VM,
        "exists",
        Impact.POWER_CYCLE,
        "the machine is stopped and its definition removed; its volumes stay",
        downtime_s=_STOP_S,
    ),
    ImpactRow(_VM, "state", Impact.LIVE, "the machine boots or runs on", direction=Direction.GROW),
    ImpactRow(_VM, "state", Impact.POWER_CYCLE, "the guest stops", downtime_s=_STOP_S),
    ImpactRow(_VM, "state", Impact.LIVE, "the machine boots", Power.HALTED),
    ImpactRow(_VM, "restartedAt", Impact.POWER_CYCLE, "the guest shuts down and boots again", downtime_s=_CYCLE_S),
    *_metadata(_VM, "description", reason="a text that people see"),
    *_metadata(_VM, "shutdown", reason="how long xcp waits for the guest"),
    *_metadata(
        _VM, "runStrategy", reason="decides when the machine runs; a start or stop that follows is a change of its own"
    ),
    *_fixed(_VM, "poolRef"),
)

_BALLOON: Final = (
    ImpactRow(_VM, "memory.max", Impact.LIVE, "the balloon deflates", direction=Direction.GROW),
    ImpactRow(_VM, "memory.max", Impact.GUEST_COOPERATION, "the guest gives memory back"),
    ImpactRow(_VM, "memory.min", Impact.LIVE, "the lower bound that xcp keeps to: libvirt has none"),
)

_POLICY: Final = (
    ImpactRow(_VM, "memory.policyRef", Impact.METADATA, "names who moves the balloon"),
    ImpactRow(
        Kind.MEMORY_POLICY,
        "mode",
        Impact.GUEST_COOPERATION,
        "under Direct the guests of its machines are asked for memory, and given some, as they need it",
    ),
    *_metadata(Kind.MEMORY_POLICY, "exists"),
    *_fixed(Kind.MEMORY_POLICY, "poolRef"),
)

# What these say costs the machines that are moved for it, each in a change of its own.
_MOVING: Final = (
    *_metadata(Kind.PLACEMENT_POLICY, "exists"),
    *_metadata(
        Kind.PLACEMENT_POLICY,
        "strategy",
        "overcommit",
        "reserveFailures",
        reason="counts where a machine is placed next; those that are there stay",
    ),
    *(
        ImpactRow(Kind.PLACEMENT_POLICY, path, Impact.MIGRATE, "machines that violate a required rule are moved")
        for path in ("rules", "topologyKey")
    ),
    *_metadata(Kind.REBALANCE, "exists"),
    ImpactRow(Kind.REBALANCE, "mode", Impact.MIGRATE, "under Auto machines are moved"),
    ImpactRow(Kind.HOST, "maintenance", Impact.MIGRATE, "its machines leave, or come back"),
    ImpactRow(Kind.HOST, "taints", Impact.MIGRATE, "under NoExecute machines leave that do not tolerate it"),
    ImpactRow(_VM, "placement.tolerations", Impact.MIGRATE, "without one the machine may have to leave its host"),
    ImpactRow(_VM, "placement.nodeSelector", Impact.MIGRATE, "counts where it goes next; where it runs it stays"),
)

_CORES: Final = (
    ImpactRow(_VM, "cpu.cores", Impact.LIVE, "virtual CPUs are plugged in", direction=Direction.GROW),
    ImpactRow(
        _VM,
        "cpu.cores",
        Impact.DEFERRED,
        "fewer at the next power cycle: a guest that ignores a live unplug can no longer be migrated",
        downtime_s=_CYCLE_S,
    ),
)

_STORED: Final = _deferred("memory.size", "cpu.maxCores", "boot", "serial", "disks", "interfaces")

_VOLUME_ROWS: Final = (
    ImpactRow(_VOLUME, "exists", Impact.LIVE, "a new file", direction=Direction.GROW),
    ImpactRow(_VOLUME, "exists", Impact.DATA_LOSS, "the volume and what is in it are destroyed"),
    ImpactRow(_VOLUME, "size", Impact.LIVE, "the disk grows", direction=Direction.GROW),
    _no("size", "volumes only grow: what lies beyond a nearer end would be lost", kind=_VOLUME),
    *_fixed(_VOLUME, "format", "backing", "source", "storageRef"),
    ImpactRow(_VOLUME, "host", Impact.MIGRATE, "the volume moves with its machine"),
)

_HOST_THINGS: Final = (
    ImpactRow(Kind.STORAGE_REPOSITORY, "exists", Impact.LIVE, "the host knows or forgets a folder; its files stay"),
    ImpactRow(Kind.STORAGE_REPOSITORY, "state", Impact.LIVE, "the repository is attached"),
    *_fixed(Kind.STORAGE_REPOSITORY, "path", "type", "poolRef"),
    *_metadata(Kind.STORAGE_REPOSITORY, "shared", reason="tells xcp whether a move must copy disks"),
    ImpactRow(Kind.NETWORK, "exists", Impact.LIVE, "the network comes or goes"),
    ImpactRow(Kind.NETWORK, "state", Impact.LIVE, "the network comes up"),
    *_fixed(Kind.NETWORK, "subnet", "type", "poolRef"),
)

_RECORDS: Final = (
    *_metadata(Kind.POOL, "exists", "description", "endpoint", "credentials", "tls"),
    *_fixed(Kind.POOL, "driver"),
    *_metadata(Kind.HOST, "exists", "uri", "migrationURI", "capacity", "reserve", "schedulable"),
    *_fixed(Kind.HOST, "poolRef"),
    *(row for kind in Kind for row in _metadata(kind, "adopt", reason="xcp marks the object as its own")),
    *(row for kind in Kind for row in _metadata(kind, "labels", "policies")),
)

_COMMON: Final = (*_LIFE, *_BALLOON, *_POLICY, *_MOVING, *_CORES, *_STORED, *_HOST_THINGS, *_RECORDS)

QEMU: Final = ImpactTable(
    "libvirt",
    "QEMU",
    (
        *_COMMON,
        *_VOLUME_ROWS,
        ImpactRow(_VM, "host", Impact.MIGRATE, "a live migration", Power.RUNNING, downtime_s=_BLINK_S),
        ImpactRow(_VM, "host", Impact.MIGRATE, "the definition moves"),
    ),
)

XEN: Final = ImpactTable(
    "libvirt",
    "Xen",
    (
        *_COMMON,
        *_VOLUME_ROWS,
        _no("size", "libvirt's Xen driver cannot resize a disk in use: stop the machine first", Power.RUNNING, _VOLUME),
        ImpactRow(
            _VM, "host", Impact.MIGRATE, "a live migration; the guest pauses", Power.RUNNING, downtime_s=_XEN_BLINK_S
        ),
        ImpactRow(_VM, "host", Impact.MIGRATE, "the definition moves"),
    ),
)

_NO_RESIZE: Final = "libvirt's test hypervisor resizes no volume"

TEST: Final = ImpactTable(
    "libvirt",
    "TEST",
    (
        *_COMMON,
        *(row for row in _VOLUME_ROWS if row.path != "size"),
        _no("size", _NO_RESIZE, kind=_VOLUME),
        _no("host", "libvirt's test hypervisor has one host"),
    ),
)

TABLES: Final = (QEMU, XEN, TEST)


def table(hypervisor: str) -> ImpactTable:
    """The table of a hypervisor as virConnectGetType names it; QEMU's for one that is not known."""
    return next((one for one in TABLES if one.hypervisor == hypervisor), QEMU)
