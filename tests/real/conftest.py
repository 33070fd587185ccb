"""Labs for tests on real hypervisors."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from tests.lab.lab import Lab
from tests.lab.readiness import missing

# Their guests mostly wait for each other; two cores bear two labs, and the tests' own processes beside them.
_LABS: Final = 2


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep the tests of this folder in as many workers as there are labs, file by file in turn.

    They come first: the longest groups of all have to begin when everything else does.
    """
    here = Path(__file__).parent
    files = sorted({item.path for item in items if here in item.path.parents})
    for item in items:
        if item.path in files:
            item.add_marker(pytest.mark.xdist_group(f"real-{files.index(item.path) % _LABS}"))
    items.sort(key=lambda item: here not in item.path.parents)


@pytest.fixture(scope="session")
def running_lab() -> Iterator[Lab]:
    """Two hosts for all tests of a worker."""
    reason = missing()
    if reason:
        pytest.skip(reason)
    with Lab(2) as lab:
        yield lab


@pytest.fixture
def lab(running_lab: Lab) -> Lab:
    """Two empty hosts that answer, whatever the test before did to them."""
    running_lab.wipe()
    return running_lab
