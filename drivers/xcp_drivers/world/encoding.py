"""Configurations and stamps as the text that a world keeps, and back. Equal texts give one shared object."""

import json
from functools import lru_cache
from sys import intern
from typing import Any

from xcp_reconciler.model.desired import BootSpec, DiskBus, DiskMode, VolumeFormat
from xcp_reconciler.model.identity import Stamp
from xcp_reconciler.model.observed import DiskConfig, InterfaceConfig, VmConfig
from xcp_reconciler.refs import Kind, Ref

_FORMATS = {str(member): member for member in VolumeFormat}
_BUSES = {str(member): member for member in DiskBus}
_MODES = {str(member): member for member in DiskMode}
_KINDS = {str(member): member for member in Kind}
_compact = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
_parse = json.JSONDecoder().raw_decode


def config_text(config: VmConfig) -> str:
    """A configuration as text; equal configurations have equal texts."""
    boot = config.boot
    return _compact(
        [
            config.cores,
            config.max_cores,
            config.memory_size,
            config.memory_target,
            [[disk.name, disk.path, disk.format, disk.bus, disk.mode, disk.bootable] for disk in config.disks],
            [[card.name, card.network, card.mac, card.model] for card in config.interfaces],
            [boot.kernel, boot.initrd, boot.cmdline] if boot is not None else None,
            config.serial,
            config.description,
        ]
    )


@lru_cache(maxsize=4096)
def config_of(text: str) -> VmConfig:
    """Read what `config_text` wrote."""
    values: list[Any] = _parse(text)[0]
    cores, max_cores, size, target, disks, cards, boot, serial, description = values
    return VmConfig(
        cores,
        max_cores,
        size,
        target,
        tuple([_disk(*disk) for disk in disks]) if disks else (),
        tuple([_card(*card) for card in cards]) if cards else (),
        _boot(*boot) if boot else None,
        serial,
        description,
    )


def stamp_text(stamp: Stamp | None) -> str | None:
    """A stamp as text."""
    if stamp is None:
        return None
    return _compact([stamp.owner, *stamp.ref, stamp.uid, stamp.self_uuid])


def stamp_of(text: str | None) -> Stamp | None:
    """Read what `stamp_text` wrote."""
    if text is None:
        return None
    values: list[str] = _parse(text)[0]
    owner, kind, namespace, name, uid, self_uuid = values
    return Stamp(intern(owner), Ref(_KINDS[kind], intern(namespace), name), uid, self_uuid)


def volume_format(text: str) -> VolumeFormat:
    """The format that a file row names."""
    return _FORMATS[text]


def _disk(name: str, path: str, form: str, bus: str, mode: str, bootable: bool) -> DiskConfig:  # noqa: FBT001 - the columns of a stored disk
    return DiskConfig(intern(name), path, _FORMATS[form], _BUSES[bus], _MODES[mode], bootable)


def _card(name: str, network: str, mac: str, model: str) -> InterfaceConfig:
    return InterfaceConfig(intern(name), intern(network), mac, intern(model))


@lru_cache(maxsize=256)
def _boot(kernel: str, initrd: str | None, cmdline: str) -> BootSpec:
    return BootSpec(kernel, initrd, cmdline)
