"""A memory policy as the manifest that would declare it."""

from typing import Any, Final

from xcp_reconciler.model.desired import Label, MemoryPolicySpec
from xcp_reconciler.units import format_duration, format_kib

_DEFAULT: Final = MemoryPolicySpec("")


def memory_policy(spec: MemoryPolicySpec) -> dict[str, Any]:
    """The part below `spec`; what has its default is left out, but for the mode."""
    step = {
        "maxPercent": _other(spec.step_percent, _DEFAULT.step_percent),
        "minDelta": format_kib(spec.min_delta_kib) if spec.min_delta_kib != _DEFAULT.min_delta_kib else None,
    }
    hysteresis = {
        "low": _other(spec.low_percent, _DEFAULT.low_percent),
        "high": _other(spec.high_percent, _DEFAULT.high_percent),
        "hold": _seconds(spec.hold_s, _DEFAULT.hold_s),
    }
    return _given(
        {
            "poolRef": {"name": spec.pool},
            "selector": {"matchLabels": _labels(spec.labels)} if spec.labels else None,
            "mode": spec.mode.value,
            "algorithm": _other(spec.algorithm.value, _DEFAULT.algorithm.value),
            "hostReserve": format_kib(spec.reserve_kib) if spec.reserve_kib is not None else None,
            "floor": _other(spec.floor.value, _DEFAULT.floor.value),
            "weights": [{"matchLabels": _labels(one.labels), "weight": one.weight} for one in spec.weights] or None,
            "hysteresis": _given(hysteresis) or None,
            "step": _given(step) or None,
            "uncooperativeAfter": _seconds(spec.uncooperative_after_s, _DEFAULT.uncooperative_after_s),
            "retryAfter": _seconds(spec.retry_after_s, _DEFAULT.retry_after_s),
            "migrationGuard": None if spec.migration_guard else False,
            "overcommitRatio": _other(spec.overcommit_ratio, _DEFAULT.overcommit_ratio),
        }
    )


def _labels(labels: tuple[Label, ...]) -> dict[str, str]:
    return {label.key: label.value for label in labels}


def _other(value: str | float, usual: str | float) -> str | float | None:
    return value if value != usual else None


def _seconds(value: float, usual: float) -> str | None:
    return format_duration(int(value)) if value != usual else None


def _given(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None}
