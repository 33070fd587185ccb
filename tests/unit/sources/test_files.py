"""Which files are read, and which are refused with what words."""

import os
import socket
from io import BytesIO
from pathlib import Path

import pytest

from xcp_reconciler.api.diagnostic import Diagnostic
from xcp_reconciler.sources.files import read_path

POOL = b"apiVersion: xcp.dev/v1alpha1\nkind: Pool\nmetadata: {name: lab}\nspec: {driver: libvirt}\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that is the working folder and empty, with something secret beside it."""
    (tmp_path / "secret.yaml").write_bytes(b"secret: 1\n")
    made = tmp_path / "manifests"
    made.mkdir()
    monkeypatch.chdir(made)
    return made


def _only(found: tuple[Diagnostic, ...]) -> Diagnostic:
    (diagnostic,) = found
    return diagnostic


def test_a_folder_is_read_in_order(folder: Path) -> None:
    skipped = (".hidden/x.yaml", ".x.yaml", "notes.txt", "xcp.yaml")
    for name in ("b/z.yml", "b/a.json", "a.yaml", "c.yaml", "B.yaml", *skipped):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(POOL)
    read = read_path(".")
    assert [item.name for item in read.inputs] == ["B.yaml", "a.yaml", "b/a.json", "b/z.yml", "c.yaml"]
    assert {item.folder for item in read.inputs} == {str(folder), str(folder / "b")}
    assert not read.diagnostics
    below = read_path(str(folder / "b")).inputs
    assert [item.name for item in below] == [str(folder / "b" / name) for name in ("a.json", "z.yml")]


def test_one_file_and_standard_input(folder: Path) -> None:
    (folder / "a.yaml").write_bytes(POOL)
    assert read_path("a.yaml").inputs[0].content == POOL
    read = read_path("-", BytesIO(POOL))
    assert [(item.name, item.folder, item.content) for item in read.inputs] == [("<stdin>", str(folder), POOL)]
    assert "no standard input" in _only(read_path("-").diagnostics).message


def test_what_is_not_there_is_said_with_what_is(folder: Path) -> None:
    (folder / "web.yaml").write_bytes(POOL)
    diagnostic = _only(read_path("wbe.yaml").diagnostics)
    assert "No such file" in diagnostic.message
    assert diagnostic.hint == "did you mean web.yaml?"


def test_an_empty_folder_is_no_source(folder: Path) -> None:
    (folder / "xcp.yaml").write_bytes(b"owner: a\n")
    assert "no manifests in this folder" in _only(read_path(".").diagnostics).message


@pytest.mark.parametrize("named", [".", "a.yaml"])
def test_fifos_are_refused_without_waiting(folder: Path, named: str) -> None:
    os.mkfifo(folder / "a.yaml")
    diagnostic = _only(read_path(named).diagnostics)
    assert diagnostic.message == "this is a FIFO; manifests are regular files"
    assert diagnostic.place.file == "a.yaml"


def test_sockets_and_devices_are_refused(folder: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind("a.yaml")
        assert read_path(".").diagnostics
    assert "a device" in _only(read_path("/dev/zero").diagnostics).message
    assert folder.exists()


def test_links_stay_in_the_folder(folder: Path) -> None:
    (folder / "real").mkdir()
    (folder / "real" / "a.yaml").write_bytes(POOL)
    (folder / "same.yaml").symlink_to("real/a.yaml")
    (folder / "again").symlink_to(".")
    (folder / "out.yaml").symlink_to("../secret.yaml")
    (folder / "up").symlink_to("..")
    (folder / "dangling.yaml").symlink_to("nowhere")
    read = read_path(".")
    # Each file once, however many names it has.
    assert [item.name for item in read.inputs] == ["real/a.yaml"]
    messages = {diagnostic.place.file: diagnostic.message for diagnostic in read.diagnostics}
    assert set(messages) == {"out.yaml", "up", "dangling.yaml"}
    assert "leads out of the folder" in messages["out.yaml"]
    assert "leads out of the folder" in messages["up"]
    assert not any(b"secret" in item.content for item in read.inputs)


def test_a_link_that_somebody_names_is_meant(folder: Path) -> None:
    (folder / "out.yaml").symlink_to("../secret.yaml")
    assert read_path("out.yaml").inputs[0].content == b"secret: 1\n"


def test_mounted_config_maps_are_read(folder: Path) -> None:
    """Kubernetes mounts files as links into a dot folder that it swaps."""
    (folder / "..2030").mkdir()
    (folder / "..2030" / "a.yaml").write_bytes(POOL)
    (folder / "..data").symlink_to("..2030")
    (folder / "a.yaml").symlink_to("..data/a.yaml")
    read = read_path(".")
    assert [item.name for item in read.inputs] == ["a.yaml"]
    assert not read.diagnostics


def test_names_that_cannot_be_printed_are_refused(folder: Path) -> None:
    (folder / "a\n.yaml").write_bytes(POOL)
    Path(os.fsdecode(b"\xff.yaml")).write_bytes(POOL)
    read = read_path(".")
    assert not read.inputs
    assert [diagnostic.hint for diagnostic in read.diagnostics] == ["rename it", "rename it"]
    assert all(diagnostic.place.file.isascii() for diagnostic in read.diagnostics)


def test_large_files_are_refused(folder: Path) -> None:
    with (folder / "a.yaml").open("wb") as stream:
        stream.truncate((64 << 20) + 1)
    assert "larger than 64 MiB" in _only(read_path("a.yaml").diagnostics).message


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_what_may_not_be_read_is_said(folder: Path) -> None:
    (folder / "a.yaml").write_bytes(POOL)
    (folder / "a.yaml").chmod(0)
    (folder / "b").mkdir(0)
    assert {diagnostic.place.file for diagnostic in read_path(".").diagnostics} == {"a.yaml", "./b"}
