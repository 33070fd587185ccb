"""Labs for tests on real hypervisors."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lab.lab import Lab
from tests.lab.readiness import missing


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep the tests of this folder in one worker, one after the other: they share one lab and two cores.

    They come first: the longest group of all has to begin when everything else does.
    """
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.xdist_group("real"))
    items.sort(key=lambda item: here not in item.path.parents)


@pytest.fixture(scope="session")
def running_lab() -> Iterator[Lab]:
    """Two hosts for the whole session."""
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
