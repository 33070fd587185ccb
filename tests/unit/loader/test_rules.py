"""What fields and objects must say together, and which place is blamed."""

import pytest

from tests.unit.loader.texts import bare, loaded, one_error, vm
from xcp_reconciler.api.diagnostic import Severity

POOLS = bare("Pool", "driver: sim, endpoint: 'sim:a'", "lab") + bare("Pool", "driver: sim, endpoint: 'sim:b'", "far")
QCOW = "storageRef: {name: s}, format: Qcow2"


def _memory(memory: str) -> str:
    return vm().replace("{size: 512Mi}", memory)


@pytest.mark.parametrize(
    ("memory", "column", "message"),
    [
        ("{size: 0}", 18, "memory.size is 0"),
        ("{size: 1Gi, max: 2Gi}", 28, "memory.max 2Gi is more than memory.size 1Gi"),
        ("{size: 1Gi, min: 2Gi}", 28, "memory.min 2Gi is more than memory.max 1Gi"),
        ("{size: 1Gi, min: 600Mi, max: 512Mi}", 28, "memory.min 600Mi is more than memory.max 512Mi"),
        ("{size: 1Gi, min: 0}", 28, "memory.min is 0"),
        ("{size: 1Gi, max: 0}", 28, "memory.max is 0"),
    ],
)
def test_memory_is_in_order(memory: str, column: int, message: str) -> None:
    diagnostic = one_error(_memory(memory))
    assert message in diagnostic.message
    assert (diagnostic.place.line, diagnostic.place.column) == (7, column)


@pytest.mark.parametrize(
    ("spec", "line", "message"),
    [
        ("cpu: {cores: 3, maxCores: 2}", 8, "3 cores are more than maxCores"),
        (
            "disks:\n- {name: a, volumeRef: {name: v}}\n- {name: a, volumeRef: {name: w}}",
            10,
            "two disks are called `a`",
        ),
        (
            "disks:\n- {name: a, volumeRef: {name: v}}\n- {name: b, volumeRef: {name: v}}",
            10,
            "is the same volume as disk `a`",
        ),
        (
            "interfaces:\n- {name: a, networkRef: {name: v}}\n- {name: a, networkRef: {name: v}}",
            10,
            "two interfaces are called",
        ),
        ("adopt: {}", 8, "`adopt` does not say which object"),
        ("adopt: {uuid: 6f1c5d0e-3a52-5b1f-9d0c-5d1a64a3f2b7, name: a}", 8, "names the object twice"),
        ("driftRules: [{path: memry.max, policy: Ignore}]", 8, "there is no field `spec.memry.max`"),
        ("driftRules: [{path: memory.mix, policy: Ignore}]", 8, "there is no field `spec.memory.mix`"),
        (
            "driftRules:\n- {path: memory, policy: Ignore}\n- {path: spec.memory, policy: Report}",
            10,
            "two drift rules for",
        ),
    ],
)
def test_rules_within_a_machine(spec: str, line: int, message: str) -> None:
    diagnostic = one_error(vm(spec))
    assert message in diagnostic.message
    assert diagnostic.place.line == line


@pytest.mark.parametrize(
    ("kind", "spec", "message"),
    [
        ("Volume", f"{QCOW}", "`spec.size` is missing"),
        ("Volume", f"{QCOW}, size: 0", "a volume of 0 bytes"),
        (
            "Volume",
            f"{QCOW}, size: 1Gi, source: {{file: a, sha256: {'a' * 64}}}, backing: {{volumeRef: {{name: b}}}}",
            "both",
        ),
        (
            "Volume",
            "storageRef: {name: s}, format: Raw, size: 1Gi, backing: {volumeRef: {name: b}}",
            "cannot be laid over",
        ),
        ("Volume", f"{QCOW}, size: 1Gi, backing: {{volumeRef: {{name: a}}}}", "is laid over itself"),
        ("Pool", "driver: xapi", "needs an endpoint"),
        ("Pool", "driver: sim", "needs an endpoint"),
        ("Pool", "driver: libvirt, endpoint: 'qemu:///system'", "has no endpoint"),
        ("Pool", "driver: xapi, endpoint: 10.0.0.1", "no endpoint of driver xapi"),
        ("Pool", "driver: xapi, endpoint: 'https://root:x@10.0.0.1'", "an endpoint names no user"),
        ("Pool", "driver: libvirt, credentials: {}", "does not say where the password is"),
        ("Pool", "driver: libvirt, credentials: {env: A, file: b}", "the password is in env or file"),
        ("Pool", "driver: libvirt, tls: {ca: a, verify: false}", "accepts any certificate"),
        ("Host", "poolRef: {name: p}, capacity: {memory: 1Gi}, reserve: {memory: 1Gi}", "leaves nothing of 1Gi"),
        ("Host", "poolRef: {name: p}, capacity: {memory: 0}", "no memory"),
        ("Host", "poolRef: {name: p}, migrationURI: 'qemu+tls://a/system'", "migrationURI without a uri"),
        ("Host", "poolRef: {name: p}, maintenance: {}", "`spec.maintenance.desired` is missing"),
        ("Host", "poolRef: {name: p}, maintenance: {desired: 'yes'}", "maintenance.desired"),
        ("Host", "poolRef: {name: p}, maintenance: {desired: true, batchSize: 0}", "maintenance.batchSize"),
        ("Host", "poolRef: {name: p}, maintenance: {desired: true, batchSize: 65}", "maintenance.batchSize"),
    ],
)
def test_rules_within_other_kinds(kind: str, spec: str, message: str) -> None:
    found = loaded(bare(kind, spec)).diagnostics
    assert any(message in diagnostic.message for diagnostic in found), found
    assert all(diagnostic.place.line == 5 for diagnostic in found)


def test_a_kind_without_namespaces_takes_none() -> None:
    text = bare("Pool", "driver: libvirt").replace("{name: a}", "{name: a, namespace: team}")
    assert "a Pool has no namespace" in one_error(text).message
    assert loaded(text.replace("team", "default")).ok


def test_a_sum_that_is_not_stated_yet_is_a_warning() -> None:
    found = loaded(bare("Volume", f'{QCOW}, source: {{file: images/a.qcow2, sha256: "..."}}'))
    assert found.ok
    assert [diagnostic.severity for diagnostic in found.diagnostics] == [Severity.WARNING]
    assert len(found.documents) == 1


def test_an_object_declared_twice_names_both_places() -> None:
    diagnostic = one_error(vm(), vm())
    assert "declared twice" in diagnostic.message
    assert (diagnostic.place.file, diagnostic.also[0].place.file) == ("1.yaml", "0.yaml")
    assert diagnostic.also[0].place.line == 4


def test_namespaces_keep_names_apart() -> None:
    assert loaded(vm(), vm(metadata=", namespace: team")).ok


def test_a_round_of_backing_volumes_is_told_once() -> None:
    rounds = [
        bare("Volume", f"{QCOW}, size: 1Gi, backing: {{volumeRef: {{name: {below}}}}}", name)
        for name, below in (("x", "a"), ("a", "b"), ("b", "c"), ("c", "a"))
    ]
    diagnostic = one_error(*rounds)
    assert "Volume/a over Volume/b over Volume/c over Volume/a" in diagnostic.message
    assert diagnostic.place.file == "1.yaml"
    assert [also.place.file for also in diagnostic.also] == ["2.yaml", "3.yaml"]


def test_an_overlay_is_not_smaller_than_its_base() -> None:
    base = bare("Volume", f"{QCOW}, size: 2Gi", "base")
    over = bare("Volume", f"{QCOW}, size: 1Gi, backing: {{volumeRef: {{name: base}}}}", "over")
    assert one_error(base, over).hint == "write at least 2Gi"


def test_nobody_writes_to_a_base() -> None:
    over = bare("Volume", f"{QCOW}, size: 2Gi, backing: {{volumeRef: {{name: base}}}}", "over")
    assert "add `mode: RO`" in one_error(over, vm("disks: [{name: a, volumeRef: {name: base}}]")).hint
    assert loaded(over, vm("disks: [{name: a, volumeRef: {name: base}, mode: RO}]")).ok


def test_a_volume_has_one_writer() -> None:
    disk = "disks: [{name: a, volumeRef: {name: v}}]"
    diagnostic = one_error(vm(disk, "one"), vm(disk, "two"))
    assert "two machines would write to Volume/v at once" in diagnostic.message
    assert loaded(vm(disk, "one"), vm(f"{disk}\nrunStrategy: Halted", "two")).ok


def test_an_address_is_given_once() -> None:
    card = "interfaces: [{name: a, networkRef: {name: n}, mac: '52:54:00:00:00:0A'}]"
    assert "is given twice" in one_error(vm(card, "one"), vm(card.replace("0A", "0a"), "two")).message


def test_networks_of_a_pool_do_not_overlap() -> None:
    first = bare("Network", "poolRef: {name: lab}, type: NAT, subnet: 10.0.0.0/16", "a")
    second = bare("Network", "poolRef: {name: lab}, type: NAT, subnet: 10.0.9.0/24", "b")
    assert "overlaps that of Network/a" in one_error(first, second).message
    assert loaded(first, second.replace("lab", "far")).ok


def test_a_libvirt_host_has_a_uri_and_each_machine_is_one_host() -> None:
    pool = bare("Pool", "driver: libvirt", "lab")
    assert "needs a uri" in one_error(pool, bare("Host", "poolRef: {name: lab}")).message
    host = "poolRef: {name: lab}, uri: 'qemu+ssh://a/system'"
    assert "two hosts are the same machine" in one_error(pool, bare("Host", host, "a"), bare("Host", host, "b")).message


def test_a_machine_and_what_it_uses_share_a_pool() -> None:
    host = bare("Host", "poolRef: {name: far}", "away")
    network = bare("Network", "poolRef: {name: far}, type: NAT, subnet: 10.0.0.0/16", "net")
    storage = bare("StorageRepository", "poolRef: {name: far}, type: Dir, path: /srv", "s")
    volume = bare("Volume", f"{QCOW}, size: 1Gi", "v")
    for spec, parts in (
        ("placement: {host: away}", (host,)),
        ("interfaces: [{name: a, networkRef: {name: net}}]", (network,)),
        ("disks: [{name: a, volumeRef: {name: v}}]", (storage, volume)),
    ):
        assert "is in pool far, the machine in pool lab" in one_error(POOLS, *parts, vm(spec)).message
        assert loaded(*parts, vm(spec).replace("poolRef: {name: lab}", "poolRef: {name: far}")).ok
