"""The forms in which the kernels run: compiled by the ordinary build, with bounds checks, and not at all."""

import importlib.util
import os
import re
import subprocess
import sys
import sysconfig
from collections.abc import MutableSequence
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Final

import pytest

from tests.kernels.fuzz import Difference, fuzz
from tests.kernels.memory_calls import compiled, reference
from xcp_kernels.memory import IMPLEMENTATION
from xcp_kernels.outcome import Reason
from xcp_kernels.selection import COMPILED, REFERENCE, chosen

ROOT: Final = Path(__file__).resolve().parents[2]
KERNELS: Final = ROOT / "ext/xcp_kernels"
ASK: Final = (
    "from xcp_kernels.memory import IMPLEMENTATION, proportional; print(IMPLEMENTATION, proportional.__module__)"
)


def said(words: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """What a Python of its own prints."""
    environment = {name: value for name, value in os.environ.items() if name != "XCP_KERNELS"} | variables
    return subprocess.run(  # noqa: S603 - our own interpreter and script
        [sys.executable, "-c", words], capture_output=True, text=True, check=False, timeout=60, env=environment
    )


def test_this_environment_runs_the_compiled_ones() -> None:
    """`.ci/environment` built them; without a compiler there is no such environment."""
    assert said(ASK).stdout.split() == ["compiled", "xcp_kernels._memory"]
    assert os.environ.get("XCP_KERNELS", IMPLEMENTATION) == IMPLEMENTATION


def test_one_of_them_can_be_insisted_on() -> None:
    assert said(ASK, XCP_KERNELS="compiled").stdout.split()[0] == "compiled"
    assert said(ASK, XCP_KERNELS="reference").stdout.split() == ["reference", "xcp_kernels._reference.proportional"]
    wrong = said(ASK, XCP_KERNELS="fast")
    assert wrong.returncode == 1
    assert "XCP_KERNELS=fast: it is compiled or reference, or not set" in wrong.stderr


def test_without_the_extension_everything_is_computed_in_python() -> None:
    absent = "import sys; sys.modules['xcp_kernels._memory'] = None\n"
    assert said(absent + ASK).stdout.split()[0] == "reference"
    insisted = said(absent + ASK, XCP_KERNELS="compiled")
    assert "XCP_KERNELS=compiled: the kernels were not built here" in insisted.stderr
    doctor = (
        "from xcp_reconciler.cli.main import app\nsys.argv = ['xcp', 'doctor', '--state', '/nonexistent/xcp.db']\napp()"
    )
    assert re.search(r"kernels .*reference \(.*memory", said(absent + doctor).stdout)
    assert re.search(r"kernels .*compiled \(.*memory", said(f"import sys\n{doctor}").stdout)


def test_a_form_is_chosen_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("XCP_KERNELS", raising=False)
    assert chosen("memory") == (compiled, COMPILED)
    monkeypatch.setenv("XCP_KERNELS", "reference")
    assert chosen("memory") == (reference, REFERENCE)


@pytest.fixture(scope="module")
def checked(tmp_path_factory: pytest.TempPathFactory) -> ModuleType:
    """The kernels with every index checked; quickly compiled, as it is not about speed."""
    folder = tmp_path_factory.mktemp("checked")
    source, made = folder / "_memory.c", folder / f"_memory{sysconfig.get_config_var('EXT_SUFFIX')}"
    cython = [sys.executable, "-m", "cython", "-X", "boundscheck=True", "-X", "wraparound=False"]
    subprocess.run([*cython, "-o", source, KERNELS / "_memory.pyx"], check=True, timeout=120)  # noqa: S603 - our own
    include = sysconfig.get_paths()["include"]
    flags = ["-O1", "-w", "-shared", "-fPIC", "-ffp-contract=off", f"-I{include}"]
    subprocess.run(["gcc", *flags, "-o", made, source], check=True, timeout=120)  # noqa: S603, S607 - our own
    spec = importlib.util.spec_from_file_location("_memory", made)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_no_index_is_ever_out_of_bounds(checked: ModuleType) -> None:
    """An index beyond an array would end in an unraisable error, which fails a test here."""
    counted = fuzz(checked, reference, 5000, 11)
    assert counted.total() >= 5000


def spoilt(kernel: ModuleType) -> SimpleNamespace:
    """A kernel that gives one guest one KiB too much."""

    def demand_aware(*arrays: MutableSequence[int]) -> int:
        found: int = kernel.demand_aware(*arrays)
        *_, targets, reasons, _, _ = arrays
        if Reason.SPREAD in reasons:
            targets[list(reasons).index(Reason.SPREAD)] += 1
        return found

    return SimpleNamespace(**{**vars(kernel), "demand_aware": demand_aware})


def test_the_fuzzer_would_notice() -> None:
    with pytest.raises(Difference, match="demand_aware: Host"):
        fuzz(spoilt(compiled), reference, 5000, 1)
    # Where both are wrong in the same way, the sum is.
    with pytest.raises(Difference, match="demand_aware: sum"):
        fuzz(spoilt(compiled), spoilt(reference), 5000, 1)


def test_the_stub_says_what_is_there() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "mypy.stubtest", "xcp_kernels._memory", "--ignore-missing-stub"],
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
        cwd=ROOT,
        env=os.environ | {"MYPYPATH": str(ROOT / "ext")},
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_readable_twin_takes_the_same_arguments() -> None:
    for name in ("demand_aware", "demand_aware_calm", "proportional", "static"):
        theirs = getattr(reference, name).__code__
        words = theirs.co_varnames[: theirs.co_argcount]
        assert getattr(compiled, name).__code__.co_varnames[: len(words)] == words
