"""Volumes and network cards in machines."""

from collections.abc import Iterator

from xcp_reconciler.api.enums import DiskMode, RunStrategy
from xcp_reconciler.api.virtual_machine import VirtualMachine
from xcp_reconciler.api.volume import Volume
from xcp_reconciler.loader.finding import Elsewhere, Finding
from xcp_reconciler.loader.places import Path
from xcp_reconciler.loader.rules.subject import Gathered, Subject, Told
from xcp_reconciler.refs import Kind


def check_attachments(gathered: Gathered) -> Iterator[Told]:
    """No volume has two writers, none that others are laid over has any, and no address is given twice."""
    bases = {
        (subject.namespace, volume.spec.backing.volume_ref.name): subject
        for subject, volume in gathered.each(Kind.VOLUME, Volume)
        if volume.spec.backing is not None
    }
    writers: dict[tuple[str, str], tuple[Subject, Path]] = {}
    cards: dict[tuple[str, str], tuple[Subject, Path]] = {}
    for subject, machine in gathered.each(Kind.VIRTUAL_MACHINE, VirtualMachine):
        if machine.spec.disks:
            yield from _check_disks(subject, machine, bases, writers)
        for number, card in enumerate(machine.spec.interfaces):
            if card.mac is None:
                continue
            place: Path = ("spec", "interfaces", number, "mac")
            first, path = cards.setdefault((machine.spec.pool_ref.name, card.mac), (subject, place))
            if (first, path) != (subject, place):
                also = (Elsewhere(first.number, path, f"{first} has it too"),)
                message = f"the address {card.mac} is given twice"
                hint = "leave it out, and xcp derives one of its own"
                yield Told(subject.number, Finding(place, message, hint, also=also))


def _check_disks(
    subject: Subject,
    machine: VirtualMachine,
    bases: dict[tuple[str, str], Subject],
    writers: dict[tuple[str, str], tuple[Subject, Path]],
) -> Iterator[Told]:
    for number, disk in enumerate(machine.spec.disks):
        volume = (subject.namespace, disk.volume_ref.name)
        place: Path = ("spec", "disks", number, "volumeRef")
        if disk.mode is DiskMode.RO:
            continue
        if (above := bases.get(volume)) is not None:
            also = (Elsewhere(above.number, ("spec", "backing", "volumeRef"), f"{above} is laid over it"),)
            message = f"writing to Volume/{volume[1]} would destroy what is laid over it"
            yield Told(subject.number, Finding(place, message, "add `mode: RO`", also=also))
        # A halted machine writes nothing, and swapping a disk between two of them is a way to repair one.
        if machine.spec.run_strategy is RunStrategy.HALTED:
            continue
        first, path = writers.setdefault(volume, (subject, place))
        if first is not subject:
            also = (Elsewhere(first.number, path, f"{first} writes to it too"),)
            message = f"two machines would write to Volume/{volume[1]} at once"
            yield Told(subject.number, Finding(place, message, "give it a volume of its own, or `mode: RO`", also=also))
