"""Timing commands as whole processes, interleaved, so that a slow moment of the machine hits both alike."""

import os
import statistics
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Run:
    """One finished process: seconds on the wall and of processor, and its largest memory in MiB."""

    wall: float
    cpu: float
    memory: float


@dataclass(frozen=True, slots=True)
class Command:
    """A command and where it runs; what it prints goes nowhere."""

    words: tuple[str, ...]
    folder: Path
    environment: dict[str, str]

    def run(self) -> Run:
        """Run it once.

        Raises:
            CalledProcessError: it did not exit with 0.
        """
        began = time.perf_counter()
        with subprocess.Popen(self.words, cwd=self.folder, env=self.environment, stdout=subprocess.DEVNULL) as process:
            _, status, used = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
        wall = time.perf_counter() - began
        if process.returncode != 0:
            raise subprocess.CalledProcessError(process.returncode, self.words)
        return Run(wall, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)


def interleaved(first: Command, second: Command, rounds: int) -> tuple[list[Run], list[Run]]:
    """Run two commands in turn after one warm-up of each."""
    first.run()
    second.run()
    pairs = [(first.run(), second.run()) for _ in range(rounds)]
    return [one for one, _ in pairs], [other for _, other in pairs]


def median(runs: list[Run]) -> Run:
    """The median of each figure."""
    return Run(
        statistics.median(run.wall for run in runs),
        statistics.median(run.cpu for run in runs),
        statistics.median(run.memory for run in runs),
    )
