"""What changes cost on a simulated host: the same as on QEMU through libvirt."""

from typing import Final

from xcp_reconciler.model.impact import Direction, Impact, ImpactRow, ImpactTable, Power, Unsupported
from xcp_reconciler.refs import Kind

_VM: Final = Kind.VIRTUAL_MACHINE
_VOLUME: Final = Kind.VOLUME
_STORAGE: Final = Kind.STORAGE_REPOSITORY
_NETWORK: Final = Kind.NETWORK

# Seconds that a guest is away: shutting down and booting, and the pause at the end of a live migration.
_CYCLE_S: Final = 30.0
_STOPPED_S: Final = 10.0
_BLINK_S: Final = 0.1

_AT_BOOT: Final = "stored now, effective at the next power cycle"


def _deferred(path: str) -> ImpactRow:
    return ImpactRow(_VM, path, Impact.DEFERRED, _AT_BOOT, downtime_s=_CYCLE_S)


def _metadata(kind: Kind, path: str, reason: str) -> ImpactRow:
    return ImpactRow(kind, path, Impact.METADATA, reason)


def _fixed(kind: Kind, path: str) -> ImpactRow:
    return ImpactRow(kind, path, Impact.REPLACE, "fixed when it is created: another one would have to take its place")


_VM_ROWS: Final = (
    ImpactRow(_VM, "exists", Impact.LIVE, "a new definition", direction=Direction.GROW),
    ImpactRow(
        _VM,
        "exists",
        Impact.POWER_CYCLE,
        "the machine is stopped and its definition removed; its volumes stay",
        direction=Direction.SHRINK,
        downtime_s=_STOPPED_S,
    ),
    ImpactRow(_VM, "exists", Impact.POWER_CYCLE, "the machine is stopped"),
    ImpactRow(_VM, "state", Impact.LIVE, "the machine boots or runs on", direction=Direction.GROW),
    ImpactRow(_VM, "state", Impact.LIVE, "the machine runs on", Power.RUNNING, Direction.GROW),
    ImpactRow(_VM, "state", Impact.POWER_CYCLE, "the guest stops", direction=Direction.SHRINK, downtime_s=_STOPPED_S),
    ImpactRow(_VM, "state", Impact.LIVE, "the machine boots", Power.HALTED),
    ImpactRow(_VM, "state", Impact.POWER_CYCLE, "the guest stops", downtime_s=_STOPPED_S),
    ImpactRow(_VM, "restartedAt", Impact.POWER_CYCLE, "the guest shuts down and boots again", downtime_s=_CYCLE_S),
    _metadata(_VM, "runStrategy", "decides when the machine runs; a start or stop that follows is a change of its own"),
    ImpactRow(_VM, "host", Impact.MIGRATE, "a live migration", Power.RUNNING, downtime_s=_BLINK_S),
    ImpactRow(_VM, "host", Impact.MIGRATE, "the definition moves"),
    ImpactRow(_VM, "memory.max", Impact.LIVE, "the balloon deflates", direction=Direction.GROW),
    ImpactRow(_VM, "memory.max", Impact.GUEST_COOPERATION, "the guest gives memory back", direction=Direction.SHRINK),
    ImpactRow(_VM, "memory.max", Impact.GUEST_COOPERATION, "the balloon moves"),
    ImpactRow(_VM, "memory.min", Impact.LIVE, "the lower bound that xcp keeps to"),
    ImpactRow(
        _VM, "memory.min", Impact.GUEST_COOPERATION, "the guest may be asked for more", direction=Direction.SHRINK
    ),
    _metadata(_VM, "memory.policyRef", "names who moves the balloon"),
    _deferred("memory.size"),
    ImpactRow(_VM, "cpu.cores", Impact.LIVE, "virtual CPUs are plugged in", direction=Direction.GROW),
    ImpactRow(
        _VM, "cpu.cores", Impact.GUEST_COOPERATION, "the guest gives virtual CPUs back", direction=Direction.SHRINK
    ),
    ImpactRow(_VM, "cpu.cores", Impact.GUEST_COOPERATION, "virtual CPUs are plugged"),
    _deferred("cpu.maxCores"),
    _deferred("boot"),
    _deferred("serial"),
    _deferred("disks"),
    _deferred("interfaces"),
    _metadata(_VM, "description", "a text that people see"),
    _metadata(_VM, "shutdown", "how long xcp waits for the guest"),
)

_VOLUME_ROWS: Final = (
    ImpactRow(_VOLUME, "exists", Impact.LIVE, "a new file", direction=Direction.GROW),
    ImpactRow(
        _VOLUME, "exists", Impact.DATA_LOSS, "the volume and what is in it are destroyed", direction=Direction.SHRINK
    ),
    ImpactRow(_VOLUME, "exists", Impact.DATA_LOSS, "the volume and what is in it are destroyed"),
    ImpactRow(_VOLUME, "size", Impact.LIVE, "the disk grows under the guest"),
    ImpactRow(
        _VOLUME,
        "size",
        Unsupported("a volume never shrinks: what lies beyond the new end would be lost"),
        "volumes only grow",
        direction=Direction.SHRINK,
    ),
    _fixed(_VOLUME, "format"),
    _fixed(_VOLUME, "backing"),
    _fixed(_VOLUME, "source"),
    _fixed(_VOLUME, "storageRef"),
    ImpactRow(_VOLUME, "host", Impact.MIGRATE, "the volume moves with its machine"),
)

_STORAGE_ROWS: Final = (
    ImpactRow(_STORAGE, "exists", Impact.LIVE, "the host knows or forgets a directory; its files stay"),
    ImpactRow(_STORAGE, "state", Impact.LIVE, "the repository is attached"),
    _fixed(_STORAGE, "path"),
    _fixed(_STORAGE, "shared"),
)

_NETWORK_ROWS: Final = (
    ImpactRow(_NETWORK, "exists", Impact.LIVE, "the network comes or goes"),
    ImpactRow(_NETWORK, "state", Impact.LIVE, "the network comes up"),
    _fixed(_NETWORK, "subnet"),
)

_POLICY_ROWS: Final = (
    ImpactRow(
        Kind.MEMORY_POLICY,
        "mode",
        Impact.GUEST_COOPERATION,
        "under Direct the guests of its machines are asked for memory, and given some, as they need it",
    ),
    ImpactRow(Kind.MEMORY_POLICY, "exists", Impact.METADATA, "xcp's own record"),
)

# What these say costs the machines that are moved for it, each in a change of its own.
_MOVING_ROWS: Final = (
    *(_metadata(kind, "exists", "xcp's own record") for kind in (Kind.PLACEMENT_POLICY, Kind.REBALANCE)),
    *(
        _metadata(Kind.PLACEMENT_POLICY, path, "counts where a machine is placed next; those that are there stay")
        for path in ("strategy", "overcommit", "reserveFailures")
    ),
    *(
        ImpactRow(Kind.PLACEMENT_POLICY, path, Impact.MIGRATE, "machines that violate a required rule are moved")
        for path in ("rules", "topologyKey")
    ),
    ImpactRow(Kind.REBALANCE, "mode", Impact.MIGRATE, "under Auto machines are moved"),
    ImpactRow(Kind.HOST, "maintenance", Impact.MIGRATE, "its machines leave, or come back"),
    ImpactRow(Kind.HOST, "taints", Impact.MIGRATE, "under NoExecute machines leave that do not tolerate it"),
    ImpactRow(_VM, "placement.tolerations", Impact.MIGRATE, "without one the machine may have to leave its host"),
    ImpactRow(_VM, "placement.nodeSelector", Impact.MIGRATE, "counts where it goes next; where it runs it stays"),
)

_RECORD_ROWS: Final = tuple(
    _metadata(kind, path, "xcp's own record; nothing changes on a host")
    for kind in (Kind.POOL, Kind.HOST)
    for path in ("exists", "description")
)

_EVERY_KIND: Final = tuple(
    row
    for kind in Kind
    for row in (
        _metadata(kind, "adopt", "xcp marks the object as its own"),
        _metadata(kind, "labels", "kept by xcp; nothing changes on a host"),
    )
)

TABLE: Final = ImpactTable(
    "sim",
    "Sim",
    (
        *_VM_ROWS,
        *_VOLUME_ROWS,
        *_STORAGE_ROWS,
        *_NETWORK_ROWS,
        *_POLICY_ROWS,
        *_MOVING_ROWS,
        *_RECORD_ROWS,
        *_EVERY_KIND,
    ),
)
