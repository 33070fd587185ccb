"""The laws. Each test is one sentence of the contract."""

import asyncio
from contextlib import suppress
from dataclasses import replace
from typing import Final

import pytest

from xcp_drivers.conformance.predictions import mask
from xcp_drivers.conformance.rig import Rig
from xcp_drivers.conformance.stage import (
    MIB,
    STORAGE,
    VM,
    VOLUME,
    Stage,
    declare_everything,
    refused,
    stage,
    unsettled,
)
from xcp_reconciler.model import ops
from xcp_reconciler.model.decision import Act, Decision, PendingReason, Steady
from xcp_reconciler.model.desired import RunStrategy, VolumeFormat, VolumeSpec
from xcp_reconciler.model.errors import DriverError
from xcp_reconciler.model.identity import Stamp
from xcp_reconciler.model.observed import ObservedVm, PowerState, VmConfig
from xcp_reconciler.model.outcome import Done
from xcp_reconciler.plan.decide import decide
from xcp_reconciler.plan.world import World
from xcp_reconciler.refs import Kind, Ref
from xcp_reconciler.runtime.dispatch import send

_UUID: Final = "0f0f0f0f-0000-4000-8000-00000000dead"


class DriverLaws:
    """Subclass it and give it a `rig` fixture."""

    @pytest.fixture
    def rig(self) -> Rig:
        """Give a rig with a fresh ground."""
        raise NotImplementedError

    def test_observing_changes_nothing(self, rig: Rig) -> None:
        """Two looks make no call and see the same."""

        async def law() -> None:
            async with stage(rig) as made:
                first = made.sight(await made.look())
                second = made.sight(await made.look())
                assert not rig.wire(made.session)
                assert first.vms.keys() == second.vms.keys()
                assert first.volumes.keys() == second.volumes.keys()
                assert all(first.answers(host.name) for host in rig.ground.target.hosts)

        asyncio.run(law())

    def test_a_machine_with_all_it_stands_on_is_steady_and_as_predicted(self, rig: Rig) -> None:
        """Fixpoint, predictions and shown calls, for the creation of everything."""

        async def law() -> None:
            async with stage(rig) as made:
                declare_everything(made)
                await _steady(made)
                machine = await made.machine()
                assert machine is not None
                assert machine.power is PowerState.RUNNING
                _as_predicted(made)

        asyncio.run(law())

    def test_a_life_of_changes_is_steady_after_each(self, rig: Rig) -> None:
        """Restart-only settings, live CPUs, live memory, live growth of a disk, and the way out."""

        async def law() -> None:
            async with stage(rig) as made:
                declare_everything(made)
                await _steady(made)
                made.declare(VM, replace(made.vm(), max_cores=4, memory_size=300 * MIB))
                pending = (await _steady(made))[VM]
                assert isinstance(pending, Steady)
                assert {one.reason for one in pending.pending} == {PendingReason.POWER_CYCLE}
                made.declare(VM, replace(made.vm(), cores=2, description="two of them"))
                await _steady(made)
                if made.session.memory is not None:
                    made.declare(VM, replace(made.vm(), memory_max=192 * MIB))
                    await _steady(made)
                if VOLUME in made.desired and made.session.volume is not None and rig.ground.boot is not None:
                    made.declare(VOLUME, VolumeSpec(STORAGE, VolumeFormat.QCOW2, 96 << 20))
                    await _steady(made)
                made.declare(VM, replace(made.vm(), run_strategy=RunStrategy.HALTED))
                halted = (await _steady(made))[VM]
                assert halted == Steady()
                _as_predicted(made)

        asyncio.run(law())

    def test_a_running_machine_moves_and_comes_back(self, rig: Rig) -> None:
        """A live migration ends with one copy, running, at its new home; so does the way back."""

        async def law() -> None:
            async with stage(rig) as made:
                hosts = [host.name for host in rig.ground.target.hosts]
                if made.session.migration is None or len(hosts) == 1:
                    pytest.skip("this backend does not move machines")
                if not rig.ground.shared:
                    pytest.skip("this ground has no shared storage")
                declare_everything(made)
                await _steady(made)
                for home in (hosts[1], hosts[0]):
                    made.declare(VM, replace(made.vm(), host=home))
                    await _steady(made)
                    copies = made.sight(await made.look()).vms[made.identities.uuid(VM)]
                    assert [(copy.host, copy.power) for copy in copies] == [(home, PowerState.RUNNING)]
                _as_predicted(made)

        asyncio.run(law())

    def test_a_halted_machine_moves_by_its_definition(self, rig: Rig) -> None:
        """An offline move leaves one halted copy at the new home."""

        async def law() -> None:
            async with stage(rig) as made:
                hosts = [host.name for host in rig.ground.target.hosts]
                if made.session.migration is None or len(hosts) == 1 or not rig.ground.shared:
                    pytest.skip("this backend does not move machines")
                declare_everything(made)
                made.declare(VM, replace(made.vm(), run_strategy=RunStrategy.HALTED))
                await _steady(made)
                made.declare(VM, replace(made.vm(), host=hosts[1]))
                await _steady(made)
                copies = made.sight(await made.look()).vms[made.identities.uuid(VM)]
                assert [(copy.host, copy.power) for copy in copies] == [(hosts[1], PowerState.HALTED)]

        asyncio.run(law())

    def test_every_op_may_be_applied_twice(self, rig: Rig) -> None:
        """Defining twice is once, starting twice is once; each op that worked works again and changes nothing more."""

        async def law() -> None:
            async with stage(rig) as made:
                declare_everything(made)
                await _steady(made)
                made.declare(VM, replace(made.vm(), max_cores=4))
                await _steady(made)
                seen = await made.machine()
                for performed in made.performed:
                    assert await send(made.session, performed.op, rig.clock.now() + 30) == Done(), performed.op
                again = await made.machine()
                assert seen is not None
                assert again is not None
                assert (again.uuid, again.host, again.power) == (seen.uuid, seen.host, seen.power)
                assert again.stored == seen.stored

        asyncio.run(law())

    def test_a_balloon_target_is_for_what_runs_and_is_not_stored(self, rig: Rig) -> None:
        """Set twice it is set once; the next boot takes what is stored; what does not run has no target to set."""

        async def law() -> None:
            async with stage(rig) as made:
                if made.session.memory is None:
                    pytest.skip("this backend sets no memory")
                declare_everything(made, disk=False, card=False)
                await _steady(made)
                seen = await made.machine()
                assert seen is not None
                op = ops.SetMemoryTarget(VM, seen.host, seen.uuid, 192 * MIB)
                for _ in range(2):
                    shown = rig.driver.calls(op, (seen,))
                    before = len(rig.wire(made.session))
                    assert await send(made.session, op, rig.clock.now() + 30) == Done()
                    assert tuple(rig.wire(made.session)[before:]) == shown
                after = await made.machine()
                assert after is not None
                assert after.stored == seen.stored
                made.declare(VM, replace(made.vm(), run_strategy=RunStrategy.HALTED))
                await _steady(made)
                with pytest.raises(DriverError):
                    await send(made.session, op, rig.clock.now() + 30)

        asyncio.run(law())

    def test_what_is_absent_is_already_gone(self, rig: Rig) -> None:
        """Undefining, deleting or powering off what is not there is done."""

        async def law() -> None:
            async with stage(rig) as made:
                host = rig.ground.target.hosts[0].name
                session = made.session
                absent: list[ops.Op] = [ops.UndefineVm(VM, host, _UUID)]
                if session.storage is not None:
                    absent.append(ops.UndefineStorage(STORAGE, host, _UUID))
                if session.network is not None:
                    absent.append(ops.UndefineNetwork(VM, host, _UUID))
                for op in absent:
                    assert await send(session, op, rig.clock.now() + 10) == Done(), op

        asyncio.run(law())

    def test_only_driver_errors_escape(self, rig: Rig) -> None:
        """Nonsense is refused in the contract's own words."""

        async def law() -> None:
            async with stage(rig) as made:
                host = rig.ground.target.hosts[0].name
                deadline = rig.clock.now() + 10
                odd = VmConfig(1, 1, 64 * MIB, 64 * MIB, serial="/nonexistent/folder/log")
                stamp = Stamp(rig.ground.target.owner, VM, "uid", _UUID)
                nonsense: list[ops.Op] = [
                    ops.StartVm(VM, host, _UUID),
                    ops.StartVm(VM, "no-such-host", _UUID),
                    ops.ReconfigureVm(VM, host, _UUID, (ops.Description("x"),)),
                ]
                for op in nonsense:
                    with pytest.raises(DriverError):
                        await send(made.session, op, deadline)
                # A backend may take this one, and then it has to give it back.
                with suppress(DriverError):
                    await send(made.session, ops.DefineVm(VM, host, _UUID, "odd", odd, stamp), deadline)
                assert await send(made.session, ops.UndefineVm(VM, host, _UUID), deadline) == Done()

        asyncio.run(law())

    def test_names_reach_the_backend_unharmed(self, rig: Rig) -> None:
        """Text that would break out of a careless template is text."""

        async def law() -> None:
            async with stage(rig) as made:
                declare_everything(made, disk=False, card=False)
                text = "</description><owner>&\"'\u00e4\u4e2d]]>"
                made.declare(VM, replace(made.vm(), description=text, run_strategy=RunStrategy.HALTED))
                await _steady(made)
                machine = await made.machine()
                assert machine is not None
                assert machine.stored.description == text

        asyncio.run(law())

    def test_a_passed_deadline_leaves_what_the_next_look_repairs(self, rig: Rig) -> None:
        """A call without time is OutcomeUnknown or another DriverError, and convergence repairs whatever it did."""

        async def law() -> None:
            async with stage(rig) as made:
                declare_everything(made, disk=False, card=False)
                await _steady(made)
                machine = await made.machine()
                assert machine is not None
                op = ops.PowerOffVm(VM, machine.host, machine.uuid)
                with pytest.raises(DriverError):
                    await send(made.session, op, rig.clock.now() - 1)
                await _steady(made)
                again = await made.machine()
                assert again is not None
                assert again.power is PowerState.RUNNING

        asyncio.run(law())

    def test_a_cancelled_call_leaves_what_the_next_look_repairs(self, rig: Rig) -> None:
        """Cancelled in the middle, a start is neither lost for ever nor made twice."""

        async def law() -> None:
            async with stage(rig) as made:
                declare_everything(made, disk=False, card=False)
                made.declare(VM, replace(made.vm(), run_strategy=RunStrategy.HALTED))
                await _steady(made)
                machine = await made.machine()
                assert machine is not None
                start = ops.StartVm(VM, machine.host, machine.uuid)
                task = asyncio.ensure_future(send(made.session, start, rig.clock.now() + 15))
                await rig.clock.sleep(0)
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)
                made.declare(VM, replace(made.vm(), run_strategy=RunStrategy.ALWAYS))
                await _steady(made)
                copies = made.sight(await made.look()).vms[machine.uuid]
                assert [copy.power for copy in copies] == [PowerState.RUNNING]

        asyncio.run(law())

    def test_strangers_are_never_changed(self, rig: Rig) -> None:
        """A machine made by hand is the same before and after a whole life of ours."""

        async def law() -> None:
            async with stage(rig) as made:
                await made.look()  # some backends live only as long as somebody is connected
                if not await rig.make_stranger("stranger"):
                    pytest.skip("there is no other way into this backend")
                before = _named(made, await made.look(), "stranger")
                assert before is not None
                declare_everything(made)
                await _steady(made)
                made.remove(VM)
                await made.converge()
                after = _named(made, await made.look(), "stranger")
                assert after is not None
                assert mask(after) == mask(before)

        asyncio.run(law())

    def test_deleting_leaves_nothing_of_ours(self, rig: Rig) -> None:
        """After everything is deleted, no host shows anything with our identity."""

        async def law() -> None:
            async with stage(rig) as made:
                declare_everything(made)
                await _steady(made)
                for ref in [ref for ref in made.desired if ref.kind not in {Kind.POOL, Kind.HOST}]:
                    made.remove(ref)
                left = unsettled(await made.converge())
                assert not left
                sight = made.sight(await made.look())
                for ref in (VM, STORAGE):
                    uuid = made.identities.uuid(ref)
                    assert uuid not in sight.vms
                    assert uuid not in sight.storages

        asyncio.run(law())


async def _steady(made: Stage) -> dict[Ref, Decision]:
    decisions = await made.converge()
    assert refused(decisions) == []
    assert unsettled(decisions) == {}
    world = await made.look()
    again = {ref: decide(ref, world) for ref in made.desired}
    assert not [one for one in again.values() if isinstance(one, Act)]
    return decisions


def _as_predicted(made: Stage) -> None:
    assert made.performed
    for performed in made.performed:
        assert performed.made == performed.shown, performed.op
        assert performed.as_issued(), performed


def _named(made: Stage, world: World, name: str) -> ObservedVm | None:
    return next((vm for (_, known), vms in made.sight(world).names.items() if known == name for vm in vms), None)
