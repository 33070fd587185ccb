"""Fair shares of what a host has: the kernel's goal, with the policy's floors and with what a start may take."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from xcp_kernels.outcome import Reason, Status
from xcp_reconciler.plan.memory.goal import Claim, Pot, goals
from xcp_reconciler.plan.memory.scene import Part, Player, Scene
from xcp_reconciler.plan.memory.types import Algorithm, FloorRule


@dataclass(frozen=True, slots=True)
class Rule:
    """The algorithm that can be used, and what everybody wants of it, KiB; `fallback`: why it is not the policy's."""

    algorithm: Algorithm
    demand: Mapping[str, int]
    fallback: str | None = None


@dataclass(frozen=True, slots=True)
class Shares:
    """What each guest gets, KiB, and why. `granted` is what a start may have of what is `wanted` for it.

    `lacking` is what is needed and cannot be had without going below floors.
    """

    targets: Mapping[str, int]
    reasons: Mapping[str, Reason]
    status: Status
    level: float
    budget: int
    granted: int
    lacking: int


def rule_of(scene: Scene) -> Rule:
    """The rule for this host now. Without any demand it is Proportional.

    Where the demand of some guests only is known, the others are taken to want their proportional share.
    """
    anchors = {player.guest.key: player.known.anchor for player in scene.players}
    demand = {key: anchor for key, anchor in anchors.items() if anchor is not None}
    if scene.policy.algorithm is not Algorithm.DEMAND_AWARE:
        return Rule(scene.policy.algorithm, demand)
    movable = scene.of(Part.ACTIVE, Part.LEFT_OUT, Part.TRIAL)
    unknown = [player for player in movable if player.guest.key not in demand]
    if not unknown:
        return Rule(Algorithm.DEMAND_AWARE, demand)
    proportional = Rule(Algorithm.PROPORTIONAL, demand)
    if len(unknown) == len(movable):
        words = f"nobody says what the guests on {scene.host.name} want: the same fraction of its range for each"
        return Rule(proportional.algorithm, demand, words)
    shares = share(scene, proportional, movable, budget_for(scene, movable))
    for player in unknown:
        demand[player.guest.key] = shares.targets[player.guest.key]
    return Rule(Algorithm.DEMAND_AWARE, demand)


def budget_for(scene: Scene, players: Sequence[Player]) -> int:
    """What these guests may have together in the end, before anything is taken off for a start."""
    keys = {player.guest.key for player in players}
    held = sum(player.held for player in scene.players if player.guest.key not in keys)
    others = scene.others if scene.known.others is None else scene.known.others
    return scene.host.total - scene.host.reserve - others - held


def share(scene: Scene, rule: Rule, players: Sequence[Player], budget: int, margin: int = 0) -> Shares:
    """Share out a budget, less what is wanted, less a margin: both only as far as the policy's floors allow."""
    hard = [player.guest.floor for player in players]
    soft = [_soft_floor(scene, rule, player) for player in players]
    granted = min(scene.wanted, max(0, budget - sum(soft)))
    lacking = scene.wanted - granted + max(0, sum(hard) - budget)
    budget -= granted
    budget -= min(margin, max(0, budget - sum(soft)))
    # A demand-aware share is never below the demand while there is enough, so it needs no floor to say so.
    kept = rule.algorithm is not Algorithm.DEMAND_AWARE and sum(soft) <= budget
    claims = [
        Claim(
            floor=floor,
            ceiling=player.guest.ceiling,
            demand=rule.demand.get(player.guest.key, 0),
            weight=player.guest.weight,
            actual=player.held,
        )
        for player, floor in zip(players, soft if kept else hard, strict=True)
    ]
    (goal,) = goals(rule.algorithm, [Pot(budget, claims)])
    keys = [player.guest.key for player in players]
    return Shares(
        dict(zip(keys, goal.targets, strict=True)),
        dict(zip(keys, goal.reasons, strict=True)),
        goal.status,
        goal.level,
        budget,
        granted,
        lacking,
    )


def _soft_floor(scene: Scene, rule: Rule, player: Player) -> int:
    guest = player.guest
    if scene.policy.floor is FloorRule.MINIMUM:
        return guest.floor
    return max(guest.floor, min(rule.demand.get(guest.key, 0), guest.ceiling))
