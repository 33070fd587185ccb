"""Starting, stopping and what a hypervisor refuses."""

import pytest

from tests.unit.world.scene import GIB, MIB, SHARED, Scene, card, create, disk, uuid, vm
from xcp_drivers.world import machines, power, storages, tamper
from xcp_drivers.world.habits import Hearing
from xcp_drivers.world.refusal import RefusalError, Refused
from xcp_reconciler.model import ops
from xcp_reconciler.model.desired import DiskMode
from xcp_reconciler.model.observed import Balloon, HaltReason, PowerState, VmConfig


def refusal(scene: Scene, name: str, host: str = "a") -> Refused:
    with pytest.raises(RefusalError) as caught:
        scene.start(name, host)
    return caught.value.code


def with_disk(name: str, mode: DiskMode = DiskMode.RW) -> VmConfig:
    return VmConfig(1, 1, 64 * MIB, 64 * MIB, (disk(name, mode=mode),))


def test_a_started_machine_runs_with_what_was_stored() -> None:
    scene = Scene()
    scene.run("web")
    seen = scene.only("web")
    assert (seen.power, seen.live, seen.memory_actual) == (PowerState.RUNNING, seen.stored, 512 * MIB)
    assert seen.balloon is Balloon.UNKNOWN
    assert scene.after(5).only("web").balloon is Balloon.PRESENT


def test_a_running_machine_is_not_started_again() -> None:
    scene = Scene()
    scene.run("web")
    assert refusal(scene, "web") is Refused.ALREADY_RUNNING


def test_a_missing_file_keeps_a_machine_from_starting() -> None:
    scene = Scene()
    scene.define("web", config=with_disk("root"))
    assert refusal(scene, "web") is Refused.DISK_MISSING
    scene.create(create("root"))
    scene.start("web")


def test_a_missing_network_and_an_inactive_repository_keep_a_machine_from_starting() -> None:
    scene = Scene()
    scene.define("web", config=VmConfig(1, 1, MIB, MIB, interfaces=(card(),)))
    scene.do(lambda change: change.drop_network(change.networks("host = 'a'")[0]))
    assert refusal(scene, "web") is Refused.NO_SUCH_NETWORK
    scene.create(create("root"))
    scene.define("db", config=with_disk("root"))
    scene.do(lambda change: storages.stop(change, "a", uuid(SHARED)))
    assert refusal(scene, "db") is Refused.STORAGE_INACTIVE


def test_one_disk_has_one_writer_over_all_hosts() -> None:
    scene = Scene()
    scene.create(create("root"))
    scene.run("one", "a", with_disk("root"))
    scene.define("two", "b", with_disk("root"))
    scene.define("reader", "b", with_disk("root", DiskMode.RO))
    scene.define("one", "c", with_disk("root"))
    assert refusal(scene, "two", "b") is Refused.DISK_LOCKED
    assert refusal(scene, "reader", "b") is Refused.DISK_LOCKED
    assert refusal(scene, "one", "c") is Refused.DISK_LOCKED
    scene.do(lambda change: power.power_off(change, "a", uuid(vm("one"))))
    scene.start("two", "b")


def test_who_writes_to_a_base_keeps_what_is_above_it_from_starting() -> None:
    scene = Scene()
    scene.create(create("base"))
    scene.create(create("top", backing="/shared/base.qcow2"))
    scene.run("installer", config=with_disk("base"))
    scene.define("web", config=with_disk("top"))
    assert refusal(scene, "web") is Refused.DISK_LOCKED
    scene.do(lambda change: power.power_off(change, "a", uuid(vm("installer"))))
    scene.start("web")
    assert refusal(scene, "installer") is Refused.DISK_LOCKED


def test_a_host_gives_no_more_memory_than_it_has() -> None:
    scene = Scene()
    big = VmConfig(1, 1, 3 * GIB, 3 * GIB)
    scene.run("one", config=big)
    scene.define("two", config=big)
    assert refusal(scene, "two") is Refused.NO_MEMORY
    scene.define("two", "b", big)
    scene.start("two", "b")


def test_a_shutdown_takes_its_time_after_the_boot() -> None:
    scene = Scene()
    scene.run("web")
    scene.do(lambda change: power.shut_down(change, "a", uuid(vm("web"))))
    assert scene.after(3.9).only("web").power is PowerState.RUNNING
    halted = scene.after(0.1).only("web")
    assert (halted.power, halted.halt_reason, halted.since) == (PowerState.HALTED, HaltReason.SHUT_DOWN, 1004.0)
    assert (halted.live, halted.memory_actual) == (None, None)


def test_a_deaf_guest_runs_on_until_its_plug_is_pulled() -> None:
    scene = Scene()
    scene.run("web")
    scene.do(lambda change: tamper.behave(change, tamper.find(change, "web"), None, Hearing.DEAF))
    scene.do(lambda change: power.shut_down(change, "a", uuid(vm("web"))))
    assert scene.after(1000).only("web").power is PowerState.RUNNING
    scene.do(lambda change: power.power_off(change, "a", uuid(vm("web"))))
    assert scene.only("web").halt_reason is HaltReason.DESTROYED


def test_paused_and_suspended_machines_come_back() -> None:
    scene = Scene()
    scene.run("web")
    scene.do(lambda change: power.pause(change, "a", uuid(vm("web"))))
    assert scene.only("web").power is PowerState.PAUSED
    assert scene.only("web").live is not None
    scene.do(lambda change: power.resume(change, "a", uuid(vm("web"))))
    scene.do(lambda change: power.suspend(change, "a", uuid(vm("web"))))
    assert (scene.only("web").power, scene.only("web").live) == (PowerState.SUSPENDED, None)
    scene.start("web")
    assert scene.only("web").balloon is Balloon.PRESENT  # it woke up, it did not boot


def test_settings_wait_for_the_next_start() -> None:
    scene = Scene()
    scene.run("web")
    settings = (ops.MaxCores(8, 2), ops.Description("hello"), ops.MemorySize(GIB, GIB))
    op = ops.ReconfigureVm(vm("web"), "a", uuid(vm("web")), settings)
    scene.do(lambda change: machines.reconfigure(change, op))
    seen = scene.only("web")
    assert seen.live is not None
    assert (seen.stored.max_cores, seen.live.max_cores) == (8, 4)
    assert (seen.stored.description, seen.live.description) == ("hello", "hello")
    scene.do(lambda change: power.power_off(change, "a", uuid(vm("web"))))
    scene.start("web")
    assert scene.only("web").live == scene.only("web").stored
