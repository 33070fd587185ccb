"""Each field alone: a part of the whole, which `make prove` runs."""

from collections.abc import Callable

import pytest

from tests.walks import fields
from tests.walks.fields import Direction, Piece, Power, complaints_of, pieces
from tests.walks.schema import Leaf, leaves
from tests.walks.values import End, Row, Step, row_of

# Every piece is somebody's turn in `make prove`; here as many as take some ten seconds.
EVERY = 29
OFFSET = 3


def leaf(name: str) -> Leaf:
    return next(one for one in leaves() if str(one) == name)


def told(row: Row | None) -> Callable[[Leaf], Row | None]:
    """A table with the same row for every field."""

    def of(leaf: Leaf) -> Row | None:
        del leaf
        return row

    return of


def test_every_field_has_at_least_two_values() -> None:
    rows = {str(one): row_of(one) for one in leaves()}
    assert not [name for name, row in rows.items() if row is None or len(row.steps) < 2]


def test_what_does_not_end_well_says_why() -> None:
    rows = [row for one in leaves() if (row := row_of(one)) is not None]
    assert not [step for row in rows for step in row.steps if step.end is not End.READY and not step.why]
    assert not [row for row in rows if row.home is not None and not row.kept]


@pytest.mark.parametrize("piece", pieces()[OFFSET::EVERY], ids=str)
def test_a_field_goes_there_and_back(piece: Piece) -> None:
    assert complaints_of(piece) == []


# What each of these did before it was mended is told in docs/defects.md.
@pytest.mark.parametrize(
    "name",
    [
        "Host.metadata.name",
        "Host.spec.poolRef.name",
        "StorageRepository.spec.path",
        "Volume.spec.storageRef.name",
        "Volume.spec.format",
        "Volume.spec.backing.volumeRef.name",
        "VirtualMachine.metadata.name",
        "VirtualMachine.spec.disks.volumeRef.name",
        "VirtualMachine.spec.interfaces.networkRef.name",
    ],
)
def test_a_field_that_once_went_astray(name: str) -> None:
    assert complaints_of(Piece(leaf(name), Direction.THERE, Power.RUNNING)) == []


def test_a_field_without_values_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fields, "row_of", told(None))
    (complaint,) = complaints_of(Piece(leaf("VirtualMachine.spec.cpu.cores"), Direction.THERE, Power.RUNNING))
    assert "has no values" in complaint


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (Row((Step("2Gi"),)), "is never shrunk"),
        (Row((Step("1Gi", End.SAID, "it should not"),)), "everything is ready, and should not"),
        (Row((Step("2Gi", End.REFUSED, "it should not"),)), "should have been refused"),
        (Row((Step("nothing"),)), "refused"),
        (Row((Step("2Gi"),), home="3Gi"), ""),
    ],
)
def test_a_field_that_does_not_end_as_told_is_noticed(row: Row, words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fields, "row_of", told(row))
    found = complaints_of(Piece(leaf("Volume.spec.size"), Direction.THERE, Power.HALTED))
    assert any(words in one for one in found) == bool(words)
