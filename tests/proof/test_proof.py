"""The proof's own machinery: what is kept, what is not done twice, and what a process that dies leaves behind."""

import os
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Final

import pytest

from tests.proof import runner
from tests.proof.coverage import MET, tables
from tests.proof.leg import Leg, Result
from tests.proof.legs import NAMES
from tests.proof.page import page
from tests.proof.program import program
from tests.proof.record import Chunk, Record, Standing, chunks
from tests.proof.runner import Limits

_ROOT: Final = Path(__file__).parents[2]
_MACHINERY: Final = {f"tests/proof/{name}.py" for name in ("coverage", "leg", "legs", "program")}


def _run(pieces: range) -> Result:
    result = Result(done=len(pieces))
    result.counts["even"] += sum(1 for piece in pieces if piece % 2 == 0)
    result.counts["met Crash x vm.start beforeSend"] += len(pieces)
    result.peak("piece", max(pieces))
    return result


LEG = Leg(
    "toy",
    "numbers",
    "all are counted",
    25,
    10,
    _run,
    lambda result: result.counts["even"] == 13,
    of=("toy",),
    tabled=(MET,),
    tables=tables,
)


def _record(folder: Path, *, program: str = "p1") -> Record:
    return Record(folder, {"toy": program}, "c1")


def test_what_is_done_is_kept_by_program_and_added_up(tmp_path: Path) -> None:
    record = _record(tmp_path)
    for chunk in chunks(LEG):
        assert not record.is_done(chunk)
        record.keep(chunk, LEG.run(chunk.pieces), 1.5)
        assert record.is_done(chunk)
    known = _record(tmp_path).standing("toy")
    whole = known.result
    assert (whole.done, whole.counts["even"], whole.peaks, known.seconds) == (25, 13, {"piece": 24}, 4.5)
    assert known.commits == ("c1",)
    assert _record(tmp_path, program="p2").standing("toy").result.done == 0


def test_the_page_says_how_far_it_came_and_what_does_not_hold() -> None:
    part, whole, bad = _run(range(10)), _run(range(25)), _run(range(25))
    bad.failures.append("piece 3 is odd")
    assert "so far" in page({LEG: Standing(part, 1.0, ("c1",))}, "2030-01-01")
    assert "| yes | 0 h 02 min | `c1`, `c2` |" in page({LEG: Standing(whole, 90.0, ("c1", "c2"))}, "2030-01-01")
    text = page({LEG: Standing(bad, 1.0, ("c1",))}, "2030-01-01")
    assert "piece 3 is odd" in text
    assert "| at the call | beforeSend |" in text
    assert "| vm.start | 25 |" in text
    failed = Leg("toy", "", "", 25, 10, _run, lambda _: False, of=())
    assert "**no**" in page({failed: Standing(bad, 1.0, ("c1",))}, "2030-01-01")


def _die(chunk: Chunk) -> tuple[Result, float]:
    if chunk.first == 10:
        os._exit(9)
    return _run(chunk.pieces), 0.1


def test_a_chunk_that_kills_its_process_is_a_failure_and_the_rest_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner, "work", _die)
    record = _record(tmp_path)
    told: list[int] = []
    runner.run(chunks(LEG), record, Limits(1), lambda chunk, _: told.append(chunk.first))
    whole = record.standing("toy").result
    assert sorted(told) == [0, 10, 20]
    assert whole.done == 15
    assert ["10..20" in failure for failure in whole.failures] == [True]


class _UnsendableError(Exception):
    """An error that no other process can make anew."""

    def __init__(self, *, where: str) -> None:
        super().__init__(f"broken at {where}")


def _raise(pieces: range) -> Result:
    raise _UnsendableError(where=str(pieces.start))


def test_an_error_is_a_failure_in_its_own_words(monkeypatch: pytest.MonkeyPatch) -> None:
    broken = {LEG.name: replace(LEG, run=_raise)}
    monkeypatch.setattr(runner, "leg", broken.__getitem__)
    result, _ = runner.work(next(chunks(LEG)))
    assert result.failures == ["toy 0..10: _UnsendableError: broken at 0"]


def test_only_what_is_proven_decides_whether_a_result_still_stands(tmp_path: Path) -> None:
    def git(*words: str) -> None:
        subprocess.run(("git", "-C", str(tmp_path), *words), check=True, capture_output=True)  # noqa: S603, S607 - git

    def commit(path: str, content: str) -> None:
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(content, encoding="utf-8")
        git("add", ".")
        git("-c", "user.name=a", "-c", "user.email=a@b", "commit", "-m", path)

    git("init")
    (tmp_path / "drivers").mkdir()
    (tmp_path / "drivers/one").write_text("1", encoding="utf-8")
    commit("docs/page", "1")
    first = program(("drivers",), tmp_path)
    commit("docs/page", "2")
    assert program(("drivers",), tmp_path) == first
    commit("drivers/one", "2")
    second = program(("drivers",), tmp_path)
    assert second != first
    (tmp_path / "drivers/one").write_text("3", encoding="utf-8")
    assert program(("drivers",), tmp_path) == f"{second}-changed"


@pytest.mark.parametrize("name", NAMES)
def test_a_leg_says_of_what_it_is_the_proof(name: str) -> None:
    """Whatever it loads is named there, so that a change of it is a reason to run the leg again."""
    # All but the matrix say it when they are loaded; that one would count its cases first.
    script = (
        f"import sys; from tests.proof.legs import NAMES, leg; name = {name!r}\n"
        "if name == 'matrix': from tests.proof.matrix import OF as of\n"
        "else: of = leg(name).of\n"
        "print(*of)\n"
        "print(*(file for one in sys.modules.values() if (file := one.__dict__.get('__file__'))))\n"
    )
    done = subprocess.run((sys.executable, "-c", script), cwd=_ROOT, check=True, capture_output=True, text=True)  # noqa: S603 - ours
    of, loaded = (line.split() for line in done.stdout.splitlines())
    # A compiled module is what it was compiled from.
    sources = (Path(re.sub(r"\.[^./]+\.so$", ".pyx", file)) for file in loaded)
    files = {str(file.relative_to(_ROOT)) for file in sources if file.is_relative_to(_ROOT)}
    files = {file for file in files if not file.startswith(".venv")}
    assert len(files) > 10
    without = tuple(one.removeprefix(":!") for one in of if one.startswith(":!"))
    named = tuple(one for one in of if not one.startswith(":!"))
    assert {one for one in (*named, *without) if not (_ROOT / one).exists()} == set()
    files = {file for file in files - _MACHINERY if not file.endswith("__init__.py")}
    assert {one for one in files if not one.startswith(named) or one.startswith(without)} == set()
