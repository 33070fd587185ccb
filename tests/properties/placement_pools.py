"""Pools that are drawn, their machines as they really are, and a judge of placement that shares no line with it."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from hypothesis import strategies as st

from tests.unit.plan.builders import MIB, WorldBuilder, seen_vm, vm_ref, vm_spec
from xcp_reconciler.model.desired import (
    HostSpec,
    Keep,
    Label,
    PlacementPolicySpec,
    PlacementRule,
    Policies,
    Scope,
    Strategy,
)
from xcp_reconciler.model.impact import Impact
from xcp_reconciler.model.placement import Assigned, Assignment
from xcp_reconciler.plan.world import World
from xcp_reconciler.refs import Kind, Ref, host_ref, ref_of

PIECE = 128 * MIB
# What a host has, in pieces: as `WorldBuilder` declares it.
ROOM = 8
POLICY = ref_of(Kind.PLACEMENT_POLICY, "lab")
STRANGER = "11111111-1111-4111-8111-11111111111"


@dataclass
class Machine:
    """A machine: how many pieces of memory it takes, and where it really is. `runs_on` None: it is off or not made.

    `defined_on` None: it is not made. `fixed`: it may not be migrated. `pinned` is where it is told to be.
    """

    name: str
    pieces: int
    app: str
    runs_on: str | None
    defined_on: str | None
    pinned: str | None = None
    fixed: bool = False
    home: Assignment | None = None

    @property
    def told(self) -> str | None:
        """Where it may be."""
        return self.home.host if isinstance(self.home, Assigned) else None

    @property
    def places(self) -> frozenset[str]:
        """Where it takes room: where it runs, and where it may be."""
        return frozenset(host for host in (self.runs_on, self.told) if host is not None)


@dataclass
class Pool:
    """Hosts, who has to leave them, and their machines. `strangers` are pieces of memory that others take."""

    hosts: tuple[str, ...]
    maintenance: frozenset[str]
    unschedulable: frozenset[str]
    strangers: dict[str, int]
    batch: int
    policy: PlacementPolicySpec | None
    racks: dict[str, str]
    machines: list[Machine] = field(default_factory=list[Machine])

    def world(self) -> World:
        """As the planner sees it."""
        made = WorldBuilder(*self.hosts)
        for host in self.hosts:
            spec = made.desired[host_ref(host)].spec
            assert isinstance(spec, HostSpec)
            left, open_ = host in self.maintenance, host not in self.unschedulable
            made.declare(host_ref(host), replace(spec, maintenance=left, batch=self.batch, schedulable=open_))
            labels = {"rack": self.racks[host]} if host in self.racks else {}
            made.desired[host_ref(host)] = replace(made.desired[host_ref(host)], labels=labels)
        if self.policy is not None:
            made.declare(POLICY, self.policy)
        for number, (host, pieces) in enumerate(self.strangers.items()):
            spec = vm_spec(memory_size=pieces * PIECE, memory_min=PIECE, memory_max=pieces * PIECE)
            made.shows(seen_vm(f"theirs{number}", host=host, spec=spec, uuid=f"{STRANGER}{number}", stamp=None))
        for machine in self.machines:
            size = machine.pieces * PIECE
            spec = vm_spec(memory_size=size, memory_min=size, memory_max=size, host=machine.pinned)
            impact = Impact.LIVE if machine.fixed else Impact.MIGRATE
            made.vm(spec, name=machine.name, home=None, policies=Policies(max_impact=impact))
            made.desired[vm_ref(machine.name)] = replace(
                made.desired[vm_ref(machine.name)], labels={"app": machine.app}
            )
            if machine.home is not None:
                made.assignments[vm_ref(machine.name)] = machine.home
            if machine.defined_on is not None:
                on = machine.runs_on is not None
                made.shows(seen_vm(machine.name, host=machine.defined_on, spec=spec, running=on))
        return made.build()

    def take(self, assignments: dict[Ref, Assignment]) -> None:
        """Hand out assignments."""
        for machine in self.machines:
            machine.home = assignments.get(vm_ref(machine.name), machine.home)

    # --- the judge

    def taken(self, host: str) -> int:
        """Pieces of a host's memory that somebody takes."""
        return self.strangers.get(host, 0) + sum(one.pieces for one in self.machines if host in one.places)

    def rules(self, keep: Keep) -> Iterator[tuple[PlacementRule, list[Machine]]]:
        """The required rules of this kind, with the machines that they are about."""
        for rule in self.policy.rules if self.policy is not None else ():
            if rule.keep is keep and rule.price is None:
                wanted = {label.value for label in rule.labels}
                yield rule, [one for one in self.machines if not wanted or wanted == {one.app}]

    def unit(self, rule: PlacementRule, host: str) -> str:
        """What those who are kept apart do not share."""
        return self.racks.get(host, host) if rule.scope is Scope.DOMAIN else host

    def crowd(self, rule: PlacementRule, members: list[Machine]) -> Counter[str]:
        """How many machines are in each unit: who is on its way at both ends."""
        found = Counter[str]()
        for one in members:
            found.update({self.unit(rule, host) for host in one.places})
        return found

    def wrongs(self, before: dict[str, frozenset[str]]) -> list[str]:
        """What is wrong with where machines may be now; `before` says by name where they took room."""
        found: list[str] = []
        for one in self.machines:
            if one.pinned is not None and one.runs_on == one.pinned:
                continue
            for host in one.places - before[one.name]:
                if host in self.maintenance | self.unschedulable and one.defined_on != host:
                    found.append(f"{one.name} may come to {host}, which takes nobody")
                if self.taken(host) > ROOM:
                    found.append(f"{one.name} may come to {host}, which then has {self.taken(host)} of {ROOM}")
                if one.pinned is None:
                    found += self._against_rules(one, host, before[one.name])
        return found

    def _against_rules(self, one: Machine, host: str, was: frozenset[str]) -> Iterator[str]:
        for rule, members in self.rules(Keep.APART):
            unit = self.unit(rule, host)
            is_new = unit not in {self.unit(rule, place) for place in was}
            if one in members and is_new and self.crowd(rule, members)[unit] > rule.limit:
                yield f"{one.name} may come to {host}, where rule {rule.name} does not allow it"

    def takes(self, one: Machine, host: str) -> bool:
        """Whether a host could simply take a machine that runs elsewhere now."""
        if host in self.maintenance | self.unschedulable or self.taken(host) + one.pieces > ROOM:
            return False
        for rule, members in self.rules(Keep.APART):
            unit = self.unit(rule, host)
            own = one.runs_on is not None and unit == self.unit(rule, one.runs_on)
            if one in members and not own and self.crowd(rule, members)[unit] >= rule.limit:
                return False
        return True

    def is_alone(self, one: Machine) -> bool:
        """Whether it may be moved without others that it has to stay with."""
        return not any(one in members and len(members) > 1 for _, members in self.rules(Keep.TOGETHER))


def _rules() -> st.SearchStrategy[PlacementRule]:
    return st.builds(
        PlacementRule,
        st.sampled_from(["one", "two"]),
        st.sampled_from([(Label("app", "db"),), (Label("app", "web"),), ()]),
        st.sampled_from([Keep.APART, Keep.APART, Keep.TOGETHER]),
        st.sampled_from(list(Scope)),
        st.integers(1, 2),
        st.sampled_from([None, None, 0.5]),
    )


@st.composite
def policies(draw: st.DrawFn) -> PlacementPolicySpec:
    """Any placement policy of the pool but those that count CPUs."""
    rules = draw(st.lists(_rules(), max_size=2, unique_by=lambda rule: rule.name))
    return PlacementPolicySpec(
        "lab",
        draw(st.sampled_from(list(Strategy))),
        failures=draw(st.sampled_from([0, 0, 0, 1])),
        domain_label="rack",
        rules=tuple(rules),
    )


@st.composite
def machines(draw: st.DrawFn, number: int, hosts: tuple[str, ...]) -> Machine:
    """A machine that runs where it may be, or somewhere else, is halted, or is to be made; it always shall run."""
    there = draw(st.sampled_from([None, *hosts, *hosts, *hosts]))
    runs = there is not None and draw(st.integers(0, 5)) > 0
    home: Assignment | None = Assigned(there) if there is not None else None
    if there is not None and draw(st.integers(0, 5)) == 0:
        home = draw(st.sampled_from([None, *(Assigned(host) for host in hosts)]))
    return Machine(
        f"m{number}",
        draw(st.integers(1, 5)),
        draw(st.sampled_from(["db", "web", "other"])),
        there if runs else None,
        there,
        draw(st.sampled_from([None, None, None, None, None, *hosts])),
        draw(st.integers(0, 7)) == 0,
        home,
    )


@st.composite
def pools(draw: st.DrawFn) -> Pool:
    """Any pool, also one that is too full."""
    hosts = ("a", "b", "c", "d")[: draw(st.integers(1, 4))]
    some = st.lists(st.sampled_from(hosts), max_size=2, unique=True)
    pool = Pool(
        hosts,
        frozenset(draw(some)),
        frozenset(draw(st.lists(st.sampled_from(hosts), max_size=1))),
        {host: draw(st.integers(1, 3)) for host in draw(some)},
        draw(st.integers(1, 3)),
        draw(st.none() | policies()),
        {host: draw(st.sampled_from(["left", "right"])) for host in draw(some)},
    )
    for number in range(draw(st.integers(0, 8))):
        pool.machines.append(draw(machines(number, hosts)))
    return pool
