"""Asking before something is done, and who answered."""

import getpass
import socket
import sys

from xcp_reconciler.cli.failure import CommandError
from xcp_reconciler.cli.output import say


def who() -> str:
    """`user@host`, which signs fences and approvals."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError):
        user = "somebody"
    return f"{user}@{socket.gethostname()}"


def somebody_is_there() -> bool:
    """Whether there is a terminal to ask."""
    return sys.stdin.isatty() and sys.stderr.isatty()


def agreed(question: str, *, already: bool) -> bool:
    """Ask unless consent was `already` given on the command line; only `y` and `yes` are a yes.

    Raises:
        CommandError: there is nobody to ask.
    """
    if already:
        return True
    if not somebody_is_there():
        raise CommandError(
            "there is no terminal to ask on, and nothing was changed",
            "with --auto-approve the command goes on without asking",
        )
    sys.stderr.write(f"{question} [y/N] ")
    sys.stderr.flush()
    answer = sys.stdin.readline()
    if not answer.endswith("\n"):
        say("")
    return answer.strip().lower() in {"y", "yes"}
