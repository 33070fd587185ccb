"""One step of the balance on one host: from a look to the targets to set now, and when to look again.

Three things are decided, in this order:

1. Is memory needed? A machine is about to start (`wanted`), or the host has less than its reserve: then everybody who
   answers is asked at once for as much as is needed (`urgent`).
2. If not, who should have more, and who makes room for it (`calm`).
3. What stands by itself: a guest that is left alone is not asked, one that is tried again is, one that cannot take
   what it was given stops being promised it.

The reserve holds at every instant, because a guest is only ever given what is seen to be free: for each guest the most
is counted that it may hold before the next look (what it holds, what it is aimed at, what may still arrive), and only
what the host has beside these, its reserve and what is wanted is given.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from xcp_reconciler.model.memory import GuestKnowledge, Knowledge
from xcp_reconciler.plan.memory.calm import move
from xcp_reconciler.plan.memory.guard import guarded_minimum
from xcp_reconciler.plan.memory.limits import SENT_AGAIN_AFTER, SOONEST_LOOK, TOLERANCE
from xcp_reconciler.plan.memory.scene import Part, Player, Scene, remembered, set_scene
from xcp_reconciler.plan.memory.shares import Rule, Shares, budget_for, rule_of, share
from xcp_reconciler.plan.memory.types import GuestMemory, HostMemory, Policy, Send, Share, Step, Urgency
from xcp_reconciler.plan.memory.urgent import free_up
from xcp_reconciler.plan.memory.wake import wake_at
from xcp_reconciler.plan.memory.words import sentence


@dataclass(frozen=True, slots=True)
class _Ends:
    """What everybody is to have in the end. KiB; `tried`: what those on trial would have if they listened.

    `kept` is the room for the next trials of those that do not listen and should have more.
    """

    shares: Shares
    tried: Mapping[str, int]
    kept: int = 0

    def of(self, player: Player) -> int:
        """A guest's goal; what it holds where it takes no part."""
        key = player.guest.key
        return self.tried.get(key, self.shares.targets.get(key, player.held))


def step(
    policy: Policy,
    host: HostMemory,
    guests: Sequence[GuestMemory],
    knowledge: Knowledge,
    wanted: int,
    now: float,
) -> Step:
    """Decide about one host. `wanted` is what shall become free above the reserve, KiB; `now` in unix seconds.

    A look older than one that was decided on before is not acted upon. The same look twice sends nothing the second
    time.

    Raises:
        OverflowError: a size is beyond 64 bits.
    """
    # One from the future is from before the clock was set back.
    if host.seen_at < knowledge.host.seen_at <= now:
        return Step((), knowledge, now + SOONEST_LOOK, {})
    scene = set_scene(policy, host, guests, knowledge, max(0, wanted), now)
    rule = rule_of(scene)
    ends = _ends(scene, rule)
    # What is free above what a start may have; below 0 memory has to come from somebody.
    room = scene.unheld - ends.shares.granted
    urgency = _urgency(scene, ends.shares.granted)
    targets: dict[str, int] = {}
    waiting = 0
    if urgency is Urgency.CALM:
        if host.seen_at < host.grow_from:
            room = 0
        moves = move(scene, rule, _goal(scene, ends), room, ends.kept)
        targets.update(moves.targets)
        waiting = moves.waiting
        targets.update(_tried(scene, ends))
    else:
        targets.update(free_up(scene, rule))
    targets.update(_promised_in_vain(scene))
    sends, asked = _sends(scene, targets)
    targets = {key: target for key, target in targets.items() if key in asked}
    return Step(
        sends=sends,
        knowledge=remembered(scene, knowledge, asked),
        wake_at=wake_at(scene, targets, urgency, needed=-room, waiting=waiting),
        shares={
            player.guest.key: Share(
                ends.of(player),
                sentence(scene, rule, ends.shares, player, ends.of(player)),
                uncooperative=player.part is Part.DEAF,
            )
            for player in scene.players
        },
        urgency=urgency,
        lacking=ends.shares.lacking,
        fallback=rule.fallback,
    )


def _urgency(scene: Scene, granted: int) -> Urgency:
    # What a reserve lacks may be a rounding; what a start lacks is refused.
    if scene.unheld < -TOLERANCE:
        return Urgency.RESERVE
    return Urgency.WANTED if granted and scene.unheld < granted else Urgency.CALM


def _ends(scene: Scene, rule: Rule) -> _Ends:
    active = scene.of(Part.ACTIVE)
    deaf = scene.of(Part.DEAF, Part.TRIAL)
    if not deaf:
        return _Ends(share(scene, rule, active, budget_for(scene, active)), {})
    together = [*active, *deaf]
    fair = share(scene, rule, together, budget_for(scene, together)).targets
    # Nobody counts on them. Those that should have more are tried with one small step, and the room for that is kept,
    # or their neighbours would be moved at every trial.
    small = sum(min(_trial_step(scene), max(0, fair[p.guest.key] - p.held)) for p in deaf)
    tried = {player.guest.key: fair[player.guest.key] for player in scene.of(Part.TRIAL)}
    return _Ends(share(scene, rule, active, budget_for(scene, active) - small), tried, small)


def _goal(scene: Scene, ends: _Ends) -> dict[str, int]:
    """Where calm moves go: those on trial are given one small step, to see whether they take it."""
    goal = dict(ends.shares.targets)
    for player in scene.of(Part.TRIAL):
        more = ends.tried[player.guest.key] - player.held
        if more > TOLERANCE and not player.known.way:
            goal[player.guest.key] = player.held + min(more, _trial_step(scene))
    return goal


def _trial_step(scene: Scene) -> int:
    """The smallest step that counts as a difference."""
    return scene.policy.min_delta + TOLERANCE


def _tried(scene: Scene, ends: _Ends) -> dict[str, int]:
    """Those on trial that are to give back, asked once more even if their target is what it was."""
    tried: dict[str, int] = {}
    for player in scene.of(Part.TRIAL):
        known, target = player.known, ends.tried[player.guest.key]
        until = known.deaf_until
        if target < player.held - TOLERANCE and until is not None and known.asked_at < until:
            tried[player.guest.key] = target
    return tried


def _promised_in_vain(scene: Scene) -> dict[str, int]:
    """Those that did not take what they were given: others can have it."""
    deaf = scene.of(Part.DEAF)
    return {p.guest.key: p.guest.actual for p in deaf if p.known.way > 0 and p.aim > p.guest.actual + TOLERANCE}


def _is_news(scene: Scene, player: Player, target: int) -> bool:
    known = player.known
    if target == known.asked and scene.now < known.asked_at + SENT_AGAIN_AFTER:
        return False
    return target != player.aim or player.part is Part.TRIAL


def _sends(scene: Scene, targets: Mapping[str, int]) -> tuple[tuple[Send, ...], dict[str, GuestKnowledge]]:
    """What is to be set, shrinking guests first, and what is known of those that are asked."""
    sends: list[tuple[bool, Send]] = []
    asked: dict[str, GuestKnowledge] = {}
    for player in scene.players:
        key, known = player.guest.key, player.known
        target = targets.get(key, player.aim)
        moves = key in targets and _is_news(scene, player, target)
        minimum = _minimum(scene, player, target)
        if not moves and (minimum is None or not _is_news_of_minimum(scene, player, minimum)):
            continue
        sends.append((target > player.aim, Send(key, target, minimum)))
        known = replace(known, asked=target, asked_at=scene.now, most=max(player.held, target), minimum=minimum)
        asked[key] = replace(known, stepped_at=scene.now) if moves else known
    return tuple(send for _, send in sorted(sends, key=lambda entry: entry[0])), asked


def _minimum(scene: Scene, player: Player, target: int) -> int | None:
    guest = player.guest
    return None if guest.minimum is None else min(guarded_minimum(scene.policy, guest), target)


def _is_news_of_minimum(scene: Scene, player: Player, minimum: int) -> bool:
    """Whether the backend keeps another minimum, and was not told of this one just now."""
    known, kept = player.known, player.guest.minimum
    told = known.minimum == minimum and scene.now < known.asked_at + SENT_AGAIN_AFTER
    return kept is not None and abs(kept - minimum) > TOLERANCE and not told
