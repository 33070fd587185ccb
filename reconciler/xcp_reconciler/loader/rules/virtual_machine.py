"""Rules within one VirtualMachine."""

from collections.abc import Iterator, Sequence

from xcp_reconciler.api.enums import TolerationOperator
from xcp_reconciler.api.virtual_machine import Disk, Interface, Memory, Toleration, VirtualMachine
from xcp_reconciler.loader.finding import Finding, Spot
from xcp_reconciler.loader.places import Path
from xcp_reconciler.units import format_kib


def check_virtual_machine(model: VirtualMachine) -> Iterator[Finding]:
    """Memory in order, cores within their maximum, no name twice, and tolerations that say one thing."""
    spec = model.spec
    yield from _check_memory(spec.memory)
    if spec.cpu.cores > spec.cpu.most:
        message = f"{spec.cpu.cores} cores are more than maxCores, which is {spec.cpu.most}"
        yield Finding(("spec", "cpu", "cores"), message, f"write at most {spec.cpu.most}, or raise maxCores")
    if len(spec.disks) > 1:
        yield from _check_twice(spec.disks, "disks", "disk")
        yield from _check_volume_twice(spec.disks)
    if len(spec.interfaces) > 1:
        yield from _check_twice(spec.interfaces, "interfaces", "interface")
    for number, toleration in enumerate(spec.placement.tolerations):
        yield from _check_toleration(toleration, ("spec", "placement", "tolerations", number))


def _check_memory(memory: Memory) -> Iterator[Finding]:
    size, most, least = memory.size, memory.highest, memory.lowest
    where: Path = ("spec", "memory")
    if size == 0:
        yield Finding((*where, "size"), "memory.size is 0", "write what the guest needs, such as 512Mi")
        return
    if memory.max is not None and most > size:
        message = f"memory.max {format_kib(most)} is more than memory.size {format_kib(size)}"
        yield Finding((*where, "max"), message, f"write at most {format_kib(size)}", "0 < min <= max <= size")
    if memory.min is None and least:
        return
    place = (*where, "min" if memory.min is not None else "max")
    if least == 0:
        yield Finding(place, f"memory.{place[-1]} is 0", "write what the guest cannot live without")
    elif least > most:
        message = f"memory.min {format_kib(least)} is more than memory.max {format_kib(most)}"
        yield Finding(place, message, f"write at most {format_kib(most)}", "0 < min <= max <= size")


def _check_twice(members: Sequence[Disk | Interface], field: str, word: str) -> Iterator[Finding]:
    seen: set[str] = set()
    for number, member in enumerate(members):
        if member.name in seen:
            message = f"two {field} are called `{member.name}`"
            yield Finding(("spec", field, number, "name"), message, f"each {word} needs a name of its own")
        seen.add(member.name)


def _check_volume_twice(disks: Sequence[Disk]) -> Iterator[Finding]:
    seen: dict[str, str] = {}
    for number, disk in enumerate(disks):
        volume = disk.volume_ref.name
        if volume in seen:
            message = f"disk `{disk.name}` is the same volume as disk `{seen[volume]}`"
            yield Finding(("spec", "disks", number, "volumeRef"), message, "a volume can be in a machine once")
        seen.setdefault(volume, disk.name)


def _check_toleration(toleration: Toleration, where: Path) -> Iterator[Finding]:
    if toleration.operator is TolerationOperator.EXISTS:
        if toleration.value:
            message = "`value` is for the operator Equal; Exists tolerates every value"
            yield Finding((*where, "value"), message, "remove it, or write `operator: Equal`", spot=Spot.KEY)
    elif toleration.key is None:
        message = "the toleration names no key"
        yield Finding(where, message, "add `key`, or write `operator: Exists` to tolerate every taint")
