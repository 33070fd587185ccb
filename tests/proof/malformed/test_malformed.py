"""A slice of the leg, and what its checks refuse."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.proof.malformed import leg
from tests.proof.malformed.compare import Different, Meant, compare
from tests.proof.malformed.document import document
from tests.proof.malformed.leg import LEG
from tests.proof.malformed.peer import Peer, Reading, absent, as_text
from tests.proof.malformed.reading import Seen, places_problems, read
from xcp_reconciler.api.diagnostic import Diagnostic, Place
from xcp_reconciler.loader.parse import parse_quickly

NOTHING: frozenset[Meant] = frozenset()
needs_peer = pytest.mark.skipif(bool(absent()), reason=absent() or "-")


@needs_peer
def test_a_slice() -> None:
    result = LEG.run(range(300))
    assert result.failures == []
    assert result.done == 300
    # Neither half is empty: most mutations break a document, and not all.
    assert result.counts["refused"] > 60
    assert result.counts["read as the other parser reads"] > 60
    assert result.counts["valid objects"] > 5


def test_documents_are_the_same_on_every_run() -> None:
    assert [document(piece) for piece in range(40)] == [document(piece) for piece in range(40)]


@pytest.fixture(scope="module")
def peer() -> Iterator[Peer]:
    with Peer() as found:
        yield found


@needs_peer
@pytest.mark.parametrize(
    ("text", "ours"),
    [
        (b"a: yes", [{"a": True}]),
        (b"a: 1", [{"a": 1.0}]),
        (b"a: 1", [{"a": "1"}]),
        (b"a: 1.5", [{"a": "1.5"}]),
        (b"a: x", [{"a": "x "}]),
        (b"a: [1, 2]", [{"a": [1]}]),
        (b"a: 1\nb: 2", [{"b": 2, "a": 1}]),
        (b"a: 1\n---\nb: 2", [{"a": 1}]),
        (b"a: ~", [{"a": False}]),
        (b"a: -0.0", [{"a": 0.0}]),
        (b"a: [1\nb: 2", [{"a": [1]}]),
        (b"? [a]\n: 1", [{"a": 1}]),
    ],
)
def test_another_reading_is_a_difference(peer: Peer, text: bytes, ours: list[object]) -> None:
    with pytest.raises(Different):
        list(compare(ours, peer.read(as_text(text))))


@needs_peer
@pytest.mark.parametrize(
    ("text", "meant"),
    [
        (b"a: 014", {Meant.LEADING_ZERO}),
        (b"a: " + b"9" * 40, {Meant.LONG_NUMBER}),
        (b"a: 1e99999", {Meant.LONG_NUMBER}),
        (b"a: |\n  b", {Meant.LAST_LINE}),
        (b"a: |1\n   b\n   \n", {Meant.BLANK_LINE}),
        (b"a: 1\n...\n\n...\n", {Meant.NO_DOCUMENT}),
        (b"a: !!float 8", {Meant.FLOAT_TAG}),
        (b"a: [b,#c\n d]", {Meant.TOUCHING_COMMENT}),
        (b"a: [1, 1.5, .inf, -0.0, yes, ~, '', {b: 0x1f}]\r\rb: \"\\u2028\"", NOTHING),
    ],
)
def test_what_is_meant_is_known(peer: Peer, text: bytes, meant: set[Meant] | frozenset[Meant]) -> None:
    """Each entry of the list is needed: without it these would be failures."""
    documents = parse_quickly(text)
    assert documents is not None
    assert set(compare([one.data for one in documents], peer.read(as_text(text)))) == meant


def test_a_reading_that_the_other_parser_refuses_is_a_difference() -> None:
    with pytest.raises(Different, match="refuses"):
        list(compare([{}], Reading([], ["BAD_INDENT: x"])))


@pytest.mark.parametrize(
    ("place", "problem"),
    [
        (Place("m.yaml"), "outside of the file"),
        (Place("m.yaml", 3, 1), "outside of the file"),
        (Place("m.yaml", 1, 9, 1, "a: 1"), "outside of the file"),
        (Place("m.yaml", 1, 1, 1, "b: 1"), "outside of the file"),
        (Place("n.yaml", 1, 1, 1, "a: 1"), "outside of the file"),
    ],
)
def test_a_place_outside_of_its_file_is_found(place: Place, problem: str) -> None:
    (found,) = places_problems((Diagnostic(place, "x"),), b"a: 1\n")
    assert problem in found


def test_disorder_and_silence_are_found() -> None:
    first, second = Place("m.yaml", 1, 1, 1, "a"), Place("m.yaml", 2, 1, 1, "b")
    found = list(places_problems((Diagnostic(second, "x"), Diagnostic(first, " ")), b"a\nb"))
    assert [problem.split(":")[0] for problem in found] == ["not in order", "without words"]


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("[0] * (1 << 29)", "MemoryError"),
        ("sum(iter(int, 1))", "a second of CPU"),
        ("re.fullmatch('(a*)*b', 'a' * 40)", "a second of CPU"),
        ("ctypes.string_at(0)", "SIGSEGV"),
        ("1 / 0", "ZeroDivisionError"),
    ],
)
def test_what_costs_too_much_or_crashes_is_found(
    body: str, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each in the middle of three documents; those around it are read all the same."""
    script = tmp_path / "reader_that_fails.py"
    script.write_text(
        "import ctypes, re, runpy, sys\n"
        "from tests.proof.malformed import reading\n"
        "calls = 0\n"
        "def read(content, real=reading.read):\n"
        "    if content == DOCUMENT:\n"
        f"        {body}\n"
        "    return real(content)\n"
        f"DOCUMENT = {document(1)!r}\n"
        "reading.read = read\n"
        "runpy.run_module('tests.proof.malformed.reader', run_name='__main__')\n"
    )
    monkeypatch.setattr(leg, "READER", [sys.executable, str(script)])
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).resolve().parents[3]))
    seen = list(leg.read_all(range(3)))
    assert [one.piece for one in seen] == [0, 1, 2]
    assert [bool(one.problems) for one in seen] == [False, True, False]
    assert words in seen[1].problems[0]


def test_a_good_document_has_no_problem() -> None:
    assert read(b"owner: a\n") == Seen(0, b"owner: a\n", [{"owner": "a"}], diagnostics=1)
