"""Volumes laid over volumes."""

from collections.abc import Iterator

from xcp_reconciler.api.volume import Volume
from xcp_reconciler.loader.finding import Elsewhere, Finding
from xcp_reconciler.loader.places import Path
from xcp_reconciler.loader.rules.subject import Gathered, Subject, Told
from xcp_reconciler.refs import Kind
from xcp_reconciler.units import format_bytes

_REF: Path = ("spec", "backing", "volumeRef")


def check_backing(gathered: Gathered) -> Iterator[Told]:
    """No volume is laid over itself, however far round, and none is smaller than what it is laid over."""
    below: dict[int, Subject] = {}
    laid: list[tuple[Subject, Volume]] = []
    for subject, volume in gathered.each(Kind.VOLUME, Volume):
        if volume.spec.backing is None:
            continue
        laid.append((subject, volume))
        base = gathered.find(Kind.VOLUME, subject.namespace, volume.spec.backing.volume_ref.name)
        if base is not None:
            below[subject.number] = base
            yield from _check_size(subject, volume, base)
    yield from _check_cycles(laid, below)


def _check_size(subject: Subject, volume: Volume, base: Subject) -> Iterator[Told]:
    if not isinstance(base.model, Volume) or volume.spec.size is None or base.model.spec.size is None:
        return
    if volume.spec.size < base.model.spec.size:
        least = format_bytes(base.model.spec.size)
        also = (Elsewhere(base.number, ("spec", "size"), "laid over this"),)
        message = f"the volume is smaller than {base}, which it is laid over"
        yield Told(subject.number, Finding(("spec", "size"), message, f"write at least {least}", also=also))


def _check_cycles(laid: list[tuple[Subject, Volume]], below: dict[int, Subject]) -> Iterator[Told]:
    """Each round is told once, at its first member in the order of files."""
    done: set[int] = set()
    for subject, _ in laid:
        walked: dict[int, Subject] = {}
        here: Subject | None = subject
        while here is not None and here.number not in done and here.number not in walked:
            walked[here.number] = here
            here = below.get(here.number)
        if here is not None and here.number in walked:
            numbers = list(walked)
            round_trip = [walked[number] for number in numbers[numbers.index(here.number) :]]
            first = min(round_trip, key=lambda member: member.number)
            message = "this volume is laid over itself"
            if len(round_trip) > 1:
                message += ": " + " over ".join(str(member) for member in [*round_trip, round_trip[0]])
            also = tuple(
                Elsewhere(member.number, _REF, "part of the round") for member in round_trip if member is not first
            )
            yield Told(first.number, Finding(_REF, message, "one of them must have no backing", also=also))
        done.update(walked)
