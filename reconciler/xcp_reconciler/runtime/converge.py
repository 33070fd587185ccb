"""`xcp apply`: bring about exactly one plan, as the actor or beside one."""

import asyncio
import logging
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from xcp_reconciler.model.decision import Act, Decision, Wait, WaitReason
from xcp_reconciler.model.desired import pool_of
from xcp_reconciler.model.records import OpenPlan
from xcp_reconciler.plan.presence import silent_hosts
from xcp_reconciler.ports.store import PutPlan, RemovePlan, StoreError, StoreLostError
from xcp_reconciler.refs import Ref
from xcp_reconciler.runtime.attached import Attached
from xcp_reconciler.runtime.coverage import PLAN_LIVES_S, renewed
from xcp_reconciler.runtime.engine import Engine
from xcp_reconciler.runtime.outlook import Standing, is_done, stuck
from xcp_reconciler.runtime.stopping import Stop, StopLevel
from xcp_reconciler.runtime.wiring import Ports

_LOOK_AROUND_S: Final = 0.25
_LAST_STEPS_S: Final = 15.0
# After so many failures in a row an object counts as stuck: its retries are far apart by then.
_MOST_ATTEMPTS: Final = 6

log = logging.getLogger(__name__)


class Reason(StrEnum):
    """Why a convergence ended."""

    DONE = "Done"
    STUCK = "Stuck"
    TIMEOUT = "Timeout"
    STOPPED = "Stopped"


@dataclass(frozen=True, slots=True)
class Converged:
    """What became of a plan. `left` says of each object that is not as planned what was last decided or heard."""

    reason: Reason
    done: Mapping[Ref, Decision | str] = field(default_factory=dict[Ref, Decision | str])
    left: Mapping[Ref, Decision | str] = field(default_factory=dict[Ref, Decision | str])


async def converge(
    ports: Ports,
    plan: OpenPlan,
    timeout: float,  # noqa: ASYNC109 - counted on the injected clock, and an ordinary way to end
    stop: Stop | None = None,
) -> Converged:
    """Bring about a plan that is already in the store, within `timeout` seconds, and close it.

    As the actor, if there is none: then only the plan's objects are acted on. Else beside the actor, which obeys the
    plan; if that one dies, in its place. Does not heal, place or delete anything that the plan does not name.

    Raises:
        StoreError: the store cannot be read or was taken away, or the lease cannot be asked for.
    """
    stop = stop if stop is not None else Stop()
    deadline = ports.clock.now() + timeout
    attached = Attached(ports, plan)
    renewal = asyncio.ensure_future(_renew(ports, plan))
    try:
        while True:
            async with ports.store.lease() as leading:
                if leading:
                    return await _act(ports, plan, deadline, stop)
            await ports.store.refresh()
            left = attached.left()
            if not left:
                return Converged(Reason.DONE, attached.done())
            if attached.stuck(left):
                return Converged(Reason.STUCK, attached.done(), left)
            if ports.clock.now() >= deadline or stop.level is not StopLevel.NONE:
                over = Reason.STOPPED if stop.level is not StopLevel.NONE else Reason.TIMEOUT
                return Converged(over, attached.done(), left)
            await ports.clock.sleep(ports.pace.store_s)
    finally:
        await _cancelled(renewal)
        await _close(ports, plan)


async def _renew(ports: Ports, plan: OpenPlan) -> None:
    """Keep the plan open for as long as this process lives, and hardly longer."""
    while True:
        await ports.clock.sleep(PLAN_LIVES_S / 3)
        try:
            await ports.store.commit(PutPlan(renewed(plan, ports.clock.now())))
        except StoreError as error:
            log.warning("the plan cannot be kept open for others: %s", error)


async def _close(ports: Ports, plan: OpenPlan) -> None:
    """Take the plan away. One that stays binds others a little longer, and undoes nothing of what was done."""
    try:
        await ports.store.commit(RemovePlan(plan.id))
    except StoreLostError:
        raise
    except StoreError as error:
        log.warning("the plan cannot be closed, and binds others for %.0f s more: %s", PLAN_LIVES_S, error)


async def _cancelled(task: "asyncio.Future[None]") -> None:
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


async def _act(ports: Ports, plan: OpenPlan, deadline: float, stop: Stop) -> Converged:
    await ports.store.refresh()
    ended = Stop()
    engine = Engine(ports, ended, own=plan)
    watch = _Watch(ports, engine, plan)
    running = asyncio.ensure_future(engine.run())
    helpers = [asyncio.ensure_future(_relay(stop, ended))]
    try:
        reason = await watch.until_over(deadline, stop, running)
        if ended.level is StopLevel.NONE:
            ended.ask()
        if reason is Reason.TIMEOUT:
            # Steps under way may end, but nobody waits for an image of a terabyte.
            await asyncio.wait({running}, timeout=_LAST_STEPS_S)
            ended.ask()
        await running
    finally:
        for task in (*helpers, running):
            task.cancel()
        for task in (*helpers, running):
            with suppress(asyncio.CancelledError):
                await task
    return watch.result(reason)


async def _relay(stop: Stop, ended: Stop) -> None:
    """Both stages of the caller's stop reach the loop."""
    await stop.asked()
    ended.ask()
    await stop.urged()
    ended.ask()


class _Watch:
    """Follows the decisions about the objects of a plan."""

    def __init__(self, ports: Ports, engine: Engine, plan: OpenPlan) -> None:
        self._ports = ports
        self._engine = engine
        self._scope = frozenset(plan.changes)
        self._left = dict.fromkeys(sorted(plan.changes))
        self._turned = asyncio.Event()
        engine.reconciler.listen(self._decided)

    def _decided(self, ref: Ref, decision: Decision) -> None:
        if ref not in self._scope:
            return
        if is_done(decision):
            self._left.pop(ref, None)
        else:
            self._left[ref] = None
        if not self._left:
            self._turned.set()

    async def until_over(self, deadline: float, stop: Stop, running: "asyncio.Future[None]") -> Reason:
        """Wait until everything is done, nothing moves any more, or nobody wants to wait."""
        while self._left:
            if stop.level is not StopLevel.NONE:
                return Reason.STOPPED
            if self._ports.clock.now() >= deadline:
                return Reason.TIMEOUT
            if running.done():
                return Reason.STOPPED
            if len(stuck(self._left, self._standing())) == len(self._left):
                return Reason.STUCK
            with suppress(TimeoutError):
                async with asyncio.timeout(_LOOK_AROUND_S):
                    await self._turned.wait()
            self._turned.clear()
        return Reason.DONE

    def result(self, reason: Reason) -> Converged:
        """What there is to report."""
        decisions = self._engine.reconciler.desk.decisions
        done: dict[Ref, Decision | str] = {
            ref: decisions[ref] for ref in sorted(self._scope) if ref not in self._left and ref in decisions
        }
        left: dict[Ref, Decision | str] = {ref: decisions.get(ref, "it was not looked at") for ref in self._left}
        return Converged(reason, done, left)

    def _standing(self) -> Standing:
        return Standing(self._engine.reconciler.desk.decisions, self._given_up, self._scope)

    def _given_up(self, ref: Ref) -> bool:
        """Whether the object waits for hosts that have been tried often enough."""
        engine = self._engine
        resting = engine.reconciler.desk.resting.get(ref)
        if resting is not None:
            return True
        decision = engine.reconciler.desk.decisions.get(ref)
        if isinstance(decision, Act):
            return False
        if isinstance(decision, Wait) and decision.reason is WaitReason.BACKOFF:
            failure = self._ports.store.state.histories.get(ref)
            return failure is not None and failure.attempts >= _MOST_ATTEMPTS
        return self._silent(ref)

    def _silent(self, ref: Ref) -> bool:
        engine = self._engine
        world = engine.reconciler.world(ref)
        desired = world.declared.desired.get(ref)
        pool = pool_of(desired, world.declared.desired) if desired is not None else None
        sight = world.sights.get(pool) if pool is not None else None
        if sight is None or pool is None:
            return False
        hosts = silent_hosts(ref, world, sight, pool) or tuple(
            host for host in world.declared.hosts.get(pool, ()) if not sight.answers(host)
        )
        return bool(hosts) and all(engine.looks.tripped(host) for host in hosts)
