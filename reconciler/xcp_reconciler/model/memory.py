"""What the balance of memory remembers of hosts and guests, and keeps in the store: plain numbers."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class GuestKnowledge:
    """What looks have taught about a guest. KiB, KiB per second, unix seconds.

    `asked` is the last target that we sent, with `minimum` where a backend keeps one, `asked_at` when, and `most` the
    most that the guest may hold until a look that began later. `actual` was seen at `seen_at`.

    While it is away from its target, since `off_since`, when it held `off_from`, it has to go `way` (-1 down, 1 up);
    `mark` is what it held when it was last seen to come nearer, at `moved_at`. `speed` of its balloon when it gives
    back, pauses and all; None: never seen. `deaf_until`: uncooperative, left alone until then, and on trial afterwards
    until it is seen to move.

    `anchor` is the demand that targets are made for, last heard of at `heard_at`; since `beyond_since` the demand has
    been outside its band, and `beyond_peak` is the highest since. `driverless`: when it was last seen it could not be
    asked for anything. `up_since`: when it was seen to have come up, for as long as it has not said what it needs.
    `stepped_at`: when its target was last moved calmly.
    """

    asked: int | None = None
    asked_at: float = 0.0
    most: int = 0
    minimum: int | None = None
    actual: int | None = None
    seen_at: float = 0.0
    way: int = 0
    off_since: float = 0.0
    off_from: int = 0
    mark: int = 0
    moved_at: float = 0.0
    speed: float | None = None
    deaf_until: float | None = None
    anchor: int | None = None
    heard_at: float = 0.0
    beyond_since: float | None = None
    beyond_peak: int = 0
    driverless: bool = False
    up_since: float | None = None
    stepped_at: float | None = None


@dataclass(frozen=True, slots=True)
class HostKnowledge:
    """What a host's others hold, without their flutter: the highest for as long as a hold lasts. KiB, unix seconds.

    `seen_at` is when the newest look began that a step was decided on. `below_since`: since when the others have held
    less than `others`, and `below_peak` the most of that time.
    """

    seen_at: float = 0.0
    others: int | None = None
    below_since: float | None = None
    below_peak: int = 0


@dataclass(frozen=True, slots=True)
class Knowledge:
    """All that is known about a host and its guests, by their keys. Nothing known is a right value, too."""

    host: HostKnowledge = field(default_factory=HostKnowledge)
    guests: Mapping[str, GuestKnowledge] = field(default_factory=dict[str, GuestKnowledge])
