"""squeezed's rule: XAPI's balloon daemon, number for number, in the doubles that it computes in."""

from typing import Final

from xcp_kernels._reference.arrays import FloatsOut, Integers, IntegersOut, check
from xcp_kernels.outcome import Reason, Status

_LARGEST: Final = (1 << 63) - 1


def proportional(
    offsets: Integers,
    host_free: Integers,
    free_target: Integers,
    dynamic_min: Integers,
    dynamic_max: Integers,
    actual: Integers,
    inaccuracy: Integers,
    active: Integers,
    target_out: IntegersOut,
    reason_out: IntegersOut,
    status_out: IntegersOut,
    surplus_out: IntegersOut,
    range_out: IntegersOut,
    gamma_out: FloatsOut,
) -> int:
    """The same share of its range for every guest, demand unseen.

    surplus = max(0, host_free + sum(max(0, actual - dynamic_min - 2 * inaccuracy)) - free_target); gamma = surplus
    / sum(max(0, dynamic_max - dynamic_min)), cut to 0..1 (no range: 1 if there is surplus, else 0); target =
    dynamic_min + gamma * range, cut to an integer. Sums are integers, gamma and its products doubles. As in the
    original, a guest below its minimum is not charged for what it lacks, so the targets can be more than there is.

    Args:
        offsets: where the guests of each host begin, and the number of guests; hosts + 1 entries.
        host_free: what the host has free now (KiB), negative too.
        free_target: what shall be free in the end (KiB).
        dynamic_min: KiB.
        dynamic_max: KiB; below `dynamic_min` it counts as the same.
        actual: what the guest holds now (KiB).
        inaccuracy: how far from its target a balloon may rest (KiB).
        active: 0 for a guest that cannot balloon: in no sum, and its target is what it holds.
        target_out: KiB.
        reason_out: `Reason`.
        status_out: for each host: PLENTY where gamma is 1, SCARCE below, SHORT where all freeable memory is not
        enough,
            INVALID where a sum or a target needs more than 64 bits.
        surplus_out: KiB, cut at 0.
        range_out: KiB.
        gamma_out: 0 to 1.

    Returns:
        The gravest status.

    Raises:
        ValueError: lengths or offsets do not fit together.
    """
    guests = [dynamic_min, dynamic_max, actual, inaccuracy, active, target_out, reason_out]
    check(offsets, [host_free, free_target, status_out, surplus_out, range_out, gamma_out], guests)
    for host in range(len(offsets) - 1):
        span = range(offsets[host], offsets[host + 1])
        some = [i for i in span if active[i]]
        freeable = sum(max(0, actual[i] - dynamic_min[i] - 2 * inaccuracy[i]) for i in some)
        spare = host_free[host] + freeable - free_target[host]
        surplus = max(0, spare)
        ranges = [max(0, dynamic_max[i] - dynamic_min[i]) for i in some]
        total = sum(ranges)
        gamma = min(1.0, float(surplus) / float(total)) if total else float(surplus > 0)
        targets = [dynamic_min[i] + int(gamma * float(one)) for i, one in zip(some, ranges, strict=True)]
        fits = max(surplus, total, *targets, 0) <= _LARGEST
        for i in span:
            target_out[i] = actual[i]
            reason_out[i] = Reason.TOO_LARGE if active[i] else Reason.INACTIVE
        if fits:
            for i, target in zip(some, targets, strict=True):
                target_out[i] = target
                reason_out[i] = _reason(target, dynamic_min[i], dynamic_max[i])
        surplus_out[host], range_out[host], gamma_out[host] = (surplus, total, gamma) if fits else (0, 0, 0.0)
        status_out[host] = _status(spare, gamma) if fits else Status.INVALID
    return max(status_out, default=Status.PLENTY)


def _reason(target: int, dynamic_min: int, dynamic_max: int) -> Reason:
    if dynamic_max < dynamic_min:
        return Reason.CROSSED
    if target <= dynamic_min:
        return Reason.FLOOR
    return Reason.CEILING if target >= dynamic_max else Reason.SHARE


def _status(spare: int, gamma: float) -> Status:
    if spare < 0:
        return Status.SHORT
    return Status.PLENTY if gamma >= 1 else Status.SCARCE
