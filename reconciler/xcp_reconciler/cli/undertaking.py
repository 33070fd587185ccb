"""What a command is about to do: shown first, then written in one commit, then brought about."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from xcp_reconciler.cli.failure import CommandError
from xcp_reconciler.cli.workspace import Workspace
from xcp_reconciler.model.decision import Change, Gone, Steady
from xcp_reconciler.model.desired import Desired
from xcp_reconciler.model.impact import Impact
from xcp_reconciler.model.plan import Plan
from xcp_reconciler.model.records import OpenPlan
from xcp_reconciler.ports.store import ConflictError, PutDesired, PutPlan, Store, Write
from xcp_reconciler.refs import Ref

_MOST_TRIES: Final = 5


@dataclass(frozen=True, slots=True)
class Undertaking:
    """A plan that was shown, and what has to be stored for it.

    `put` are objects to be declared or marked for removal, `versions` the resourceVersions that the plan was made on,
    `beside` other writes of the same commit. `changes` holds an entry for every key of the plan.
    """

    workspace: Workspace
    plan: Plan
    put: Mapping[Ref, Desired]
    versions: Mapping[Ref, int]
    changes: Mapping[Ref, tuple[Change, ...]]
    hosts: Mapping[Ref, str]
    max_impact: Impact | None = None
    beside: tuple[Write, ...] = field(default=())

    @property
    def changes_something(self) -> bool:
        """Whether anything would be different in the world, or forgotten."""
        return any(entry.changes or isinstance(entry.end, Gone) for entry in self.plan.entries)

    @property
    def is_idle(self) -> bool:
        """Whether everything is as declared, in the world and in the store."""
        ends = (isinstance(entry.end, Steady) for entry in self.plan.entries)
        return not self.put and not self.beside and not self.changes_something and all(ends)

    def opened(self, name: str, now: float, seconds: float) -> OpenPlan:
        """The record that binds whoever acts, for so long."""
        return OpenPlan(name, self.changes, self.hosts, self.max_impact, now, now + seconds)


async def write_down(undertaking: Undertaking, plan: OpenPlan, store: Store) -> None:
    """Store what is declared and the plan for it in one commit.

    Raises:
        CommandError: somebody has declared something else meanwhile.
        StoreError: the store cannot be written.
    """
    for _ in range(_MOST_TRIES):
        try:
            await store.commit(*_puts(undertaking, store), *undertaking.beside, PutPlan(plan))
        except ConflictError:
            # Another command with the same manifests is no conflict: what it wrote need not be written again.
            await store.refresh()
        else:
            return
    raise CommandError("other commands keep changing the same objects, and nothing was written", "try again")


def _puts(undertaking: Undertaking, store: Store) -> list[Write]:
    state = store.state
    writes: list[Write] = []
    for ref, desired in undertaking.put.items():
        version = state.versions.get(ref, 0)
        if version != undertaking.versions.get(ref, 0):
            stored = state.desired.get(ref)
            if stored is not None and stored.declares_the_same(desired):
                continue
            raise CommandError(
                f"{ref} was changed by somebody else since this plan was made, and nothing was written",
                "run the command again: it shows what is different now",
            )
        writes.append(PutDesired(desired, expect=version))
    return writes
