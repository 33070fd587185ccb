"""A plan for a pool: what the kernel proposes, in names."""

from array import array
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from xcp_kernels import placement as kernel
from xcp_kernels.placement import Mode, Settings, Status
from xcp_reconciler.model.cluster import Cluster
from xcp_reconciler.plan.rebalance.arrays import Ground, ground
from xcp_reconciler.plan.rebalance.flaws import flaws_of
from xcp_reconciler.plan.rebalance.ledger import Ledger


class Aim(StrEnum):
    """What a plan is for."""

    DESCENT = "descent"
    """hbal's own moves."""
    IMPROVE = "improve"
    """The best end for its number of moves."""
    CONSTRAINTS = "constraints"
    """Only what mends a violated constraint, with few moves."""


# What one move must gain, of what the score is for an average host, and as much again for what it copies, where that
# is known; and what a whole plan must gain of the score.
MARGIN: Final = 0.04
WORTH: Final = 0.01
# hbal's defaults for --min-gain and --min-gain-limit.
LEAST_GAIN: Final = 0.01
SETTLED: Final = 0.1
_MODES: Final = {Aim.DESCENT: Mode.DESCENT, Aim.IMPROVE: Mode.IMPROVE, Aim.CONSTRAINTS: Mode.CONSTRAINTS}


@dataclass(frozen=True, slots=True)
class Move:
    """One machine goes from one host to another."""

    vm: str
    source: str
    target: str
    gain: float
    """By how much it lowers the score, in its turn; of machines that move together, the first one's says it for all."""
    why: str


@dataclass(frozen=True, slots=True)
class Proposal:
    """A plan, and the scores before its first move and after each. `moves` puts it in words."""

    ground: Ground
    steps: tuple[tuple[int, int], ...]
    """Item and host, in the order in which they have to be made: no host is ever overfilled in between."""
    scores: tuple[float, ...]
    violations_before: int
    violations_after: int
    flaws: tuple[str, ...] = ()
    """What is wrong with the pool; then there is no plan."""

    @property
    def homes(self) -> dict[str, str]:
        """Where every machine that is moved is in the end."""
        hosts, end = self.ground.cluster.hosts, dict(self.steps)
        return {vm.name: hosts[host].name for item, host in end.items() for vm in self.ground.items[item].vms}

    def moves(self, *, explain: bool = False) -> list[Move]:
        """Every move with its gain, and the numbers that decided; `explain` adds which hosts could not be."""
        ledger, made = Ledger(self.ground), list[Move]()
        for number, (item, host) in enumerate(self.steps):
            source, target = ledger.at[item], self.ground.cluster.hosts[host].name
            words = [*ledger.mended_by(item, host), ledger.change(item, host)]
            if explain:
                words.append(ledger.refused(item))
            gain, why = self.scores[number] - self.scores[number + 1], "; ".join(word for word in words if word)
            for vm in self.ground.items[item].vms:
                made.append(Move(vm.name, self.ground.cluster.hosts[source].name, target, gain, why))
                gain, why = 0.0, f"it stays with {self.ground.items[item].vms[0].name}"
            ledger.move(item, host)
        return made

    def left(self) -> list[str]:
        """The violations that the plan leaves, in words."""
        ledger = Ledger(self.ground)
        for item, host in self.steps:
            ledger.move(item, host)
        return ledger.violations()


def rebalance(cluster: Cluster, aim: Aim, most_moves: int | None = None, worth: float = WORTH) -> Proposal:
    """What should move where.

    Args:
        cluster: the pool.
        aim: what for.
        most_moves: None: as many as are worth their cost.
        worth: the share of the score that a whole plan must gain; read where the number of moves is free.
    """
    # At a given number of moves the question is not whether each is worth it, but which.
    margin = MARGIN / max(len(cluster.hosts), 1) if most_moves is None else 0.0
    made = ground(cluster, toll=margin)
    pool = made.pool
    room = 4 * len(made.items) + 16
    items, hosts = array("q", bytes(8 * room)), array("q", bytes(8 * room))
    scores, summary = array("d", bytes(8 * (room + 1))), array("q", bytes(24))
    settings = Settings(
        mode=_MODES[aim],
        most_moves=-1 if most_moves is None else most_moves,
        margin=margin,
        least_gain=LEAST_GAIN,
        settled=SETTLED,
        worth=worth if most_moves is None else 0.0,
    )
    if kernel.plan(pool, settings, items, hosts, scores, summary) == Status.INVALID:
        return Proposal(made, (), (0.0,), 0, 0, flaws_of(made))
    count = summary[0]
    steps = tuple(zip(items[:count], hosts[:count], strict=True))
    return Proposal(made, steps, tuple(scores[: count + 1]), summary[2], summary[1])
