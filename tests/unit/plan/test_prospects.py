"""Where new machines would be, and what that leaves free."""

from tests.unit.plan.builders import MIB, WorldBuilder, vm_spec
from tests.unit.plan.maintenance import with_machines
from xcp_reconciler.model.desired import Removal
from xcp_reconciler.plan.placement.prospects import Prospect, prospects


def found(world: WorldBuilder) -> dict[str, Prospect]:
    return {one.ref.name: one for one in prospects("lab", world.build())}


def test_what_is_free_is_counted_down_from_machine_to_machine() -> None:
    world = with_machines(WorldBuilder("a"), "old").vm(name="x", home=None).vm(name="y", home=None)
    seen = found(world)
    assert [(seen[name].before, seen[name].after) for name in ("x", "y")] == [
        (768 * MIB, 512 * MIB),
        (512 * MIB, 256 * MIB),
    ]
    assert (seen["old"].host, seen["old"].is_new, seen["old"].after) == ("a", False, None)


def test_a_host_that_refuses_says_why_and_who_is_to_go_only_takes_its_room() -> None:
    large = vm_spec(memory_size=2048 * MIB, memory_min=2048 * MIB, memory_max=2048 * MIB)
    world = WorldBuilder().vm(large, name="large", home=None)
    world.vm(name="going", removal=Removal.DELETE)
    (one,) = found(world).values()
    assert (one.host, one.is_new) == (None, True)
    assert one.reasons == ("a has 768Mi free and 2Gi is needed", "b has 1Gi free and 2Gi is needed")


def test_nobody_has_looked_at_the_pool() -> None:
    assert prospects("nowhere", WorldBuilder().build()) == []
