"""Progress of work that another process does: what it publishes, read from the store that both share."""

from collections.abc import Set as AbstractSet

from xcp_reconciler.cli.progress import ProgressSink
from xcp_reconciler.model.status import Status
from xcp_reconciler.ports.clock import Clock
from xcp_reconciler.ports.store import Store
from xcp_reconciler.refs import Ref


async def overhear(sink: ProgressSink, about: AbstractSet[Ref], store: Store, clock: Clock, every_s: float) -> None:
    """Tell the sink of every status of these objects that changes, until cancelled; others refresh the store."""
    known: dict[Ref, Status | None] = {
        ref: store.state.statuses.get(ref) for ref in sink.progress.lines if ref in about
    }
    while True:
        await clock.sleep(every_s)
        for ref, before in known.items():
            now = store.state.statuses.get(ref)
            if now is not None and now is not before and now != before:
                known[ref] = now
                sink.overhear(ref, now)
