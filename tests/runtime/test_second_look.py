"""What cannot be taken back is decided on two looks: one may be wrong."""

from dataclasses import dataclass, replace

from tests.runtime.hooks import Diary
from tests.runtime.stage import Stage, declare, machine, play, pool_of_hosts
from tests.runtime.test_converge import plan_for
from xcp_drivers.sim import SimDriver
from xcp_drivers.world.rows import GuestRow
from xcp_drivers.world.world import World
from xcp_reconciler.api.enums import DeletionPolicy, ForceStop
from xcp_reconciler.model.desired import Removal, ShutdownSpec, VmSpec
from xcp_reconciler.runtime.converge import Reason, converge


@dataclass
class Returning(Diary):
    """A host that has just come up: its first answer shows none of its machines."""

    stage: Stage | None = None
    machines: tuple[GuestRow, ...] = ()

    def staleness(self) -> int:
        """A look has been taken and is handed over: the next one shows everything."""
        if self.stage is not None and self.machines:
            show(self.stage.world, self.stage.clock.now(), self.machines)
            self.machines = ()
        return super().staleness()


def hide(world: World, now: float) -> tuple[GuestRow, ...]:
    with world.change(now) as change:
        hidden = tuple(change.guests("stamp IS NOT NULL"))
        for guest in hidden:
            change.drop_guest(guest)
    return hidden


def show(world: World, now: float, machines: tuple[GuestRow, ...]) -> None:
    with world.change(now) as change:
        for guest in machines:
            change.put_guest(guest)


def test_a_machine_that_one_look_does_not_show_is_not_forgotten() -> None:
    async def act(stage: Stage) -> list[str]:
        async with stage.store() as store:
            objects = [*pool_of_hosts(1), *machine("a")]
            await declare(store, objects)
            await converge(stage.ports(store), await plan_for(stage, store), 60.0)
            vm = objects[-1]
            assert isinstance(vm.spec, VmSpec)
            quick = replace(vm.spec, shutdown=ShutdownSpec(5.0, ForceStop.AFTER_TIMEOUT))
            mortal = replace(vm.policies, deletion=DeletionPolicy.DELETE)
            await declare(store, [replace(vm, spec=quick, policies=mortal, removal=Removal.DELETE)])
            plan = await plan_for(stage, store, vm.ref, id_="delete")
            returning = Returning(stage=stage, machines=hide(stage.world, stage.clock.now()))
            result = await converge(stage.ports(store, SimDriver(stage.world, returning)), plan, 60.0)
            assert result.reason is Reason.DONE
            assert vm.ref not in store.state.desired
            return stage.machines()

    assert play(act) == []
