"""What was granted a moment ago is not to be asked for again."""

import pytest

from xcp_reconciler.model.ops import StartVm
from xcp_reconciler.refs import Kind, ref_of
from xcp_reconciler.simulation.oracles import Oracle
from xcp_reconciler.simulation.repeats import Repeats

START = StartVm(ref_of(Kind.VIRTUAL_MACHINE, "web"), "h1", "uuid")
OTHER = StartVm(ref_of(Kind.VIRTUAL_MACHINE, "db"), "h1", "other")


@pytest.fixture
def broken() -> list[tuple[Oracle, str]]:
    """What was reported."""
    return []


@pytest.fixture
def repeats(broken: list[tuple[Oracle, str]]) -> Repeats:
    """An oracle that has heard of one start at the second 10."""
    made = Repeats(lambda oracle, detail: broken.append((oracle, detail)))
    made.begins(START, 9.0, gone_wrong=False)
    made.accepted(START, 10.0)
    return made


def test_the_same_again_at_once_is_reported(repeats: Repeats, broken: list[tuple[Oracle, str]]) -> None:
    repeats.begins(START, 14.0, gone_wrong=False)
    assert broken == [(Oracle.REPEATED, "StartVm of VirtualMachine/web 4.0 s after it was accepted")]


def test_what_has_a_reason_is_not(repeats: Repeats, broken: list[tuple[Oracle, str]]) -> None:
    """Another object, a fault, a while later, or somebody who has done something meanwhile."""
    repeats.begins(OTHER, 11.0, gone_wrong=False)
    repeats.begins(START, 11.0, gone_wrong=True)
    repeats.accepted(START, 11.0)
    repeats.begins(START, 16.0, gone_wrong=False)
    repeats.accepted(START, 16.0)
    repeats.news()
    repeats.begins(START, 17.0, gone_wrong=False)
    assert not broken
