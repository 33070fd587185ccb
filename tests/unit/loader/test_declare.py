"""From documents to declared objects: defaults, references, sharing."""

from tests.unit.loader.texts import bare, loaded, vm
from xcp_reconciler.api.enums import DeletionPolicy, ForceStop, RunStrategy
from xcp_reconciler.loader.declare import declare_all
from xcp_reconciler.model.desired import (
    Desired,
    HostSpec,
    Keep,
    Label,
    NetworkSpec,
    PlacementPolicySpec,
    PlacementRule,
    PoolSpec,
    RebalanceMode,
    RebalanceSpec,
    Scope,
    ShutdownSpec,
    StorageSpec,
    Strategy,
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


def test_what_is_kept_apart_and_together() -> None:
    rules = (
        "- {name: db, matchLabels: {tier: db, app: x}, keep: Apart, scope: Domain, limit: 2}\n"
        "  - {name: web, matchLabels: {}, keep: Together, required: false}\n"
        "  - {name: cache, matchLabels: {app: c}, keep: Apart, required: false, weight: 25}\n"
    )
    text = bare("PlacementPolicy", "").replace("spec: {}", f"spec:\n  poolRef: {{name: lab}}\n  rules:\n  {rules}")
    (one,) = declared(
        f"{text}  strategy: Pack\n  overcommit: {{cpu: 4}}\n  reserveFailures: 1\n  topologyKey: rack\n"
    ).values()
    assert one.ref == ref_of(Kind.PLACEMENT_POLICY, "a")
    assert one.spec == PlacementPolicySpec(
        "lab",
        Strategy.PACK,
        4.0,
        1,
        "rack",
        (
            PlacementRule("db", (Label("app", "x"), Label("tier", "db")), Keep.APART, Scope.DOMAIN, 2),
            PlacementRule("web", (), Keep.TOGETHER, price=0.01),
            PlacementRule("cache", (Label("app", "c"),), price=0.25),
        ),
    )
    (least,) = declared(bare("PlacementPolicy", "poolRef: {name: lab}")).values()
    assert least.spec == PlacementPolicySpec("lab")


def test_when_machines_are_moved() -> None:
    text = (
        "poolRef: {name: lab}, mode: Auto, threshold: 20, holdRounds: 5, margin: 4, cooldown: 10m, "
        "maxMovesPerWindow: 6, window: 90m, maxConcurrent: 1, constraintsOnly: true"
    )
    all_given, least = declared(bare("Rebalance", text), bare("Rebalance", "poolRef: {name: far}", "b")).values()
    assert all_given.spec == RebalanceSpec(
        "lab", RebalanceMode.AUTO, 20, 5, 4, 600.0, 6, 5400.0, 1, constraints_only=True
    )
    assert least.spec == RebalanceSpec("far")


def test_a_host_is_left_only_when_that_is_said() -> None:
    specs = ("", ", maintenance: {desired: false}", ", maintenance: {desired: true, batchSize: 5}")
    found = declared(*(bare("Host", f"poolRef: {{name: lab}}{spec}", f"h{at}") for at, spec in enumerate(specs)))
    assert [one.spec for one in found.values()] == [
        HostSpec("lab"),
        HostSpec("lab"),
        HostSpec("lab", maintenance=True, batch=5),
    ]


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
