"""Which program a leg is the proof of: the trees of what it runs. Its results stand while nothing of that changes."""

import hashlib
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Final

_ROOT: Final = Path(__file__).parents[2]
_PARTS: Final = ("api", "loader", "model", "plan", "ports", "report", "runtime", "simulation", "store")
_ALONE: Final = ("refs.py", "units.py")
# Of commands only: the loop knows nothing of them. `:!` is git's word for what does not count.
_OFFLINE: Final = ("loader/cluster", "plan/survival.py", "plan/placement/losses.py")

PRODUCT: Final = (
    *(f"reconciler/xcp_reconciler/{part}" for part in (*_PARTS, *_ALONE)),
    *(f":!reconciler/xcp_reconciler/{part}" for part in _OFFLINE),
    *(f":!reconciler/xcp_reconciler/report/{name}.py" for name in ("rebalance", "survival")),
    "drivers/xcp_drivers/sim",
    "drivers/xcp_drivers/world",
    "ext/xcp_kernels",
    "requirements",
)
"""The loop, its planner and its store, over simulated hypervisors."""


def program(of: Iterable[str], root: Path = _ROOT) -> str:
    """The name of what these paths hold, as git matches them, and a mark where the files differ from the commit."""
    paths = sorted(of)
    files = _git(root, "ls-files", "--stage", "--", *paths)
    name = hashlib.blake2b(files.encode(), digest_size=6).hexdigest()
    changed = _git(root, "status", "--porcelain", "--untracked-files=no", "--", *paths)
    return f"{name}-changed" if changed else name


def commit(root: Path = _ROOT) -> str:
    """The commit, and a mark where the tree differs from it."""
    head = _git(root, "rev-parse", "--short=12", "HEAD")
    return f"{head}-changed" if _git(root, "status", "--porcelain", "--untracked-files=no") else head


def _git(root: Path, *words: str) -> str:
    done = subprocess.run(  # noqa: S603 - git, of which the words are ours
        ("git", *words),  # noqa: S607 - wherever it is
        cwd=root,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()
