"""A host and its guests as a step sees them: what each one is aimed at, what it may hold, and what part it takes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum, auto

from xcp_reconciler.model.memory import GuestKnowledge, HostKnowledge, Knowledge
from xcp_reconciler.plan.memory.learn import learn, silence
from xcp_reconciler.plan.memory.limits import LEFT_OUT_AFTER
from xcp_reconciler.plan.memory.settle import settle, settle_others
from xcp_reconciler.plan.memory.types import GuestMemory, HostMemory, Policy


class Part(Enum):
    """What part a guest takes in the balance."""

    ACTIVE = auto()
    LEFT_OUT = auto()  # has stood still for a while: counted with what it holds, until it moves
    DEAF = auto()  # uncooperative: left alone
    TRIAL = auto()  # was uncooperative, and is tried again
    MIGRATING = auto()  # stays as it is until it is there
    DRIVERLESS = auto()


@dataclass(frozen=True, slots=True)
class Player:
    """A guest with what is known about it. KiB.

    `aim` is its target as far as we know, `held` the most that it may hold before the next look: promises that it may
    still take up count as taken.
    """

    guest: GuestMemory
    known: GuestKnowledge
    aim: int
    held: int
    part: Part


@dataclass(frozen=True, slots=True)
class Scene:
    """All that a step decides on. KiB; `others` is what others hold by this look, `now` unix seconds."""

    policy: Policy
    host: HostMemory
    players: Sequence[Player]
    others: int
    known: HostKnowledge
    wanted: int
    now: float

    def of(self, *parts: Part) -> list[Player]:
        """The guests that take one of these parts."""
        return [player for player in self.players if player.part in parts]

    @property
    def unheld(self) -> int:
        """What is left above the reserve if every promise is taken up; below 0 the reserve is broken, or may be."""
        held = sum(player.held for player in self.players)
        return self.host.total - self.host.reserve - self.others - held


def set_scene(
    policy: Policy, host: HostMemory, guests: Sequence[GuestMemory], knowledge: Knowledge, wanted: int, now: float
) -> Scene:
    """Look at everybody, in the order of their keys, and learn from it."""
    others = host.others
    if host.free is not None:
        # What the hypervisor misses, somebody holds whom we do not see.
        others = max(others, host.total - host.free - sum(guest.actual for guest in guests))
    players: list[Player] = []
    for guest in sorted(guests, key=lambda guest: guest.key):
        known = _never_ahead(policy, knowledge.guests.get(guest.key, GuestKnowledge()), now)
        known = learn(policy, guest, known, host.seen_at, now)
        known = settle(policy, guest, known, host.seen_at)
        players.append(
            Player(guest, known, _aim(guest, known, host), _held(guest, known, host), _part(guest, known, now))
        )
    return Scene(policy, host, players, others, settle_others(policy, host, others, knowledge.host), wanted, now)


def remembered(scene: Scene, before: Knowledge, changed: Mapping[str, GuestKnowledge]) -> Knowledge:
    """The knowledge after a step. A guest that is missing from a look is not forgotten at once."""
    guests = {
        key: known for key, known in before.guests.items() if scene.now - known.seen_at < scene.policy.retry_after
    }
    guests.update((player.guest.key, player.known) for player in scene.players)
    guests.update(changed)
    return Knowledge(scene.known, guests)


def _aim(guest: GuestMemory, known: GuestKnowledge, host: HostMemory) -> int:
    return known.asked if known.asked is not None and host.seen_at <= known.asked_at else guest.target


def _held(guest: GuestMemory, known: GuestKnowledge, host: HostMemory) -> int:
    promised = known.most if known.asked is not None and host.seen_at <= known.asked_at else 0
    return max(guest.actual, guest.target, promised, guest.pending or 0)


def _part(guest: GuestMemory, known: GuestKnowledge, now: float) -> Part:
    if guest.migrating:
        return Part.MIGRATING
    if not guest.ballooning:
        return Part.DRIVERLESS
    if known.deaf_until is not None:
        return Part.DEAF if now < known.deaf_until else Part.TRIAL
    return Part.LEFT_OUT if silence(known) > LEFT_OUT_AFTER else Part.ACTIVE


def _never_ahead(policy: Policy, known: GuestKnowledge, now: float) -> GuestKnowledge:
    """Without times that are still to come: the clock was set back."""
    deaf_until = known.deaf_until
    if deaf_until is not None:
        deaf_until = min(deaf_until, now + policy.retry_after)
    beyond, stepped = known.beyond_since, known.stepped_at
    return replace(
        known,
        asked_at=min(known.asked_at, now),
        seen_at=min(known.seen_at, now),
        off_since=min(known.off_since, now),
        moved_at=min(known.moved_at, now),
        heard_at=min(known.heard_at, now),
        beyond_since=None if beyond is None else min(beyond, now),
        up_since=None if known.up_since is None else min(known.up_since, now),
        stepped_at=None if stepped is None else min(stepped, now),
        deaf_until=deaf_until,
    )
