"""Nobody is in need: who grows into what is seen to be free, and who makes room for it, step by step.

Memory is only taken from a guest when another one is to have it, never to tidy up. What a guest wants (its demand) it
gets as soon as it is free; what it gets beyond that, and what is taken from it, moves in steps. Differences below the
policy's `min_delta` are none, but for those that bring a guest within its declared bounds.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from xcp_reconciler.plan.memory.limits import STEP_EVERY, TOLERANCE
from xcp_reconciler.plan.memory.scene import Part, Player, Scene
from xcp_reconciler.plan.memory.shares import Rule
from xcp_reconciler.plan.memory.types import Algorithm

# Small differences count when together they are more than this part of the host.
_IDLE: Final = 256


@dataclass(frozen=True, slots=True)
class Moves:
    """New targets, KiB; `waiting`: for how much no room was seen yet."""

    targets: Mapping[str, int]
    waiting: int


@dataclass(frozen=True, slots=True)
class _Wish:
    """What a guest may be given now, KiB."""

    player: Player
    target: int


def move(scene: Scene, rule: Rule, goal: Mapping[str, int], room: int, kept: int) -> Moves:
    """Targets that come nearer to the goal, with `room` KiB that nobody holds, aims at or waits for.

    A guest that is not in the goal is not moved. What is `kept` of the room, KiB, is for those on trial only.
    """
    least = _least_difference(scene, goal, room - kept)
    wishes = [wish for player in scene.players if (wish := _wish(scene, rule, player, goal, least)) is not None]
    wishes.sort(key=lambda wish: (_satisfaction(rule, wish.player), wish.player.guest.key))
    targets: dict[str, int] = {}
    needed, waiting, room = 0, 0, max(0, room)
    for player, wanted in ((wish.player, wish.target) for wish in wishes):
        theirs = room if player.part is Part.TRIAL else max(0, room - kept)
        target = min(wanted, max(player.held, player.aim) + theirs)
        waiting += wanted - target
        needed += max(0, min(wanted, _needs(rule, player, wanted)) - target)
        if target - player.aim < min(least, wanted - player.aim):
            continue
        room -= max(0, target - player.held)
        targets[player.guest.key] = target
    coming = sum(max(0, player.held - player.aim) for player in scene.of(Part.ACTIVE))
    targets.update(_make_room(scene, goal, needed - coming, waiting - coming))
    return Moves(targets, waiting)


def may_step(scene: Scene, player: Player) -> bool:
    """Whether the guest's last step was long enough ago."""
    stepped = player.known.stepped_at
    return stepped is None or scene.now >= stepped + STEP_EVERY


def _least_difference(scene: Scene, goal: Mapping[str, int], room: int) -> int:
    """What counts as a difference, KiB: where many small ones add up to memory that lies idle, each counts."""
    few = scene.policy.min_delta
    gaps = [goal[p.guest.key] - p.aim for p in scene.players if p.guest.key in goal]
    small = sum(gap for gap in gaps if 0 < gap <= few)
    return few if small <= max(few, scene.host.total // _IDLE) or room < small else TOLERANCE


def _wish(scene: Scene, rule: Rule, player: Player, goal: Mapping[str, int], least: int) -> _Wish | None:
    end = goal.get(player.guest.key)
    if player.aim < player.guest.floor:
        least = TOLERANCE
    if end is None or end - player.aim <= least:
        return None
    # Where it still shrinks below its goal it is only told to stop, which takes nobody's memory.
    stop = min(player.guest.actual, player.held)
    at_once = max(rule.demand.get(player.guest.key, 0), player.guest.floor, stop)
    step = player.aim + _step(scene, player) if may_step(scene, player) else player.aim
    target = min(end, max(at_once, step))
    # A step may be smaller than what counts as a difference, or it would never be taken.
    return _Wish(player, target) if target - player.aim > min(least, _step(scene, player) - 1) else None


def _needs(rule: Rule, player: Player, wanted: int) -> int:
    """How much of a wish is need: up to its demand, or all of it where nobody goes by demand."""
    if rule.algorithm is not Algorithm.DEMAND_AWARE:
        return wanted
    return max(rule.demand.get(player.guest.key, 0), player.guest.floor)


def _make_room(scene: Scene, goal: Mapping[str, int], needed: int, wished: int) -> dict[str, int]:
    """Lower targets for those furthest above their goal, until enough is on its way.

    What is `needed` comes from anybody who is above; what is only wished for, as all have their demand, from those
    that have much more than their goal. A guest above its ceiling gives back in any case.
    """
    able = [
        player
        for player in scene.of(Part.ACTIVE)
        if player.aim - goal.get(player.guest.key, player.aim) > TOLERANCE
        and player.held <= player.aim + TOLERANCE
        and may_step(scene, player)
    ]
    able.sort(key=lambda player: (goal[player.guest.key] - player.aim, player.guest.key))
    targets: dict[str, int] = {}
    for player in able:
        above = player.aim - goal[player.guest.key]
        much = above > max(scene.policy.min_delta, int(player.aim * scene.policy.high))
        most = max(wished if much else needed, player.aim - player.guest.ceiling)
        if most <= 0:
            continue
        taken = min(above, _step(scene, player), max(most, scene.policy.min_delta))
        targets[player.guest.key] = player.aim - taken
        needed, wished = needed - taken, wished - taken
    return targets


def _step(scene: Scene, player: Player) -> int:
    return max(1, int(player.guest.ceiling * scene.policy.max_fraction), TOLERANCE)


def _satisfaction(rule: Rule, player: Player) -> float:
    return player.held / max(1, rule.demand.get(player.guest.key, player.guest.ceiling))
