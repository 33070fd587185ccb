"""What tests hang into the ports: nothing here stands in for code of ours, it only listens and strikes."""

from collections.abc import Callable
from dataclasses import dataclass, field

from xcp_reconciler.model.history import Intent
from xcp_reconciler.model.ops import Call
from xcp_reconciler.ports.store import PutHistory, Write


@dataclass
class Diary:
    """Notes commits and calls in their order, and lets a test strike at any of them.

    Serves as the faults of a store and of a driver at once.
    """

    lines: list[str] = field(default_factory=list[str])
    looks: int = 0
    before: Callable[[Call], None] | None = None
    between: Callable[[Call], None] | None = None
    after: Callable[[Call], None] | None = None
    writing: Callable[[], None] | None = None

    def before_commit(self, commits: tuple[tuple[Write, ...], ...]) -> None:
        """Just before a transaction is durable."""
        del commits
        if self.writing is not None:
            self.writing()

    def after_commit(self, commits: tuple[tuple[Write, ...], ...]) -> None:
        """Just after."""
        for writes in commits:
            for write in writes:
                if isinstance(write, PutHistory):
                    intents = ",".join(intent.op for intent in write.history.intents)
                    self.lines.append(f"history {write.ref.name}: {intents}")

    async def before_send(self, call: Call) -> None:
        """A call has not left yet."""
        self.lines.append(f"call {call.method}")
        if self.before is not None:
            self.before(call)

    async def applied(self, call: Call) -> None:
        """The world has changed."""
        if self.between is not None:
            self.between(call)

    async def after_reply(self, call: Call) -> None:
        """The answer is there."""
        if self.after is not None:
            self.after(call)

    def staleness(self) -> int:
        """A look is handed over."""
        self.looks += 1
        return 0


def names(intents: tuple[Intent, ...]) -> list[str]:
    """The ops of intents."""
    return [intent.op for intent in intents]
