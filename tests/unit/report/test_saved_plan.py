"""A plan in a file: what goes in comes out, and nobody edits it by hand."""

import json

import pytest

from tests.golden.scenes import everything, view_of
from tests.unit.plan.builders import vm_ref
from xcp_reconciler.model.codec import canonical
from xcp_reconciler.report.saved_plan import SavedPlan, SavedPlanError, read_saved_plan, saved_plan, write_saved_plan


def _saved() -> SavedPlan:
    view = view_of(everything())
    return saved_plan(
        view.plan,
        owner=view.owner,
        folder="/srv/manifests",
        sources=("web.yaml",),
        desired=view.declared,
        made=1_000.0,
    )


def test_it_comes_back_as_it_was() -> None:
    saved = _saved()
    assert read_saved_plan(write_saved_plan(saved)) == saved
    assert write_saved_plan(saved) == write_saved_plan(_saved())


def test_it_has_an_entry_for_every_key_and_the_name_that_was_shown() -> None:
    saved, view = _saved(), view_of(everything())
    assert saved.hash == view.hash
    assert saved.changes.keys() == view.declared.keys()
    assert [change.path for change in saved.changes[vm_ref("web-1")]] == ["memory.max"]
    assert saved.changes[vm_ref("db-2")] == ()
    assert saved.hosts[vm_ref("web-4")] == "host-a"


def test_it_is_canonical_json() -> None:
    text = write_saved_plan(_saved())
    assert canonical(json.loads(text)) == text.rstrip("\n")


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"v": 99}', "apiVersion: xcp.dev/v1alpha1"])
def test_what_is_none_is_refused(text: str) -> None:
    with pytest.raises(SavedPlanError, match="no saved plan"):
        read_saved_plan(text)


def test_an_edited_one_is_refused() -> None:
    text = write_saved_plan(_saved())
    edited = text.replace('"desired":"384Mi"', '"desired":"256Mi"')
    assert edited != text
    with pytest.raises(SavedPlanError, match="changed after it was made"):
        read_saved_plan(edited)
