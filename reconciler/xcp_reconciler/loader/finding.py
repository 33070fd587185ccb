"""A finding names its place by path; positions are looked up only when there is something to say."""

from dataclasses import dataclass
from enum import StrEnum

from xcp_reconciler.api.diagnostic import Severity
from xcp_reconciler.loader.places import Path


class Spot(StrEnum):
    """Which half of `key: value` is underlined."""

    KEY = "key"
    VALUE = "value"


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """Another place that a finding speaks of: a path of the subject with that number."""

    subject: int
    path: Path
    words: str
    spot: Spot = Spot.VALUE


@dataclass(frozen=True, slots=True)
class Finding:
    """Something wrong at a path of one document, told without naming the document."""

    path: Path
    message: str
    hint: str = ""
    note: str = ""
    spot: Spot = Spot.VALUE
    also: tuple[Elsewhere, ...] = ()
    severity: Severity = Severity.ERROR
