"""A tale: what is committed to a store, commit by commit, drawn from a seed, and what must be there after each."""

import random
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.unit.store.surroundings import opened, vm, vm_ref
from xcp_reconciler.model.history import History, Intent
from xcp_reconciler.model.status import Status
from xcp_reconciler.ports.driver import Access
from xcp_reconciler.ports.store import PutDesired, PutHistory, PutSighting, PutStatus, RemoveDesired, Write
from xcp_reconciler.store.sqlite import SqliteStore

_NAMES: Final = tuple(f"vm-{number}" for number in range(8))
_LAST: Final = vm_ref("last")
"""Its status carries the number of the last commit: every commit leaves another world."""
_MOST_ROWS: Final = 12

Content = dict[str, object]


@dataclass(frozen=True, slots=True)
class Tale:
    """Commits are numbered from 1; each is drawn from the seed and its number alone."""

    seed: int

    def commit(self, number: int) -> tuple[Write, ...]:
        """Give the writes of a commit: several rows of several tables, that belong together."""
        chance = random.Random(f"{self.seed} {number}")  # noqa: S311 - to be had again
        writes: list[Write] = [PutStatus(_LAST, Status(number))]
        for _ in range(chance.randint(1, _MOST_ROWS)):
            name = chance.choice(_NAMES)
            ref = vm_ref(name)
            match chance.randrange(5):
                case 0:
                    writes.append(RemoveDesired(ref))
                case 1:
                    intent = Intent("StartVm", ("h1",), float(number), float(number) + 15)
                    writes.append(PutHistory(ref, History(intents=(intent,), attempts=chance.randrange(9))))
                case 2:
                    writes.append(PutSighting(ref, ("h1", "h2")[: chance.randrange(3)]))
                case _:
                    # A label of a length that moves rows from page to page.
                    wanted = vm(name, cores=chance.randint(1, 8), line=number, uid=f"u-{name}")
                    wanted.labels["note"] = "x" * chance.choice((0, 10, 700, 6000))  # type: ignore[index]
                    writes.append(PutDesired(wanted))
        return tuple(writes)

    async def tell(self, store: SqliteStore, first: int, last: int) -> None:
        """Commit these."""
        for number in range(first, last + 1):
            await store.commit(*self.commit(number))

    async def after(self, number: int) -> Content:
        """Give what is in a store after so many commits, from one that nothing can happen to."""
        async with opened(None) as store:
            await self.tell(store, 1, number)
            return content(store)


def content(store: SqliteStore) -> Content:
    """Give all that a store holds."""
    state = store.state
    kept = ("desired", "versions", "statuses", "assignments", "histories", "sightings", "hosts", "approvals", "plans")
    return {name: dict(getattr(state, name)) for name in kept}


def last_of(store: SqliteStore) -> int:
    """Give the number of the last commit that a store holds."""
    status = store.state.statuses.get(_LAST)
    return 0 if status is None else status.observed_generation


async def wrong_with(path: Path, tale: Tale, *, least: int, most: int) -> tuple[int, str | None]:
    """Tell which commit a file ends with, and what is wrong: fewer or more than may be, half of one, or damage.

    The store is then written to, closed and read once more: it must go on from there.
    """
    async with opened(path) as store:
        number = last_of(store)
        if not least <= number <= most:
            return number, f"{number} commits are there, and {least} to {most} were durable"
        if content(store) != await tale.after(number):
            return number, f"what is there is not what commit {number} left"
        await tale.tell(store, number + 1, number + 1)
    async with opened(path, Access.READ) as store:
        if content(store) != await tale.after(number + 1):
            return number, f"commit {number + 1}, made after the damage, is not what was read back"
    return number + 1, None
