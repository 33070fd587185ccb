"""When to look again at the latest: at the next moment at which a look can change something, and not on a beat."""

from collections.abc import Iterator, Mapping

from xcp_reconciler.plan.memory.learn import pace
from xcp_reconciler.plan.memory.limits import (
    LATEST_LOOK,
    LEFT_OUT_AFTER,
    SOONEST_LOOK,
    STEP_EVERY,
    TELLS_WITHIN,
    TOLERANCE,
    USUAL_SPEED,
)
from xcp_reconciler.plan.memory.scene import Part, Player, Scene
from xcp_reconciler.plan.memory.types import Urgency
from xcp_reconciler.plan.memory.urgent import is_quiet

# With nobody who answers, a look is to see whether one does after all.
_NOBODY_ANSWERS_S = 1.0
# Nobody is in need: arrivals are looked at when they are due, but not more often.
_SOONEST_CALM_S = 0.25


def wake_at(scene: Scene, targets: Mapping[str, int], urgency: Urgency, needed: int, waiting: int) -> float | None:
    """When to look again, unix seconds; None: when something happens.

    `targets` are those just set, KiB; `needed` is what has to become free, `waiting` for how much others have no room
    yet.
    """
    if urgency is not Urgency.CALM:
        return scene.now + _until_free(scene, targets, needed)
    moments = [moment for player in scene.players for moment in _moments(scene, player, targets, waiting)]
    if scene.known.below_since is not None:
        moments.append(scene.known.below_since + scene.policy.hold)
    if scene.now < scene.host.grow_from:
        moments.append(scene.host.grow_from)
    return min((moment for moment in moments if moment > scene.now), default=None)


def _until_free(scene: Scene, targets: Mapping[str, int], needed: int) -> float:
    ways = {
        player.guest.key: (player, player.held - targets.get(player.guest.key, player.aim))
        for player in scene.of(Part.ACTIVE, Part.LEFT_OUT)
        if not is_quiet(player)
    }
    speed = sum(pace(player.known) or USUAL_SPEED for player, way in ways.values() if way > 0)
    if not speed:
        return _NOBODY_ANSWERS_S
    return min(max(needed / speed, SOONEST_LOOK), LATEST_LOOK)


def _moments(scene: Scene, player: Player, targets: Mapping[str, int], waiting: int) -> Iterator[float]:
    """The moments at which something about this guest is due."""
    policy, known = scene.policy, player.known
    aim = targets.get(player.guest.key, player.aim)
    if known.beyond_since is not None:
        yield known.beyond_since + policy.hold
    if known.up_since is not None:
        yield known.up_since + TELLS_WITHIN
    if known.deaf_until is not None:
        yield known.deaf_until
    if player.part in {Part.MIGRATING, Part.DRIVERLESS, Part.DEAF}:
        return
    if abs(player.guest.actual - aim) > TOLERANCE:
        due = abs(player.guest.actual - aim) / (pace(known) or USUAL_SPEED)
        if waiting and player.part is not Part.LEFT_OUT:
            yield scene.now + max(due, _SOONEST_CALM_S)
        since = known.moved_at if known.way else scene.now
        yield since + LEFT_OUT_AFTER
        yield (known.off_since if known.way else scene.now) + policy.uncooperative_after
        # Its way is watched, too, for its speed is learnt from it.
        soon = STEP_EVERY if player.part is Part.LEFT_OUT else max(min(due, STEP_EVERY), _SOONEST_CALM_S)
        yield scene.now + soon
    stepped = scene.now if player.guest.key in targets else known.stepped_at
    if stepped is not None:
        yield stepped + STEP_EVERY
