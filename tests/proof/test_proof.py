"""The proof's own machinery: what is kept, what is not done twice, and what a process that dies leaves behind."""

import os
import subprocess
from pathlib import Path

import pytest

from tests.proof import runner
from tests.proof.coverage import MET, tables
from tests.proof.leg import Leg, Result
from tests.proof.page import page
from tests.proof.record import PROGRAM, Chunk, Record, chunks, program
from tests.proof.runner import Limits


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
    tabled=(MET,),
    tables=tables,
)


def test_what_is_done_is_kept_by_program_and_added_up(tmp_path: Path) -> None:
    record = Record(tmp_path, "c1")
    for chunk in chunks(LEG):
        assert not record.is_done(chunk)
        record.keep(chunk, LEG.run(chunk.pieces), 1.5)
        assert record.is_done(chunk)
    whole, seconds = Record(tmp_path, "c1").result("toy")
    assert (whole.done, whole.counts["even"], whole.peaks, seconds) == (25, 13, {"piece": 24}, 4.5)
    assert Record(tmp_path, "c2").result("toy")[0].done == 0


def test_the_page_says_how_far_it_came_and_what_does_not_hold() -> None:
    part, whole, bad = _run(range(10)), _run(range(25)), _run(range(25))
    bad.failures.append("piece 3 is odd")
    assert "so far" in page({LEG: (part, 1.0)}, "c1", "2030-01-01")
    assert "| yes |" in page({LEG: (whole, 90.0)}, "c1", "2030-01-01")
    text = page({LEG: (bad, 1.0)}, "c1", "2030-01-01")
    assert "piece 3 is odd" in text
    assert "| at the call | beforeSend |" in text
    assert "| vm.start | 25 |" in text
    failed = Leg("toy", "", "", 25, 10, _run, lambda _: False)
    assert "**no**" in page({failed: (bad, 1.0)}, "c1", "2030-01-01")


def _die(chunk: Chunk) -> tuple[Result, float]:
    if chunk.first == 10:
        os._exit(9)
    return _run(chunk.pieces), 0.1


def test_a_chunk_that_kills_its_process_is_a_failure_and_the_rest_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner, "work", _die)
    record = Record(tmp_path, "c1")
    told: list[int] = []
    runner.run(chunks(LEG), record, Limits(1), lambda chunk, _: told.append(chunk.first))
    whole, _ = record.result("toy")
    assert sorted(told) == [0, 10, 20]
    assert whole.done == 15
    assert ["10..20" in failure for failure in whole.failures] == [True]


def test_only_what_is_proven_decides_whether_a_result_still_stands(tmp_path: Path) -> None:
    def git(*words: str) -> None:
        subprocess.run(("git", "-C", str(tmp_path), *words), check=True, capture_output=True)  # noqa: S603, S607 - git

    def commit(path: str, content: str) -> str:
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(content, encoding="utf-8")
        git("add", ".")
        git("-c", "user.name=a", "-c", "user.email=a@b", "commit", "-m", path)
        return program(tmp_path)

    git("init")
    for part in PROGRAM:
        (tmp_path / part).mkdir(parents=True)
        (tmp_path / part / "one").write_text("1", encoding="utf-8")
    first = commit("docs/page", "1")
    assert commit("docs/page", "2") == first
    assert commit("drivers/one", "2") != first
    second = program(tmp_path)
    (tmp_path / "drivers/one").write_text("3", encoding="utf-8")
    assert program(tmp_path) == f"{second}-changed"
