"""The guests of the reference data's own scripts: ours behave like them, and the gate holds on theirs."""

from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest

from tests.bench.squeezed_protocol import MISSING, script
from tests.unit.plan.memory.balloons import GIB, ODD
from tests.unit.plan.memory.ground import START
from xcp_reconciler.plan.memory import GuestMemory, HostMemory, Knowledge, Policy, step

THEIRS: dict[str, Callable[[ModuleType], Any]] = {
    "ideal": lambda theirs: theirs.Guest(),
    "stuck": lambda theirs: theirs.Guest(speed=0),
    "floor at 7.5 GiB": lambda theirs: theirs.Guest(floor=15 * GIB // 2),
    "ceiling at 8 GiB": lambda theirs: theirs.Guest(ceiling=8 * GIB),
    "1 s in 20": lambda theirs: theirs.Alternating(),
    "a page per 5 s": lambda theirs: theirs.Trickle(),
}


@pytest.fixture(name="theirs")
def the_script() -> ModuleType:
    module = script()
    if module is None:
        pytest.skip(MISSING)
    return module


@pytest.mark.parametrize("kind", THEIRS)
def test_our_guests_move_like_theirs(theirs: ModuleType, kind: str) -> None:
    guest, balloon = THEIRS[kind](theirs), ODD[kind]()
    for now in range(0, 60_000, 500):
        target = (2 + now // 7000 % 7) * GIB
        guest.target = balloon.target = target
        assert guest.move(now, now + 500, 64 * GIB) == balloon.move(now, now + 500)


@pytest.mark.parametrize("kind", THEIRS)
def test_the_gate_holds_on_their_host(theirs: ModuleType, kind: str) -> None:
    guests = [*(theirs.Guest() for _ in range(19)), THEIRS[kind](theirs)]
    host, need = theirs.Host(guests), 16 * GIB
    least = theirs.floor_ms(guests, need)
    total = host.free + sum(guest.actual for guest in guests)
    knowledge = Knowledge()
    while host.free < need + theirs.RESERVE and host.now < 5000:
        now = START + host.now / 1000
        seen = [
            GuestMemory(f"{i:02d}", f"g{i}", guest.actual, guest.target, guest.low, guest.high)
            for i, guest in enumerate(guests)
        ]
        said = step(Policy(), HostMemory("h1", total, theirs.RESERVE, seen_at=now), seen, knowledge, need, now)
        knowledge = said.knowledge
        for send in said.sends:
            guests[int(send.key)].target = send.target
        assert said.wake_at is not None
        host.advance(max(1, round((said.wake_at - now) * 1000)))
    freed = next(ms for ms, free in host.trace if free >= need + theirs.RESERVE)
    assert freed <= 1.25 * least
    assert min(free for _, free in host.trace) >= theirs.RESERVE
