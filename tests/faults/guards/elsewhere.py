"""Guards that another kind of test misses: run it with and without."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Final

_TOP: Final = Path(__file__).parents[3]
_LONGEST_S: Final = 300.0
# What pytest exits with when a test has failed, as opposed to when there is none, or it cannot be read.
_FAILED: Final = 1
_PASSED: Final = 0


def notices(test: str, *names: str) -> bool:
    """Whether a test passes with the guards of these names and fails without them.

    Raises:
        subprocess.TimeoutExpired: it does not end.
    """
    return _ended(test, None) == _PASSED and _ended(test, ",".join(names)) == _FAILED


def _ended(test: str, without: str | None) -> int:
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", test]
    surroundings = dict(os.environ)
    if without is not None:
        command[3:3] = ["-p", "tests.faults.guards.plugin"]
        surroundings["XCP_WITHOUT"] = without
    done = subprocess.run(  # noqa: S603 - our own interpreter and tests
        command, cwd=_TOP, env=surroundings, capture_output=True, check=False, timeout=_LONGEST_S
    )
    return done.returncode
