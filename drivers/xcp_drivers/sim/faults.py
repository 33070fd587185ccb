"""What may go wrong between xcp and a simulated hypervisor, decided by somebody else."""

from typing import Protocol

from xcp_reconciler.model.ops import Call


class Faults(Protocol):
    """Asked at three points of every mutating call, and before every snapshot is handed over.

    Each method may raise: a `DriverError` is what the caller sees, anything else is the death of a process.
    """

    async def before_send(self, call: Call) -> None:
        """The call has not left: what is raised here is certain not to have happened."""
        ...

    async def applied(self, call: Call) -> None:
        """The world has changed, and the answer is not there yet."""
        ...

    async def after_reply(self, call: Call) -> None:
        """The answer is there, and the caller does not have it yet."""
        ...

    def staleness(self) -> int:
        """How many different snapshots ago the next one shall be from: 0 is now, and the oldest kept is the limit."""
        ...
