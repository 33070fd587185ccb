"""What to say of a memory policy: how satisfied its hosts' guests are, and what keeps it from its goal."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from xcp_reconciler.model.decision import Decision
from xcp_reconciler.model.status import ConditionType, HostBalance, Status, Truth
from xcp_reconciler.plan.balance import Balance
from xcp_reconciler.plan.memory import Urgency
from xcp_reconciler.plan.status import Fact, dated, status_of
from xcp_reconciler.plan.world import World
from xcp_reconciler.refs import Ref
from xcp_reconciler.units import format_kib

# Satisfaction moves all the time: so many percent are news.
_NEWS: Final = 5


def balance_status(
    ref: Ref, decision: Decision, world: World, previous: Status | None, hosts: Mapping[str, Balance]
) -> Status:
    """The status of a policy after its hosts were balanced; equal to `previous` when there is nothing new to say."""
    status = status_of(ref, decision, world, previous)
    if not hosts:
        return status
    before = {one.type: one for one in previous.conditions} if previous is not None else {}
    facts = [_moving(hosts), *_silent(hosts), *_uncooperative(hosts), *_infeasible(hosts)]
    conditions = tuple(dated(fact, world.now, before.get(fact[0])) for fact in facts)
    told = tuple(_told(host, one) for host, one in sorted(hosts.items()))
    if previous is not None and _alike(told, previous.balance):
        told = previous.balance
    return replace(status, conditions=(*status.conditions, *conditions), balance=told)


def _told(host: str, one: Balance) -> HostBalance:
    part = one.satisfaction
    return HostBalance(host, len(one.guests), round(100 * part) if part is not None else None)


def _alike(told: tuple[HostBalance, ...], before: tuple[HostBalance, ...]) -> bool:
    return len(told) == len(before) and all(_is_alike(one, was) for one, was in zip(told, before, strict=True))


def _is_alike(one: HostBalance, was: HostBalance) -> bool:
    if (one.host, one.guests) != (was.host, was.guests) or one.satisfaction is None or was.satisfaction is None:
        return one == was
    return abs(one.satisfaction - was.satisfaction) < _NEWS


def _moving(hosts: Mapping[str, Balance]) -> Fact:
    urgent = [host for host, one in sorted(hosts.items()) if one.step.urgency is not Urgency.CALM]
    if urgent:
        return (ConditionType.BALANCED, Truth.FALSE, "Freeing", f"memory is being freed on {', '.join(urgent)}")
    return (ConditionType.BALANCED, Truth.TRUE, "Balanced", "")


def _silent(hosts: Mapping[str, Balance]) -> list[Fact]:
    words = [f"{host}: {one.step.fallback}" for host, one in sorted(hosts.items()) if one.step.fallback is not None]
    return [(ConditionType.NO_DEMAND_SIGNAL, Truth.TRUE, "FallsBack", "; ".join(words))] if words else []


def _uncooperative(hosts: Mapping[str, Balance]) -> list[Fact]:
    names = [
        f"{one.machines[key].name} on {host}"
        for host, one in sorted(hosts.items())
        for key in sorted(one.step.uncooperative)
    ]
    return [(ConditionType.UNCOOPERATIVE_GUESTS, Truth.TRUE, "LeftAlone", ", ".join(names))] if names else []


def _infeasible(hosts: Mapping[str, Balance]) -> list[Fact]:
    words = [
        f"{host} lacks {format_kib(one.step.lacking)}, which nobody can give"
        for host, one in sorted(hosts.items())
        if one.step.lacking > 0
    ]
    return [(ConditionType.INFEASIBLE, Truth.TRUE, "NobodyCanGive", "; ".join(words))] if words else []
