"""Loading paths: the cache, what is kept between two loads, and every example."""

import gc
import os
import stat
from io import BytesIO
from pathlib import Path

import pytest

from xcp_reconciler.refs import Kind
from xcp_reconciler.sources.cache import ParsedCache
from xcp_reconciler.sources.manifests import Manifests, load_paths
from xcp_reconciler.sources.project import find_project

EXAMPLES = Path(__file__).parents[3] / "examples"
MACHINE = (
    "---\napiVersion: xcp.dev/v1alpha1\nkind: VirtualMachine\nmetadata: {{name: vm-{}}}\nspec:\n"
    "  poolRef: {{name: lab}}\n  memory: {{size: 512Mi}}\n"
)


def _many(count: int) -> str:
    return "".join(MACHINE.format(number) for number in range(count))


@pytest.fixture
def manifest(tmp_path: Path) -> str:
    """A manifest that is large enough to be kept."""
    path = tmp_path / "vms.yaml"
    path.write_text(_many(40))
    return str(path)


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    """The folder of a cache, not made yet."""
    return tmp_path / "cache" / "parsed"


def test_a_second_process_takes_the_documents_from_the_cache(manifest: str, kept: Path) -> None:
    first = load_paths([manifest], cache=ParsedCache(kept))
    (entry,) = kept.iterdir()
    assert stat.S_IMODE(entry.stat().st_mode) == 0o600
    assert stat.S_IMODE(kept.stat().st_mode) == 0o700
    os.utime(entry, (1, 1))
    assert load_paths([manifest], cache=ParsedCache(kept)) == first
    # Its time says that it was used.
    assert entry.stat().st_mtime > 1


@pytest.mark.parametrize("damage", [b"", b"{}", b"\x80\x04N.", b"0" * 64 + b"\n[]"])
def test_a_damaged_entry_is_not_there(manifest: str, kept: Path, damage: bytes) -> None:
    first = load_paths([manifest], cache=ParsedCache(kept))
    (entry,) = kept.iterdir()
    whole = entry.read_bytes()
    entry.write_bytes(damage)
    assert load_paths([manifest], cache=ParsedCache(kept)) == first
    assert entry.read_bytes() == whole


def test_an_entry_that_is_a_link_is_not_believed(manifest: str, kept: Path, tmp_path: Path) -> None:
    load_paths([manifest], cache=ParsedCache(kept))
    (entry,) = kept.iterdir()
    entry.rename(tmp_path / "elsewhere")
    entry.symlink_to(tmp_path / "elsewhere")
    assert ParsedCache(kept).get(entry.name.split("-")[0], 1 << 20) is None


def test_the_oldest_entries_leave_first(tmp_path: Path, kept: Path) -> None:
    names: list[str] = []
    for number in range(4):
        path = tmp_path / f"{number}.yaml"
        path.write_text(f"# {number}\n{_many(40)}")
        load_paths([str(path)], cache=ParsedCache(kept, most_bytes=22_000))
        (new,) = {entry.name for entry in kept.iterdir()} - set(names)
        names.append(new)
        os.utime(kept / new, (number, number))
    assert sum(entry.stat().st_size for entry in kept.iterdir()) <= 22_000
    assert names[-1] in {entry.name for entry in kept.iterdir()}
    assert names[0] not in {entry.name for entry in kept.iterdir()}


def test_a_cache_that_cannot_be_written_is_no_error(manifest: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert load_paths([manifest], cache=ParsedCache(tmp_path / "file" / "parsed")).ok


def test_errors_of_kept_documents_still_have_their_place(tmp_path: Path, kept: Path) -> None:
    path = tmp_path / "vms.yaml"
    path.write_text(_many(40) + MACHINE.format("x").replace("memory", "memroy"))
    cache = ParsedCache(kept)
    found = [load_paths([str(path)], cache=cache).diagnostics for _ in range(2)]
    assert found[0] == found[1]
    assert found[0][-1].place.line == 287
    assert list(kept.iterdir())


def test_what_has_not_changed_is_the_same_object(manifest: str) -> None:
    manifests = Manifests()
    first = manifests.load([manifest])
    assert manifests.load([manifest]) is first
    Path(manifest).write_text(_many(41))
    assert len(manifests.load([manifest]).documents) == 41


def test_a_file_named_twice_is_one_file(manifest: str) -> None:
    assert load_paths([manifest, str(Path(manifest).parent)]).ok


def test_what_cannot_be_read_is_an_error_beside_the_documents(manifest: str) -> None:
    run = load_paths([manifest, "-", "/nowhere/at/all"], stdin=BytesIO(MACHINE.format("stdin").encode()))
    assert len(run.documents) == 41
    assert not run.ok


def test_the_collector_runs_again_after_loading(manifest: str) -> None:
    assert gc.isenabled()
    load_paths([manifest])
    assert gc.isenabled()


@pytest.mark.parametrize("folder", sorted(path.parent.name for path in EXAMPLES.glob("*/xcp.yaml")))
def test_every_example_loads_and_has_an_owner(folder: str) -> None:
    run = load_paths([str(EXAMPLES / folder)])
    assert not run.diagnostics
    assert find_project(str(EXAMPLES / folder)).project is not None
    kinds = [document.kind for document in run.documents]
    assert Kind.POOL in kinds
    assert kinds.count(Kind.VIRTUAL_MACHINE) >= 3
