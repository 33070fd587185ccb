"""The written form of everything that the store keeps."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from xcp_reconciler.model.codec import Codec
from xcp_reconciler.model.digest import DESIRED
from xcp_reconciler.model.history import History
from xcp_reconciler.model.placement import Assignment
from xcp_reconciler.model.records import ApprovalRecord, HeldPrune, HostRecord, OpenPlan
from xcp_reconciler.model.status import Status
from xcp_reconciler.store.schema import Table


@dataclass(frozen=True, slots=True)
class Sighting:
    """The hosts on which an object was last seen; an object of its own because only those carry a version."""

    hosts: tuple[str, ...]


STATUS: Final = Codec[Status](Status)
HISTORY: Final = Codec[History](History)
ASSIGNMENT: Final = Codec[Assignment](Assignment)
SIGHTING: Final = Codec[Sighting](Sighting)
HOST: Final = Codec[HostRecord](HostRecord)
APPROVAL: Final = Codec[ApprovalRecord](ApprovalRecord)
PLAN: Final = Codec[OpenPlan](OpenPlan)
PRUNE: Final = Codec[HeldPrune](HeldPrune)

# Thousands of machines have the same few histories, homes and sightings: each is decoded once, and shared.
_SHARED: Final = 4096


def _sighting(text: str) -> tuple[str, ...]:
    return SIGHTING.parse(text).hosts


# How each table's bodies are read; what comes out is what `State` holds.
READERS: Final[dict[Table, Callable[[str], object]]] = {
    Table.DESIRED: DESIRED.parse,
    Table.STATUS: STATUS.parse,
    Table.HISTORY: lru_cache(_SHARED)(HISTORY.parse),
    Table.ASSIGNMENT: lru_cache(_SHARED)(ASSIGNMENT.parse),
    Table.SIGHTING: lru_cache(_SHARED)(_sighting),
    Table.APPROVAL: APPROVAL.parse,
    Table.HOST: HOST.parse,
    Table.PLAN: PLAN.parse,
    Table.PRUNE: PRUNE.parse,
}
