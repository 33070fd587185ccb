"""The files of the ROADEF/EURO 2012 challenge: a model and an assignment, as the arrays of the kernel."""

from array import array
from typing import Final

from xcp_kernels.workload import BALANCE_FIELDS, MOST_MACHINES, MOST_PROCESSES, MOST_RESOURCES, MOST_SERVICES, Workload

_DEPENDENCIES: Final = 1 << 24


class UnreadableError(ValueError):
    """A file that is no model, or no assignment for it; the message says why."""


class _Numbers:
    """The numbers of a file, one after the other."""

    def __init__(self, text: str) -> None:
        try:
            self._left = array("q", map(int, text.split()))
        except (ValueError, OverflowError) as error:
            raise UnreadableError(f"it has something that is no whole number of 64 bits: {error}") from error
        self._at = 0

    def take(self, many: int, what: str) -> "array[int]":
        """The next numbers."""
        found = self._left[self._at : self._at + many]
        if len(found) < many:
            raise UnreadableError(f"it ends within {what}")
        self._at += many
        return found

    def count(self, most: int, what: str) -> int:
        """How many of something follow."""
        many = self.take(1, f"the number of {what}")[0]
        if not 0 <= many <= most:
            raise UnreadableError(f"the number of {what} is {many}; 0 to {most} can be")
        return many

    def end(self) -> None:
        """Nothing follows."""
        if self._at < len(self._left):
            raise UnreadableError(f"{len(self._left) - self._at} numbers are left over at its end")


def read_assignment(text: str) -> "array[int]":
    """The machine of each process.

    Raises:
        UnreadableError: the text is something else than whole numbers.
    """
    numbers = _Numbers(text)
    return numbers.take(len(text.split()), "the assignment")


def read_model(text: str, home: "array[int]") -> Workload:
    """A model whose processes are at home there. What the numbers say is looked at by the kernel.

    Raises:
        UnreadableError: the text is no model, or has another number of processes than there are homes.
    """
    numbers = _Numbers(text)
    resources = numbers.count(MOST_RESOURCES, "resources")
    kinds = numbers.take(2 * resources, "the resources")
    machines = numbers.count(MOST_MACHINES, "machines")
    places, capacity, safety, way = array("q"), array("q"), array("q"), array("q")
    for machine in range(machines):
        what = f"machine {machine}"
        places += numbers.take(2, what)
        capacity += numbers.take(resources, what)
        safety += numbers.take(resources, what)
        way += numbers.take(machines, what)
    services = numbers.count(MOST_SERVICES, "services")
    spread, need_start, need_of = array("q"), array("q", [0]), array("q")
    for service in range(services):
        spread += numbers.take(1, f"service {service}")
        need_of += numbers.take(numbers.count(_DEPENDENCIES, "dependencies"), f"service {service}")
        need_start.append(len(need_of))
    processes = numbers.count(MOST_PROCESSES, "processes")
    if processes != len(home):
        raise UnreadableError(f"it has {processes} processes, and the assignment {len(home)}")
    rows = numbers.take(processes * (resources + 2), "the processes")
    amount = array("q")
    for process in range(processes):
        begin = process * (resources + 2) + 1
        amount += rows[begin : begin + resources]
    balances = numbers.count(MOST_RESOURCES * MOST_RESOURCES, "balances")
    balance = numbers.take(BALANCE_FIELDS * balances, "the balances")
    process_weight, service_weight, way_weight = numbers.take(3, "the weights of moves")
    numbers.end()
    return Workload(
        load_weight=kinds[1::2],
        transient=kinds[0::2],
        capacity=capacity,
        safety=safety,
        location=places[1::2],
        neighbourhood=places[0::2],
        way=way,
        spread=spread,
        need_start=need_start,
        need_of=need_of,
        service=rows[0 :: resources + 2],
        amount=amount,
        price=rows[resources + 1 :: resources + 2],
        home=home,
        balance=balance,
        price_weight=process_weight,
        service_weight=service_weight,
        way_weight=way_weight,
    )
