"""Memory is needed now: who is asked for how much, so that it is there as soon as the balloons can bring it.

Everybody who answers is asked for its fair share, and for the part of those that do not: nobody is waited for. What
comes back too much is handed out again afterwards.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from xcp_reconciler.plan.memory.learn import pace, silence
from xcp_reconciler.plan.memory.limits import QUIET_AFTER, STOPPED_AFTER, TOLERANCE
from xcp_reconciler.plan.memory.scene import Part, Player, Scene
from xcp_reconciler.plan.memory.shares import Rule, budget_for, share

# A guest that needs so many times the others' time, and longer than this, is counted with what it brings in their time.
_SLOW: Final = 2
_SLOW_S: Final = 0.5


def free_up(scene: Scene, rule: Rule) -> Mapping[str, int]:
    """Lower targets, KiB, by which what is needed becomes free; none where those that stand are low enough."""
    able = scene.of(Part.ACTIVE, Part.LEFT_OUT)
    tried = scene.of(Part.TRIAL)
    fair = share(scene, rule, able, budget_for(scene, able)).targets
    answering = [player for player in able if not is_quiet(player)]
    credit = _slow(answering, fair)
    movers = [player for player in answering if player.guest.key not in credit]
    budget = _now(scene, movers) + sum(credit.values())
    asked = share(scene, rule, movers, budget, margin=TOLERANCE + _one_deaf(movers, fair))
    lower: dict[str, int] = {}
    if sum(min(player.aim, player.held) for player in movers) > asked.budget:
        lower.update(_below(movers, asked.targets))
    keys = {player.guest.key for player in movers}
    waiting = [player for player in able if player.guest.key not in keys]
    lower.update(_below([player for player in waiting if player.aim > fair[player.guest.key] + TOLERANCE], fair))
    if tried:
        together = [*able, *tried]
        lower.update(_below(tried, share(scene, rule, together, budget_for(scene, together)).targets))
    return lower


def is_quiet(player: Player) -> bool:
    """Whether it was to give back, and has stood still for longer than anybody waits for it."""
    known = player.known
    patience = QUIET_AFTER if known.mark == known.off_from else STOPPED_AFTER
    return known.way < 0 and silence(known) > patience


def _below(players: Sequence[Player], targets: Mapping[str, int]) -> dict[str, int]:
    return {p.guest.key: targets[p.guest.key] for p in players if targets[p.guest.key] < p.aim}


def _now(scene: Scene, players: Sequence[Player]) -> int:
    """What these guests may hold together now, by what others hold at this moment."""
    keys = {player.guest.key for player in players}
    held = sum(player.held for player in scene.players if player.guest.key not in keys)
    return scene.host.total - scene.host.reserve - scene.others - held


def _one_deaf(movers: Sequence[Player], fair: Mapping[str, int]) -> int:
    """The most that is lost if one of those that nobody has seen move does not: asked of the others beforehand.

    What a guest was promised and does not hold yet is taken back without its help.
    """
    if len(movers) == 1:
        return 0
    return max([0, *(p.guest.actual - fair[p.guest.key] for p in movers if pace(p.known) is None)])


def _slow(players: Sequence[Player], fair: Mapping[str, int]) -> dict[str, int]:
    """Those known to be too slow to wait for, and what each brings in the time that the others need, KiB."""
    ways = {p.guest.key: p.held - fair[p.guest.key] for p in players if p.held - fair[p.guest.key] > TOLERANCE}
    times = {
        p.guest.key: ways[p.guest.key] / speed for p in players if p.guest.key in ways and (speed := pace(p.known))
    }
    if not times or len(ways) == 1:
        return {}
    # Those of whom nothing is known are taken for quick.
    usual = sorted(times.values())[(len(times) - 1) // 2] if len(times) == len(ways) else min(times.values())
    return {key: int(ways[key] * usual / time) for key, time in times.items() if time > max(_SLOW * usual, _SLOW_S)}
