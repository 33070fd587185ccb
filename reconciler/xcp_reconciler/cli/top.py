"""`xcp top`."""

import sys
from collections.abc import Generator
from contextlib import contextmanager
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Final, assert_never

import typer

from xcp_reconciler.cli.exits import Exit
from xcp_reconciler.cli.options import Files, State, examples

if TYPE_CHECKING:
    from xcp_reconciler.cli.survey import Survey
    from xcp_reconciler.cli.workspace import Workspace
    from xcp_reconciler.report.usage import HostUse

_EVERY_S: Final = 2.0


class Form(StrEnum):
    """The forms of the result."""

    TABLE = "table"
    JSON = "json"


@examples(
    "xcp top                      # all pools, looked at again and again; q ends it",
    "xcp top lab --once",
    "xcp top --once -o json",
)
def top(
    pool: Annotated[str | None, typer.Argument(metavar="[POOL]", help="One pool.", show_default=False)] = None,
    once: Annotated[bool, typer.Option("--once", help="Look once, and end.")] = False,  # noqa: FBT002 - Typer's flag
    output: Annotated[Form, typer.Option("--output", "-o", help="The form of the result.")] = Form.TABLE,
    paths: Files = None,
    state: State = None,
) -> Exit:
    """Show who uses how much memory: hosts, and the machines that run on them.

    USES is a guest's working set as its balloon tells it, DEMAND that and a margin, SATISFIED which part of it the
    guest has. Machines in brackets are nobody's. Without a terminal it looks once.
    """
    from xcp_reconciler.cli.output import console, paint_for, show  # noqa: PLC0415 - loads the models
    from xcp_reconciler.cli.workspace import open_workspace  # noqa: PLC0415 - the same
    from xcp_reconciler.report.usage import usage_json, usage_text  # noqa: PLC0415 - the same

    workspace = open_workspace(paths, state)
    found = _look(workspace, pool)
    match output:
        case Form.JSON:
            show(usage_json(found))
        case Form.TABLE if once or not sys.stdout.isatty() or not sys.stdin.isatty():
            show("\n\n".join(usage_text(hosts, paint_for(sys.stdout)) for hosts in found.values()))
        case Form.TABLE:
            from rich.live import Live  # noqa: PLC0415 - takes its time to load
            from rich.text import Text  # noqa: PLC0415 - the same

            with _keys() as pressed, Live(console=console(), screen=True, auto_refresh=False) as live:
                while True:
                    text = "\n\n".join(usage_text(hosts) for hosts in found.values())
                    live.update(Text(f"{text}\n\nq or Ctrl-C ends"), refresh=True)
                    if pressed("q"):
                        break
                    found = _look(workspace, pool)
        case _:
            assert_never(output)
    return Exit.DONE


def _look(workspace: "Workspace", pool: str | None) -> "dict[str, tuple[HostUse, ...]]":
    from xcp_reconciler.cli.oneshot import run  # noqa: PLC0415 - asyncio and the models take their time to load
    from xcp_reconciler.cli.survey import survey  # noqa: PLC0415 - the same
    from xcp_reconciler.report.usage import usage  # noqa: PLC0415 - the same

    seen = run(survey(workspace))
    return {name: usage(name, seen.world, seen.world.sights[name]) for name in _pools(seen, pool)}


def _pools(seen: "Survey", pool: str | None) -> list[str]:
    from xcp_reconciler.cli.failure import CommandError  # noqa: PLC0415 - beside its only use
    from xcp_reconciler.report.words import listed  # noqa: PLC0415 - the same

    for name, why in seen.refusals.items():
        if pool in {None, name}:
            raise CommandError(f"Pool/{name} cannot be looked at: {why}")
    if pool is not None and pool not in seen.world.sights:
        raise CommandError(f"there is no pool {pool}", f"there is {listed(sorted(seen.world.sights))}")
    return sorted(name for name in seen.world.sights if pool in {None, name})


@contextmanager
def _keys() -> "Generator[KeyPressed]":
    """Read single keys while the context lasts: whether one was pressed within the next two seconds."""
    import select  # noqa: PLC0415 - a terminal's own affairs
    import termios  # noqa: PLC0415 - the same
    import tty  # noqa: PLC0415 - the same

    descriptor = sys.stdin.fileno()
    before = termios.tcgetattr(descriptor)
    tty.setcbreak(descriptor)

    def pressed(key: str) -> bool:
        ready, _, _ = select.select([sys.stdin], [], [], _EVERY_S)
        return bool(ready) and sys.stdin.read(1) == key

    try:
        yield pressed
    finally:
        termios.tcsetattr(descriptor, termios.TCSADRAIN, before)


if TYPE_CHECKING:
    from collections.abc import Callable

    KeyPressed = Callable[[str], bool]
