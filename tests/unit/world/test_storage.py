"""Repositories, volumes and networks."""

import pytest

from tests.unit.world.scene import LOCAL, MIB, NAT, SHARED, Scene, create, define, disk, uuid, vm
from xcp_drivers.world import machines, networks, storages, volumes
from xcp_drivers.world.refusal import RefusalError, Refused
from xcp_drivers.world.storages import Mount
from xcp_reconciler.model import ops
from xcp_reconciler.model.desired import VolumeFormat
from xcp_reconciler.model.identity import Stamp
from xcp_reconciler.model.observed import VmConfig
from xcp_reconciler.refs import Kind, ref_of


def resize(name: str, size: int, through: str | None = None) -> ops.ResizeVolume:
    ref = ref_of(Kind.VOLUME, name)
    return ops.ResizeVolume(ref, "a", uuid(SHARED), f"{name}.qcow2", f"/shared/{name}.qcow2", size, through)


def refused(scene: Scene, op: ops.ResizeVolume) -> Refused:
    with pytest.raises(RefusalError) as caught:
        scene.do(lambda change: volumes.resize(change, op))
    return caught.value.code


def test_hosts_see_one_file_on_shared_storage_and_their_own_on_local() -> None:
    scene = Scene()
    scene.create(create("root"))
    scene.create(create("scratch", LOCAL, "b"))
    assert {view.name: sorted(volume.file for volume in view.volumes) for view in scene.views().values()} == {
        "a": ["root.qcow2"],
        "b": ["root.qcow2", "scratch.qcow2"],
        "c": ["root.qcow2"],
    }


def test_a_volume_takes_its_size_from_what_it_is_made_of() -> None:
    scene = Scene()
    scene.create(create("base", size=None), volumes.Image(5 * 2**30, 2**20))
    scene.create(create("top", size=None, backing="/shared/base.qcow2"))
    sizes = {volume.file: volume.capacity_bytes for volume in scene.views()["a"].volumes}
    assert sizes == {"base.qcow2": 5 * 2**30, "top.qcow2": 5 * 2**30}


@pytest.mark.parametrize(
    ("op", "code"),
    [
        (create("root"), Refused.VOLUME_EXISTS),
        (create("new", backing="/shared/nothing.qcow2"), Refused.DISK_MISSING),
        (create("new", size=None), Refused.OUT_OF_RANGE),
        (create("new", ref_of(Kind.STORAGE_REPOSITORY, "nowhere")), Refused.NO_SUCH_STORAGE),
    ],
)
def test_what_is_not_created(op: ops.CreateVolume, code: Refused) -> None:
    scene = Scene()
    scene.create(create("root"))
    with pytest.raises(RefusalError) as caught:
        scene.create(op)
    assert caught.value.code is code


def test_a_full_file_system_takes_no_more() -> None:
    scene = Scene()
    ref = ref_of(Kind.VOLUME, "big")
    op = ops.CreateVolume(ref, "a", uuid(LOCAL), "big.raw", "/local/big.raw", VolumeFormat.RAW, 2**39)
    scene.create(op)
    other = ops.CreateVolume(ref, "a", uuid(LOCAL), "more.raw", "/local/more.raw", VolumeFormat.RAW, 2**39 + 1)
    with pytest.raises(RefusalError) as caught:
        scene.create(other)
    assert caught.value.code is Refused.NO_SPACE
    (local,) = [storage for storage in scene.views()["a"].storages if storage.name == "local"]
    assert local.available_bytes == local.capacity_bytes - 2**39


def test_volumes_grow_through_whom_has_them_open_and_never_shrink() -> None:
    scene = Scene()
    scene.create(create("root"))
    scene.define("web", config=VmConfig(1, 1, MIB, MIB, (disk("root"),)))
    web = uuid(vm("web"))
    assert refused(scene, resize("root", 2**29)) is Refused.SHRINK
    assert refused(scene, resize("root", 2**31, web)) is Refused.NOT_RUNNING
    scene.start("web")
    assert refused(scene, resize("root", 2**31)) is Refused.DISK_LOCKED
    scene.do(lambda change: volumes.resize(change, resize("root", 2**31, web)))
    assert scene.views()["b"].volumes[0].capacity_bytes == 2**31


def test_deleting_asks_nobody() -> None:
    scene = Scene()
    scene.create(create("root"))
    scene.run("web", config=VmConfig(1, 1, MIB, MIB, (disk("root"),)))
    op = ops.DeleteVolume(ref_of(Kind.VOLUME, "root"), "a", uuid(SHARED), "root.qcow2")
    for _ in range(2):
        scene.do(lambda change: volumes.delete(change, op))
    assert scene.views()["a"].volumes == ()
    assert scene.only("web").live is not None


def test_a_forgotten_repository_keeps_its_files() -> None:
    scene = Scene()
    scene.create(create("scratch", LOCAL))
    scene.do(lambda change: storages.undefine(change, "a", uuid(LOCAL)))
    assert scene.views()["a"].volumes == ()
    again = ops.DefineStorage(LOCAL, "a", uuid(LOCAL), "local", "/local")
    scene.do(lambda change: storages.define(change, again, Mount.LOCAL))
    assert scene.views()["a"].volumes == ()
    scene.do(lambda change: storages.start(change, "a", uuid(LOCAL)))
    assert len(scene.views()["a"].volumes) == 1


def test_one_directory_is_one_repository() -> None:
    scene = Scene()
    ref = ref_of(Kind.STORAGE_REPOSITORY, "other")
    op = ops.DefineStorage(ref, "a", uuid(ref), "other", "/shared/")
    with pytest.raises(RefusalError) as caught:
        scene.do(lambda change: storages.define(change, op, Mount.LOCAL))
    assert caught.value.code is Refused.STORAGE_CONFLICT


def test_two_networks_do_not_share_addresses() -> None:
    scene = Scene()
    ref = ref_of(Kind.NETWORK, "other")
    stamp = Stamp("scene", ref, "uid", uuid(ref))
    op = ops.DefineNetwork(ref, "a", uuid(ref), "other", "10.78.0.128/25", stamp)
    scene.do(lambda change: networks.define(change, op))
    with pytest.raises(RefusalError) as caught:
        scene.do(lambda change: networks.start(change, "a", uuid(ref)))
    assert caught.value.code is Refused.SUBNET_IN_USE
    scene.do(lambda change: networks.undefine(change, "a", uuid(NAT)))
    scene.do(lambda change: networks.start(change, "a", uuid(ref)))


def test_names_and_uuids_belong_to_one_machine() -> None:
    scene = Scene()
    scene.define("web")
    scene.define("web")
    op = define("web")
    for other, code in (
        (type(op)(op.ref, "a", uuid(vm("other")), "web", op.config, op.stamp), Refused.NAME_TAKEN),
        (type(op)(op.ref, "a", op.uuid, "renamed", op.config, op.stamp), Refused.UUID_TAKEN),
    ):
        with pytest.raises(RefusalError) as caught:
            scene.do(lambda change, wish=other: machines.define(change, wish))  # type: ignore[misc]
        assert caught.value.code is code
