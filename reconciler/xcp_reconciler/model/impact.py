"""What a change costs, and the tables in which each driver says so."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from typing import Final

from xcp_reconciler.refs import Kind


class Impact(IntEnum):
    """One order for every driver: what is allowed up to a level includes all that is below it."""

    METADATA = 0
    LIVE = 1
    GUEST_COOPERATION = 2
    DEFERRED = 3
    MIGRATE = 4
    POWER_CYCLE = 5
    REPLACE = 6
    HOST_REBOOT = 7
    DATA_LOSS = 8

    @property
    def word(self) -> str:
        """The name that manifests use, such as `GuestCooperation`."""
        return "".join(part.capitalize() for part in self.name.split("_"))


IMPACT_BY_WORD: Final[Mapping[str, Impact]] = {impact.word: impact for impact in Impact}


@dataclass(frozen=True, slots=True)
class Unsupported:
    """A refusal at plan time: this backend cannot do it at all."""

    reason: str


class Power(StrEnum):
    """The power state that an impact depends on."""

    ANY = "any"
    RUNNING = "running"
    HALTED = "halted"


class Direction(StrEnum):
    """Whether a number grows or shrinks, where the cost differs."""

    ANY = "any"
    GROW = "grow"
    SHRINK = "shrink"


@dataclass(frozen=True, slots=True)
class ImpactRow:
    """One line of a driver's table: what a change of `path` costs, and why.

    `downtime_s` is an estimate in seconds of how long the guest does not answer, None where there is none.
    """

    kind: Kind
    path: str
    impact: Impact | Unsupported
    reason: str
    power: Power = Power.ANY
    direction: Direction = Direction.ANY
    downtime_s: float | None = None


# A halted machine notices nothing, so nothing costs it more than Live, except these: they move or destroy what it is.
_SPARED_BY_HALT: Final = frozenset({Impact.GUEST_COOPERATION, Impact.DEFERRED, Impact.POWER_CYCLE})


@dataclass(frozen=True, slots=True)
class ImpactTable:
    """All rows of one dialect (driver, hypervisor, version); planner, docs and `xcp explain` read the same."""

    driver: str
    hypervisor: str
    rows: tuple[ImpactRow, ...]
    _index: dict[tuple[Kind, str, Power, Direction], ImpactRow] = field(
        default_factory=dict[tuple[Kind, str, Power, Direction], ImpactRow], init=False, repr=False, compare=False
    )

    def __post_init__(self) -> None:
        self._index.update({(row.kind, row.path, row.power, row.direction): row for row in self.rows})

    def row(self, kind: Kind, path: str, power: Power, direction: Direction = Direction.ANY) -> ImpactRow:
        """The most specific row for a change.

        Raises:
            KeyError: the table says nothing of this path, which is a defect of the driver.
        """
        for wanted_power, wanted_direction in (
            (power, direction),
            (power, Direction.ANY),
            (Power.ANY, direction),
            (Power.ANY, Direction.ANY),
        ):
            found = self._index.get((kind, path, wanted_power, wanted_direction))
            if found is not None:
                return _eased(found) if power is Power.HALTED else found
        message = f"the {self.driver} impact table has no row for {kind} {path}"
        raise KeyError(message)


def _eased(row: ImpactRow) -> ImpactRow:
    if row.impact in _SPARED_BY_HALT:
        return ImpactRow(row.kind, row.path, Impact.LIVE, "the machine is halted", Power.HALTED, row.direction)
    return row
