"""Moments as people type them, and as they read them."""

from datetime import datetime

from xcp_reconciler.cli.failure import CommandError
from xcp_reconciler.units import UnitError, parse_duration


def moment(text: str, now: float, option: str) -> float:
    """Unix seconds of `2h` from now, or of a time such as `2030-01-31T08:00`, local unless it names its zone.

    Raises:
        CommandError: it is neither.
    """
    try:
        return now + parse_duration(text)
    except UnitError:
        pass
    try:
        return datetime.fromisoformat(text).astimezone().timestamp()
    except ValueError as error:
        raise CommandError(f"{option}: `{text}` is no time", "such as 2h or 2030-01-31T08:00") from error


def shown_moment(at: float) -> str:
    """A moment as a local time with its zone."""
    return datetime.fromtimestamp(at).astimezone().isoformat(" ", "minutes")
