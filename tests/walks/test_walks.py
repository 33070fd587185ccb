"""Walks by number: a part of the whole, which `make prove` runs; and that the judges see what they are for."""

from collections.abc import Callable

import pytest

from tests.walks.effects import overspent, unplanned
from tests.walks.ground import Instance, homecoming
from tests.walks.judge import live
from tests.walks.seeded import walked
from tests.walks.site import HOSTS, OWNER, site
from tests.walks.walk import Walk
from tests.walks.walker import Settled, Walker
from xcp_drivers.world import power, tamper
from xcp_reconciler.model.decision import Change, Steady
from xcp_reconciler.model.identity import Identities
from xcp_reconciler.model.impact import Impact
from xcp_reconciler.model.observed import VmConfig
from xcp_reconciler.model.ops import Call
from xcp_reconciler.model.plan import Entry, Plan
from xcp_reconciler.refs import Kind, ref_of
from xcp_reconciler.simulation.loop import SimulatedLoop, run_simulated
from xcp_reconciler.simulation.tape import Tape

# Enough that what one walk in ten meets is met here: a slice of four hid for days what went wrong in a fifth.
WALKS = range(20)
WEB = ref_of(Kind.VIRTUAL_MACHINE, "web")
UUID = Identities(OWNER).uuid(WEB)
HERE = Instance("h1", 1.0, VmConfig(1, 1, 1024, 1024))


@pytest.mark.parametrize("number", WALKS)
def test_a_walk_comes_home(number: int) -> None:
    assert walked(number).complaints == []


def test_the_same_number_is_the_same_walk() -> None:
    first, second = walked(7, strides=2), walked(7, strides=2)
    assert first.way == second.way
    assert first.walker.watcher.calls == second.walker.watcher.calls
    assert first.way != walked(8, strides=2).way


def planned(impact: Impact | None) -> Plan:
    changes = (Change("memory.max", 1, 2, impact, "why"),) if impact is not None else ()
    return Plan((Entry(WEB, changes, (), (Call("vm.start", (UUID,), "h1"),), "", (), Steady()),), 1)


@pytest.mark.parametrize(
    ("impact", "after", "words"),
    [
        (None, Instance("h1", 9.0, HERE.live), "its power went"),
        (Impact.LIVE, Instance("h1", 9.0, HERE.live), "its power went"),
        (Impact.LIVE, None, "its power went"),
        (Impact.POWER_CYCLE, HERE, "it runs on"),
        (Impact.LIVE, Instance("h2", 1.0, HERE.live), "it moved"),
        (Impact.DEFERRED, Instance("h1", 1.0, VmConfig(2, 2, 1024, 1024)), "became"),
        (Impact.LIVE, Instance("h1", 1.0, VmConfig(1, 1, 1024, 512)), ""),
        (Impact.MIGRATE, Instance("h2", 1.0, HERE.live), ""),
        (Impact.POWER_CYCLE, None, ""),
    ],
)
def test_what_costs_more_or_less_than_planned_is_noticed(
    impact: Impact | None, after: Instance | None, words: str
) -> None:
    now = {UUID: (after,)} if after is not None else {}
    found = list(overspent(planned(impact), Identities(OWNER), {UUID: (HERE,)}, now))
    assert [words in one for one in found] == [True] * bool(words)


def test_calls_beside_the_plan_are_noticed() -> None:
    start, stop = Call("vm.start", (UUID,), "h1"), Call("vm.stop", (UUID,), "h1")
    assert list(unplanned(planned(Impact.LIVE), [start])) == []
    assert len(list(unplanned(planned(Impact.LIVE), [stop, start, start]))) == 2
    assert len(list(unplanned(planned(Impact.LIVE), []))) == 1


def test_another_world_is_no_home() -> None:
    assert homecoming({"a": "1", "b": "2"}, {"a": "1", "b": "3", "c": "4"}, ()) != []
    assert homecoming({"a": "1"}, {"a": "1", "volume /c": "4"}, {"/c"}) == []
    assert homecoming({"a/c": "1"}, {"a/c": "2"}, {"/c"}) != []


# --- what somebody does under a walker's hand


def meddled(meddle: Callable[[Walker], None]) -> list[str]:
    """What the watcher complains of after something that must never be."""
    tape = Tape(1)

    async def main(loop: SimulatedLoop) -> list[str]:
        walker = Walker(loop, tape)
        await walker.open()
        await live(walker, site("Halted"))
        meddle(walker)
        walker.watcher.look()
        await walker.close()
        return walker.watcher.complaints

    return run_simulated(tape, main)


def hurt_a_stranger(walker: Walker) -> None:
    with walker.hypervisors.change(walker.clock.now()) as change:
        power.power_off(change, HOSTS[0], tamper.find(change, f"theirs-{HOSTS[0]}").uuid)


def lose_a_volume(walker: Walker) -> None:
    with walker.hypervisors.change(walker.clock.now()) as change:
        change.db.execute("DELETE FROM files WHERE path LIKE '%loose%'")


def run_twice(walker: Walker) -> None:
    with walker.hypervisors.change(walker.clock.now()) as change:
        guest = tamper.stranger(change, "twice", HOSTS[0], VmConfig(1, 1, 1024, 1024))
        running = change.guest(guest.host, guest.uuid)
        assert running is not None
        change.put_guest(running._replace(host=HOSTS[1]))


@pytest.mark.parametrize(
    ("meddle", "words"),
    [(hurt_a_stranger, "is a stranger's"), (lose_a_volume, "is lost"), (run_twice, "at once")],
)
def test_what_must_never_be_is_noticed(meddle: Callable[[Walker], None], words: str) -> None:
    (complaint,) = meddled(meddle)
    assert words in complaint


def test_a_world_that_is_not_calm_is_noticed() -> None:
    tape = Tape(1)

    async def main(loop: SimulatedLoop) -> Settled:
        walker = Walker(loop, tape)
        await walker.open()
        await live(walker, site())
        loop.call_later(30.0, walker.power_off, WEB)
        settled = await walker.settle()
        await walker.close()
        return settled

    assert any("everything was ready, and then" in one for one in run_simulated(tape, main).complaints)


def test_a_complaint_names_its_stride() -> None:
    loop = SimulatedLoop(Tape(1))
    walk = Walk(Walker(loop, Tape(1)), way=["one", "two"])
    walk.complain(["bad", "bad"])
    loop.close()
    assert walk.complaints == ["[2 two]: bad"]
