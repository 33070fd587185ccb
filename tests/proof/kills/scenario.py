"""A scenario: real work of one command, and what the hosts have to hold when it is done."""

from collections.abc import Callable
from dataclasses import dataclass

from tests.proof.kills.world import Held
from tests.real.estate import Estate


def no_more(_: Estate) -> list[str]:
    """Find nothing wrong."""
    return []


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """One command in a world that is ready for it."""

    name: str
    calls: int
    """How many mutating calls the command makes when nothing goes wrong."""
    ready: Callable[[Estate], None]
    """Declares all and makes what is there before, so that only the command is left."""
    command: tuple[str, ...]
    held: Held
    """What is there in the end, beside strangers."""
    wrong: Callable[[Estate], list[str]] = no_more
    """What only this scenario has to look at in the end; a sentence for each thing that is wrong."""
    declared: bool = True
    """Whether the manifests still stand for something afterwards, so that an empty plan means something."""
