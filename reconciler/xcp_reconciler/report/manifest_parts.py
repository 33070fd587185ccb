"""What manifests of several kinds are made of: labels, durations, and leaving out what has its default."""

from typing import Any

from xcp_reconciler.model.desired import Label
from xcp_reconciler.units import format_duration


def given(fields: dict[str, Any]) -> dict[str, Any]:
    """The fields that say something."""
    return {name: value for name, value in fields.items() if value is not None}


def other(value: str | float, usual: str | float) -> str | float | None:
    """A value that is not the usual one."""
    return value if value != usual else None


def seconds(value: float, usual: float) -> str | None:
    """A time of whole seconds that is not the usual one."""
    return format_duration(int(value)) if value != usual else None


def labels(needed: tuple[Label, ...]) -> dict[str, str]:
    """Labels that a machine must have."""
    return {label.key: label.value for label in needed}
