"""What a run gives back."""

from tests.unit.loader.texts import bare, loaded, one_error, vm
from xcp_reconciler.api.pool import Pool
from xcp_reconciler.api.volume import Volume
from xcp_reconciler.refs import Kind, ref_of


def test_documents_say_where_they_are_and_what_was_written() -> None:
    run = loaded("# nothing\n", f"---\n# a comment\n{vm().removeprefix('---')}---\n---\n# empty\n")
    (document,) = run.documents
    assert str(document.origin) == "1.yaml:4"
    assert document.kind is Kind.VIRTUAL_MACHINE
    assert document.ref == ref_of(Kind.VIRTUAL_MACHINE, "web-1")
    assert document.data["spec"]["memory"] == {"size": "512Mi"}
    assert run.ok


def test_a_list_is_its_items() -> None:
    items = (
        "apiVersion: v1\nkind: List\nitems:\n"
        "- apiVersion: xcp.dev/v1alpha1\n  kind: Pool\n  metadata: {name: a}\n  spec: {driver: libvirt}\n"
        "- {apiVersion: xcp.dev/v1alpha1, kind: Pool, metadata: {name: b}, spec: {driver: libvirt}}\n"
    )
    run = loaded(items)
    assert [(document.ref.name, document.origin.line) for document in run.documents] == [("a", 4), ("b", 8)]
    wrong = one_error(
        items.replace("driver: libvirt}\n-", "drvier: libvirt}\n-").replace("{drvier: libvirt}", "{driver: x}")
    )
    assert (wrong.place.line, wrong.place.column) == (7, 18)


def test_lists_do_not_nest() -> None:
    text = "apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: List, items: []}\n"
    assert "`v1` is not of xcp" in one_error(text).message


def test_local_paths_are_relative_to_the_manifest() -> None:
    volume = bare("Volume", f"storageRef: {{name: s}}, format: Raw, source: {{file: ../a.img, sha256: {'0' * 64}}}")
    pool = bare("Pool", "driver: xapi, endpoint: 'https://a', credentials: {file: pw}, tls: {ca: /etc/ca}")
    run = loaded(volume, pool)
    models = [document.model for document in run.documents]
    assert isinstance(models[0], Volume)
    assert models[0].spec.source is not None
    assert models[0].spec.source.file == "/srv/a.img"
    assert run.documents[0].data["spec"]["source"]["file"] == "../a.img"
    assert isinstance(models[1], Pool)
    assert models[1].spec.credentials is not None
    assert (models[1].spec.credentials.file, models[1].spec.tls.ca) == ("/srv/manifests/pw", "/etc/ca")


def test_the_hash_names_files_and_content() -> None:
    assert loaded(vm()).content_hash == loaded(vm()).content_hash
    assert loaded(vm()).content_hash != loaded(vm(name="b")).content_hash
    assert loaded(vm()).content_hash != loaded("", vm()).content_hash


def test_what_is_valid_is_given_beside_what_is_not() -> None:
    run = loaded(vm(name="good"), vm("memroy: 1", name="bad"), vm("cpu: {cores: 2, maxCores: 1}", name="worse"))
    assert [document.ref.name for document in run.documents] == ["good"]
    assert not run.ok


def test_what_a_server_adds_is_read_past() -> None:
    """The output of `xcp get -o yaml` declares the same object."""
    served = loaded(vm(metadata=", uid: x, generation: 3, resourceVersion: '7'") + "status: {observedGeneration: 3}\n")
    assert served.diagnostics == ()
    (document,) = served.documents
    assert "status" not in document.data
    assert document.data["metadata"].keys() == {"name"}


def test_a_list_whose_version_is_a_list_is_refused() -> None:
    assert "is not of xcp" in one_error("apiVersion: [v1]\nkind: List\nitems: []\n").message


def test_a_sea_of_letters_is_quoted_in_part() -> None:
    """Each finding names its object, but does not read the whole of a name of half a mebibyte."""
    wrong = "\n".join(f"field{number}: 1" for number in range(20))
    run = loaded(vm(wrong, name="n" * 500_000))
    assert len(run.diagnostics) == 21
    assert all(len(diagnostic.message) < 200 for diagnostic in run.diagnostics)
