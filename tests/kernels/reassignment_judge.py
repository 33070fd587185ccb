"""An independent judge of assignments: the challenge's rules and cost as sets and sums, with no line of the kernel."""

from collections import Counter
from collections.abc import Sequence

from xcp_kernels.workload import Flaw, Workload


def broken(given: Workload, at: Sequence[int]) -> set[Flaw]:
    """Every rule that an assignment breaks."""
    found = set[Flaw]()
    width = len(given.load_weight)
    for machine in range(len(given.location)):
        for r in range(width):
            # Transient: who is there and who has left it, each once.
            counted = [
                p for p, where in enumerate(at) if where == machine or (given.transient[r] and given.home[p] == machine)
            ]
            if sum(given.amount[p * width + r] for p in counted) > given.capacity[machine * width + r]:
                found.add(Flaw.OVERFULL)
    members = [[p for p, one in enumerate(given.service) if one == s] for s in range(len(given.spread))]
    areas = [{given.neighbourhood[at[p]] for p in mine} for mine in members]
    for service, mine in enumerate(members):
        if len({at[p] for p in mine}) < len(mine):
            found.add(Flaw.CONFLICT)
        if len({given.location[at[p]] for p in mine}) < given.spread[service]:
            found.add(Flaw.SPREAD)
        needed = given.need_of[given.need_start[service] : given.need_start[service + 1]]
        if any(not areas[service] <= areas[other] for other in needed):
            found.add(Flaw.DEPENDENCY)
    return found


def cost(given: Workload, at: Sequence[int]) -> int:
    """What an assignment costs, summed from nothing."""
    width, machines = len(given.load_weight), len(given.location)
    used = Counter[tuple[int, int]]()
    for process, machine in enumerate(at):
        for r in range(width):
            used[machine, r] += given.amount[process * width + r]
    total = 0
    for machine in range(machines):
        for r in range(width):
            total += given.load_weight[r] * max(0, used[machine, r] - given.safety[machine * width + r])
        for k in range(len(given.balance) // 4):
            one, two, target, weight = given.balance[4 * k : 4 * k + 4]
            free = [given.capacity[machine * width + r] - used[machine, r] for r in (one, two)]
            total += weight * max(0, target * free[0] - free[1])
    away = [process for process, machine in enumerate(at) if machine != given.home[process]]
    total += given.price_weight * sum(given.price[process] for process in away)
    total += given.service_weight * max(Counter(given.service[process] for process in away).values(), default=0)
    return total + given.way_weight * sum(given.way[given.home[p] * machines + at[p]] for p in away)
