"""A sentence for every target, with the numbers that decided."""

from typing import Final

from xcp_kernels.outcome import Reason, Status
from xcp_reconciler.plan.memory.scene import Part, Player, Scene
from xcp_reconciler.plan.memory.shares import Rule, Shares
from xcp_reconciler.plan.memory.types import Algorithm
from xcp_reconciler.units import format_duration

_GIB: Final = 1 << 20
_MIB: Final = 1 << 10

_FLAWS: Final = {
    Reason.NEGATIVE: "one of its sizes is negative",
    Reason.TOO_LARGE: "one of its sizes is too large to compute with",
    Reason.BAD_WEIGHT: "its weight is no number that can be used",
}


def size(kib: int) -> str:
    """A size as people say it: `1.2 GiB`, `512 MiB`."""
    if abs(kib) < _MIB:
        return f"{kib} KiB"
    number, unit = (kib / _GIB, "GiB") if abs(kib) >= _GIB else (kib / _MIB, "MiB")
    return f"{number:.1f}".removesuffix(".0") + f" {unit}"


def sentence(scene: Scene, rule: Rule, shares: Shares, player: Player, goal: int) -> str:
    """Why this guest's goal is what it is."""
    if player.part is not Part.ACTIVE:
        why = _apart(scene, player)
    elif shares.status in {Status.INVALID, Status.SHORT} or shares.reasons[player.guest.key] is Reason.CROSSED:
        why = _impossible(scene, shares, player)
    elif rule.algorithm is Algorithm.DEMAND_AWARE:
        why = _by_demand(scene, rule, shares, player)
    else:
        why = _by_range(scene, rule, shares, player)
    return f"{size(goal)}: {why}"


def _apart(scene: Scene, player: Player) -> str:
    policy = scene.policy
    match player.part:
        case Part.MIGRATING:
            return "stays as it is while it migrates"
        case Part.DRIVERLESS:
            return "its guest has no balloon driver"
        case Part.DEAF:
            after, again = (format_duration(round(time)) for time in (policy.uncooperative_after, policy.retry_after))
            return f"uncooperative: it did not come to its target in {after}; left alone, and tried again after {again}"
        case Part.TRIAL:
            return "it was uncooperative, and is tried again; until it moves it counts with what it holds"
        case _:
            return f"it does not come nearer to its target of {size(player.aim)}, so it counts with what it holds"


def _impossible(scene: Scene, shares: Shares, player: Player) -> str:
    host, reason = scene.host.name, shares.reasons[player.guest.key]
    if shares.status is Status.INVALID:
        return f"nothing moves on {host}: {_FLAWS.get(reason, 'the numbers of another guest cannot be used')}"
    if reason is Reason.CROSSED:
        return f"its minimum, which is above its maximum of {size(player.guest.ceiling)}"
    return f"its minimum: {host} has {size(shares.budget)} for all, and not even the minima fit"


def _by_demand(scene: Scene, rule: Rule, shares: Shares, player: Player) -> str:
    key, host = player.guest.key, scene.host.name
    goal, wants = shares.targets[key], rule.demand.get(key, 0)
    text = f"wants {size(wants)} ({_source(scene, player)})"
    match shares.reasons[key]:
        case Reason.FLOOR:
            return f"its minimum; {text}"
        case Reason.CEILING:
            return f"its maximum; {text}"
        case Reason.SHARE:
            weights = {other.guest.weight for other in scene.of(Part.ACTIVE)}
            like = "like everybody" if len(weights) == 1 else f"by its weight of {player.guest.weight:g}"
            all_want = sum(rule.demand.get(other, 0) for other in shares.targets)
            there = f"{host}, which has {size(shares.budget)} for the {size(all_want)} that are wanted"
            return f"{text}, has {_percent(goal / max(1, wants))} of it {like} on {there}"
        case Reason.DEMAND:
            return f"{text}, has all of it"
        case _:
            return f"{text}, has all of it and {size(goal - wants)} of what nobody on {host} wants"


def _source(scene: Scene, player: Player) -> str:
    known, now = player.known, player.guest.demand
    if known.anchor is None:
        return "an assumption: it does not say"
    if known.up_since is not None:
        return "all that it has: it has come up, and has not said yet"
    if known.beyond_since is not None and now is not None:
        hold = format_duration(round(scene.policy.hold))
        return f"working set and margin; {size(now)} as soon as that has lasted {hold}"
    return "working set and margin"


def _by_range(scene: Scene, rule: Rule, shares: Shares, player: Player) -> str:
    guest, host = player.guest, scene.host.name
    reason, wants = shares.reasons[guest.key], rule.demand.get(guest.key, 0)
    if reason is Reason.CEILING:
        return "its maximum"
    if reason is Reason.FLOOR:
        return "its minimum" if wants <= guest.floor else f"the {size(min(wants, guest.ceiling))} that it uses"
    span = f"from {size(guest.floor)} to {size(guest.ceiling)}"
    part = (shares.targets[guest.key] - guest.floor) / max(1, guest.ceiling - guest.floor)
    return f"{_percent(part)} of the way {span}, like everybody on {host}"


def _percent(part: float) -> str:
    return f"{part * 100:.0f} %"
