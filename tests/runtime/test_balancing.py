"""A policy in mode Direct moves balloons, as the acting process and no other, and remembers what it has learnt."""

import asyncio
from collections.abc import Callable
from dataclasses import replace

from tests.runtime.hooks import Diary
from tests.runtime.stage import GIB, OWNER, POOL, Stage, declare, desired, play, vm_ref
from xcp_drivers.sim import SimDriver
from xcp_drivers.world import tamper
from xcp_drivers.world.change import Change
from xcp_drivers.world.demand import Demand
from xcp_drivers.world.habits import Habit
from xcp_drivers.world.memory import free
from xcp_reconciler.model.desired import Desired, HostSpec, MemoryMode, MemoryPolicySpec, PoolSpec, RunStrategy, VmSpec
from xcp_reconciler.model.errors import OutcomeUnknownError
from xcp_reconciler.model.history import EMPTY
from xcp_reconciler.model.identity import Identities
from xcp_reconciler.model.ops import Call
from xcp_reconciler.model.status import ConditionType, Status, Truth
from xcp_reconciler.ports.store import PutDesired, Store
from xcp_reconciler.refs import Kind, host_ref, ref_of
from xcp_reconciler.runtime.operator import Operator

POLICY = ref_of(Kind.MEMORY_POLICY, "balanced")
RESERVE = GIB // 2
SPEC = MemoryPolicySpec("lab", mode=MemoryMode.DIRECT, reserve_kib=RESERVE, overcommit_ratio=2.0, hold_s=5.0)


def pool(*names: str, policy: MemoryPolicySpec = SPEC) -> list[Desired]:
    """A host of 6 GiB, a policy, and machines of 3 GiB that can do with half a one."""
    return [
        desired(POOL, PoolSpec("sim", "sim:world.db")),
        desired(host_ref("h1"), HostSpec("lab", memory_kib=6 * GIB)),
        desired(POLICY, policy),
        *(desired(vm_ref(name), VmSpec("lab", 1, 1, 3 * GIB, GIB // 2, 3 * GIB)) for name in names),
    ]


def tampered(stage: Stage, act: Callable[[Change], object]) -> None:
    with stage.world.change(stage.clock.now()) as change:
        act(change)


def needs(stage: Stage, name: str, memory: int) -> None:
    tampered(stage, lambda change: tamper.need(change, tamper.find(change, name), Demand(memory, memory)))


def behaves(stage: Stage, name: str, habit: Habit) -> None:
    tampered(stage, lambda change: tamper.behave(change, tamper.find(change, name), habit, None))


def goal_of(stage: Stage, name: str) -> int:
    return int(stage.world.db.execute("SELECT goal FROM guests WHERE name = ?", (name,)).fetchone()[0])


def spare(stage: Stage) -> int:
    found: list[int] = []
    tampered(stage, lambda change: found.append(free(change, change.host("h1"))))
    return found[0]


async def run(
    stage: Stage, store: Store, seconds: float, diary: Diary | None = None, *, reserve: int = RESERVE
) -> None:
    """Act for a while, and watch meanwhile that the host is left its reserve."""
    driver = SimDriver(stage.world, diary if diary is not None else Diary())
    operator = Operator(stage.ports(store, driver))
    running = asyncio.ensure_future(operator.run())
    for _ in range(int(seconds * 4)):
        await asyncio.sleep(0.25)
        if stage.world.db.execute("SELECT count(*) FROM hosts").fetchone()[0]:
            assert spare(stage) >= reserve
    operator.stop()
    await running


def status_of(store: Store) -> Status:
    return store.state.statuses[POLICY]


def test_who_needs_more_has_it_and_the_reserve_stays() -> None:
    async def act(stage: Stage) -> tuple[int, int, Status]:
        async with stage.store() as store:
            await declare(store, pool("a", "b"))
            await run(stage, store, 90.0)
            needs(stage, "a", 5 * GIB // 2)
            needs(stage, "b", GIB)
            await run(stage, store, 90.0)
            return goal_of(stage, "a"), goal_of(stage, "b"), status_of(store)

    a, b, status = play(act)
    assert a > 2.4 * GIB
    assert b > 1.15 * GIB
    (host,) = status.balance
    assert (host.host, host.guests) == ("h1", 2)
    assert host.satisfaction is not None
    assert host.satisfaction > 90
    balanced = status.condition(ConditionType.BALANCED)
    assert balanced is not None
    assert balanced.status is Truth.TRUE


def test_a_machine_starts_once_others_have_given_back_for_it() -> None:
    async def act(stage: Stage) -> list[str]:
        async with stage.store() as store:
            await declare(store, pool("a", "b"))
            await run(stage, store, 90.0)
            needs(stage, "a", GIB)
            needs(stage, "b", GIB)
            await declare(store, pool("a", "b", "c"))
            await run(stage, store, 90.0)
            return [name for name, _ in stage.running()]

    assert play(act) == ["a", "b", "c"]


def test_a_deaf_guest_is_known_after_a_restart() -> None:
    async def act(stage: Stage) -> tuple[int, int, list[Status]]:
        first: list[Call] = []
        second: list[Call] = []
        diary, later = Diary(before=first.append), Diary(before=second.append)
        async with stage.store() as store:
            await declare(store, pool("a", "b", policy=replace(SPEC, retry_after_s=3600.0)))
            await run(stage, store, 90.0)
            behaves(stage, "b", Habit.STUCK)
            needs(stage, "a", 5 * GIB // 2)
            needs(stage, "b", GIB // 2)
            await run(stage, store, 120.0, diary)
            statuses = [status_of(store), store.state.statuses[vm_ref("b")]]
            await run(stage, store, 60.0, later)
            knowledge = store.state.histories[POLICY].balance["h1"]
            assert knowledge.guests[Identities(OWNER).uuid(vm_ref("b"))].deaf_until is not None
            uuid = Identities(OWNER).uuid(vm_ref("b"))
            return _targets(first, uuid), _targets(second, uuid), statuses

    asked, again, (policy, machine) = play(act)
    assert asked
    assert not again
    left = policy.condition(ConditionType.UNCOOPERATIVE_GUESTS)
    assert left is not None
    assert left.message == "b on h1"
    cooperative = machine.condition(ConditionType.BALLOON_COOPERATIVE)
    assert cooperative is not None
    assert cooperative.status is Truth.FALSE


def _targets(calls: list[Call], uuid: str) -> int:
    return sum(call.method == "vm.setMemoryTarget" and call.arguments[0] == uuid for call in calls)


def test_a_call_whose_end_nobody_knows_counts_as_what_it_may_have_given() -> None:
    """The guest is never given what another one may just have got."""

    def lose(call: Call) -> None:
        if call.method == "vm.setMemoryTarget" and len(lost) < 6:
            lost.append(call)
            raise OutcomeUnknownError("no answer", host="h1")

    lost: list[Call] = []

    async def act(stage: Stage) -> int:
        async with stage.store() as store:
            await declare(store, pool("a", "b"))
            await run(stage, store, 90.0, Diary(after=lose))
            needs(stage, "a", 5 * GIB // 2)
            needs(stage, "b", GIB)
            await run(stage, store, 120.0, Diary(after=lose))
            return goal_of(stage, "a")

    assert play(act) > 2.4 * GIB
    assert len(lost) >= 2


def test_without_a_policy_the_balloon_goes_back_to_its_maximum() -> None:
    async def act(stage: Stage) -> list[int]:
        async with stage.store() as store:
            await declare(store, pool("a", "b"))
            await run(stage, store, 90.0)
            needs(stage, "a", GIB)
            before = goal_of(stage, "a")
            objects = pool("a", "b", policy=replace(SPEC, mode=MemoryMode.OFF))
            halted = objects[-1]
            assert isinstance(halted.spec, VmSpec)
            objects[-1] = replace(halted, spec=replace(halted.spec, run_strategy=RunStrategy.HALTED))
            await store.commit(*(PutDesired(one) for one in objects))
            await run(stage, store, 60.0, reserve=0)
            return [before, goal_of(stage, "a")]

    before, after = play(act)
    assert before < 3 * GIB
    assert after == 3 * GIB


def test_under_delegate_nothing_is_moved() -> None:
    async def act(stage: Stage) -> tuple[list[str], object]:
        calls: list[Call] = []
        async with stage.store() as store:
            await declare(store, pool("a", policy=replace(SPEC, mode=MemoryMode.DELEGATE)))
            await run(stage, store, 20.0)
            tampered(stage, lambda change: tamper.shrink(change, tamper.find(change, "a"), 2 * GIB))
            needs(stage, "a", 3 * GIB)
            await run(stage, store, 60.0, Diary(before=calls.append))
            return [call.method for call in calls], store.state.histories.get(POLICY, EMPTY).balance

    assert play(act) == ([], {})
