"""Where words go: results to standard output, everything else to standard error; plain wherever nobody looks."""

import os
import sys
from collections.abc import Iterable
from typing import IO, TYPE_CHECKING, Final

from xcp_reconciler.cli.failure import Told
from xcp_reconciler.report.paint import PLAIN, Paint, Role

if TYPE_CHECKING:
    from rich.console import Console

_WIDTH: Final = 80
_CODES: Final = {
    Role.GOOD: "32",
    Role.CHANGE: "33",
    Role.BAD: "31",
    Role.QUIET: "2",
    Role.STRONG: "1",
}


def show(text: str) -> None:
    """Print a result."""
    sys.stdout.write(text if text.endswith("\n") else f"{text}\n")


def say(text: str) -> None:
    """Print something beside the result: progress, notes, errors."""
    sys.stderr.write(text if text.endswith("\n") else f"{text}\n")


def tell(failure: Told) -> None:
    """Print an error with its notes; nothing where all was said before."""
    if not failure.message:
        return
    paint = paint_for(sys.stderr)
    say(f"{paint('error:', Role.BAD)} {failure.message}")
    for note in failure.notes:
        say(f" = {note}")


def warn(message: str, notes: Iterable[str] = ()) -> None:
    """Print a warning with its notes."""
    say(f"{paint_for(sys.stderr)('warning:', Role.CHANGE)} {message}")
    for note in notes:
        say(f" = {note}")


def coloured(stream: IO[str]) -> bool:
    """Whether colour helps: a terminal that can, and nobody who has said no."""
    if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return False
    return stream.isatty()


def paint_for(stream: IO[str]) -> Paint:
    """How words are coloured on a stream; not at all where `coloured` says no."""
    return _painted if coloured(stream) else PLAIN


def _painted(text: str, role: Role) -> str:
    return f"\x1b[{_CODES[role]}m{text}\x1b[0m" if text else text


def width() -> int:
    """The columns of the terminal, 80 where there is none."""
    if not sys.stdout.isatty():
        return _WIDTH
    try:
        return os.get_terminal_size(sys.stdout.fileno()).columns or _WIDTH
    except OSError:
        return _WIDTH


def console(*, stderr: bool = False) -> "Console":
    """A rich console for live tables; whoever only prints words needs none."""
    from rich.console import Console  # noqa: PLC0415 - it takes longer to load than most commands take to run

    stream = sys.stderr if stderr else sys.stdout
    return Console(
        file=stream,
        width=None if stream.isatty() else _WIDTH,
        no_color=not coloured(stream),
        highlight=False,
        markup=False,
        emoji=False,
    )
