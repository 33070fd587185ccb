"""A machine's declaration in the terms in which backends keep configurations."""

from xcp_reconciler.model.desired import DiskSpec, InterfaceSpec, VmSpec, VolumeSpec
from xcp_reconciler.model.observed import DiskConfig, InterfaceConfig, VmConfig
from xcp_reconciler.plan.names import backend_name
from xcp_reconciler.plan.presence import backend_uuid, volume_path
from xcp_reconciler.plan.sight import Sight
from xcp_reconciler.plan.world import World
from xcp_reconciler.refs import Ref


def wanted_config(ref: Ref, spec: VmSpec, world: World, sight: Sight) -> VmConfig:
    """The configuration that the declaration asks for; volumes that are not declared are left out."""
    disks = (disk_config(disk, world) for disk in spec.disks)
    return VmConfig(
        spec.cores,
        spec.max_cores,
        spec.memory_size,
        spec.memory_max,
        tuple(disk for disk in disks if disk is not None),
        tuple(_interface(ref, interface, world, sight) for interface in spec.interfaces),
        spec.boot,
        spec.serial,
        spec.description,
    )


def disk_config(disk: DiskSpec, world: World) -> DiskConfig | None:
    """A disk as backends keep it; None while its volume is not declared."""
    desired = world.declared.desired.get(disk.volume)
    path = volume_path(disk.volume, world)
    if path is None or desired is None or not isinstance(desired.spec, VolumeSpec):
        return None
    return DiskConfig(disk.name, path, desired.spec.format, disk.bus, disk.mode, disk.bootable)


def network_name(network: Ref, world: World, sight: Sight) -> str:
    """The backend's name of a declared network: an adopted one keeps its own."""
    desired = world.declared.desired.get(network)
    if desired is not None and desired.policies.adopt is not None:
        copies = sight.networks.get(backend_uuid(desired, world, sight) or "", ())
        if copies:
            return copies[0].name
    return backend_name(network)


def _interface(ref: Ref, interface: InterfaceSpec, world: World, sight: Sight) -> InterfaceConfig:
    return InterfaceConfig(
        interface.name,
        network_name(interface.network, world, sight),
        interface.mac or world.identities.mac(ref, interface.name),
        interface.model.value.lower(),
    )
