"""From documents to declared objects: defaults, references, sharing."""

from tests.unit.loader.texts import bare, loaded, vm
from xcp_reconciler.api.enums import DeletionPolicy, ForceStop, RunStrategy
from xcp_reconciler.loader.declare import declare_all
from xcp_reconciler.model.desired import (
    Desired,
    HostSpec,
    NetworkSpec,
    PoolSpec,
    ShutdownSpec,
    StorageSpec,
    VmSpec,
    VolumeSpec,
)
from xcp_reconciler.refs import Kind, Ref, ref_of


def declared(*texts: str, folder: str = "/srv/manifests") -> dict[Ref, Desired]:
    found = loaded(*texts, folder=folder)
    assert found.ok, found.diagnostics
    return declare_all(found.documents, "me")


def machine(text: str) -> VmSpec:
    (one,) = declared(text).values()
    assert isinstance(one.spec, VmSpec)
    return one.spec


def test_a_short_machine_has_every_default() -> None:
    (one,) = declared(vm()).values()
    assert one.ref == ref_of(Kind.VIRTUAL_MACHINE, "web-1")
    assert one.spec == VmSpec("lab", 1, 1, 512 * 1024, 512 * 1024, 512 * 1024)
    assert one.policies.deletion is DeletionPolicy.DELETE
    assert (one.owner, one.uid, one.generation, one.removal) == ("me", "", 1, None)
    assert str(one.origin) == "0.yaml:2"


def test_what_is_left_out_follows_what_is_given() -> None:
    text = vm("cpu: {cores: 3}").replace("{size: 512Mi}", "{size: 1Gi, max: 512Mi}")
    spec = machine(text)
    assert (spec.cores, spec.max_cores) == (3, 3)
    assert (spec.memory_size, spec.memory_max, spec.memory_min) == (2**20, 2**19, 2**19)


def test_references_of_a_machine_are_in_its_namespace_and_repositories_in_none() -> None:
    disks = "disks: [{name: root, volumeRef: {name: r}}]\ninterfaces: [{name: eth0, networkRef: {name: n}}]"
    spec = machine(vm(disks, metadata=", namespace: team"))
    assert spec.disks[0].volume == Ref(Kind.VOLUME, "team", "r")
    assert spec.interfaces[0].network == Ref(Kind.NETWORK, "team", "n")
    volume = bare("Volume", "storageRef: {name: s}, size: 1Gi, format: Qcow2, backing: {volumeRef: {name: b}}")
    (one,) = declared(volume.replace("{name: a}", "{name: a, namespace: team}")).values()
    assert isinstance(one.spec, VolumeSpec)
    assert one.spec.storage == Ref(Kind.STORAGE_REPOSITORY, "default", "s")
    assert one.spec.backing == Ref(Kind.VOLUME, "team", "b")


def test_an_image_is_found_from_the_manifest() -> None:
    source = f"source: {{file: images/x.qcow2, sha256: {'0' * 64}}}"
    (one,) = declared(bare("Volume", f"storageRef: {{name: s}}, format: Qcow2, {source}"), folder="/srv/m").values()
    assert isinstance(one.spec, VolumeSpec)
    assert one.spec.source is not None
    assert one.spec.source.path == "/srv/m/images/x.qcow2"
    assert one.spec.size_bytes is None


def test_the_other_kinds() -> None:
    found = declared(
        bare("Pool", "driver: sim, endpoint: 'sim:w.db'", "lab"),
        bare("Host", "poolRef: {name: lab}, capacity: {memory: 6Gi, cpu: 4}, reserve: {memory: 1Gi}", "h"),
        bare("StorageRepository", "poolRef: {name: lab}, type: Dir, path: /srv/x, shared: true", "s"),
        bare("Network", "poolRef: {name: lab}, type: NAT, subnet: 10.1.0.0/24", "n"),
    )
    assert [one.spec for one in found.values()] == [
        PoolSpec("sim", "sim:w.db"),
        HostSpec("lab", None, None, 4, 6 * 2**20, 2**20),
        StorageSpec("lab", "/srv/x", shared=True),
        NetworkSpec("lab", "10.1.0.0/24"),
    ]
    assert {one.policies.deletion for one in found.values()} == {DeletionPolicy.RETAIN}


def test_shutdown_and_strategy() -> None:
    spec = machine(vm("shutdown: {timeout: 90s, force: AfterTimeout}\nrunStrategy: Halted"))
    assert spec.shutdown == ShutdownSpec(90.0, ForceStop.AFTER_TIMEOUT)
    assert spec.run_strategy is RunStrategy.HALTED


def test_equal_parts_are_one_object() -> None:
    grace = "shutdown: {timeout: 60s}\nupdatePolicy: {maxImpact: Live}"
    one, other = declared(vm(grace), vm(grace, name="web-2")).values()
    assert one.policies is other.policies
    assert one.labels is other.labels
    assert isinstance(one.spec, VmSpec)
    assert isinstance(other.spec, VmSpec)
    assert one.spec.shutdown is other.spec.shutdown
