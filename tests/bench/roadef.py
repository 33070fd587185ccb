"""A new assignment for a model of the ROADEF/EURO 2012 challenge, within some seconds, on one core.

    python -m tests.bench.roadef MODEL ASSIGNMENT --seconds 60 --out FILE

FILE is an assignment that breaks no rule from the moment that it is there: home at first, then the best so far. It is
written a last time when the seconds are over, or on SIGTERM. Seconds count from the start of the process.
"""

import argparse
import json
import os
import signal
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from tests.bench.roadef_files import UnreadableError, read_assignment, read_model
from tests.bench.roadef_search import FlawedError, Found, search
from xcp_kernels.reassignment import IMPLEMENTATION, Workload

_WALK: Final = 0.4
_WRITE_EVERY: Final = 1.0
"""Seconds."""


def main(words: Sequence[str] | None = None) -> int:
    """Search and write; 1 where a file cannot be used, with the reason on standard error."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path)
    parser.add_argument("assignment", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    bound = parser.add_mutually_exclusive_group(required=True)
    bound.add_argument("--seconds", type=float)
    bound.add_argument("--tries", type=int, help="instead of seconds: the same tries give the same assignment")
    parser.add_argument(
        "--processor", action="store_true", help="seconds of the processor, where others are at work too"
    )
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--trace", type=Path, help="JSON: seconds, tries and cost of each better assignment")
    chosen = parser.parse_args(words)
    clock: Callable[[], float] = time.process_time if chosen.processor else time.monotonic
    end, began = _Stop(), 0.0 if chosen.processor else clock() - _age()
    before = signal.signal(signal.SIGTERM, end.stop)
    try:
        workload = read_model(chosen.model.read_text(), read_assignment(chosen.assignment.read_text()))
        trace = run(workload, chosen.out, _share(chosen.seconds, chosen.tries, began, clock), end, chosen, clock)
    except (UnreadableError, FlawedError, OSError, UnicodeDecodeError) as error:
        sys.stderr.write(f"{chosen.model}: {error}\n")
        return 1
    finally:
        signal.signal(signal.SIGTERM, before)
    points = [(moment - began, tries, cost) for moment, tries, cost in trace]
    if chosen.trace:
        chosen.trace.write_text(json.dumps(points) + "\n")
    seconds, tries, cost = points[-1]
    sys.stdout.write(f"{points[0][2]} -> {cost} in {seconds:.1f} s, {tries:,} tries ({IMPLEMENTATION})\n")
    return 0


class _Stop:
    """Whether somebody has asked to stop."""

    def __init__(self) -> None:
        self.is_asked = False

    def stop(self, *_: object) -> None:
        """From now on."""
        self.is_asked = True


def run(
    workload: Workload,
    out: Path,
    share: Callable[[int], float],
    end: _Stop,
    chosen: argparse.Namespace,
    clock: Callable[[], float],
) -> list[tuple[float, int, int]]:
    """Moment, tries and cost of each better assignment, and of the end."""
    longest = min(max(_WALK / chosen.seconds, 1 / 200), 1 / 20) if chosen.seconds else 1 / 50
    trace = list[tuple[float, int, int]]()
    written, best = -1.0, None
    for best in search(workload, share, chosen.seed, longest):
        now = clock()
        if not trace or best.cost < trace[-1][2]:
            trace.append((now, best.tries, best.cost))
            if now - written >= _WRITE_EVERY:
                write(out, best)
                written = now
        if end.is_asked:
            break
    if best is not None:
        write(out, best)
        trace.append((clock(), best.tries, best.cost))
    return trace


def write(out: Path, found: Found) -> None:
    """All of it or nothing."""
    aside = out.with_name(f".{out.name}.{os.getpid()}")
    aside.write_text(" ".join(map(str, found.at)) + "\n")
    aside.replace(out)


def _share(
    seconds: float | None, tries: int | None, began: float, clock: Callable[[], float]
) -> Callable[[int], float]:
    if tries is not None:
        return lambda done: done / tries if tries > 0 else 1.0
    return _Progress(clock, began + (seconds or 0.0) * 0.99 - 0.15).share


class _Progress:
    """How much of the time is over, when it counts for what was done in it.

    It goes on with the processor's time, so that it does not get cold while others are served; and it ends with the
    clock's, a little early: the last walk may be late, and the file is still to be written.
    """

    def __init__(self, clock: Callable[[], float], until: float) -> None:
        self._clock, self._until = clock, until
        self._first, self._first_spent = clock(), time.process_time()
        self._spent, self._share = self._first_spent, 0.0

    def share(self, _: int) -> float:
        """0 to 1."""
        now, spent = self._clock(), time.process_time()
        left, more = self._until - now, spent - self._spent
        if left <= 0:
            return 1.0
        rate = max(spent - self._first_spent, 1e-6) / max(now - self._first, 1e-6)
        self._share += (1 - self._share) * more / (more + rate * left)
        self._spent = spent
        return self._share


def _age() -> float:
    """For how many seconds this process has been there: its imports count too."""
    ticks = int(Path("/proc/self/stat").read_text().rsplit(")", 1)[1].split()[19])
    return time.clock_gettime(time.CLOCK_BOOTTIME) - ticks / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    sys.exit(main())
