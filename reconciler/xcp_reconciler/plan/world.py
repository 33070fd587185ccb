"""All that a decision may look at: what is wanted, what is seen, what is remembered, and now."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field

from xcp_reconciler.api.enums import Management
from xcp_reconciler.model.desired import Desired, HostSpec, pool_of, references
from xcp_reconciler.model.history import EMPTY, History
from xcp_reconciler.model.identity import Identities
from xcp_reconciler.model.placement import Assigned, Assignment
from xcp_reconciler.model.records import ApprovalRecord, HostRecord
from xcp_reconciler.plan.sight import Sight
from xcp_reconciler.refs import Kind, Ref, pool_ref


@dataclass(frozen=True, slots=True)
class Declarations:
    """The desired objects with the indexes that decisions need; made once for each change of what is declared.

    `placement` is the acting policy of each pool, the first by name, and `rebalance` likewise.
    """

    desired: Mapping[Ref, Desired]
    children: Mapping[Ref, tuple[Ref, ...]]
    members: Mapping[str, tuple[Ref, ...]]
    hosts: Mapping[str, tuple[str, ...]]
    memory_policies: Mapping[str, tuple[Ref, ...]]
    placement: Mapping[str, Ref] = field(default_factory=dict[str, Ref])
    rebalance: Mapping[str, Ref] = field(default_factory=dict[str, Ref])

    @staticmethod
    def of(desired: Mapping[Ref, Desired]) -> "Declarations":
        """Index what is declared: who refers to whom, who lives in which pool, which hosts a pool has."""
        children: defaultdict[Ref, list[Ref]] = defaultdict(list)
        members: defaultdict[str, list[Ref]] = defaultdict(list)
        hosts: defaultdict[str, list[str]] = defaultdict(list)
        memory_policies: defaultdict[str, list[Ref]] = defaultdict(list)
        placement: dict[str, Ref] = {}
        rebalance: dict[str, Ref] = {}
        acting = {Kind.PLACEMENT_POLICY: placement, Kind.REBALANCE: rebalance}
        for ref, one in desired.items():
            for parent in references(one):
                children[parent].append(ref)
            pool = pool_of(one, desired)
            if pool is not None:
                members[pool].append(ref)
            if ref.kind is Kind.HOST and pool is not None:
                hosts[pool].append(ref.name)
            if ref.kind is Kind.MEMORY_POLICY and pool is not None:
                memory_policies[pool].append(ref)
            if pool is not None and one.removal is None and (first := acting.get(ref.kind)) is not None:
                first[pool] = min(first.get(pool, ref), ref)
        return Declarations(
            desired,
            {ref: tuple(sorted(refs)) for ref, refs in children.items()},
            {pool: tuple(refs) for pool, refs in members.items()},
            {pool: tuple(sorted(names)) for pool, names in hosts.items()},
            {pool: tuple(sorted(refs)) for pool, refs in memory_policies.items()},
            placement,
            rebalance,
        )


@dataclass(frozen=True, slots=True)
class World:
    """One moment. `now` in unix seconds; `sights` by pool name, only pools that were looked at are in it.

    `targets` are the balloon targets that this process has set, in KiB by backend uuid: not every backend shows them.
    `doubts` are those of calls whose end nobody knows: they may still land, behind later ones, too.
    Before `targets_from` (unix seconds) calls of a process before this one may still set others.
    `played` says that this is no moment but a plan, in which every guest gives back what it is asked for.
    """

    identities: Identities
    now: float
    declared: Declarations
    sights: Mapping[str, Sight]
    assignments: Mapping[Ref, Assignment] = field(default_factory=dict[Ref, Assignment])
    histories: Mapping[Ref, History] = field(default_factory=dict[Ref, History])
    sightings: Mapping[Ref, tuple[str, ...]] = field(default_factory=dict[Ref, tuple[str, ...]])
    hosts: Mapping[str, HostRecord] = field(default_factory=dict[str, HostRecord])
    approvals: Mapping[Ref, ApprovalRecord] = field(default_factory=dict[Ref, ApprovalRecord])
    targets: Mapping[str, int] = field(default_factory=dict[str, int])
    targets_from: float = 0.0
    doubts: Mapping[str, int] = field(default_factory=dict[str, int])
    played: bool = False

    def history(self, ref: Ref) -> History:
        """What is remembered of an object."""
        return self.histories.get(ref, EMPTY)

    def pool(self, ref: Ref) -> str | None:
        """The pool of a declared object, None where its chain of references ends in nothing."""
        desired = self.declared.desired.get(ref)
        return pool_of(desired, self.declared.desired) if desired is not None else None

    def host_spec(self, host: str) -> HostSpec | None:
        """What is declared of a host."""
        desired = self.declared.desired.get(Ref(Kind.HOST, "default", host))
        return desired.spec if desired is not None and isinstance(desired.spec, HostSpec) else None

    def fenced(self, host: str) -> bool:
        """Whether an operator's word that the host is off holds now."""
        record = self.hosts.get(host)
        return record is not None and record.fence is not None and record.fence.until > self.now

    def leaves(self, host: str) -> bool:
        """Whether the machines of a host are to leave it: maintenance is declared, or somebody evacuates it."""
        spec, record = self.host_spec(host), self.hosts.get(host)
        return (spec is not None and spec.maintenance) or (record is not None and record.drain is not None)

    def observes(self, desired: Desired) -> bool:
        """Whether `management: Observe` holds for an object, its own or its pool's."""
        if desired.policies.management is Management.OBSERVE:
            return True
        pool = pool_of(desired, self.declared.desired)
        parent = self.declared.desired.get(pool_ref(pool)) if pool is not None else None
        return parent is not None and parent.policies.management is Management.OBSERVE

    def home(self, ref: Ref) -> str | None:
        """The host that a machine has the permission to be on."""
        assignment = self.assignments.get(ref)
        return assignment.host if isinstance(assignment, Assigned) else None
