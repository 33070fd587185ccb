"""`xcp explain`."""

import sys
from importlib.metadata import entry_points
from typing import TYPE_CHECKING, Annotated, Final, cast

import typer

from xcp_reconciler.cli.exits import Exit
from xcp_reconciler.cli.failure import CommandError
from xcp_reconciler.cli.options import examples

if TYPE_CHECKING:
    from xcp_reconciler.model.impact import ImpactTable

_TABLES: Final = "xcp.tables"


@examples("xcp explain", "xcp explain vm", "xcp explain vm.memory.size", "xcp explain volume.spec.size")
def explain(
    path: Annotated[str, typer.Argument(metavar="[KIND[.FIELD]...]", help="A kind or one of its fields.")] = "",
) -> Exit:
    """Explain a kind or a field: type, unit, default, meaning, and what a change costs with each driver."""
    from xcp_reconciler.cli.output import paint_for, show, width  # noqa: PLC0415 - the models take time to load
    from xcp_reconciler.report.explain import NotKnown, kinds_explained  # noqa: PLC0415 - the same
    from xcp_reconciler.report.explain import explain as explained  # noqa: PLC0415 - the same
    from xcp_reconciler.report.explain_text import explain_text, impact_lines, kinds_text  # noqa: PLC0415 - the same

    paint = paint_for(sys.stdout)
    if not path:
        show(kinds_text(kinds_explained(), paint=paint))
        return Exit.DONE
    found = explained(path, impact_lines(tables()))
    if isinstance(found, NotKnown):
        after = f" in {found.after}" if found.after else ""
        what = "field" if found.after else "kind"
        meant = f"; did you mean {found.nearest}?" if found.nearest is not None else ""
        raise CommandError(f"there is no {what} {found.word}{after}{meant}", f"known: {', '.join(found.known)}")
    show(explain_text(found, paint=paint, width=width()))
    return Exit.DONE


def tables() -> "list[ImpactTable]":
    """The impact tables of every driver that can be loaded, and of those whose tables alone exist."""
    from xcp_reconciler.runtime.registry import InstalledDrivers, NoDriverError  # noqa: PLC0415 - the same

    drivers = InstalledDrivers()
    found: list[ImpactTable] = []
    for name in drivers.names():
        try:
            found.extend(drivers.driver(name).dialects())
        except NoDriverError as error:
            from xcp_reconciler.cli.output import warn  # noqa: PLC0415 - seldom needed

            warn(str(error))
    # A backend can say what its changes cost before it has a driver.
    found.extend(cast("ImpactTable", point.load()) for point in entry_points(group=_TABLES))
    return found
