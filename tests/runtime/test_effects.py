"""Intents before effects, nothing after a failure, never a second object."""

import asyncio
from collections import Counter

import pytest

from tests.runtime.hooks import Diary, names
from tests.runtime.stage import Stage, declare, machine, play, pool_of_hosts, vm_ref
from xcp_drivers.sim import SimDriver
from xcp_reconciler.model.errors import BusyError, OutcomeUnknownError, RejectedError
from xcp_reconciler.model.ops import Call
from xcp_reconciler.ports.sink import StepPhase
from xcp_reconciler.ports.store import Store
from xcp_reconciler.runtime.operator import Operator

PLEDGED = {
    "vm.define": "DefineVm",
    "vm.start": "StartVm",
    "volume.create": "CreateVolume",
    "network.define": "DefineNetwork",
    "storage.define": "DefineStorage",
}


async def operate(stage: Stage, store: Store, diary: Diary, seconds: float) -> Operator:
    operator = Operator(stage.ports(store, SimDriver(stage.world, diary)))
    running = asyncio.ensure_future(operator.run())
    await asyncio.sleep(seconds)
    operator.stop()
    await running
    return operator


def test_an_intent_is_durable_before_its_call_and_gone_after_the_reply() -> None:
    diary = Diary()

    async def act(stage: Stage) -> None:
        async with stage.store(faults=diary) as store:
            await declare(store, [*pool_of_hosts(1), *machine("a")])
            await operate(stage, store, diary, 10.0)
            assert stage.running() == [("a", "h1")]
            assert not any(history.intents for history in store.state.histories.values())

    play(act)
    pledged: Counter[str] = Counter()
    for line in diary.lines:
        kind, _, rest = line.partition(" ")
        if kind == "history":
            # Each commit of a history says what is pledged for that object from then on.
            pledged.update(rest.partition(": ")[2].split(","))
        elif rest in PLEDGED:
            assert pledged[PLEDGED[rest]] > 0, f"{rest} was sent without an intent"
            pledged[PLEDGED[rest]] -= 1


def test_a_lost_reply_makes_no_second_object() -> None:
    lost: Counter[str] = Counter()

    def lose(call: Call) -> None:
        lost[call.method] += 1
        if lost[call.method] == 1:
            raise OutcomeUnknownError("the reply was lost", host=call.host)

    diary = Diary(between=lose)

    async def act(stage: Stage) -> None:
        async with stage.store(faults=diary) as store:
            await declare(store, [*pool_of_hosts(1), *machine("a")])
            await operate(stage, store, diary, 120.0)
            assert stage.running() == [("a", "h1")]
            assert stage.machines() == ["a"]

    play(act)
    sent = Counter(line.removeprefix("call ") for line in diary.lines if line.startswith("call "))
    assert sent["vm.define"] == 1
    assert sent["volume.create"] == 1


def test_a_refusal_takes_its_intent_back_and_drops_the_rest() -> None:
    def refuse(call: Call) -> None:
        if call.method == "storage.define":
            raise RejectedError("no such directory", host=call.host)

    diary = Diary(before=refuse)

    async def act(stage: Stage) -> None:
        async with stage.store(faults=diary) as store:
            await declare(store, pool_of_hosts(2))
            await operate(stage, store, diary, 5.0)
            histories = store.state.histories
            assert not any(names(history.intents) for history in histories.values())
            refused = [ref.name for ref, history in histories.items() if history.refused is not None]
            assert refused == ["data"]

    play(act)
    # The second host's define was dropped, and asking again is idle.
    assert diary.lines.count("call storage.define") == 1


def test_a_busy_backend_is_asked_again_when_it_says() -> None:
    times: list[float] = []

    async def act(stage: Stage) -> None:
        def busy(call: Call) -> None:
            if call.method == "network.define":
                times.append(stage.clock.now())
                if len(times) == 1:
                    raise BusyError("busy", retry_after=7.0, host=call.host)

        diary = Diary(before=busy)
        async with stage.store() as store:
            await declare(store, pool_of_hosts(1))
            await operate(stage, store, diary, 30.0)

    play(act)
    assert times[1] - times[0] == pytest.approx(7.0, abs=2.5)


def test_the_first_stop_ends_between_two_steps() -> None:
    async def act(stage: Stage) -> None:
        diary = Diary()
        async with stage.store(faults=diary) as store:
            await declare(store, pool_of_hosts(3))
            operator = Operator(stage.ports(store, SimDriver(stage.world, diary)))

            def stop(call: Call) -> None:
                if call.method == "storage.define":
                    operator.stop()

            diary.after = stop
            await operator.run()
            assert diary.lines.count("call storage.define") == 1
            assert not any(history.intents for history in store.state.histories.values())
            # Nothing was lost: the next run does the rest.
            diary.after = None
            await operate(stage, store, diary, 10.0)
            assert diary.lines.count("call storage.define") == 3

    play(act)


def test_a_driver_that_hangs_is_not_waited_for_for_ever() -> None:
    async def act(stage: Stage) -> None:
        class Hanging(Diary):
            async def before_send(self, call: Call) -> None:
                await super().before_send(call)
                if call.method == "network.define" and self.lines.count("call network.define") == 1:
                    await asyncio.sleep(100_000)

        diary = Hanging()
        async with stage.store(faults=diary) as store:
            await declare(store, pool_of_hosts(1))
            await operate(stage, store, diary, 90.0)
            assert diary.lines.count("call network.define") == 2
            assert [row[0] for row in stage.world.db.execute("SELECT name FROM networks")] == ["lan"]

    play(act)


def test_a_defect_of_a_driver_is_one_objects_trouble() -> None:
    async def act(stage: Stage) -> None:
        def fail(call: Call) -> None:
            if call.method == "vm.define" and any("name=bad" in word for word in call.arguments):
                raise ZeroDivisionError

        diary = Diary(before=fail)
        async with stage.store(faults=diary) as store:
            await declare(store, [*pool_of_hosts(1), *machine("bad"), *machine("good")])
            await operate(stage, store, diary, 60.0)
            assert stage.running() == [("good", "h1")]
            assert 2 <= stage.listener.steps(StepPhase.FAILED).count("DefineVm bad") <= 9
            # Whether it was sent is not known: the pledge stays until a look has shown that nothing came of it.
            assert store.state.histories[vm_ref("bad")].failure is not None

    play(act)
