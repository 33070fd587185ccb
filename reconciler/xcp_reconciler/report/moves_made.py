"""What became of a plan of moves, in words and as data."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from xcp_reconciler.plan.placement.itinerary import Leg
from xcp_reconciler.report.ending import Outcome
from xcp_reconciler.report.progress import seconds
from xcp_reconciler.report.words import count

_REASONS: Final = {
    Outcome.DONE: "",
    Outcome.STUCK: "",
    Outcome.TIMEOUT: " (the time is over)",
    Outcome.STOPPED: " (stopped)",
}


@dataclass(frozen=True, slots=True)
class Made:
    """The moves that were made, and why others were not, by machine. `took` is in seconds."""

    moves: Sequence[Leg] = ()
    left: Mapping[str, str] = field(default_factory=dict[str, str])
    outcome: Outcome = Outcome.DONE
    took: float = 0.0


def made_data(made: Made) -> dict[str, object]:
    """For programs."""
    return {
        "result": made.outcome.value,
        "made": [{"vm": name, "from": leg.source, "to": leg.target} for leg in made.moves for name in leg.vms],
        "left": [{"vm": name, "reason": why} for name, why in made.left.items()],
        "seconds": round(made.took, 3),
    }


def made_text(made: Made) -> str:
    """For people."""
    done = sum(len(leg.vms) for leg in made.moves)
    moves = count(done, "move") if done else "No move"
    lines = [f"{moves} made in {seconds(made.took)}{_REASONS[made.outcome]}."]
    if made.left:
        lines += ["Not made:", *(f"  {name}  {why}" for name, why in made.left.items())]
        lines.append("The same command makes a new plan from here.")
    return "\n".join(lines)
