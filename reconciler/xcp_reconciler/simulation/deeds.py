"""What somebody else does while xcp is at work: to hypervisors, to guests, to xcp's own files, and as an operator."""

from typing import Annotated, Literal

from pydantic import Field

from xcp_reconciler.api.fields import Count, Kibibytes, Name, Text
from xcp_reconciler.api.wire import Wire


class HostDies(Wire, frozen=True):
    """A host loses its power, and with it every guest on it."""

    do: Literal["HostDies"]
    host: Name = Field(description="The host.")


class HostCut(Wire, frozen=True):
    """A host is not reached any more; its guests run on."""

    do: Literal["HostCut"]
    host: Name = Field(description="The host.")


class HostReturns(Wire, frozen=True):
    """A dead or unreachable host answers again."""

    do: Literal["HostReturns"]
    host: Name = Field(description="The host.")


class PowerOff(Wire, frozen=True):
    """Somebody pulls the plug of a machine."""

    do: Literal["PowerOff"]
    vm: Name = Field(description="The machine's name in the hypervisor.")


class PowerOn(Wire, frozen=True):
    """Somebody starts a machine where it is defined."""

    do: Literal["PowerOn"]
    vm: Name = Field(description="The machine's name in the hypervisor.")


class GuestCrashes(Wire, frozen=True):
    """The kernel of a guest dies."""

    do: Literal["GuestCrashes"]
    vm: Name = Field(description="The machine's name in the hypervisor.")


class Shrink(Wire, frozen=True):
    """Somebody sets a balloon target by hand."""

    do: Literal["Shrink"]
    vm: Name = Field(description="The machine's name in the hypervisor.")
    memory: Kibibytes = Field(description="The target.")


class Edit(Wire, frozen=True):
    """Somebody changes a stored definition."""

    do: Literal["Edit"]
    vm: Name = Field(description="The machine's name in the hypervisor.")
    cores: Count | None = Field(default=None, description="Virtual processors; by default they stay.")
    size: Kibibytes | None = Field(default=None, description="Memory; by default it stays.")
    description: Text | None = Field(default=None, description="Free text; by default it stays.")
    name: Name | None = Field(default=None, description="Another name, for a machine that is halted.")


class Undefine(Wire, frozen=True):
    """Somebody deletes a machine and leaves its disks."""

    do: Literal["Undefine"]
    vm: Name = Field(description="The machine's name in the hypervisor.")


class MovedBySomebody(Wire, frozen=True):
    """Somebody live-migrates a machine."""

    do: Literal["MovedBySomebody"]
    vm: Name = Field(description="The machine's name in the hypervisor.")
    host: Name = Field(description="Where to.")


class Clone(Wire, frozen=True):
    """Somebody copies a machine with its disks, its stamp included."""

    do: Literal["Clone"]
    vm: Name = Field(description="The original's name in the hypervisor.")
    name: Name = Field(description="The copy's name.")


class Stranger(Wire, frozen=True):
    """Somebody defines and starts a machine that nobody declared."""

    do: Literal["Stranger"]
    name: Name = Field(description="Its name.")
    host: Name = Field(description="Where.")
    memory: Kibibytes = Field(default=262_144, description="Its memory.")
    owner: Text | None = Field(default=None, description="Another owner, whose xcp has marked it.")


class FileDeleted(Wire, frozen=True):
    """Somebody removes the file of a volume."""

    do: Literal["FileDeleted"]
    volume: Name = Field(description="The Volume's name.")


class NetworkStopped(Wire, frozen=True):
    """Somebody stops a network on a host."""

    do: Literal["NetworkStopped"]
    network: Name = Field(description="The network's name in the hypervisor.")
    host: Name = Field(description="Where.")


class StorageStopped(Wire, frozen=True):
    """Somebody detaches a storage repository on a host."""

    do: Literal["StorageStopped"]
    storage: Name = Field(description="The repository's name in the hypervisor.")
    host: Name = Field(description="Where.")


class DiskFills(Wire, frozen=True):
    """The file system of a storage repository becomes full, or has room again."""

    do: Literal["DiskFills"]
    path: Text = Field(description="The repository's folder.")
    full: bool = Field(default=True, description="false makes room again.")


class GuestBehaves(Wire, frozen=True):
    """From now on a guest treats its balloon, or a wish to shut down, in another way."""

    do: Literal["GuestBehaves"]
    vm: Name = Field(description="The machine's name in the hypervisor.")
    balloon: Literal["ideal", "floor", "ceiling", "stuck", "flaky", "trickle", "absent"] | None = Field(
        default=None, description="What it does with a balloon target; by default that stays."
    )
    shutdown: Literal["obeys", "deaf"] | None = Field(
        default=None, description="What it does when asked to shut down; by default that stays."
    )


class GuestNeeds(Wire, frozen=True):
    """From now on a guest needs so much memory, and says so."""

    do: Literal["GuestNeeds"]
    vm: Name = Field(description="The machine's name in the hypervisor.")
    memory: Kibibytes = Field(description="What it needs.")
    to: Kibibytes | None = Field(default=None, description="Up to so much, and back again; by default it stays.")
    period: float = Field(default=60.0, gt=0, description="How long there and back takes, in seconds.")
    wave: Literal["sine", "square"] = Field(default="sine", description="How it moves.")


class Fence(Wire, frozen=True):
    """An operator gives the word that a host is off: `xcp fence`."""

    do: Literal["Fence"]
    host: Name = Field(description="The host.")
    seconds: float = Field(default=7200.0, description="For how long the word holds.")


class LiftFence(Wire, frozen=True):
    """An operator takes the word back."""

    do: Literal["LiftFence"]
    host: Name = Field(description="The host.")


class Evacuate(Wire, frozen=True):
    """An operator gives the word that the machines of a host are to leave it."""

    do: Literal["Evacuate"]
    host: Name = Field(description="The host.")


class EvacuationOver(Wire, frozen=True):
    """An operator takes that word back."""

    do: Literal["EvacuationOver"]
    host: Name = Field(description="The host.")


class Approve(Wire, frozen=True):
    """An operator approves every prune that is held back, and every change that waits for that."""

    do: Literal["Approve"]


class ActorDies(Wire, frozen=True):
    """Somebody kills the xcp that acts."""

    do: Literal["ActorDies"]


class ActorFreezes(Wire, frozen=True):
    """The machine of the xcp that acts stands still, and goes on as if nothing had been."""

    do: Literal["ActorFreezes"]
    seconds: float = Field(default=120.0, gt=0, description="For how long.")


class ClockSteps(Wire, frozen=True):
    """The clock of the machine that runs xcp is set."""

    do: Literal["ClockSteps"]
    seconds: float = Field(description="By how much; negative is back.")


class DatabaseLost(Wire, frozen=True):
    """The actor dies, its database is deleted, and the owner declares everything once more."""

    do: Literal["DatabaseLost"]


Deed = Annotated[
    HostDies
    | HostCut
    | HostReturns
    | PowerOff
    | PowerOn
    | GuestCrashes
    | Shrink
    | Edit
    | Undefine
    | MovedBySomebody
    | Clone
    | Stranger
    | FileDeleted
    | NetworkStopped
    | StorageStopped
    | DiskFills
    | GuestBehaves
    | GuestNeeds
    | Fence
    | LiftFence
    | Evacuate
    | EvacuationOver
    | Approve
    | ActorDies
    | ActorFreezes
    | ClockSteps
    | DatabaseLost,
    Field(discriminator="do"),
]

# What the hypervisors themselves must do; the rest is for xcp's owner and machine.
WorldDeed = (
    HostDies
    | HostCut
    | HostReturns
    | PowerOff
    | PowerOn
    | GuestCrashes
    | Shrink
    | Edit
    | Undefine
    | MovedBySomebody
    | Clone
    | Stranger
    | FileDeleted
    | NetworkStopped
    | StorageStopped
    | DiskFills
    | GuestBehaves
    | GuestNeeds
)
