"""What the placement kernels read: hosts, items and groups as flat arrays, in one struct that is filled once."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

NOWHERE: Final = -1
"""The home of an item that is on no host yet."""
MOST_ROWS: Final = 8
MOST_HOSTS: Final = 1 << 16
MOST_ITEMS: Final = 1 << 20
MOST_AMOUNT: Final = 1 << 42
"""Of one item (KiB: 4 PiB). With it no sum over all items passes 2^62."""
MOST_ON_HOST: Final = 1 << 61
MOST_COUNTERS: Final = 1 << 28
"""Groups times hosts: every group counts its members on every host."""
MOST_PRICE: Final = 1e12
MOST_PARTS: Final = 62
"""Of one host: which of them an item holds are bits of an integer."""
MOST_DEMANDS: Final = 256
MOST_WEIGHT: Final = 1 << 20
"""Of all typical demands together."""
MOST_FAILURES: Final = 8
MOST_STEPS: Final = 16
MOST_STEEP: Final = 1 << 16
"""The largest step of a reserve divided by its smallest."""
REFUSALS: Final = 4 + MOST_ROWS
"""Entries for each item in the counts of refused hosts: one for each Refusal but ROW, then one for each row."""


class Mode(IntEnum):
    """What a plan is for."""

    DESCENT = 0
    """Steepest descent: always the one move that leaves the lowest score. hbal's rule, with hbal's moves."""
    IMPROVE = 1
    """The best end that was found at no more moves, each of them worth its cost."""
    CONSTRAINTS = 2
    """Only what mends a violated constraint, with as few moves as were found."""


class Scope(IntEnum):
    """What a group counts."""

    HOST = 0
    """No more than `limit` members on one host."""
    DOMAIN = 1
    """No more than `limit` members in one failure domain."""
    TOGETHER = 2
    """All members on one host."""


class Flaw(IntEnum):
    """What is wrong with an item, a host, a row or a group of the input."""

    NONE = 0
    NEGATIVE = 1
    """A size or a number is negative."""
    TOO_LARGE = 2
    """Larger than what can be summed exactly."""
    NO_SUCH_HOST = 3
    """The home is no host of the pool."""
    NO_SUCH_CLASS = 4
    """The class of reach does not exist."""
    NO_SUCH_GROUP = 5
    """A group that does not exist, or the same one twice."""
    BAD_NUMBER = 6
    """A weight, scale, cost or price is negative, infinite or no number."""
    BAD_PARTS = 7
    """Wants that contradict each other, or parts held that the host has not or that were not wanted."""


class Status(IntEnum):
    """How a call ended."""

    DONE = 0
    INVALID = 1
    """Nothing was computed; the flaws say why."""
    NOT_ALL = 2
    """The result stands, but something could not be had: a violation stays, an item has no host, a move no order."""


class Refusal(IntEnum):
    """Why a host cannot take an item; a full row is `ROW` plus the number of the row."""

    REACH = 0
    """Closed, tainted, or without the storage or network that the item needs."""
    GROUP = 1
    """A required group has its limit there."""
    PART = 2
    """Too few of its GPUs or NUMA nodes have room, or they serve another profile."""
    RESERVE = 3
    """After it, hosts could be lost whose items find no room elsewhere."""
    ROW = 4


class Order(IntEnum):
    """In which order a batch is placed."""

    LARGEST_FIRST = 0
    """By the first row; equals as they are given."""
    AS_GIVEN = 1
    """As they arrive."""


@dataclass(frozen=True, slots=True)
class Parts:
    """What hosts are made of inside, and items take whole or in shares: GPUs, NUMA nodes. P parts, W wants.

    A want is for `count` parts of one sort with `amount` of each: a whole GPU is all that it has, a share less, a vGPU
    the slots of its profile, the memory of a NUMA node as many KiB. A want takes of the parts that have room those
    that have least left, the first of equals.
    """

    start: Sequence[int]
    """[H + 1] where the parts of each host begin."""
    sort: Sequence[int]
    """[P] what it is, in the numbers of the caller."""
    size: Sequence[int]
    """[P] >= 0"""
    base: Sequence[int]
    """[P] >= 0, what others than the items hold of it."""
    uniform: Sequence[int]
    """[P] 1: all that share it have one profile, as the vGPUs of a GPU that knows one size at a time."""
    want_start: Sequence[int]
    """[N + 1] where the wants of each item begin; no two of an item are for one sort."""
    want_sort: Sequence[int]
    want_count: Sequence[int]
    """[W] >= 1"""
    want_amount: Sequence[int]
    """[W] >= 0, of each part."""
    want_profile: Sequence[int]
    """[W] >= 0"""
    held: Sequence[int]
    """[N] bit k: it holds part k of its home; 0 for an item without a home."""


@dataclass(frozen=True, slots=True)
class Demand:
    """What typically comes, T sorts of it: a part that it could not use is a fragment, and fragments have a price.

    The fragments of a host are the sum over the typical demands, each as often as it weighs, of what is left of parts
    that this demand could not use: all of it where the host has no room for it. To these come, as often as all
    weigh together, what is left of parts beyond what the host's scarcest row could serve at the typical ratio.
    """

    price: float
    """>= 0, in score, of one unit of a fragment for each typical demand."""
    sort: int
    """Of the parts that are meant."""
    weight: Sequence[int]
    """[T] >= 1"""
    amount: Sequence[int]
    """[T * R] >= 0"""
    count: Sequence[int]
    """[T] >= 1 parts"""
    each: Sequence[int]
    """[T] >= 0 of each part."""


@dataclass(frozen=True, slots=True)
class Reserve:
    """Room to be kept: whichever so many hosts are lost at once, their items find room on the others.

    It is counted in steps: an item needs the first step that is not smaller, and has room wherever that has. As each
    step divides the next, this is exact for items that are as large as a step, and on the safe side for the others.
    """

    failures: int
    """1 to MOST_FAILURES hosts."""
    row: int
    """What must have room, memory as a rule."""
    step: Sequence[int]
    """[K] ascending, each divides the next; no item is larger than the last."""
    takes: Sequence[int]
    """[H] 1: items may start there again."""


@dataclass(frozen=True, slots=True)
class Pool:
    """R rows (memory, vCPUs, count, ...), H hosts, N items, G groups. Integers are int64 arrays, the rest doubles.

    A row is a resource with a weight in the score; a weight of 0 leaves only its constraint. The score is
    `sum(weight[r] * std over hosts(used[h][r] * scale[h][r]))` plus the prices of preferred groups. What the hosts use
    is `base` plus the amounts of the items that are there.
    """

    weight: Sequence[float]
    """[R] >= 0, in score per standard deviation."""
    scale: Sequence[float]
    """[H * R] >= 0: one divided by the host's size, so that shares are compared; 0 leaves the host out of the score."""
    base: Sequence[int]
    """[H * R] what is used by others than the items; may be negative, where somebody's books do not add up."""
    capacity: Sequence[int]
    """[H * R] what may be used at most, reserve and overcommit already in it."""
    domain: Sequence[int]
    """[H] failure domain, 0 to H - 1."""
    amount: Sequence[int]
    """[N * R] >= 0, overhead already in it."""
    home: Sequence[int]
    """[N] the host where it is, or NOWHERE."""
    movable: Sequence[int]
    """[N] 0: it stays where it is."""
    size: Sequence[int]
    """[N] >= 1: how many moves it is to move it (several machines that have to stay together are one item)."""
    cost: Sequence[float]
    """[N] >= 0, in score: what moving it must gain to be worth it, beside the margin."""
    reach_of: Sequence[int]
    """[N] its class of reach."""
    reach: Sequence[int]
    """[classes * H] 1 where the class may be."""
    group_start: Sequence[int]
    """[N + 1] where the groups of each item begin in `group_of`."""
    group_of: Sequence[int]
    group_scope: Sequence[int]
    """[G] a Scope."""
    group_limit: Sequence[int]
    """[G] >= 0; not read where the scope is TOGETHER."""
    group_price: Sequence[float]
    """[G] negative: required. Else score per member beyond the limit (TOGETHER: per host beyond the first)."""
    parts: Parts | None = None
    """A plan moves no item that wants parts."""
    demand: Demand | None = None
    """Read where items are placed."""
    reserve: Reserve | None = None
    """Read where items are placed."""


@dataclass(frozen=True, slots=True)
class Settings:
    """How to plan."""

    mode: Mode = Mode.IMPROVE
    most_moves: int = -1
    """Negative: any number."""
    margin: float = 0.0
    """IMPROVE: what each move must gain beyond its cost, in score."""
    least_gain: float = 0.0
    """DESCENT: the least gain of a move once the score is not above `settled`; hbal's min-gain."""
    settled: float = 0.0
    """DESCENT: hbal's min-gain-limit."""
    worth: float = 0.0
    """IMPROVE: the share of the score that a whole plan must gain, beyond its cost, to be made at all."""
    effort: int = -1
    """IMPROVE: exchanges tried in a round; negative: by the number of items."""
    seed: int = 1
