"""Who uses how much memory, host by host: what `xcp top` and `xcp balance POOL` show."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from textwrap import wrap
from typing import Any

from xcp_reconciler.model.desired import VmSpec
from xcp_reconciler.model.observed import ObservedVm
from xcp_reconciler.plan.balance import Balance, demand_of
from xcp_reconciler.plan.memory import GuestMemory
from xcp_reconciler.plan.memory.words import size
from xcp_reconciler.plan.placement import installed
from xcp_reconciler.plan.policies import is_balanced, ours, reserve_of
from xcp_reconciler.plan.room import guests_of, target_of
from xcp_reconciler.plan.sight import Sight
from xcp_reconciler.plan.world import World
from xcp_reconciler.report.columns import columns
from xcp_reconciler.report.paint import PLAIN, Paint, Role


@dataclass(frozen=True, slots=True)
class Use:
    """A machine that runs, KiB. `uses` is its working set, None where it does not say; `target` None: not known."""

    name: str
    ours: bool
    actual: int
    target: int | None
    uses: int | None
    demand: int | None

    @property
    def satisfaction(self) -> float | None:
        """Which part of what it asks for it has; None where it does not say."""
        return min(1.0, self.actual / self.demand) if self.demand else None


@dataclass(frozen=True, slots=True)
class HostUse:
    """A host and what runs on it, KiB; `total` None where nobody knows, `answers` whether it does."""

    name: str
    answers: bool
    total: int | None
    reserve: int
    machines: tuple[Use, ...]

    @property
    def held(self) -> int:
        """What its machines hold together."""
        return sum(one.actual for one in self.machines)

    @property
    def satisfaction(self) -> float | None:
        """Which part of what its machines ask for they have."""
        asking = [(one.actual, one.demand) for one in self.machines if one.demand]
        asked = sum(demand for _, demand in asking)
        return sum(min(actual, demand) for actual, demand in asking) / asked if asked else None


def usage(pool: str, world: World, sight: Sight) -> tuple[HostUse, ...]:
    """All hosts of a pool."""
    return tuple(_host(host, world, sight) for host in world.declared.hosts.get(pool, ()))


def _host(host: str, world: World, sight: Sight) -> HostUse:
    total = installed(host, world, sight)
    machines = tuple(sorted((_use(vm, world) for vm in guests_of(host, sight)), key=lambda one: one.name))
    return HostUse(host, sight.answers(host), total, reserve_of(host, total, world) if total else 0, machines)


def _use(vm: ObservedVm, world: World) -> Use:
    desired = ours(vm, world)
    live = vm.live if vm.live is not None else vm.stored
    balanced = desired is not None and isinstance(desired.spec, VmSpec) and is_balanced(desired, world)
    return Use(
        desired.ref.name if desired is not None else vm.name,
        desired is not None,
        vm.memory_actual if vm.memory_actual is not None else live.memory_target,
        target_of(vm, world) if balanced else live.memory_target,
        vm.working_set,
        demand_of(vm.working_set) if vm.working_set is not None else None,
    )


def usage_text(hosts: Sequence[HostUse], paint: Paint = PLAIN) -> str:
    """A table of hosts, and one of machines."""
    rows = [
        (
            one.name,
            size(one.total) if one.total is not None else "",
            size(one.held) if one.answers else "no answer",
            size(one.total - one.held) if one.total is not None and one.answers else "",
            size(one.reserve),
            str(len(one.machines)),
            _percent(one.satisfaction),
        )
        for one in hosts
    ]
    head = ("HOST", "MEMORY", "HELD", "FREE", "RESERVE", "RUNNING", "SATISFIED")
    machines = [
        (
            use.name if use.ours else f"({use.name})",
            one.name,
            _size(use.uses),
            _size(use.demand),
            _size(use.target),
            size(use.actual),
            _percent(use.satisfaction),
        )
        for one in hosts
        for use in one.machines
    ]
    below = ("VM", "HOST", "USES", "DEMAND", "TARGET", "ACTUAL", "SATISFIED")
    parts = [columns(head, rows, paint)]
    if machines:
        parts.append(columns(below, machines, paint))
    return "\n\n".join(parts)


def usage_json(pools: Mapping[str, Sequence[HostUse]]) -> str:
    """The same for programs; sizes in KiB."""
    found = [{"name": pool, "hosts": [_host_data(one) for one in hosts]} for pool, hosts in pools.items()]
    return _json({"pools": found})


def _host_data(one: HostUse) -> dict[str, Any]:
    return {
        "name": one.name,
        "answers": one.answers,
        "memoryKiB": one.total,
        "reserveKiB": one.reserve,
        "heldKiB": one.held,
        "satisfactionPercent": _number(one.satisfaction),
        "vms": [
            {
                "name": use.name,
                "declared": use.ours,
                "usesKiB": use.uses,
                "demandKiB": use.demand,
                "targetKiB": use.target,
                "actualKiB": use.actual,
                "satisfactionPercent": _number(use.satisfaction),
            }
            for use in one.machines
        ],
    }


# --- what a policy would do


def balance_text(found: Mapping[str, Balance], *, explain: bool, paint: Paint = PLAIN, width: int = 80) -> str:
    """A table for each host, with the reasons below it where they are asked for."""
    return "\n\n".join("\n".join(_lines(host, one, explain, paint, width)) for host, one in sorted(found.items()))


def _lines(host: str, one: Balance, explain: bool, paint: Paint, width: int) -> Iterator[str]:  # noqa: FBT001 - handed on
    memory = one.host
    wanted = f", {size(one.wanted)} wanted for machines to come" if one.wanted else ""
    lacking = f", {size(one.step.lacking)} of it cannot be freed" if one.step.lacking > 0 else ""
    yield (
        f"{paint(host, Role.STRONG)}  {size(memory.total)}, {size(memory.reserve)} reserved, "
        f"{size(memory.others)} of others{wanted}{lacking}"
    )
    rows = [
        (
            one.machines[guest.key].name,
            _size(guest.demand),
            size(guest.floor),
            size(guest.ceiling),
            size(one.step.shares[guest.key].goal) if guest.key in one.step.shares else "",
            size(guest.target),
            size(guest.actual),
            _percent(min(1.0, guest.actual / guest.demand) if guest.demand else None),
        )
        for guest in _by_name(one)
    ]
    head = ("VM", "DEMAND", "MIN", "MAX", "GOAL", "TARGET", "ACTUAL", "SATISFIED")
    yield from columns(head, rows, paint).splitlines()
    if one.step.fallback is not None:
        yield f"{one.step.fallback}"
    for guest in _by_name(one) if explain else ():
        share = one.step.shares.get(guest.key)
        if share is not None:
            yield from wrap(f"{one.machines[guest.key].name}: {share.sentence}", max(40, width), subsequent_indent="  ")


def balance_json(pool: str, policy: str, found: Mapping[str, Balance]) -> str:
    """The same for programs; sizes in KiB."""
    hosts = [_balance_data(host, found[host]) for host in sorted(found)]
    return _json({"pool": pool, "policy": policy, "hosts": hosts})


def _balance_data(host: str, one: Balance) -> dict[str, Any]:
    return {
        "name": host,
        "memoryKiB": one.host.total,
        "reserveKiB": one.host.reserve,
        "othersKiB": one.host.others,
        "wantedKiB": one.wanted,
        "lackingKiB": max(0, one.step.lacking),
        "fallback": one.step.fallback,
        "satisfactionPercent": _number(one.satisfaction),
        "vms": [
            {
                "name": one.machines[guest.key].name,
                "demandKiB": guest.demand,
                "minKiB": guest.floor,
                "maxKiB": guest.ceiling,
                "goalKiB": one.step.shares[guest.key].goal,
                "targetKiB": guest.target,
                "actualKiB": guest.actual,
                "uncooperative": one.step.shares[guest.key].uncooperative,
                "why": one.step.shares[guest.key].sentence,
            }
            for guest in _by_name(one)
            if guest.key in one.step.shares
        ],
    }


def _by_name(one: Balance) -> list[GuestMemory]:
    return sorted(one.guests, key=lambda guest: one.machines[guest.key])


def _json(data: object) -> str:
    return json.dumps(data, indent=2, ensure_ascii=False)


def _size(kib: int | None) -> str:
    return size(kib) if kib is not None else ""


def _percent(part: float | None) -> str:
    return f"{100 * part:.0f} %" if part is not None else ""


def _number(part: float | None) -> float | None:
    return round(100 * part, 1) if part is not None else None
