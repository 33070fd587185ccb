"""What is wrong with a workload or an assignment, before anything is computed: for both twins."""

from collections.abc import Sequence

from xcp_kernels.workload import (
    BALANCE_FIELDS,
    FIGURES,
    MOST_AMOUNT,
    MOST_CELLS,
    MOST_COST,
    MOST_MACHINES,
    MOST_PROCESSES,
    MOST_RESOURCES,
    MOST_SERVICES,
    Flaw,
    Walk,
    Workload,
)


def check_shape(workload: Workload, *assignments: Sequence[int], figures: Sequence[int] = (0,) * FIGURES) -> None:
    """The arrays fit together.

    Raises:
        ValueError: they do not, or there are more resources, machines, services or processes than the kernel takes.
    """
    resources, machines = len(workload.load_weight), len(workload.location)
    services, processes = len(workload.spread), len(workload.service)
    if not 0 < resources <= MOST_RESOURCES or not 0 < machines <= MOST_MACHINES or services > MOST_SERVICES:
        raise ValueError("no resources or machines, or more of them, or of services, than the kernel takes")
    # Services have a row of places, and one of machines.
    if processes > MOST_PROCESSES or machines * max(services, machines) > MOST_CELLS:
        raise ValueError("more processes, or more services and machines, than the kernel takes")
    if len(workload.transient) != resources or len(workload.balance) % BALANCE_FIELDS:
        raise ValueError("an array of resources or balances is not as long as there are such")
    if any(len(one) != machines * resources for one in (workload.capacity, workload.safety)):
        raise ValueError("an array of machines is not as long as machines times resources")
    if len(workload.neighbourhood) != machines or len(workload.way) != machines * machines:
        raise ValueError("an array of machines is not as long as there are machines")
    if len(workload.amount) != processes * resources:
        raise ValueError("an array of processes is not as long as processes times resources")
    if any(len(one) != processes for one in (workload.price, workload.home, *assignments)):
        raise ValueError("an array of processes is not as long as there are processes")
    starts = workload.need_start
    if len(starts) != services + 1 or starts[0] != 0 or starts[services] != len(workload.need_of):
        raise ValueError("need_start begins at 0 and ends with the length of need_of")
    if any(starts[k] > starts[k + 1] for k in range(services)):
        raise ValueError("need_start never falls")
    if len(figures) != FIGURES:
        raise ValueError("the array of figures is not as long as there are figures")


def check_walk(walk: Walk) -> None:
    """The temperatures are some.

    Raises:
        ValueError: they are not, or rise.
    """
    if walk.tries < 0 or not 0 < walk.cold <= walk.hot <= MOST_COST:
        raise ValueError("a walk of no number of tries, or of temperatures that are 0 or rise")
    if not 0 <= walk.homing <= MOST_COST or not 0 <= walk.worth <= MOST_COST:
        raise ValueError("a walk whose homing or worth is negative or no number")


def find_flaw(workload: Workload, at: Sequence[int]) -> tuple[Flaw, int]:
    """The first flaw of the numbers, and its index in the array that it is in; of the rules, conflicts."""
    machines, services = len(workload.location), len(workload.spread)
    weights = (workload.price_weight, workload.service_weight, workload.way_weight)
    for values, below, flaw in (
        *((one, MOST_AMOUNT + 1, Flaw.TOO_LARGE) for one in (workload.load_weight, workload.capacity)),
        *((one, MOST_AMOUNT + 1, Flaw.TOO_LARGE) for one in (workload.safety, workload.way, workload.spread)),
        *((one, MOST_AMOUNT + 1, Flaw.TOO_LARGE) for one in (workload.amount, workload.price, weights)),
        *((workload.balance[k::BALANCE_FIELDS], MOST_AMOUNT + 1, Flaw.TOO_LARGE) for k in (2, 3)),
        *((workload.balance[k::BALANCE_FIELDS], len(workload.load_weight), Flaw.NO_SUCH_RESOURCE) for k in (0, 1)),
        *((one, machines, Flaw.NO_SUCH_PLACE) for one in (workload.location, workload.neighbourhood)),
        *((one, services, Flaw.NO_SUCH_SERVICE) for one in (workload.service, workload.need_of)),
        *((one, machines, Flaw.NO_SUCH_MACHINE) for one in (workload.home, at)),
    ):
        if len(values) and not 0 <= min(values) <= max(values) < below:
            culprit = next(k for k, value in enumerate(values) if not 0 <= value < below)
            return (Flaw.NEGATIVE if flaw is Flaw.TOO_LARGE and values[culprit] < 0 else flaw), culprit
    if _most_cost(workload) > MOST_COST:
        return Flaw.TOO_LARGE, 0
    return _conflict(workload, at)


def _conflict(workload: Workload, at: Sequence[int]) -> tuple[Flaw, int]:
    """The first process where one of its service is."""
    if len(set(zip(workload.service, at, strict=True))) == len(at):
        return Flaw.NONE, 0
    seen = set[tuple[int, int]]()
    for process, place in enumerate(zip(workload.service, at, strict=True)):
        seen.add(place)
        if len(seen) == process:
            return Flaw.CONFLICT, process
    return Flaw.NONE, 0


def _most_cost(workload: Workload) -> int:
    """No assignment costs more; a weight of 0 counts as 1, so that no product on the way is larger either."""
    resources, processes = len(workload.load_weight), len(workload.service)
    cost = sum(max(workload.load_weight[r], 1) * sum(workload.amount[r::resources]) for r in range(resources))
    for k in range(0, len(workload.balance), BALANCE_FIELDS):
        one, two, target, weight = workload.balance[k : k + BALANCE_FIELDS]
        free = max(target, 1) * sum(workload.capacity[one::resources]) + sum(workload.capacity[two::resources])
        cost += max(weight, 1) * free
    cost += max(workload.price_weight, 1) * sum(workload.price) + max(workload.service_weight, 1) * processes
    return cost + max(workload.way_weight, 1) * max(workload.way) * processes
