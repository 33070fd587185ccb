"""One field alone, from its first value through others and back, while nothing else changes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from tests.walks.declared import ABSENT, Declared
from tests.walks.ground import ground, homecoming
from tests.walks.home import untravelled
from tests.walks.judge import cycle_power, leeway, live
from tests.walks.schema import Leaf, leaves
from tests.walks.site import site
from tests.walks.values import USUAL, End, Row, Step, row_of
from tests.walks.walker import Walker
from xcp_reconciler.simulation.loop import SimulatedLoop, run_simulated
from xcp_reconciler.simulation.tape import Tape


class Direction(StrEnum):
    """In which order the values come."""

    THERE = "there"
    BACK = "back"


class Power(StrEnum):
    """Whether the machines of the site run."""

    RUNNING = "Always"
    HALTED = "Halted"


@dataclass(frozen=True, slots=True)
class Piece:
    """One field, one order of its values, one state of the machines."""

    leaf: Leaf
    direction: Direction
    power: Power

    def __str__(self) -> str:
        return f"{self.leaf} {self.direction} {self.power}"


def pieces() -> tuple[Piece, ...]:
    """Every field in both directions, with running and with halted machines."""
    return tuple(Piece(leaf, direction, power) for leaf in leaves() for direction in Direction for power in Power)


def complaints_of(piece: Piece) -> list[str]:
    """Walk one piece; what is wrong with it, in words."""
    row = row_of(piece.leaf)
    if row is None:
        return [f"{piece.leaf} has no values to walk through: give it a row in tests/walks/values.py"]
    expected = untravelled(_home(piece, row))
    tape = Tape(1)

    async def main(loop: SimulatedLoop) -> list[str]:
        walker = Walker(loop, tape)
        await walker.open()
        found = await _walk(walker, piece, row, expected)
        await walker.close()
        return [f"{piece}: {one}" for one in dict.fromkeys(found)]

    return run_simulated(tape, main)


def first_state(piece: Piece, row: Row) -> Declared:
    """Where the walk begins: the site, and beside the field what it needs."""
    state = site(piece.power.value)
    for path, value in row.base:
        state = state.with_value(piece.leaf.kind, _name(piece, row), path, value)
    return state


def _name(piece: Piece, row: Row) -> str:
    return row.name if row.name is not None else USUAL[piece.leaf.kind]


def _home(piece: Piece, row: Row) -> Declared:
    first = first_state(piece, row)
    if row.home is None:
        return first
    return first.with_value(piece.leaf.kind, _name(piece, row), piece.leaf.path, row.home)


async def _walk(walker: Walker, piece: Piece, row: Row, expected: Mapping[str, str]) -> list[str]:
    first, home = first_state(piece, row), _home(piece, row)
    found = await _go(walker, first, Step(ABSENT))
    steps = row.steps if piece.direction is Direction.THERE else row.steps[::-1]
    for step in _reachable(steps, row):
        state = first.with_value(piece.leaf.kind, _name(piece, row), piece.leaf.path, step.value)
        found += await _go(walker, state, step)
    found += await _go(walker, home, Step(row.home))
    found += await _refresh(walker)
    facts = ground(walker.hypervisors, walker.clock.now(), leeway(home)).things
    return found + homecoming(expected, facts, {*walker.retained, *row.left})


def _reachable(steps: Sequence[Step], row: Row) -> list[Step]:
    """The steps; where a field goes one way only, each that is behind the furthest so far has to say so."""
    if row.home is None or steps[0].value != row.home:
        return list(steps)
    return [steps[0], *(Step(one.value, End.SAID, row.kept) for one in steps[1:])]


async def _go(walker: Walker, state: Declared, step: Step) -> list[str]:
    """Declare one state, wait until it has settled, and judge."""
    outcome = await live(walker, state)
    found = list(outcome.complaints)
    settled = outcome.settled
    if settled is None:
        found += [] if step.end is End.REFUSED else [f"refused: {outcome.taken.refused}"]
    elif step.end is End.REFUSED:
        found.append(f"taken over, and should have been refused: {step.why}")
    elif step.end is End.READY and settled.unready:
        found.append(f"not ready: { {str(ref): why for ref, why in settled.unready.items()} }")
    elif step.end is End.SAID and not settled.unready:
        found.append(f"everything is ready, and should not: {step.why}")
    return [f"{step.value}: {one}" for one in found]


async def _refresh(walker: Walker) -> list[str]:
    """After a power cycle nothing may wait for one."""
    settled = await cycle_power(walker, await walker.settle())
    return [f"{ref} waits for a power cycle, and has had one" for ref in settled.waiting]
