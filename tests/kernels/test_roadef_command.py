"""The command for the challenge's files: what it writes, and what it says of files that are none."""

import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Final

import pytest

from tests.bench.roadef import main
from tests.bench.roadef_files import read_assignment, read_model
from tests.kernels import reassignment_judge as judge
from tests.kernels.placement_draws import dice
from tests.kernels.reassignment_draws import drawn_workload
from xcp_kernels.workload import Workload

WEIGHTS: Final = "1 10 100\n"


def written(workload: Workload) -> str:
    """The text of a model, as the challenge has it."""
    width, machines = len(workload.load_weight), len(workload.location)
    lines = [[width]]
    lines += [list(pair) for pair in zip(workload.transient, workload.load_weight, strict=True)]
    lines.append([machines])
    for machine in range(machines):
        row = slice(machine * width, machine * width + width)
        place = [workload.neighbourhood[machine], workload.location[machine]]
        way = workload.way[machine * machines : (machine + 1) * machines]
        lines.append([*place, *workload.capacity[row], *workload.safety[row], *way])
    lines.append([len(workload.spread)])
    for service, spread in enumerate(workload.spread):
        needed = workload.need_of[workload.need_start[service] : workload.need_start[service + 1]]
        lines.append([spread, len(needed), *needed])
    lines.append([len(workload.service)])
    for process, service in enumerate(workload.service):
        amount = workload.amount[process * width : process * width + width]
        lines.append([service, *amount, workload.price[process]])
    lines.append([len(workload.balance) // 4])
    lines += [list(workload.balance[k : k + 4]) for k in range(0, len(workload.balance), 4)]
    lines.append([workload.price_weight, workload.service_weight, workload.way_weight])
    return "\n".join(" ".join(map(str, line)) for line in lines) + "\n"


def put(folder: Path, workload: Workload) -> list[str]:
    """The files, and the words of a command for them without its bound."""
    model, home, out = (folder / name for name in ("model.txt", "assignment.txt", "out.txt"))
    model.write_text(written(workload))
    home.write_text(" ".join(map(str, workload.home)))
    return [str(model), str(home), "--out", str(out)]


def test_a_model_is_read_as_it_is_written(tmp_path: Path) -> None:
    workload = drawn_workload(dice(7))
    put(tmp_path, workload)
    home = read_assignment((tmp_path / "assignment.txt").read_text())
    assert read_model((tmp_path / "model.txt").read_text(), home) == workload


def test_the_same_tries_write_the_same_sound_assignment(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    workload = drawn_workload(dice(3), processes=14)
    words = [*put(tmp_path, workload), "--tries", "3000"]
    texts = list[str]()
    for _ in range(2):
        assert main(words) == 0
        texts.append((tmp_path / "out.txt").read_text())
    assert texts[0] == texts[1]
    at = read_assignment(texts[0])
    assert judge.broken(workload, at) == set()
    said = capsys.readouterr().out.split()
    assert int(said[0]) == judge.cost(workload, workload.home)
    assert int(said[2]) == judge.cost(workload, at) <= int(said[0])


def test_it_ends_when_it_is_asked_to(tmp_path: Path) -> None:
    workload = drawn_workload(dice(3), processes=14)
    words = put(tmp_path, workload)
    command = [sys.executable, "-m", "tests.bench.roadef", *words, "--seconds", "600"]
    running = subprocess.Popen(command)  # noqa: S603 - ours
    until = time.monotonic() + 60
    while not (tmp_path / "out.txt").exists() and time.monotonic() < until:
        time.sleep(0.02)
    assert judge.broken(workload, read_assignment((tmp_path / "out.txt").read_text())) == set()
    running.terminate()
    assert running.wait(timeout=60) == 0
    assert judge.broken(workload, read_assignment((tmp_path / "out.txt").read_text())) == set()


@pytest.mark.parametrize(
    ("kept", "more", "reason"),
    [
        (slice(0), "", "the number of resources"),
        (slice(40), "", "ends within"),
        (slice(None), " 1", "left over"),
        (slice(None), " x", "no whole number"),
        (slice(None), f" {1 << 70}", "no whole number"),
        (slice(0), "-3", "the number of resources is -3"),
        (slice(-len(WEIGHTS)), "-1 1 1", "negative"),
    ],
)
def test_files_that_are_no_model_are_refused_with_the_reason(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], kept: slice, more: str, reason: str
) -> None:
    words = put(tmp_path, replace(drawn_workload(dice(7)), price_weight=1, service_weight=10, way_weight=100))
    path = tmp_path / "model.txt"
    path.write_text(path.read_text()[kept] + more)
    assert main([*words, "--seconds", "1"]) == 1
    assert reason in capsys.readouterr().err
    assert not (tmp_path / "out.txt").exists()
