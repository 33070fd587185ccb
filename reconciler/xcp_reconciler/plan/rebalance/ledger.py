"""The books of a pool while its moves are told: what each host holds, and what is wrong with it, in words."""

from collections import Counter
from collections.abc import Iterator
from typing import Final

from xcp_kernels.placement import NOWHERE, Scope
from xcp_reconciler.plan.rebalance.arrays import COUNT, MEMORY, ROW_NAMES, VCPUS, Ground
from xcp_reconciler.units import format_kib

_GIB: Final = 1 << 20


class Ledger:
    """Where every item is; moved as the plan says."""

    def __init__(self, ground: Ground) -> None:
        self.at = list(ground.pool.home)
        self._ground = ground
        self._pool = ground.pool
        self._rows = len(ROW_NAMES)
        self._used = list(ground.pool.base)
        self._members = [Counter[int]() for _ in ground.groups]
        for item, host in enumerate(self.at):
            if host != NOWHERE:
                self._book(item, host, 1)

    def move(self, item: int, host: int) -> None:
        """The item goes there."""
        if self.at[item] != NOWHERE:
            self._book(item, self.at[item], -1)
        self._book(item, host, 1)
        self.at[item] = host

    def _book(self, item: int, host: int, sign: int) -> None:
        for row in range(self._rows):
            self._used[host * self._rows + row] += sign * self._pool.amount[item * self._rows + row]
        for group in self._groups(item):
            self._members[group][self._unit(group, host)] += sign

    def _groups(self, item: int) -> Iterator[int]:
        yield from self._pool.group_of[self._pool.group_start[item] : self._pool.group_start[item + 1]]

    def _unit(self, group: int, host: int) -> int:
        return self._pool.domain[host] if self._pool.group_scope[group] == Scope.DOMAIN else host

    # ------------------------------------------------------------ words

    def change(self, item: int, target: int) -> str:
        """What the move does to both hosts."""
        source = self.at[item]
        names = [self._ground.cluster.hosts[host].name for host in (source, target)]
        words: list[str] = []
        for row, name in enumerate(ROW_NAMES):
            amount = self._pool.amount[item * self._rows + row]
            if amount:
                a, b = (self._used[host * self._rows + row] for host in (source, target))
                fro = f"{self._shown(source, row, a)} -> {self._shown(source, row, a - amount)}"
                to = f"{self._shown(target, row, b)} -> {self._shown(target, row, b + amount)}"
                words.append(f"{name} {fro} on {names[0]}, {to} on {names[1]}")
        return "; ".join(words)

    def _shown(self, host: int, row: int, used: int) -> str:
        scale = self._pool.scale[host * self._rows + row]
        if row == COUNT:
            return str(used)
        if row == MEMORY:
            return f"{100 * used * scale:.1f} %" if scale else f"{used / _GIB:.1f} GiB"
        return f"{used * scale:.2f} a CPU" if scale else str(used)

    def mended_by(self, item: int, target: int) -> list[str]:
        """What is violated at the item's host, and not any more when it has gone to target."""
        before = set(self._violated(item))
        if not before:
            return []
        source = self.at[item]
        self.move(item, target)
        # A host that is still too full is at least less so.
        after = {word for word in self._violated_on(item, source) if " is over by " not in word}
        self.move(item, source)
        return [word for word in self._violated(item) if word not in after]

    def _violated(self, item: int) -> list[str]:
        return self._violated_on(item, self.at[item])

    def _violated_on(self, item: int, host: int) -> list[str]:
        found = [self._out_of_reach(item)] if self.at[item] == host and not self._reaches(item, host) else []
        found += self._overfull(host)
        for group in self._groups(item):
            found += self._beyond(group, only=self._unit(group, host))
        return found

    def violations(self) -> list[str]:
        """Everything that is violated."""
        found = [self._out_of_reach(item) for item, host in enumerate(self.at) if not self._reaches(item, host)]
        for host in range(len(self._ground.cluster.hosts)):
            found += self._overfull(host)
        for group in range(len(self._members)):
            found += self._beyond(group)
        return found

    def _reaches(self, item: int, host: int) -> bool:
        return self._pool.reach[self._pool.reach_of[item] * len(self._pool.domain) + host] != 0

    def _out_of_reach(self, item: int) -> str:
        bundle, host = self._ground.items[item], self._ground.cluster.hosts[self.at[item]]
        if host.closed:
            return f"{bundle.name} is on {host.name}, which is closed"
        for vm in bundle.vms:
            taints = sorted(set(host.taints) - set(vm.tolerates))
            if taints:
                return f"{vm.name} does not tolerate {', '.join(taints)} of {host.name}"
        return f"{host.name} has not the storage or networks of {bundle.name}"

    def _overfull(self, host: int) -> list[str]:
        found: list[str] = []
        for row, name in enumerate(ROW_NAMES):
            k = host * self._rows + row
            over = self._used[k] - self._pool.capacity[k]
            if over > 0:
                size = f"{over} KiB" if row == MEMORY else str(over)
                found.append(f"{name} of {self._ground.cluster.hosts[host].name} is over by {size}")
        return found

    def _beyond(self, group: int, only: int | None = None) -> list[str]:
        if self._pool.group_price[group] >= 0:
            return []
        name, members = self._ground.groups[group], self._members[group]
        there = {unit: count for unit, count in members.items() if count > 0}
        if self._pool.group_scope[group] == Scope.TOGETHER:
            return [f"group {name} is on {len(there)} hosts"] if len(there) > 1 else []
        limit = self._pool.group_limit[group]
        return [
            f"group {name} has {count} on {self._named(group, unit)}, and {limit} at most"
            for unit, count in sorted(there.items())
            if count > limit and only in {None, unit}
        ]

    def _named(self, group: int, unit: int) -> str:
        hosts = self._ground.cluster.hosts
        if self._pool.group_scope[group] != Scope.DOMAIN:
            return hosts[unit].name
        return next(hosts[host].domain or hosts[host].name for host, of in enumerate(self._pool.domain) if of == unit)

    def may(self, item: int, host: int) -> bool:
        """Whether a host can take the item as everything is now."""
        return not self._refusal(item, host)

    def arrives(self, item: int, host: int) -> None:
        """Count the item there too: while it moves it is at both ends."""
        self._book(item, host, 1)

    def lingers(self, item: int, host: int) -> None:
        """Count the item in its groups there too: it has not left yet, and what it holds there is in the base."""
        for group in self._groups(item):
            self._members[group][self._unit(group, host)] += 1

    def refusals(self, item: int) -> list[str]:
        """Why each host cannot take the item: a sentence for each, the first thing that is in the way."""
        return [self._in_words(item, host) for host in range(len(self._pool.domain))]

    def _in_words(self, item: int, host: int) -> str:
        name = self._ground.cluster.hosts[host].name
        why = self._refusal(item, host)
        if why == "reach":
            return f"{name} has not its local volumes"
        if why in ROW_NAMES:
            row = ROW_NAMES.index(why)
            free = max(self._pool.capacity[host * self._rows + row] - self._used[host * self._rows + row], 0)
            need = self._pool.amount[item * self._rows + row]
            fro, to = (format_kib(size) if row == MEMORY else f"{size} {why}" for size in (free, need))
            return f"{name} has {fro} free and {to} is needed"
        for group in self._groups(item):
            if self._breaks(group, item, host):
                return f"{name}: rule {self._ground.groups[group]} does not allow it there"
        return f"{name} keeps the room for what lost hosts carry"

    def refused(self, item: int) -> str:
        """How many hosts cannot take the item now, by the first thing that is in the way."""
        counts = Counter[str]()
        for host in range(len(self._pool.domain)):
            if host != self.at[item] and (why := self._refusal(item, host)):
                counts[why] += 1
        parts = [f"{count} for {why}" for why, count in sorted(counts.items())]
        return f"hosts that cannot take it: {', '.join(parts)}" if parts else "every host could take it"

    def _refusal(self, item: int, host: int) -> str:
        if not self._reaches(item, host):
            return "reach"
        for row in (MEMORY, VCPUS, COUNT):
            k, amount = host * self._rows + row, self._pool.amount[item * self._rows + row]
            if amount and self._used[k] + amount > self._pool.capacity[k]:
                return ROW_NAMES[row]
        return "groups" if any(self._breaks(group, item, host) for group in self._groups(item)) else ""

    def _breaks(self, group: int, item: int, host: int) -> bool:
        unit, members = self._unit(group, host), self._members[group]
        here = self.at[item] != NOWHERE and unit == self._unit(group, self.at[item])
        if self._pool.group_price[group] >= 0 or here:
            return False
        if self._pool.group_scope[group] == Scope.TOGETHER:
            return members[unit] == 0 and members.total() > 0
        return members[unit] >= self._pool.group_limit[group]
