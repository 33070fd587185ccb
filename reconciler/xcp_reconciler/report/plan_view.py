"""Everything that is shown of a plan, whatever the form: the plan, who answered, what is not ours, what to type."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from xcp_reconciler.model.decision import Blocked, Pending, PendingReason, Wait
from xcp_reconciler.model.desired import Desired
from xcp_reconciler.model.impact import Impact
from xcp_reconciler.model.plan import Entry, Plan
from xcp_reconciler.refs import Kind, Ref
from xcp_reconciler.report.plan_hash import plan_hash


@dataclass(frozen=True, slots=True)
class PoolAnswer:
    """How a pool answered. `silent` are its hosts that did not, with the reason; `refusal` is why none was asked."""

    name: str
    driver: str
    hosts: int
    silent: tuple[tuple[str, str], ...] = ()
    refusal: str | None = None

    @property
    def answering(self) -> int:
        """How many hosts answered."""
        return 0 if self.refusal is not None else self.hosts - len(self.silent)


@dataclass(frozen=True, slots=True)
class PlanView:
    """A plan and what is around it. `strangers` counts machines of nobody's by host; `command` does the plan.

    `elsewhere` counts the stored objects outside the plan's scope that are not as declared.
    """

    plan: Plan
    owner: str
    declared: Mapping[Ref, Desired]
    pools: tuple[PoolAnswer, ...] = ()
    strangers: Mapping[str, int] = field(default_factory=dict[str, int])
    command: str = "xcp apply"
    elsewhere: int = 0

    def doing(self, command: str) -> "PlanView":
        """The same with another command that does it."""
        return replace(self, command=command)

    @property
    def hash(self) -> str:
        """The plan's name."""
        return plan_hash(self.owner, self.plan)

    @property
    def waiting(self) -> tuple[Entry, ...]:
        """The entries that end in waiting for something."""
        return tuple(entry for entry in self.plan.entries if isinstance(entry.end, Wait))

    @property
    def blocked(self) -> tuple[tuple[Entry, Blocked], ...]:
        """The entries that need somebody, with why."""
        return tuple((entry, entry.end) for entry in self.plan.entries if isinstance(entry.end, Blocked))

    @property
    def held(self) -> tuple[tuple[Ref, Pending], ...]:
        """What somebody's policy or missing approval holds back."""
        reasons = {PendingReason.HELD_BY_POLICY, PendingReason.APPROVAL}
        return tuple((ref, one) for ref, one in self.plan.pending if one.reason in reasons)

    @property
    def pending(self) -> tuple[tuple[Ref, Pending], ...]:
        """What stays for now for other reasons."""
        held = {PendingReason.HELD_BY_POLICY, PendingReason.APPROVAL}
        return tuple((ref, one) for ref, one in self.plan.pending if one.reason not in held)

    @property
    def left(self) -> tuple[tuple[Ref, Pending], ...]:
        """What is pending and not a change of this very plan that will then wait."""
        changed = {(entry.ref, change.path, change.desired) for entry in self.plan.changing for change in entry.changes}
        return tuple(
            (ref, one) for ref, one in self.pending if (ref, one.change.path, one.change.desired) not in changed
        )

    @property
    def as_declared(self) -> bool:
        """Whether nothing differs but what is pending."""
        return not self.plan.changing and not self.blocked and not self.waiting

    @property
    def interrupted(self) -> tuple[Ref, ...]:
        """The machines that stop or restart."""
        return tuple(
            entry.ref
            for entry in self.plan.changing
            if entry.ref.kind is Kind.VIRTUAL_MACHINE
            and any(change.impact in {Impact.POWER_CYCLE, Impact.HOST_REBOOT} for change in entry.changes)
        )

    @property
    def destroyed(self) -> tuple[Ref, ...]:
        """The objects whose data would be lost."""
        return tuple(
            entry.ref
            for entry in self.plan.changing
            if any(change.impact is Impact.DATA_LOSS for change in entry.changes)
        )
