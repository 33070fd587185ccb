"""Runs chunks in processes of their own, keeps what they come to, and shows how far it is."""

import logging
import multiprocessing
import time
from collections.abc import Callable, Iterable
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass

from tests.proof.leg import Result
from tests.proof.legs import leg
from tests.proof.record import Chunk, Record


@dataclass(frozen=True, slots=True)
class Limits:
    """`jobs` processes at once, nothing begun after `until` (seconds of the monotonic clock; None: no end)."""

    jobs: int
    until: float | None = None

    @property
    def over(self) -> bool:
        """Whether nothing more may be begun."""
        return self.until is not None and time.monotonic() >= self.until


def work(chunk: Chunk) -> tuple[Result, float]:
    """Run one chunk; what it came to, and the processor time that it took in seconds."""
    # Refusals and deaths are what it is about; only defects are news.
    logging.getLogger("xcp_reconciler").setLevel(logging.ERROR)
    began = time.process_time()
    try:
        result = leg(chunk.leg).run(chunk.pieces)
    except Exception as error:  # noqa: BLE001 - whatever a leg raises is its failure
        # Told here: not every error can be sent to another process.
        result = _failure(chunk, f"{type(error).__name__}: {error}")
    return result, time.process_time() - began


def run(chunks: Iterable[Chunk], record: Record, limits: Limits, told: Callable[[Chunk, Result], None]) -> None:
    """Run the chunks that are not done yet. A chunk that kills its process is a failure that names it."""
    left = [chunk for chunk in chunks if not record.is_done(chunk)]
    while left and not limits.over:
        left = _run_until_broken(left, record, limits, told)


def _run_until_broken(
    left: list[Chunk], record: Record, limits: Limits, told: Callable[[Chunk, Result], None]
) -> list[Chunk]:
    """Run what it can; what is left when a process has died, without the chunks that it may have died of."""
    waiting = list(reversed(left))
    running: dict[Future[tuple[Result, float]], Chunk] = {}
    # New processes, not copies of this one: nothing is shared but the code.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(limits.jobs, mp_context=context) as pool:
        while running or (waiting and not limits.over):
            while waiting and len(running) < limits.jobs and not limits.over:
                chunk = waiting.pop()
                running[pool.submit(work, chunk)] = chunk
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                chunk = running.pop(future)
                try:
                    result, seconds = future.result()
                except BrokenProcessPool:
                    for dead in (chunk, *running.values()):
                        result = _failure(dead, "the process died of one of its pieces")
                        record.keep(dead, result, 0.0)
                        told(dead, result)
                    return list(reversed(waiting))
                record.keep(chunk, result, seconds)
                told(chunk, result)
    return list(reversed(waiting))


def _failure(chunk: Chunk, why: str) -> Result:
    return Result(failures=[f"{chunk.leg} {chunk.first}..{chunk.last}: {why}"])
