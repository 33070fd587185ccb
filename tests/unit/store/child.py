"""Another process with the same store, run by tests: `python -m tests.unit.store.child TASK DATABASE`.

`intents` commits an intent and its effect's mark again and again, saying each number when it is durable. `hold` takes
the acting lease, says so, and keeps it. `count` adds 1 to a counter 200 times, each time expecting the version that it
read.
"""

import asyncio
import sys
from dataclasses import replace
from pathlib import Path

from tests.unit.store.surroundings import CountedRng, RealClock, vm, vm_ref
from xcp_reconciler.model.desired import VmSpec
from xcp_reconciler.model.history import History, Intent
from xcp_reconciler.model.status import Status
from xcp_reconciler.ports.driver import Access
from xcp_reconciler.ports.store import ConflictError, PutDesired, PutHistory, PutStatus
from xcp_reconciler.store.sqlite import SqliteStore, open_store

TURNS = 200


def say(text: object) -> None:
    """Tell the test, at once."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


async def intents(store: SqliteStore) -> None:
    """An intent before every effect; the effect is the line that the test reads."""
    ref, number = vm_ref("a"), 0
    while True:
        number += 1
        intent = Intent("StartVm", ("h1",), float(number), float(number) + 15)
        await store.commit(PutHistory(ref, History(intents=(intent,))), PutStatus(ref, Status(number)))
        say(number)


async def hold(store: SqliteStore) -> None:
    """The lease, until killed."""
    async with store.lease() as acting:
        say("acting" if acting else "refused")
        await asyncio.Event().wait()


async def count(store: SqliteStore) -> None:
    """Read, add one, write under the version that was read; again when somebody was faster."""
    ref = vm_ref("counter")
    conflicts = 0
    for _ in range(TURNS):
        while True:
            await store.refresh()
            found = store.state.desired.get(ref)
            old = vm("counter", cores=0) if found is None else found
            assert isinstance(old.spec, VmSpec)
            new = replace(old, spec=replace(old.spec, cores=old.spec.cores + 1))
            try:
                await store.commit(PutDesired(new, expect=store.state.versions.get(ref, 0)))
            except ConflictError:
                conflicts += 1
            else:
                break
            await asyncio.sleep(0)
    say(conflicts)


TASKS = {"intents": intents, "hold": hold, "count": count}


async def main() -> None:
    """Open the store and do the task."""
    task, path = TASKS[sys.argv[1]], Path(sys.argv[2])
    async with open_store(path, access=Access.WRITE, clock=RealClock(), rng=CountedRng()) as store:
        await task(store)


if __name__ == "__main__":
    asyncio.run(main())
