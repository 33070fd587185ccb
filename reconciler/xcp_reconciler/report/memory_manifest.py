"""A memory policy as the manifest that would declare it."""

from typing import Any, Final

from xcp_reconciler.model.desired import MemoryPolicySpec
from xcp_reconciler.report.manifest_parts import given, labels, other, seconds
from xcp_reconciler.units import format_kib

_DEFAULT: Final = MemoryPolicySpec("")


def memory_policy(spec: MemoryPolicySpec) -> dict[str, Any]:
    """The part below `spec`; what has its default is left out, but for the mode."""
    step = {
        "maxPercent": other(spec.step_percent, _DEFAULT.step_percent),
        "minDelta": format_kib(spec.min_delta_kib) if spec.min_delta_kib != _DEFAULT.min_delta_kib else None,
    }
    hysteresis = {
        "low": other(spec.low_percent, _DEFAULT.low_percent),
        "high": other(spec.high_percent, _DEFAULT.high_percent),
        "hold": seconds(spec.hold_s, _DEFAULT.hold_s),
    }
    return given(
        {
            "poolRef": {"name": spec.pool},
            "selector": {"matchLabels": labels(spec.labels)} if spec.labels else None,
            "mode": spec.mode.value,
            "algorithm": other(spec.algorithm.value, _DEFAULT.algorithm.value),
            "hostReserve": format_kib(spec.reserve_kib) if spec.reserve_kib is not None else None,
            "floor": other(spec.floor.value, _DEFAULT.floor.value),
            "weights": [{"matchLabels": labels(one.labels), "weight": one.weight} for one in spec.weights] or None,
            "hysteresis": given(hysteresis) or None,
            "step": given(step) or None,
            "uncooperativeAfter": seconds(spec.uncooperative_after_s, _DEFAULT.uncooperative_after_s),
            "retryAfter": seconds(spec.retry_after_s, _DEFAULT.retry_after_s),
            "migrationGuard": None if spec.migration_guard else False,
            "overcommitRatio": other(spec.overcommit_ratio, _DEFAULT.overcommit_ratio),
        }
    )
