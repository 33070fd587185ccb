"""Rules of the tree that no linter knows."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MOST_LINES = 600
EMPTY_NAMES = {"utils", "util", "helpers", "helper", "common", "manager", "managers", "misc"}

# The hypervisors' libraries, and what only tests need: the core must import where none of them is installed.
FOREIGN = ("libvirt", "libvirt_qemu", "libvirtmod", "lxml", "XenAPI", "pytest", "hypothesis", "opentelemetry")
WITHOUT_THEM = """
import importlib, pkgutil, sys
for name in sys.argv[2:]:
    sys.modules[name] = None
wanted = sys.argv[1]
module = importlib.import_module(wanted.removesuffix(".**"))
if wanted.endswith(".**"):
    for found in pkgutil.walk_packages(module.__path__, module.__name__ + "."):
        importlib.import_module(found.name)
"""


def sources() -> Iterator[Path]:
    for top in ("reconciler", "drivers", "ext", "tests"):
        for path in sorted((ROOT / top).rglob("*")):
            if path.suffix in {".py", ".pyx", ".pxd", ".sh"}:
                yield path.relative_to(ROOT)


def test_files_are_small() -> None:
    lines = {str(path): (ROOT / path).read_text(encoding="utf-8").count("\n") for path in sources()}
    assert lines
    assert not {path: count for path, count in lines.items() if count > MOST_LINES}, "split them by idea"


def test_modules_are_named_after_what_they_do() -> None:
    assert not [str(path) for path in sources() if EMPTY_NAMES & {path.stem, *path.parts}]


@pytest.mark.parametrize(
    "package",
    [
        "xcp_reconciler.**",
        "xcp_kernels.**",
        "xcp_drivers.sim.**",
        "xcp_drivers.world.**",
        "xcp_drivers.libvirt",  # the plug-in itself: what it opens may need the library, what plans need may not
    ],
)
def test_imports_without_any_hypervisor_library(package: str) -> None:
    # A process of its own: this one has imported pytest, and perhaps libvirt.
    done = subprocess.run(  # noqa: S603 - our own interpreter and script
        [sys.executable, "-W", "error", "-c", WITHOUT_THEM, package, *FOREIGN],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr


def test_plan_waits_for_nothing() -> None:
    waiting = [
        f"{path.name}:{node.lineno}"
        for path in (ROOT / "reconciler/xcp_reconciler/plan").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_bytes()))
        if isinstance(node, ast.AsyncFunctionDef | ast.Await | ast.AsyncFor | ast.AsyncWith)
    ]
    assert not waiting
