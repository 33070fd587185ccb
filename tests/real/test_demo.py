"""What a newcomer runs first."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.lab.readiness import missing

ROOT = Path(__file__).parent.parent.parent


def test_the_demo_plays_to_its_end() -> None:
    """Every command of the show ends as the show expects, on hosts of its own."""
    reason = missing()
    if reason:
        pytest.skip(reason)
    shown = subprocess.run(
        [sys.executable, "-m", "examples.demo"], cwd=ROOT, capture_output=True, text=True, check=False, timeout=280
    )
    assert shown.returncode == 0, shown.stdout[-3000:] + shown.stderr[-1000:]
    for words in ("2 of 10 objects have drifted", "host-a -> host-b", "stranger", "0 to change"):
        assert words in shown.stdout
