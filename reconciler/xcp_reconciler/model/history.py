"""What the world cannot tell and a restart must not forget, one small record for each object."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from xcp_reconciler.model.errors import Failure
from xcp_reconciler.model.memory import Knowledge
from xcp_reconciler.refs import Ref


@dataclass(frozen=True, slots=True)
class Intent:
    """A call that was about to be made, durable before it was; times in unix seconds.

    `op` is the name of the op's class. The object could be on any of `hosts` until a fresh look, or the deadline,
    says otherwise.
    """

    op: str
    hosts: tuple[str, ...]
    at: float
    deadline: float


@dataclass(frozen=True, slots=True)
class Asked:
    """The last balloon request: KiB, when it was made, and how often; 0 times: by the start of the machine itself."""

    target: int
    at: float
    times: int


@dataclass(frozen=True, slots=True)
class Moved:
    """A machine that was moved for the good of its pool: by its ref, from host to host, and when (unix seconds)."""

    vm: Ref
    source: str
    target: str
    at: float


@dataclass(frozen=True, slots=True)
class Shifts:
    """What a Rebalance remembers: the moves that it made, and those of them after which somebody moved on."""

    made: tuple[Moved, ...] = ()
    undone: tuple[Moved, ...] = ()


@dataclass(frozen=True, slots=True)
class History:
    """Attempts, intents and requests of one object.

    `shutdown_at` is when the guest was first asked to shut down for the stop under way; `ran` the uid whose single
    run (`runStrategy: Once`) has begun; `restarted_at` the last `spec.restartedAt` that was honoured;
    `refused` is the fingerprint of spec and world that a backend turned down: while it stands, asking again is idle.
    `synced` is the last
    generation that the world was seen to match: a difference under it is drift, under a later one the owner's edit.
    `balance` is what a memory policy has learnt, by host, `shifts` what a Rebalance did.
    """

    intents: tuple[Intent, ...] = ()
    attempts: int = 0
    retry_at: float | None = None
    failure: Failure | None = None
    refused: str | None = None
    asked: Asked | None = None
    shutdown_at: float | None = None
    ran: str | None = None
    restarted_at: str | None = None
    synced: int | None = None
    balance: Mapping[str, Knowledge] = field(default_factory=dict[str, Knowledge])
    shifts: Shifts = field(default=Shifts())


EMPTY = History()
