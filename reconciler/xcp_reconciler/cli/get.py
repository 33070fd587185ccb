"""`xcp get`."""

import sys
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, assert_never

import typer

from xcp_reconciler.cli.exits import Exit
from xcp_reconciler.cli.options import Cached, Files, Namespace, State, examples

if TYPE_CHECKING:
    from collections.abc import Sequence

    from xcp_reconciler.cli.survey import Survey
    from xcp_reconciler.report.standing import Standing


class Form(StrEnum):
    """The forms of a list."""

    TABLE = "table"
    WIDE = "wide"
    YAML = "yaml"
    JSON = "json"
    NAME = "name"


@examples(
    "xcp get vm",
    "xcp get vm web-1 -o yaml",
    "xcp get hosts -o wide",
    "xcp get all -f examples/quickstart   # what is declared there, beside what is seen",
    "xcp get strangers                    # what is on the hosts and is not ours",
)
def get(
    words: Annotated[
        list[str], typer.Argument(metavar="KIND [NAME]...", help="vm, vol, net, sr, host, pool, all, or strangers.")
    ],
    output: Annotated[Form, typer.Option("--output", "-o", help="The form of the list.")] = Form.TABLE,
    paths: Files = None,
    namespace: Namespace = None,
    cached: Cached = False,  # noqa: FBT002 - Typer's way to say that it is a flag
    state: State = None,
) -> Exit:
    """List objects: what is declared of them, and what is seen."""
    from xcp_reconciler.cli.kinds import asked_for  # noqa: PLC0415 - asyncio and the models take their time to load
    from xcp_reconciler.cli.oneshot import collector_off, run  # noqa: PLC0415 - the same
    from xcp_reconciler.cli.survey import survey  # noqa: PLC0415 - the same
    from xcp_reconciler.cli.workspace import open_workspace  # noqa: PLC0415 - the same
    from xcp_reconciler.report.standing import standings  # noqa: PLC0415 - the same

    strange = words[0].lower() in {"strangers", "stranger"}
    asked = None if strange else asked_for(words, namespace)
    with collector_off():
        seen = run(survey(open_workspace(paths, state), observe=not cached or strange))
        if asked is None:
            _strangers(seen, output)
            return Exit.DONE
        refs = asked.select(seen.scope if seen.scope is not None else seen.world.declared.desired)
        found = standings(seen.world, seen.state.statuses, refs, observed=not cached)
    _show(found, seen, output)
    _unreachable(seen)
    return Exit.DONE


def _show(found: "Sequence[Standing]", seen: "Survey", form: Form) -> None:
    from xcp_reconciler.cli.output import paint_for, say, show  # noqa: PLC0415 - beside its only use
    from xcp_reconciler.report.object_list import list_json, list_yaml  # noqa: PLC0415 - the same
    from xcp_reconciler.report.tables import object_table  # noqa: PLC0415 - the same

    match form:
        case Form.TABLE | Form.WIDE:
            if not found:
                say("There is none.")
            else:
                show(object_table(found, seen.world, wide=form is Form.WIDE, paint=paint_for(sys.stdout)))
        case Form.YAML:
            show(list_yaml(found))
        case Form.JSON:
            show(list_json(found))
        case Form.NAME:
            show("".join(f"{one.ref}\n" for one in found))
        case _:
            assert_never(form)


def _strangers(seen: "Survey", form: Form) -> None:
    import json  # noqa: PLC0415 - beside its only use

    from xcp_reconciler.cli.output import paint_for, say, show  # noqa: PLC0415 - the same
    from xcp_reconciler.report.object_list import strangers_data  # noqa: PLC0415 - the same
    from xcp_reconciler.report.strangers import strangers  # noqa: PLC0415 - the same
    from xcp_reconciler.report.tables import stranger_table  # noqa: PLC0415 - the same
    from xcp_reconciler.report.yaml_text import yaml_text  # noqa: PLC0415 - the same

    found = strangers(seen.world)
    match form:
        case Form.TABLE | Form.WIDE:
            if found:
                show(stranger_table(found, paint_for(sys.stdout)))
            else:
                say("Everything that is seen is declared here.")
        case Form.YAML:
            show(yaml_text(strangers_data(found)))
        case Form.JSON:
            show(json.dumps(strangers_data(found), indent=2, ensure_ascii=False))
        case Form.NAME:
            show("".join(f"{one.kind}/{one.name}\n" for one in found))
        case _:
            assert_never(form)
    _unreachable(seen)


def _unreachable(seen: "Survey") -> None:
    """Say on the side which part of the picture is missing."""
    from xcp_reconciler.cli.output import warn  # noqa: PLC0415 - beside its only use
    from xcp_reconciler.cli.showing import pool_answers  # noqa: PLC0415 - the same

    for pool in pool_answers(seen) if seen.observed else ():
        if pool.refusal is not None:
            warn(f"Pool/{pool.name} cannot be looked at: {pool.refusal}")
        for host, why in pool.silent:
            warn(f"Host/{host} does not answer: {why}", ("what was on it is shown as unknown",))
