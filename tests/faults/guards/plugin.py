"""A plug-in of pytest: the tests of this run do without the guard that XCP_WITHOUT names."""

import os

from tests.faults.guards.every import named
from tests.faults.guards.patches import Patches


def pytest_configure() -> None:
    """Switch the guard off, for good: the process ends with the run."""
    named(os.environ["XCP_WITHOUT"]).off(Patches())
