"""A store whose own commits are noticed as well as those of other processes."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

from xcp_reconciler.ports.store import (
    PutApproval,
    PutDesired,
    PutHost,
    PutPlan,
    RemoveDesired,
    RemovePlan,
    State,
    Store,
    Write,
)
from xcp_reconciler.refs import Ref, host_ref


class NotedStore:
    """Passes everything on, and tells which objects a commit was about: for sources that run beside the loop."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._listener: Callable[[list[Ref]], None] = _nobody

    def listen(self, listener: Callable[[list[Ref]], None]) -> None:
        """Tell `listener` after each commit."""
        self._listener = listener

    @property
    def state(self) -> State:
        """The copy in memory."""
        return self._store.state

    async def commit(self, *writes: Write) -> None:
        """Write all or nothing, and tell.

        Raises:
            ConflictError: an `expect` did not hold.
            StoreError: the disk is full, the file is read-only or damaged.
        """
        await self._store.commit(*writes)
        self._listener(list(dict.fromkeys(ref for write in writes for ref in _about(write))))

    async def refresh(self) -> frozenset[Ref]:
        """Take over what other processes wrote; the refs that changed."""
        return await self._store.refresh()

    def lease(self) -> AbstractAsyncContextManager[bool]:
        """Try to become the actor of this store."""
        return self._store.lease()


def _about(write: Write) -> tuple[Ref, ...]:
    match write:
        case PutDesired():
            return (write.desired.ref,)
        case RemoveDesired() | PutApproval():
            return (write.ref,)
        case PutHost():
            return (host_ref(write.name),)
        case PutPlan():
            return tuple(write.plan.changes)
        case RemovePlan():
            return ()
        case _:
            return ()


def _nobody(refs: list[Ref]) -> None:
    """Listen to nothing."""
    del refs
