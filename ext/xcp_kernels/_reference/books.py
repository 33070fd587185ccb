"""Who uses what of each machine, where each service is, and what a change would do and cost."""

from collections import Counter
from typing import Final

from xcp_kernels.workload import BALANCE_FIELDS, Flaw, Workload

NOBODY: Final = -1


class Books:
    """An assignment of a workload that has no flaw, changed in place. What a change touches alone is looked at.

    A change moves one process to a machine; or, with `back`, two processes that change places.
    """

    def __init__(self, workload: Workload, at: list[int]) -> None:
        self.workload = workload
        self.at = at
        self.resources = range(len(workload.load_weight))
        self.used = [0] * len(workload.capacity)
        self.held = [0] * len(workload.capacity)
        """What is transient and held at home for those that left."""
        self.on_machine: Counter[tuple[int, int]] = Counter()
        self.in_location: list[Counter[int]] = [Counter() for _ in workload.spread]
        self.in_area: list[Counter[int]] = [Counter() for _ in workload.spread]
        self.gone = [0] * len(workload.spread)
        self.holders: Counter[int] = Counter({0: len(workload.spread)})
        """How many services have so many processes away."""
        starts = workload.need_start
        self.needs = [set(workload.need_of[starts[s] : starts[s + 1]]) - {s} for s in range(len(workload.spread))]
        self.needed_by: list[list[int]] = [[] for _ in workload.spread]
        for service, needed in enumerate(self.needs):
            for other in needed:
                self.needed_by[other].append(service)
        for process, machine in enumerate(at):
            self._hold(process, 1)
            self._enter(process, machine)
            self._note_gone(workload.service[process], int(machine != workload.home[process]))
        self.total = self._whole_cost()

    def _whole_cost(self) -> int:
        machines = sum(self._machine_cost(machine, None, None) for machine in range(len(self.workload.location)))
        prices = sum(self._price_at(process, machine) for process, machine in enumerate(self.at))
        return machines + prices + self.workload.service_weight * self._most_gone()

    def flaw(self) -> tuple[Flaw, int]:
        """The first rule that is broken, and the number of the machine or service that breaks it."""
        given, width = self.workload, len(self.resources)
        for k, capacity in enumerate(given.capacity):
            if self.used[k] + self.held[k] > capacity:
                return Flaw.OVERFULL, k // width
        for service, spread in enumerate(given.spread):
            if len(+self.in_location[service]) < spread:
                return Flaw.SPREAD, service
        for service, needed in enumerate(self.needs):
            if any(self.in_area[other][area] == 0 for area in +self.in_area[service] for other in needed):
                return Flaw.DEPENDENCY, service
        return Flaw.NONE, 0

    def is_allowed(self, process: int, target: int, back: int = NOBODY) -> bool:
        """Whether no rule is broken by the change."""
        given, source, service = self.workload, self.at[process], self.workload.service[process]
        if not self._fits(target, process, back) or (back != NOBODY and not self._fits(source, back, process)):
            return False
        other = given.service[back] if back != NOBODY else NOBODY
        if service == other:
            return True
        # Process and direction of each service.
        going = [(service, source, target)] if back == NOBODY else [(service, source, target), (other, target, source)]
        for one, there, here in going:
            if self.on_machine[one, here] > 0 or self._thins(one, there, here):
                return False
        areas = given.neighbourhood
        if areas[source] == areas[target]:
            return True
        if any(self._parts(one, areas[there], areas[here]) for one, there, here in going):
            return False
        return back == NOBODY or not (
            self._part_each_other(service, other, areas[target]) or self._part_each_other(other, service, areas[source])
        )

    def change(self, process: int, target: int, back: int = NOBODY) -> int:
        """What the cost changes by."""
        source, service = self.at[process], self.workload.service[process]
        more = Counter({service: self.leaves(process, source, target)})
        price = self._price_at(process, target) - self._price_at(process, source)
        if back != NOBODY:
            more[self.workload.service[back]] += self.leaves(back, target, source)
            price += self._price_at(back, source) - self._price_at(back, target)
        gone = self._most_gone_after(more) - self._most_gone()
        machines = 0
        for machine, comes, goes in ((target, process, back), (source, back, process)):
            machines += self._machine_cost(machine, comes, goes) - self._machine_cost(machine, None, None)
        return machines + price + self.workload.service_weight * gone

    def move(self, process: int, target: int, back: int = NOBODY) -> None:
        """Make the change."""
        source = self.at[process]
        self.total += self.change(process, target, back)
        going = [(process, source, target)] if back == NOBODY else [(process, source, target), (back, target, source)]
        for one, there, here in going:
            self._leave(one, there)
            self._enter(one, here)
            self._note_gone(self.workload.service[one], self.leaves(one, there, here))
            self.at[one] = here

    def leaves(self, process: int, source: int, target: int) -> int:
        """1: it leaves home; -1: it comes home."""
        home = self.workload.home[process]
        return int(target != home) - int(source != home)

    def _amount(self, process: int | None, resource: int) -> int:
        if process is None or process == NOBODY:
            return 0
        return self.workload.amount[process * len(self.resources) + resource]

    def _machine_cost(self, machine: int, comes: int | None, goes: int | None) -> int:
        """Load and balance of a machine if one process came and another went."""
        given, width = self.workload, len(self.resources)
        row = [self.used[machine * width + r] + self._amount(comes, r) - self._amount(goes, r) for r in self.resources]
        load = sum(given.load_weight[r] * max(0, row[r] - given.safety[machine * width + r]) for r in self.resources)
        for k in range(0, len(given.balance), BALANCE_FIELDS):
            one, two, target, weight = given.balance[k : k + BALANCE_FIELDS]
            free_one, free_two = (given.capacity[machine * width + r] - row[r] for r in (one, two))
            load += weight * max(0, target * free_one - free_two)
        return load

    def _price_at(self, process: int, machine: int) -> int:
        given, home = self.workload, self.workload.home[process]
        if machine == home:
            return 0
        way = given.way[home * len(given.location) + machine]
        return given.price_weight * given.price[process] + given.way_weight * way

    def _claim(self, process: int, machine: int, resource: int) -> int:
        """What the machine has to have free for the process: at home, what is transient is held for it anyway."""
        if process == NOBODY or (machine == self.workload.home[process] and self.workload.transient[resource]):
            return 0
        return self._amount(process, resource)

    def _fits(self, machine: int, comes: int, goes: int) -> bool:
        for resource in self.resources:
            k = machine * len(self.resources) + resource
            more = self._claim(comes, machine, resource) - self._claim(goes, machine, resource)
            if self.used[k] + self.held[k] + more > self.workload.capacity[k]:
                return False
        return True

    def _thins(self, service: int, source: int, target: int) -> bool:
        """Whether the service would be in too few locations."""
        a, b = self.workload.location[source], self.workload.location[target]
        locations = self.in_location[service]
        if a == b or locations[a] > 1 or locations[b] == 0:
            return False
        return len(+locations) <= self.workload.spread[service]

    def _parts(self, service: int, a: int, b: int) -> bool:
        """Whether going from one neighbourhood to another leaves somebody without what it needs."""
        if self.in_area[service][a] == 1 and any(self.in_area[other][a] for other in self.needed_by[service]):
            return True
        return self.in_area[service][b] == 0 and any(not self.in_area[other][b] for other in self.needs[service])

    def _part_each_other(self, one: int, other: int, area: int) -> bool:
        """One comes into the neighbourhood and needs the other, whose last process there leaves."""
        return self.in_area[one][area] == 0 and self.in_area[other][area] == 1 and other in self.needs[one]

    def _most_gone(self) -> int:
        return max(+self.holders, default=0)

    def _most_gone_after(self, more: Counter[int]) -> int:
        holders = self.holders.copy()
        for service, count in more.items():
            holders[self.gone[service]] -= 1
            holders[self.gone[service] + count] += 1
        return max(+holders, default=0)

    def _note_gone(self, service: int, more: int) -> None:
        self.holders[self.gone[service]] -= 1
        self.gone[service] += more
        self.holders[self.gone[service]] += 1

    def _hold(self, process: int, count: int) -> None:
        home = self.workload.home[process]
        for resource in self.resources:
            if self.workload.transient[resource]:
                self.held[home * len(self.resources) + resource] += count * self._amount(process, resource)

    def _enter(self, process: int, machine: int) -> None:
        if machine == self.workload.home[process]:
            self._hold(process, -1)
        self._count(process, machine, 1)

    def _leave(self, process: int, machine: int) -> None:
        if machine == self.workload.home[process]:
            self._hold(process, 1)
        self._count(process, machine, -1)

    def _count(self, process: int, machine: int, count: int) -> None:
        given, service = self.workload, self.workload.service[process]
        for resource in self.resources:
            self.used[machine * len(self.resources) + resource] += count * self._amount(process, resource)
        self.on_machine[service, machine] += count
        self.in_location[service][given.location[machine]] += count
        self.in_area[service][given.neighbourhood[machine]] += count
