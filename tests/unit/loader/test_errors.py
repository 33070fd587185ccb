"""What people get wrong in a manifest: the place, the words, and what is proposed."""

import pytest

from tests.unit.loader.texts import bare, loaded, one_error, vm


@pytest.mark.parametrize(
    ("spec", "line", "column", "message", "hint"),
    [
        ("memroy: 3", 8, 3, "unknown field `memroy`", "did you mean `memory`?"),
        ("run_strategy: Always", 8, 3, "unknown field `run_strategy`", "did you mean `runStrategy`?"),
        ("host: a", 8, 3, "unknown field `host`", "did you mean `placement.host`?"),
        ("cpu: {core: 2}", 8, 9, "unknown field `core`", "did you mean `cores`?"),
        ("cpu: {zzz: 2}", 8, 9, "unknown field `zzz`", "known: cores or maxCores"),
        ("<<: {}", 8, 3, "merge keys (`<<`) are not part of YAML 1.2", "write the fields themselves"),
        ("runStrategy: always", 8, 16, "`always` is no value", "did you mean `Always`?"),
        ("runStrategy: Never", 8, 16, "`Never` is no value", "write Always, Halted"),
        ("deletionProtection: yes", 8, 23, "`yes` is not true or false", "write true"),
        ("deletionProtection: off", 8, 23, "`off` is not true or false", "write false"),
        ('deletionProtection: "true"', 8, 23, "is not true or false", "write true"),
        ("deletionProtection: 1", 8, 23, "`1` is not true or false", "write true"),
        ("cpu: {cores: yes}", 8, 16, "`yes` is not a whole number", "write true"),
        ('cpu: {cores: "2"}', 8, 16, "`2` is not a whole number", "write 2, without quotes"),
        ("cpu: {cores: 014}", 8, 16, "`014` is not a whole number", "write 14"),
        ("cpu: {cores: 2.0}", 8, 16, "`2.0` is not a whole number", "write 2"),
        ("cpu: {cores: true}", 8, 16, "true is not a whole number", "write a whole number"),
        ("cpu: {cores: 0}", 8, 16, "`spec.cpu.cores` is 0", "write at least 1"),
        ("cpu: {cores: 9999}", 8, 16, "`spec.cpu.cores` is 9999", "write at most 4096"),
        ("cpu: 2", 8, 8, "`spec.cpu` is `2`, not an object", "it has the fields cores or maxCores"),
        ("cpu:", 8, 3, "`spec.cpu` has no value", "give it one, or remove the line"),
        ("description: 3", 8, 16, "`spec.description` is not text", 'put quotes around it: "3"'),
        ("description: [a]", 8, 16, "`spec.description` is a list, not text", ""),
        ("description: true", 8, 16, "`spec.description` is not text", 'put quotes around it: "true"'),
        ("disks: {name: a}", 8, 10, "`spec.disks` is a mapping, not a list", "begin each member with `- `"),
        ("disks: [a]", 8, 11, "`spec.disks[0]` is `a`, not an object", ""),
        ("disks: [{name: a, volumeRef: b}]", 8, 32, "not an object with fields", "write {name: b}"),
        ("disks: [{name: a}]", 8, 11, "`spec.disks[0].volumeRef` is missing", "add `volumeRef: {name: web-1-root}`"),
        ("shutdown: {timeout: 60}", 8, 23, "`60` is not a duration", "did you mean `60s`?"),
        ("shutdown: {timeout: 1d}", 8, 23, "`1d` is not a duration", "did you mean `24h`?"),
        ("restartedAt: 2030-01-31", 8, 16, "is not a time such as", "2030-01-31T00:00:00Z"),
        ("boot: {kernel: vmlinuz}", 8, 18, "`vmlinuz` does not fit", ""),
        ("boot: {kernel: /a/../b}", 8, 18, "climbs with `..`", ""),
        ('boot: {kernel: "/a\\tb"}', 8, 18, "has the control character U+0009", ""),
        ("boot: {kernel: /a/}", 8, 18, "ends with `/`, and a file is asked for", ""),
        ('serial: {file: "/a\\nb"}', 8, 18, "has the control character U+000A", ""),
        ('description: "a\\r\\nb"', 8, 16, "has a carriage return in it", ""),
        ("placement: {host: Host_A}", 8, 21, "`Host_A` does not fit", "did you mean `host-a`?"),
        (
            "interfaces: [{name: a, networkRef: {name: b}, mac: 5}]",
            8,
            54,
            "`spec.interfaces[0].mac` is not text",
            "quotes",
        ),
        (
            'interfaces: [{name: a, networkRef: {name: b}, mac: "01:00:00:00:00:01"}]',
            8,
            54,
            "is a multicast address",
            "did you mean `00:00:00:00:00:01`?",
        ),
        ("adopt: {uuid: ABC}", 8, 17, "`ABC` does not fit", ""),
        ("updatePolicy: {maxImpact: Low}", 8, 29, "`Low` is no value", ""),
    ],
)
def test_one_wrong_line_in_a_machine(spec: str, line: int, column: int, message: str, hint: str) -> None:
    diagnostic = one_error(vm(spec))
    assert (diagnostic.place.file, diagnostic.place.line, diagnostic.place.column) == ("0.yaml", line, column)
    assert message in diagnostic.message
    assert "VirtualMachine/web-1" in diagnostic.message
    assert hint in diagnostic.hint
    assert diagnostic.place.text.strip() == spec.splitlines()[0]


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("- a", "a document is a list", "begin with"),
        ("hello", "a document is only `hello`", "begin with"),
        ("{}", "`apiVersion` is missing", "add `apiVersion: xcp.dev/v1alpha1`"),
        ("apiVersion: xcp.dev/v1\nkind: Pool", "is no version that xcp knows", "did you mean `xcp.dev/v1alpha1`?"),
        ("apiVersion: apps/v1\nkind: Deployment", "`apps/v1` is not of xcp", "keep other manifests elsewhere"),
        ("apiVersion: xcp.dev/v1alpha1", "`kind` is missing", "VirtualMachine"),
        ("apiVersion: xcp.dev/v1alpha1\nkind: VM", "unknown kind `VM`", "did you mean `VirtualMachine`?"),
        ("apiVersion: xcp.dev/v1alpha1\nkind: Virtualmachine", "unknown kind", "did you mean `VirtualMachine`?"),
        ("apiVersion: xcp.dev/v1alpha1\nkind: [a]", "unknown kind a list", "known: Pool"),
        ("apiVersion: v1\nkind: List", "`v1` is not of xcp", ""),
        ("apiVersion: xcp.dev/v1alpha1\nkind: List", "a List has no list of `items`", ""),
    ],
)
def test_documents_that_are_none_of_ours(text: str, message: str, hint: str) -> None:
    diagnostic = one_error(text)
    assert message in diagnostic.message
    assert hint in diagnostic.hint


@pytest.mark.parametrize(
    ("kind", "spec", "message", "hint"),
    [
        ("Pool", "driver: libvrt", "`libvrt` is no value", "did you mean `libvirt`?"),
        ("Network", "poolRef: {name: a}, type: NAT, subnet: 10.78.0.1/24", "bits set behind", "`10.78.0.0/24`"),
        ("Network", "poolRef: {name: a}, type: NAT, subnet: 10.78.0.0", "no prefix length", "`10.78.0.0/24`"),
        ("Network", "poolRef: {name: a}, type: NAT, subnet: 10.78.0.0/30", "no room for guests", "`10.78.0.0/29`"),
        ("Network", "poolRef: {name: a}, type: NAT, subnet: 0.0.0.0/0", "larger than a /8", "/8"),
        ("Network", "poolRef: {name: a}, type: NAT, subnet: 127.0.0.0/24", "no network may use", "10.78.0.0/24"),
        ("Network", "poolRef: {name: a}, type: NAT, subnet: 'fe80::/64'", "is not an IPv4 network", ""),
        ("Network", "poolRef: {name: a}, type: NAT, subnet: 10.0.0.0/255.255.255.0", "prefix length", "10.0.0.0/24"),
        ("Volume", "storageRef: {name: a}, format: qcow2, size: 1Gi", "`qcow2` is no value", "did you mean `Qcow2`?"),
        ("Volume", "storageRef: {name: a}, format: Raw, size: 1GB", "is not a quantity", "did you mean `1G`?"),
        ("Volume", "storageRef: {name: a}, format: Raw, source: {file: a, sha256: ab}", "64 hex digits", ""),
        ("Host", "poolRef: {name: a}, uri: 'qemu+ssh://root:x@h/system'", "carries a password", "qemu+ssh://root@h/"),
        ("Host", "poolRef: {name: a}, capacity: {memory: 512MB}", "is not a quantity", "did you mean `512Mi`?"),
        ("StorageRepository", "poolRef: {name: a}, type: Dir, path: srv", "does not fit", ""),
    ],
)
def test_one_wrong_field_of_another_kind(kind: str, spec: str, message: str, hint: str) -> None:
    diagnostic = one_error(bare(kind, spec))
    assert message in diagnostic.message
    assert hint in diagnostic.hint
    assert diagnostic.place.line == 5


@pytest.mark.parametrize(
    ("metadata", "message", "hint"),
    [
        (", labels: {app: 3}", "`metadata.labels.app` is not text", 'put quotes around it: "3"'),
        (", labels: {'a b': c}", "`a b` does not fit `metadata.labels.a b`", ""),
        (", namespace: Team A", "`Team A` does not fit", "did you mean `team-a`?"),
        (", lables: {}", "unknown field `lables`", "did you mean `labels`?"),
    ],
)
def test_wrong_metadata(metadata: str, message: str, hint: str) -> None:
    diagnostic = one_error(vm(metadata=metadata))
    assert message in diagnostic.message
    assert hint in diagnostic.hint
    assert diagnostic.place.line == 4


def test_all_errors_of_all_files_come_in_one_run_and_in_order() -> None:
    found = loaded(
        vm("memroy: 1\nzzz: 2") + "a: [\n" + vm("hots: 3", name="b"),
        bare("Pool", "drivr: sim"),
    ).diagnostics
    places = [(diagnostic.place.file, diagnostic.place.line) for diagnostic in found]
    assert places == sorted(places)
    assert [file for file, _ in places] == ["0.yaml", "0.yaml", "1.yaml", "1.yaml"]


def test_a_run_with_very_many_errors_is_cut_short() -> None:
    found = loaded("".join(vm(f"x{number}: 1", f"vm-{number}") for number in range(1200)), vm()).diagnostics
    assert len(found) == 1001
    assert found[-1].message == "more than 1000 errors: 201 more objects were not looked at"
    assert found[-1].place.line
    assert found[-1].place.file == "0.yaml"


def test_a_document_with_very_many_errors_is_cut_short() -> None:
    found = loaded(vm("\n".join(f"x{number}: 1" for number in range(500)))).diagnostics
    assert len(found) == 26
    assert any("475 more errors" in diagnostic.message for diagnostic in found)
