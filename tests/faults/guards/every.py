"""Every guard that has a switch."""

from typing import Final

from tests.faults.guards.balance import BALANCE
from tests.faults.guards.effects import EFFECTS
from tests.faults.guards.guard import Guard
from tests.faults.guards.intents import INTENTS
from tests.faults.guards.looking import LOOKING
from tests.faults.guards.machines import MACHINES
from tests.faults.guards.moving import MOVING
from tests.faults.guards.owner import OWNER
from tests.faults.guards.ownership import OWNERSHIP
from tests.faults.guards.placement import PLACEMENT
from tests.faults.guards.storing import STORING
from tests.faults.guards.unknown import UNKNOWN
from tests.faults.guards.volumes import VOLUMES

GUARDS: Final[tuple[Guard, ...]] = (
    *LOOKING,
    *UNKNOWN,
    *INTENTS,
    *EFFECTS,
    *MACHINES,
    *VOLUMES,
    *OWNERSHIP,
    *PLACEMENT,
    *MOVING,
    *BALANCE,
    *STORING,
    *OWNER,
)


def named(name: str) -> Guard:
    """The guard of that name.

    Raises:
        KeyError: there is none.
    """
    return {guard.name: guard for guard in GUARDS}[name]
