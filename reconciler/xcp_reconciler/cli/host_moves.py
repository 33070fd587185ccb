"""Machines leave a host or come back to it, as far as they can: a round for each plan until nobody moves any more."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from xcp_reconciler.cli.carry_out import at_work
from xcp_reconciler.cli.host_look import HostLook, look_at
from xcp_reconciler.cli.survey import stored
from xcp_reconciler.cli.undertaking import Undertaking, write_down
from xcp_reconciler.cli.workspace import Workspace
from xcp_reconciler.model.decision import Decision
from xcp_reconciler.model.impact import Impact
from xcp_reconciler.model.placement import Drain
from xcp_reconciler.model.records import HostRecord
from xcp_reconciler.plan.evacuation import coming_back, leaving
from xcp_reconciler.plan.placement.scene import name_of
from xcp_reconciler.ports.driver import Access
from xcp_reconciler.ports.store import PutHost
from xcp_reconciler.refs import Kind, Ref
from xcp_reconciler.report.ending import Outcome, last_word
from xcp_reconciler.report.evacuation import Arrival, HostEnding, Way
from xcp_reconciler.runtime.coverage import PLAN_LIVES_S
from xcp_reconciler.runtime.system import SystemClock, SystemRng
from xcp_reconciler.store.sqlite import SqliteStore

# Between two plans, so that a pool where everything stands still is not asked without end.
_PAUSE_S: Final = 0.5

Again = Callable[[], Awaitable[HostLook]]


@dataclass(frozen=True, slots=True)
class Moved:
    """What was seen first and last, how it ended, and in how many seconds.

    `failed` has the last word about those that were left.
    """

    first: HostLook
    last: HostLook
    outcome: Outcome
    failed: Mapping[Ref, Decision | str] = field(default_factory=dict[Ref, Decision | str])
    took: float = 0.0

    def told(self, way: Way) -> HostEnding:
        """The same in the words of a report."""
        first, last = self.first, self.last
        now = last.whereabouts()
        moved = tuple(
            Arrival(ref, source, now.get(ref))
            for ref, source in sorted(first.found.concerned.items())
            if ref not in last.found.concerned and source != now.get(ref)
        )
        return HostEnding(first.host, way, self.outcome, moved, {**self._under_way(), **last.found.stays}, self.took)

    def _under_way(self) -> dict[str, str]:
        """Who could still get where it should be, with what was last decided about it."""
        failed = self.failed
        return {
            name_of(one.ref): last_word(failed[one.ref]) if one.ref in failed else f"it can go to {one.target}"
            for one in self.last.found.journeys
            if one.ref in self.last.found.concerned
        }


async def empty(first: HostLook, workspace: Workspace, word: Drain, timeout: float) -> Moved:  # noqa: ASYNC109 - an ordinary way to end
    """Give the word that a host is to be left, and bring about that it is.

    Raises:
        CommandError: the pool cannot be looked at any more.
        StoreError: the store cannot be written.
    """
    workspace = replace(workspace, owner=first.survey.owner)
    async with stored(workspace, Access.WRITE) as store:
        if first.drain is None and not first.declared:
            record = store.state.hosts.get(first.host, HostRecord())
            await store.commit(PutHost(first.host, replace(record, drain=word)))

        async def again() -> HostLook:
            return await look_at(first.host, workspace, store, first.drain or word, leaving)

        return await _rounds(first, again, workspace, store, timeout)


async def bring_back(first: HostLook, workspace: Workspace, timeout: float) -> Moved:  # noqa: ASYNC109 - the same
    """Take the word back, and bring back who left.

    Raises:
        CommandError: the pool cannot be looked at any more.
        StoreError: the store cannot be written.
    """
    workspace = replace(workspace, owner=first.survey.owner)
    async with stored(workspace, Access.WRITE) as store:
        record = store.state.hosts.get(first.host, HostRecord())
        if record.drain is not None:
            await store.commit(PutHost(first.host, replace(record, drain=None)))

        async def again() -> HostLook:
            return await look_at(first.host, workspace, store, None, coming_back)

        return await _rounds(first, again, workspace, store, timeout)


async def _rounds(first: HostLook, again: Again, workspace: Workspace, store: SqliteStore, seconds: float) -> Moved:
    clock, rng = SystemClock(), SystemRng()
    began = clock.now()
    last, ending = first, None
    if not first.found.is_hopeful:
        return Moved(first, last, Outcome.DONE)
    steps = {journey.ref: 1 for journey in first.found.journeys}
    failed: dict[Ref, Decision | str] = {}
    async with at_work(workspace, store, steps) as work:
        while ending is None or last.found.is_hopeful:
            undertaking = _undertaking(last, failed, workspace)
            plan = undertaking.opened(rng.uid(), clock.now(), PLAN_LIVES_S)
            await write_down(undertaking, plan, store)
            ending = await work.bring_about(undertaking, plan, began + seconds - clock.now())
            before, last = last, await again()
            if ending.outcome in {Outcome.STOPPED, Outcome.TIMEOUT}:
                failed.update(ending.left)
                break
            if ending.outcome is Outcome.STUCK and last.found.concerned == before.found.concerned:
                # Who cannot move is not asked again: others wait for their turn.
                failed.update(ending.left)
                if failed.keys() >= {journey.ref for journey in last.found.journeys}:
                    break
            await asyncio.sleep(_PAUSE_S)
    return Moved(first, last, ending.outcome, failed, clock.now() - began)


def _undertaking(look: HostLook, failed: Collection[Ref], workspace: Workspace) -> Undertaking:
    found = look.found
    permits = {ref: changes for ref, changes in found.permits.items() if ref not in failed or ref.kind is Kind.HOST}
    return Undertaking(workspace, found.plan, {}, {}, permits, {}, Impact.MIGRATE)
