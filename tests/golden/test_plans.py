"""Plans as people and programs see them, for simulated hosts and for a XAPI pool."""

import json
from collections.abc import Callable

import pytest

from tests.golden.compare import same_as
from tests.golden.scenes import SIM, XAPI_DIALECT, everything, half_dark, in_dialect, leaving, view_of
from xcp_reconciler.plan.sight import Dialect
from xcp_reconciler.plan.world import World
from xcp_reconciler.report.plan_json import plan_json
from xcp_reconciler.report.plan_markdown import plan_markdown
from xcp_reconciler.report.plan_patch import plan_patches
from xcp_reconciler.report.plan_text import plan_text
from xcp_reconciler.report.plan_view import PlanView

SCENES: dict[str, Callable[[], World]] = {"everything": everything, "leaving": leaving, "half-dark": half_dark}
DIALECTS = {"sim": SIM, "xapi": XAPI_DIALECT}
FORMS: dict[str, Callable[[PlanView], str]] = {
    "txt": plan_text,
    "verbose.txt": lambda view: plan_text(view, verbose=True),
    "json": plan_json,
    "md": plan_markdown,
    "patch.json": plan_patches,
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("scene", SCENES)
def test_plan(scene: str, dialect: str, form: str) -> None:
    view = view_of(in_dialect(SCENES[scene](), DIALECTS[dialect]))
    same_as(f"plan/{dialect}-{scene}.{form}", FORMS[form](view).rstrip("\n") + "\n")


@pytest.mark.parametrize("dialect", DIALECTS.values(), ids=list(DIALECTS))
@pytest.mark.parametrize("scene", SCENES.values(), ids=list(SCENES))
def test_every_line_fits_80_columns_unless_one_word_does_not(scene: Callable[[], World], dialect: Dialect) -> None:
    for line in plan_text(view_of(in_dialect(scene(), dialect))).splitlines():
        assert len(line) <= 80, line


def test_the_hash_names_the_changes_and_nothing_else() -> None:
    one, same = view_of(in_dialect(everything(), SIM)), view_of(in_dialect(everything(), SIM))
    assert one.hash == same.hash
    assert json.loads(plan_json(one))["hash"] == one.hash
    assert view_of(in_dialect(leaving(), SIM)).hash != one.hash
