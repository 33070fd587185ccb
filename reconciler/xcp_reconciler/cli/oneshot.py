"""Commands that look once and end: one loop, and no collecting of garbage that the end of the process takes anyway."""

import asyncio
import gc
from collections.abc import Coroutine, Generator
from contextlib import contextmanager
from typing import TypeVar

T = TypeVar("T")


def run(work: Coroutine[object, object, T]) -> T:
    """Run a coroutine on a loop of its own.

    The task itself returns nothing: when the loop ends, the interpreter's signal handling makes a text of the task
    and of all that it returned, which for ten thousand objects takes longer than the work.
    """
    results: list[T] = []

    async def main() -> None:
        results.append(await work)

    asyncio.run(main())
    return results[0]


@contextmanager
def collector_off() -> Generator[None, None, None]:
    """Tens of thousands of objects are made, and all of them are needed: looking for garbage finds none."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        # What is there now lives as long as the process: the collections of its last moments need not look at it.
        gc.freeze()
        if was_on:
            gc.enable()
