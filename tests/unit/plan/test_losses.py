"""A pool as it has to survive the loss of a host."""

from dataclasses import replace

from tests.unit.plan.builders import WorldBuilder, seen_vm
from xcp_reconciler.model.desired import HostSpec
from xcp_reconciler.plan.placement.losses import losses_of
from xcp_reconciler.plan.placement.moment import moment_of
from xcp_reconciler.plan.survival import survives, survives_loss
from xcp_reconciler.refs import host_ref


def tolerates(world: WorldBuilder, *lost: str) -> bool | None:
    moment = moment_of("lab", world.build())
    assert moment is not None
    pool = losses_of(moment)
    return (survives_loss(pool, lost) if lost else survives(pool, 1)).tolerates


def two_and(host: str, *names: str) -> WorldBuilder:
    """Two machines of 256 MiB on a, and these on another of two hosts of 1 GiB."""
    world = WorldBuilder()
    for name in ("one", "two"):
        world.vm(name=name, home="a").shows(seen_vm(name))
    for name in names:
        world.vm(name=name, home=host).shows(seen_vm(name, host=host))
    return world


def test_either_host_may_be_lost_while_the_other_has_room() -> None:
    assert tolerates(two_and("b", "x", "y")) is True
    assert tolerates(two_and("b", "x", "y", "z")) is False


def test_machines_of_others_take_room_and_need_not_restart() -> None:
    world = two_and("b", "x")
    for number in range(3):
        uuid = f"{number}1111111-1111-4111-8111-111111111111"
        world.shows(seen_vm(f"theirs-{number}", host="b", uuid=uuid, stamp=None))
    assert tolerates(world, "b") is True
    assert tolerates(world, "a") is False


def test_a_host_that_takes_nobody_is_no_refuge() -> None:
    world = two_and("b")
    spec = world.desired[host_ref("b")].spec
    assert isinstance(spec, HostSpec)
    world.declare(host_ref("b"), replace(spec, schedulable=False))
    assert tolerates(world, "a") is False
