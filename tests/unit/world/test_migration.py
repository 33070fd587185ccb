"""Migrations: both copies for a moment, then one; and what remains when a host dies in the middle."""

import pytest

from tests.unit.world.scene import GIB, LOCAL, MIB, Scene, create, define, disk, migrate, uuid, vm
from xcp_drivers.world import hosts, machines, power
from xcp_drivers.world.refusal import RefusalError, Refused
from xcp_drivers.world.world import World
from xcp_reconciler.model.observed import HaltReason, JobKind, PowerState, Unreachable, VmConfig
from xcp_reconciler.model.ops import DiskTransfer, MigrationMode


def states(scene: Scene, name: str = "web") -> dict[str, PowerState]:
    return {host: copy.power for host, copy in scene.copies(name).items()}


def under_way() -> Scene:
    """512 MiB: three seconds, the last of them seen on both hosts."""
    scene = Scene()
    scene.create(create("root"))
    scene.run("web", config=VmConfig(1, 1, 512 * MIB, 512 * MIB, (disk("root"),)))
    scene.after(10)
    scene.migrate(migrate("web", "a", "b"))
    return scene


def refusal(scene: Scene, *wish: object) -> Refused:
    with pytest.raises(RefusalError) as caught:
        scene.migrate(migrate(*wish))  # type: ignore[arg-type]
    return caught.value.code


def test_both_hosts_show_the_machine_before_the_source_lets_go() -> None:
    scene = under_way()
    assert states(scene.after(1)) == {"a": PowerState.RUNNING, "b": PowerState.PAUSED}
    assert states(scene.after(1.5)) == {"a": PowerState.RUNNING, "b": PowerState.RUNNING}
    assert not scene.copies("web")["b"].persistent
    assert [job.kind for job in scene.views()["a"].jobs] == [JobKind.MIGRATION]
    assert not scene.views()["b"].idle
    assert states(scene.after(0.5)) == {"b": PowerState.RUNNING}
    assert scene.only("web").persistent
    assert scene.views()["a"].idle


def test_a_machine_on_its_way_is_left_alone() -> None:
    scene = under_way()
    with pytest.raises(RefusalError) as caught:
        scene.define("web")
    assert caught.value.code is Refused.MIGRATING
    with pytest.raises(RefusalError) as caught:
        scene.start("web", "b")
    assert caught.value.code is Refused.MIGRATING


def test_setting_off_twice_is_setting_off_once() -> None:
    scene = under_way()
    scene.after(1).migrate(migrate("web", "a", "b"))
    assert states(scene.after(2)) == {"b": PowerState.RUNNING}
    scene.migrate(migrate("web", "a", "b"))
    assert states(scene) == {"b": PowerState.RUNNING}


def test_the_disk_stays_locked_on_the_way_and_after_it() -> None:
    scene = under_way()
    scene.define("thief", "c", VmConfig(1, 1, MIB, MIB, (disk("root"),)))
    for seconds in (0, 10):
        with pytest.raises(RefusalError) as caught:
            scene.after(seconds).start("thief", "c")
        assert caught.value.code is Refused.DISK_LOCKED


def test_a_guest_that_shuts_down_on_the_way_stays_at_the_source() -> None:
    scene = under_way()
    scene.do(lambda change: power.shut_down(change, "a", uuid(vm("web"))))
    assert states(scene.after(20)) == {"a": PowerState.HALTED}


def test_when_the_target_dies_the_machine_runs_on_at_the_source() -> None:
    scene = under_way()
    scene.after(2.5).do(lambda change: hosts.kill(change, "b"))
    assert states(scene.after(20)) == {"a": PowerState.RUNNING}
    assert isinstance(scene.views()["b"].freshness, Unreachable)


def test_when_the_source_dies_late_the_machine_lives_and_two_hosts_know_it() -> None:
    scene = under_way()
    scene.after(2.5).do(lambda change: hosts.kill(change, "a"))
    assert states(scene) == {"b": PowerState.RUNNING}
    scene.do(lambda change: hosts.revive(change, "a"))
    assert states(scene) == {"a": PowerState.HALTED, "b": PowerState.RUNNING}


def test_when_the_source_dies_early_the_machine_dies_and_a_definition_may_be_left() -> None:
    left = set[frozenset[str]]()
    for seed in range(20):
        scene = Scene(World.in_memory(seed=seed))
        scene.run("web")
        scene.migrate(migrate("web", "a", "b"))
        scene.after(1).do(lambda change: hosts.kill(change, "a"))
        scene.do(lambda change: hosts.revive(change, "a"))
        assert scene.copies("web")["a"].halt_reason is HaltReason.CRASHED
        assert set(states(scene).values()) == {PowerState.HALTED}
        left.add(frozenset(states(scene)))
    assert left == {frozenset({"a"}), frozenset({"a", "b"})}


def test_what_keeps_a_machine_from_setting_off() -> None:
    scene = Scene()
    scene.define("halted")
    assert refusal(scene, "halted", "a", "b") is Refused.NOT_RUNNING
    scene.run("web", config=VmConfig(1, 1, 3 * GIB, 3 * GIB))
    assert refusal(scene, "web", "a", "b", MigrationMode.OFFLINE) is Refused.NOT_HALTED
    scene.run("full", "b", VmConfig(1, 1, 3 * GIB, 3 * GIB))
    assert refusal(scene, "web", "a", "b") is Refused.NO_MEMORY
    scene.do(lambda change: hosts.kill(change, "c"))
    assert refusal(scene, "web", "a", "c") is Refused.HOST_UNREACHABLE
    assert refusal(scene, "nobody", "a", "b") is Refused.NO_SUCH_VM


def test_a_disk_on_local_storage_is_copied_or_the_move_is_refused() -> None:
    scene = Scene()
    scene.create(create("root", LOCAL))
    scene.run("web", config=VmConfig(1, 1, MIB, MIB, (disk("root", "local"),)))
    assert refusal(scene, "web", "a", "b") is Refused.NOT_SHARED
    scene.migrate(migrate("web", "a", "b", disks=DiskTransfer.COPY))
    scene.after(10)
    views = scene.views()
    assert [volume.path for volume in views["b"].volumes] == ["/local/root.qcow2"]
    assert views["a"].volumes == ()
    assert states(scene) == {"b": PowerState.RUNNING}


def test_a_halted_machine_moves_at_once() -> None:
    scene = Scene()
    scene.define("web")
    scene.migrate(migrate("web", "a", "b", MigrationMode.OFFLINE))
    assert states(scene) == {"b": PowerState.HALTED}


def test_a_name_that_is_taken_meanwhile_ends_the_migration() -> None:
    scene = under_way()
    rival = define("web", "b")
    other = type(rival)(rival.ref, "b", "00000000-0000-4000-8000-000000000000", "web", rival.config, rival.stamp)
    scene.do(lambda change: machines.define(change, other))
    found = scene.after(20).views()
    assert [copy.power for copy in found["a"].vms] == [PowerState.RUNNING]
