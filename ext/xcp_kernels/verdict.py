"""What the host-failure check says beside its sets and plans."""

from enum import IntEnum


class Verdict(IntEnum):
    """Whether every machine comes back."""

    YES = 0
    """Every one, whichever hosts are lost. For one set of lost hosts: the plan is complete."""
    NO = 1
    """There is a set of lost hosts that no plan answers; `Ground` says how that is known."""
    UNKNOWN = 2
    """Work or time ran out; the set that is named is the first of those that nothing is known of."""
    INVALID = 3
    """Refused: a size or a room is negative or too large, or `failures` is negative."""


class Ground(IntEnum):
    """How a NO is known, or what is INVALID. `size`, `need` and `have` are figures of the call."""

    NONE = 0
    """There is nothing to prove."""
    OVERFULL = 1
    """Before anything is lost: machines of `need` KiB are on host `host`, which has `have` KiB for them."""
    NOBODY = 2
    """All hosts are lost, and `need` machines have nowhere to go."""
    TOO_MANY = 3
    """`need` lost machines have at least `size` KiB, and the hosts that are left have room for `have` such ones."""
    TOO_MUCH = 4
    """Lost machines of at least `size` KiB are `need` KiB together, and hosts with room for any of them have `have`."""
    EXHAUSTED = 5
    """All ways to put `need` KiB into `have` KiB of room were tried."""
    NEGATIVE = 6
    """The size of machine `need` is negative (-1: `failures` is)."""
    TOO_LARGE = 7
    """A size, a room or the sum of all of them is larger than what can be computed exactly."""


class Figure(IntEnum):
    """Where each figure of a call stands in `figures_out`."""

    GROUND = 0
    SIZE = 1
    NEED = 2
    HAVE = 3
    HOST = 4
    PACKED = 5
    """Sets of lost hosts for which a plan was made; all others are known by sums."""
    SEARCHED = 6
    """Those among them for which the first plan tried did not do."""
    STEPS = 7
    """The work of all searches."""
