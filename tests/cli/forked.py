"""Commands that begin with everything imported, each in a process of its own.

Most of a short command is its imports, and the tests run hundreds. A server imports everything once and forks for each
command; what runs there is the program's own `main`, in a process that nobody has used. `Popen` of the program itself
is for those that are killed, or whose beginning matters.
"""

import atexit
import json
import os
import select
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping
from functools import cache
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import Final, NoReturn

from tests.cli.result import Result

_ROOT: Final = Path(__file__).parents[2]
# What commands import when they run.
_PACKAGES: Final = ("xcp_reconciler.cli", "xcp_drivers.sim", "xcp_drivers.world")


class Server:
    """Runs one command at a time."""

    def __init__(self) -> None:
        # The variables that are read at import are those that commands are given.
        told = {"PATH": os.environ["PATH"], "LANG": "C.UTF-8"}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.cli.forked"],
            cwd=_ROOT,
            env=told,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def run(self, arguments: tuple[str, ...], folder: Path, environment: Mapping[str, str], timeout: float) -> Result:
        """Run a command to its end.

        Raises:
            AssertionError: it did not end in so many seconds, and was killed.
        """
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with tempfile.TemporaryDirectory() as printed:
            out, err = Path(printed, "out"), Path(printed, "err")
            asked = {
                "arguments": arguments,
                "folder": str(folder),
                "environment": dict(environment),
                "out": str(out),
                "err": str(err),
                "timeout": timeout,
            }
            self._process.stdin.write(json.dumps(asked) + "\n")
            self._process.stdin.flush()
            answer = json.loads(self._process.stdout.readline())
            result = Result(answer["code"], out.read_text(), err.read_text())
        assert answer["ended"], f"it did not end within {timeout:.0f} s:\n{result.text}"
        return result

    def close(self) -> None:
        """End the server."""
        self._process.communicate()


@cache
def server() -> Server:
    """The one of this process; it ends when this process does."""
    made = Server()
    atexit.register(made.close)
    return made


def _serve() -> None:
    for package in _PACKAGES:
        for module in iter_modules(import_module(package).__path__, f"{package}."):
            import_module(module.name)
    assert threading.active_count() == 1, "a thread is not there after a fork"
    for line in sys.stdin:
        asked = json.loads(line)
        pid = os.fork()
        if pid == 0:
            _become(asked["arguments"], asked["folder"], asked["environment"], (os.devnull, asked["out"], asked["err"]))
        fd = os.pidfd_open(pid)
        ended = bool(select.select([fd], [], [], asked["timeout"])[0])
        if not ended:
            os.kill(pid, signal.SIGKILL)
        os.close(fd)
        code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        sys.stdout.write(json.dumps({"code": code, "ended": ended}) + "\n")
        sys.stdout.flush()


def _become(arguments: list[str], folder: str, environment: dict[str, str], streams: tuple[str, str, str]) -> NoReturn:
    """Be the program from here on."""
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    for number, file in enumerate(streams):
        opened = os.open(file, os.O_RDONLY if number == 0 else os.O_WRONLY | os.O_CREAT)
        os.dup2(opened, number)
        os.close(opened)
    sys.argv = ["xcp", *arguments]
    main = import_module("xcp_reconciler.cli.main")
    sys.exit(main.app())


if __name__ == "__main__":
    _serve()
