"""What the tests of commands start from."""

from pathlib import Path

import pytest

from tests.cli.pool_site import Site


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """A folder with a pool of two simulated hosts."""
    return Site.at(tmp_path)
