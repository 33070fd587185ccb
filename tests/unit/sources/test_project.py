"""Whose the manifests are: where `xcp.yaml` is looked for, and what is wrong with it."""

from pathlib import Path

import pytest

from xcp_reconciler.sources.project import Sought, find_project


@pytest.fixture
def top(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder `a/b` with a manifest, not in a git repository."""
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "a" / "b" / "vm.yaml").write_text("")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def _owner(sought: Sought) -> str:
    assert not sought.diagnostics
    assert sought.project is not None
    return sought.project.owner


def test_the_nearest_file_at_or_above_counts(top: Path) -> None:
    (top / "xcp.yaml").write_text("owner: outer\n")
    assert _owner(find_project("a/b")) == "outer"
    assert _owner(find_project("a/b/vm.yaml")) == "outer"
    assert _owner(find_project("-")) == "outer"
    (top / "a" / "xcp.yaml").write_text("owner: inner\n")
    sought = find_project("a/b")
    assert _owner(sought) == "inner"
    assert sought.project is not None
    assert sought.project.folder == top / "a"


def test_the_top_of_the_repository_ends_the_search(top: Path) -> None:
    (top / "xcp.yaml").write_text("owner: outer\n")
    (top / "a" / ".git").mkdir()
    assert find_project("a/b") == Sought(None)


@pytest.mark.parametrize("asked", ["a", "a/b", "a/b/vm.yaml"])
def test_a_repository_has_one_owner(top: Path, asked: str) -> None:
    (top / "a" / ".git").write_text("gitdir: elsewhere\n")
    (top / "a" / "xcp.yaml").write_text("owner: one\n")
    (top / "a" / "b" / "xcp.yaml").write_text("owner: two\n")
    sought = find_project(asked)
    assert sought.project is None
    assert sought.diagnostics[0].place.file == "a/b/xcp.yaml"
    assert "a second xcp.yaml below a/xcp.yaml" in sought.diagnostics[0].message


def test_no_file_is_no_error(top: Path) -> None:
    (top / ".git").mkdir()
    assert find_project("a/b") == Sought(None)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "`owner` is missing"),
        ("ownr: a", "`owner` is missing"),
        ("owner: Rack 7", "`Rack 7` does not fit `owner`"),
        ("owner: 7", "`owner` is not text"),
        ("owner: a\nextra: b", "unknown field `extra`"),
        ("owner: a\n---\nowner: b", "a second document"),
        ("owner: [", "did not find expected"),
        ("- owner", "not an object with fields"),
    ],
)
def test_a_wrong_file_is_explained(top: Path, text: str, message: str) -> None:
    (top / "xcp.yaml").write_text(text)
    sought = find_project("a")
    assert sought.project is None
    assert message in sought.diagnostics[0].message
    assert sought.diagnostics[0].place.file == "xcp.yaml"


def test_a_project_file_elsewhere_is_refused(top: Path) -> None:
    (top / "a" / "xcp.yaml").symlink_to("/etc/hostname")
    assert "leads out of the folder" in find_project("a").diagnostics[0].message
