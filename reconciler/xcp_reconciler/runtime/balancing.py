"""A memory policy's own key: balances the hosts of its pool, and makes the calls that move balloons.

Targets are kept in memory alone. What was learnt of guests is written when it differs in what a restart must not
forget. A target whose call has an end that nobody knows counts as the larger of what it was and what it may be.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from xcp_reconciler.model.errors import DriverError, FailureKind
from xcp_reconciler.model.history import EMPTY
from xcp_reconciler.model.memory import Knowledge
from xcp_reconciler.model.observed import Balloon
from xcp_reconciler.model.ops import SetMemoryTarget
from xcp_reconciler.plan.balance import Balance, Doings, balance
from xcp_reconciler.plan.intents import call_seconds
from xcp_reconciler.plan.memory import calls_ended, lasting
from xcp_reconciler.plan.policies import Policy, direct_policy
from xcp_reconciler.plan.preconditions import fingerprint
from xcp_reconciler.plan.room import guests_of, shown_target
from xcp_reconciler.plan.sight import Sight, is_active
from xcp_reconciler.plan.world import World
from xcp_reconciler.ports.driver import Session
from xcp_reconciler.ports.store import PutHistory
from xcp_reconciler.refs import Ref
from xcp_reconciler.runtime.breaker import Breakers
from xcp_reconciler.runtime.excerpt import excerpt
from xcp_reconciler.runtime.perform import make_call
from xcp_reconciler.runtime.pools import OpenPool
from xcp_reconciler.runtime.stopping import Stop, StopLevel
from xcp_reconciler.runtime.wiring import Ports

# What guests need moves without any event: it is asked for so often (seconds).
_SAMPLE_S: Final = 10.0
# How long a call of a process before this one may still take effect (seconds).
_LEFT_OVER_S: Final = 10.0


@dataclass(frozen=True, slots=True)
class Turn:
    """What one turn of a policy came to: when it wants the next look, unix seconds, and whose machines are news."""

    again: float | None
    hosts: Mapping[str, Balance]
    news: tuple[Ref, ...] = ()


class Balancing:
    """Balances for as long as this process acts. `busy` says at which machines other calls are under way."""

    def __init__(self, ports: Ports, breakers: Breakers, stop: Stop, busy: Callable[[], frozenset[Ref]]) -> None:
        self.targets: dict[str, int] = {}
        self.hosts: dict[Ref, Mapping[str, Balance]] = {}
        self._ports = ports
        self._breakers = breakers
        self._stop = stop
        self._busy = busy
        self._targets_from = ports.clock.now() + _LEFT_OVER_S
        self._knowledge: dict[tuple[Ref, str], Knowledge] = {}
        self._doubts: dict[str, tuple[int, float]] = {}

    @property
    def targets_from(self) -> float:
        """When no call of a process before this one can take effect any more, unix seconds."""
        # A clock that was set back makes nobody wait longer.
        self._targets_from = min(self._targets_from, self._ports.clock.now() + _LEFT_OVER_S)
        return self._targets_from

    @property
    def doubts(self) -> dict[str, int]:
        """The targets of calls that have not ended, or whose end nobody knows, by backend uuid."""
        return {uuid: target for uuid, (target, _) in self._doubts.items()}

    async def turn(self, ref: Ref, world: World, opened: OpenPool) -> Turn:
        """Balance all hosts of a policy's pool, on the look that `world` shows.

        Raises:
            StoreError: what was learnt could not be written.
        """
        policy = direct_policy(opened.view.pool, world)
        if policy is None or policy.ref != ref:
            self.hosts.pop(ref, None)
            return Turn(None, {})
        self._settle_doubts(world.now)
        self._forget_the_halted(world.sights[policy.spec.pool])
        known = world.history(ref).balance
        found: dict[str, Balance] = {}
        for host in world.declared.hosts.get(policy.spec.pool, ()):
            self._believe(host, world.sights[policy.spec.pool])
            one = self._decide(policy, host, world, known)
            if one is not None:
                found[host] = one
        before = self.hosts.get(ref, {})
        self.hosts[ref] = found
        sight = world.sights[policy.spec.pool]
        await asyncio.gather(*(self._send(host, one, sight, opened) for host, one in found.items()))
        for host, one in found.items():
            asked = [send.key for send in one.step.sends]
            # Others look, too: one look of theirs may have begun before the last of these calls had taken effect.
            self._knowledge[ref, host] = calls_ended(one.step.knowledge, asked, self._ports.clock.now())
        await self._keep(ref, known, found)
        wakes = [one.step.wake_at for one in found.values() if one.step.wake_at is not None]
        return Turn(min([*wakes, world.now + _SAMPLE_S]), found, _turned(before, found))

    def _decide(self, policy: Policy, host: str, world: World, kept: Mapping[str, Knowledge]) -> Balance | None:
        key = policy.ref, host
        knowledge = self._knowledge.get(key) or kept.get(host) or Knowledge()
        doings = Doings(self._busy(), self.targets_from)
        one = balance(policy, host, world, world.sights[policy.spec.pool], knowledge, doings)
        if one is not None:
            self._knowledge[key] = one.step.knowledge
        return one

    def _forget_the_halted(self, sight: Sight) -> None:
        """A machine that has stopped, or has not come up again yet, knows nothing of the target that it had."""
        for uuid in tuple(self.targets):
            copies = sight.vms.get(uuid, ())
            if copies and not any(is_active(vm) and vm.balloon is not Balloon.UNKNOWN for vm in copies):
                del self.targets[uuid]

    def _believe(self, host: str, sight: Sight) -> None:
        """Take over the targets that a backend shows: this look began after our last call."""
        for vm in guests_of(host, sight):
            shown = shown_target(vm)
            if shown is not None and vm.uuid in self.targets and vm.uuid not in self._doubts:
                self.targets[vm.uuid] = shown

    def _settle_doubts(self, now: float) -> None:
        """Take what may have taken effect by now as done. A clock that was set back makes nobody wait longer."""
        for uuid, (target, until) in tuple(self._doubts.items()):
            if not now < until <= now + _LEFT_OVER_S:
                del self._doubts[uuid]
                self.targets[uuid] = max(self.targets.get(uuid, 0), target)

    async def _keep(self, ref: Ref, known: Mapping[str, Knowledge], found: Mapping[str, Balance]) -> None:
        learnt = {host: lasting(one.step.knowledge) for host, one in found.items()}
        # A host that does not answer now is not forgotten.
        kept = {host: one for host, one in {**known, **learnt}.items() if one != Knowledge()}
        if kept != known:
            history = self._ports.store.state.histories.get(ref, EMPTY)
            await self._ports.store.commit(PutHistory(ref, replace(history, balance=kept)))

    # --- calls

    async def _send(self, host: str, one: Balance, sight: Sight, opened: OpenPool) -> None:
        sends = [SetMemoryTarget(one.machines[send.key], host, send.key, send.target) for send in one.step.sends]
        relied = {op.uuid: fingerprint(op, excerpt(sight, (op,))) for op in sends}
        actual = {guest.key: guest.actual for guest in one.guests}
        async with opened.use() as session:
            for op in sends:
                if self._stop.level is not StopLevel.NONE or self._breakers.open_until(host) is not None:
                    return
                if op.ref not in self._busy() and _holds(op, relied[op.uuid], opened):
                    await self._call(session, op, actual[op.uuid])

    async def _call(self, session: Session, op: SetMemoryTarget, actual: int) -> None:
        deadline = self._ports.clock.now() + call_seconds(op)
        known = self.targets.get(op.uuid, actual)
        # An earlier call whose end nobody knows may still land behind this one.
        before = self._doubts.get(op.uuid)
        self._doubts[op.uuid] = max(op.target, before[0] if before is not None else 0), deadline
        try:
            await make_call(session, op, deadline, self._ports.clock)
        except DriverError as error:
            if error.kind in {FailureKind.OUTCOME_UNKNOWN, FailureKind.DEFECT}:
                self.targets[op.uuid] = max(known, op.target)
                return
            self._restore(op.uuid, before)
            if error.kind is FailureKind.UNREACHABLE and error.host is not None:
                self._breakers.failed(error.host)
            return
        self._restore(op.uuid, before)
        self.targets[op.uuid] = op.target
        self._breakers.worked(op.host)

    def _restore(self, uuid: str, before: tuple[int, float] | None) -> None:
        if before is not None:
            self._doubts[uuid] = before
        else:
            self._doubts.pop(uuid, None)


def _holds(op: SetMemoryTarget, relied: str, opened: OpenPool) -> bool:
    """Whether the newest look still shows what the decision relied on."""
    look = opened.view.look
    return look is not None and fingerprint(op, excerpt(look.sight, (op,))) == relied


def _turned(before: Mapping[str, Balance], after: Mapping[str, Balance]) -> tuple[Ref, ...]:
    """The machines of which it is news that they follow, or do not."""
    return tuple(sorted(_left_alone(before) ^ _left_alone(after)))


def _left_alone(hosts: Mapping[str, Balance]) -> set[Ref]:
    return {one.machines[key] for one in hosts.values() for key in one.step.uncooperative}
