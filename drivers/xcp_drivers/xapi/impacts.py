"""What changes cost through XAPI, as data. Downtimes are estimates; nothing here is measured yet."""

from typing import Final

from xcp_reconciler.model.impact import Direction, Impact, ImpactRow, ImpactTable, Power, Unsupported
from xcp_reconciler.refs import Kind

_VM: Final = Kind.VIRTUAL_MACHINE
_VOLUME: Final = Kind.VOLUME
_SR: Final = Kind.STORAGE_REPOSITORY
_NETWORK: Final = Kind.NETWORK

# Seconds that a guest is away: clean shutdown and boot, stopping only, and the pause that ends a live migration.
_CYCLE_S: Final = 60.0
_STOP_S: Final = 20.0
_BLINK_S: Final = 1.0

_HALTED_ONLY: Final = "XAPI refuses it unless the machine is halted"
_ITS_OWN: Final = "xcp's own record; nothing changes on a host"
_FIXED: Final = "fixed when it is created: another one would have to take its place"
_NO_SERIAL: Final = "XAPI keeps no serial console in a file"
_NO_NAT: Final = "XAPI has no NAT networks: declare the pool's own network and adopt it"


def _cycle(path: str, reason: str = _HALTED_ONLY) -> ImpactRow:
    return ImpactRow(_VM, path, Impact.POWER_CYCLE, reason, downtime_s=_CYCLE_S)


def _metadata(kind: Kind, *paths: str, reason: str = _ITS_OWN) -> tuple[ImpactRow, ...]:
    return tuple(ImpactRow(kind, path, Impact.METADATA, reason) for path in paths)


def _fixed(kind: Kind, *paths: str) -> tuple[ImpactRow, ...]:
    return tuple(ImpactRow(kind, path, Impact.REPLACE, _FIXED) for path in paths)


def _no(kind: Kind, path: str, reason: str) -> ImpactRow:
    return ImpactRow(kind, path, Unsupported(reason), reason)


_VM_ROWS: Final = (
    ImpactRow(_VM, "exists", Impact.LIVE, "a new record, halted", direction=Direction.GROW),
    ImpactRow(
        _VM,
        "exists",
        Impact.POWER_CYCLE,
        "the machine is stopped and its record destroyed; its VDIs stay",
        downtime_s=_STOP_S,
    ),
    ImpactRow(_VM, "state", Impact.LIVE, "the machine boots or runs on", direction=Direction.GROW),
    ImpactRow(_VM, "state", Impact.POWER_CYCLE, "the guest stops", downtime_s=_STOP_S),
    ImpactRow(_VM, "state", Impact.LIVE, "the machine boots", Power.HALTED),
    _cycle("restartedAt", "the guest shuts down and boots again"),
    ImpactRow(_VM, "host", Impact.MIGRATE, "VM.pool_migrate", Power.RUNNING, downtime_s=_BLINK_S),
    # A halted machine of a pool is nowhere: its home is a hint for the next start.
    ImpactRow(_VM, "host", Impact.METADATA, "the home of a halted machine", Power.HALTED),
    ImpactRow(_VM, "host", Impact.MIGRATE, "VM.pool_migrate", downtime_s=_BLINK_S),
    ImpactRow(_VM, "memory.max", Impact.LIVE, "the balloon deflates", direction=Direction.GROW),
    ImpactRow(_VM, "memory.max", Impact.GUEST_COOPERATION, "squeezed asks the guest for memory"),
    ImpactRow(_VM, "memory.min", Impact.LIVE, "squeezed may take more", direction=Direction.SHRINK),
    ImpactRow(_VM, "memory.min", Impact.GUEST_COOPERATION, "squeezed has to give the memory, from other guests"),
    ImpactRow(_VM, "memory.policyRef", Impact.METADATA, "names who moves the balloon"),
    ImpactRow(
        Kind.MEMORY_POLICY,
        "mode",
        Impact.GUEST_COOPERATION,
        "under Direct the guests of its machines are asked for memory, and given some, as they need it",
    ),
    _cycle("memory.size", "memory_static_max: XAPI refuses it unless the machine is halted"),
    _cycle("cpu.maxCores", "VCPUs_max: XAPI refuses it unless the machine is halted"),
    ImpactRow(
        _VM,
        "cpu.cores",
        Impact.DEFERRED,
        "VCPUs_at_startup: stored now, effective at the next power cycle",
        downtime_s=_CYCLE_S,
    ),
    ImpactRow(
        _VM, "boot", Impact.DEFERRED, "PV_kernel, PV_ramdisk, PV_args: read at the next boot", downtime_s=_CYCLE_S
    ),
    _no(_VM, "serial", _NO_SERIAL),
    _cycle("disks", "VBDs are created and destroyed while the machine is halted"),
    _cycle("interfaces", "VIFs are created and destroyed while the machine is halted"),
    *_metadata(_VM, "description", reason="name_description: a text that people see"),
    *_metadata(_VM, "shutdown", reason="how long xcp waits for the guest"),
    *_metadata(
        _VM, "runStrategy", reason="decides when the machine runs; a start or stop that follows is a change of its own"
    ),
    *_fixed(_VM, "poolRef"),
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

_VOLUME_ROWS: Final = (
    ImpactRow(_VOLUME, "exists", Impact.LIVE, "a new VDI", direction=Direction.GROW),
    ImpactRow(_VOLUME, "exists", Impact.DATA_LOSS, "the VDI and what is in it are destroyed"),
    ImpactRow(_VOLUME, "size", Impact.LIVE, "VDI.resize", Power.HALTED, Direction.GROW),
    ImpactRow(
        _VOLUME,
        "size",
        Impact.POWER_CYCLE,
        "VDI.resize: few repositories resize a VDI in use",
        direction=Direction.GROW,
        downtime_s=_CYCLE_S,
    ),
    _no(_VOLUME, "size", "volumes only grow: what lies beyond a nearer end would be lost"),
    *_fixed(_VOLUME, "format", "backing", "source"),
    ImpactRow(_VOLUME, "storageRef", Impact.MIGRATE, "VDI.pool_migrate"),
    ImpactRow(_VOLUME, "host", Impact.MIGRATE, "the volume moves with its machine"),
)

_POOL_THINGS: Final = (
    ImpactRow(_SR, "exists", Impact.LIVE, "the pool knows or forgets a repository; its content stays"),
    ImpactRow(_SR, "state", Impact.LIVE, "PBD.plug: the host attaches it"),
    *_fixed(_SR, "path", "type", "shared", "poolRef"),
    _no(_NETWORK, "exists", _NO_NAT),
    _no(_NETWORK, "state", _NO_NAT),
    *_fixed(_NETWORK, "subnet", "type", "poolRef"),
    *_metadata(Kind.POOL, "exists", "description", "endpoint", "credentials", "tls"),
    *_fixed(Kind.POOL, "driver"),
    *_metadata(Kind.HOST, "exists", "uri", "migrationURI", "capacity", "reserve", "schedulable"),
    *_fixed(Kind.HOST, "poolRef"),
    *(row for kind in Kind for row in _metadata(kind, "adopt", reason="xcp marks the object as its own")),
    *(row for kind in Kind for row in _metadata(kind, "labels", "policies")),
)

TABLE: Final = ImpactTable("xapi", "XAPI", (*_VM_ROWS, *_MOVING, *_VOLUME_ROWS, *_POOL_THINGS))
