"""What says where machines are, as the manifests that would declare it."""

from typing import Any, Final

from xcp_reconciler.api.enums import TolerationOperator
from xcp_reconciler.model.desired import (
    HostSpec,
    Keep,
    PlacementPolicySpec,
    PlacementRule,
    RebalanceSpec,
    Scope,
    Taint,
    Toleration,
    VmSpec,
)
from xcp_reconciler.report.manifest_parts import given, labels, other, seconds

_HOST: Final = HostSpec("")
_POLICY: Final = PlacementPolicySpec("")
_RULE: Final = PlacementRule("", ())
_REBALANCE: Final = RebalanceSpec("")


def maintenance(spec: HostSpec) -> dict[str, Any] | None:
    """The part `maintenance` of a host; None where it would say nothing."""
    if not spec.maintenance and spec.batch == _HOST.batch:
        return None
    return given({"desired": spec.maintenance, "batchSize": other(spec.batch, _HOST.batch)})


def taints(spec: HostSpec) -> list[dict[str, Any]] | None:
    """The taints of a host; None where it has none."""
    return [_taint(taint) for taint in spec.taints] or None


def _taint(taint: Taint) -> dict[str, Any]:
    return given({"key": taint.key, "value": taint.value or None, "effect": taint.effect.value})


def placement(spec: VmSpec) -> dict[str, Any] | None:
    """The part `placement` of a machine; None where it would say nothing."""
    data = {
        "host": spec.host,
        "nodeSelector": labels(spec.node_selector) or None,
        "tolerations": [_toleration(one) for one in spec.tolerations] or None,
    }
    return given(data) or None


def _toleration(one: Toleration) -> dict[str, Any]:
    return given(
        {
            "key": one.key,
            "operator": TolerationOperator.EXISTS.value if one.value is None else None,
            "value": one.value or None,
            "effect": one.effect.value if one.effect is not None else None,
        }
    )


def placement_policy(spec: PlacementPolicySpec) -> dict[str, Any]:
    """The part below `spec`; what has its default is left out, but for the strategy."""
    return given(
        {
            "poolRef": {"name": spec.pool},
            "strategy": spec.strategy.value,
            "overcommit": {"cpu": spec.cpu_ratio} if spec.cpu_ratio is not None else None,
            "reserveFailures": other(spec.failures, _POLICY.failures),
            "topologyKey": spec.domain_label,
            "rules": [_rule(rule) for rule in spec.rules] or None,
        }
    )


def _rule(rule: PlacementRule) -> dict[str, Any]:
    apart = rule.keep is Keep.APART
    return given(
        {
            "name": rule.name,
            "matchLabels": labels(rule.labels),
            "keep": rule.keep.value,
            "scope": rule.scope.value if apart and rule.scope is not Scope.HOST else None,
            "limit": other(rule.limit, _RULE.limit) if apart else None,
            "required": None if rule.price is None else False,
            "weight": None if rule.price is None else other(round(rule.price * 100), 1),
        }
    )


def rebalance(spec: RebalanceSpec) -> dict[str, Any]:
    """The part below `spec`; what has its default is left out, but for the mode."""
    return given(
        {
            "poolRef": {"name": spec.pool},
            "mode": spec.mode.value,
            "threshold": other(spec.threshold_percent, _REBALANCE.threshold_percent),
            "holdRounds": other(spec.hold_rounds, _REBALANCE.hold_rounds),
            "margin": other(spec.margin_percent, _REBALANCE.margin_percent),
            "cooldown": seconds(spec.cooldown_s, _REBALANCE.cooldown_s),
            "maxMovesPerWindow": other(spec.max_moves, _REBALANCE.max_moves),
            "window": seconds(spec.window_s, _REBALANCE.window_s),
            "maxConcurrent": other(spec.max_concurrent, _REBALANCE.max_concurrent),
            "constraintsOnly": True if spec.constraints_only else None,
        }
    )
