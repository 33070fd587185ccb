"""`xcp evacuate`."""

import asyncio
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from xcp_reconciler.cli.consent import who
from xcp_reconciler.cli.exits import Exit
from xcp_reconciler.cli.failure import CommandError
from xcp_reconciler.cli.host_look import HostLook, look_at
from xcp_reconciler.cli.host_moves import Moved, bring_back, empty
from xcp_reconciler.cli.moments import shown_moment
from xcp_reconciler.cli.options import Files, State, examples
from xcp_reconciler.cli.origins import shown_origin
from xcp_reconciler.cli.output import paint_for, say, show, width
from xcp_reconciler.cli.parse import duration
from xcp_reconciler.cli.showing import command_line, pool_answers
from xcp_reconciler.cli.survey import stored
from xcp_reconciler.cli.workspace import Workspace, find_workspace
from xcp_reconciler.model.placement import Drain
from xcp_reconciler.plan.evacuation import coming_back, leaving
from xcp_reconciler.refs import host_ref
from xcp_reconciler.report.evacuation import Way, ending_json, ending_text, plan_json
from xcp_reconciler.report.paint import PLAIN
from xcp_reconciler.report.plan_text import plan_text
from xcp_reconciler.report.plan_view import PlanView
from xcp_reconciler.report.strangers import machines_by_host
from xcp_reconciler.runtime.system import SystemClock


class EvacuateOutput(StrEnum):
    """What is printed."""

    TEXT = "text"
    JSON = "json"


@examples(
    "xcp evacuate host-a --dry-run     # who goes where, and who cannot",
    "xcp evacuate host-a               # until nobody runs there any more",
    "xcp evacuate host-a --return      # it takes machines again; those that left it come back",
)
def evacuate(
    host: Annotated[str, typer.Argument(help="The name of a Host.", show_default=False)],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show who would move; change nothing.")] = False,  # noqa: FBT002
    back: Annotated[bool, typer.Option("--return", help="Take the word back, and bring back who left.")] = False,  # noqa: FBT002
    timeout: Annotated[
        str, typer.Option("--timeout", metavar="TIME", help="How long to wait, such as 90s or 10m.")
    ] = "30m",
    output: Annotated[EvacuateOutput, typer.Option("--output", "-o", help="The form.")] = EvacuateOutput.TEXT,
    filename: Files = None,
    state: State = None,
) -> Exit:
    """Empty a host for work on it: its machines leave by live migration, and nothing new comes to it.

    The word is kept until --return, and whoever acts goes by it: after Ctrl-C the same command goes on. What is
    declared stays as it is; `spec.maintenance` of a Host says the same in a manifest. -f says whose hosts are meant,
    and no more. Exit code 0: nobody runs on the host. 1: somebody still does. --dry-run: 2 where somebody would move.
    """
    how = _How(duration(timeout, "--timeout"), as_json=output is EvacuateOutput.JSON, dry_run=dry_run, state=state)
    # Only whose host it is: what is declared and not applied yet is nothing that this command does.
    workspace = find_workspace(filename, state)
    workspace = Workspace(workspace.owner, workspace.folder, workspace.state)
    return asyncio.run(_return(host, workspace, how) if back else _leave(host, workspace, how))


@dataclass(frozen=True, slots=True)
class _How:
    """How to do it; `timeout` in seconds."""

    timeout: float
    as_json: bool
    dry_run: bool
    state: Path | None


async def _leave(host: str, workspace: Workspace, how: _How) -> Exit:
    word = Drain(who(), SystemClock().now())
    async with stored(workspace) as store:
        look = await look_at(host, workspace, store, word, leaving)
    if not look.answers:
        raise CommandError(
            f"{host} does not answer, so nobody can leave it live, and nothing was changed",
            f"if it is off: xcp fence {host} --until 2h, and its machines may be started elsewhere",
        )
    if look.alone:
        raise CommandError(
            f"{host} is the only host of Pool/{look.pool}: there is nowhere to go, and nothing was changed",
            "shut its machines down, or add a host (xcp explain host)",
        )
    if how.dry_run:
        return _shown(look, Way.AWAY, how)
    _tell(look)
    _show_plan(look, how, to_type="")
    moved = await empty(look, workspace, word, how.timeout)
    return _ended(moved, Way.AWAY, how)


async def _return(host: str, workspace: Workspace, how: _How) -> Exit:
    async with stored(workspace) as store:
        look = await look_at(host, workspace, store, None, coming_back)
    if look.drain is None and not look.declared and not look.found.concerned:
        raise CommandError(f"nobody has asked for {host} to be left", "xcp get hosts shows how the hosts are")
    if how.dry_run:
        return _shown(look, Way.BACK, how)
    _show_plan(look, how, to_type="")
    moved = await bring_back(look, workspace, how.timeout)
    if look.declared:
        raise CommandError(*_still_declared(look, workspace))
    return _ended(moved, Way.BACK, how)


def _tell(look: HostLook) -> None:
    """Whose word it is, where it was given before."""
    if look.declared:
        say(f"{look.host} is to be left already, by its manifest.")
    elif look.drain is not None:
        say(f"{look.host} is to be left already, since {shown_moment(look.drain.at)}, by {look.drain.by}.")


def _still_declared(look: HostLook, workspace: Workspace) -> tuple[str, str]:
    origin = look.survey.world.declared.desired[host_ref(look.host)].origin
    where = f" ({shown_origin(origin, workspace.folder)})" if origin is not None else ""
    return (
        f"the manifest of Host/{look.host}{where} says that it is in maintenance, so nobody comes back",
        "set spec.maintenance.desired to false there, and apply it",
    )


def _shown(look: HostLook, way: Way, how: _How) -> Exit:
    if how.as_json:
        show(plan_json(look.host, look.found))
    else:
        words = command_line(f"evacuate {look.host}", (), how.state) + (" --return" if way is Way.BACK else "")
        _show_plan(look, how, to_type=words)
    return Exit.DIFFERENCES if look.found.journeys or look.found.stays else Exit.DONE


def _show_plan(look: HostLook, how: _How, to_type: str) -> None:
    found, seen = look.found, look.survey
    if not found.journeys and not found.stays:
        return
    pools = tuple(pool for pool in pool_answers(seen) if pool.name == look.pool)
    strangers = {host: many for host, many in machines_by_host(seen.world).items() if host == look.host}
    view = PlanView(found.plan, seen.owner, seen.world.declared.desired, pools, strangers, to_type)
    if how.as_json:
        say(plan_text(view, paint=PLAIN))
    else:
        import sys  # noqa: PLC0415 - beside its only use

        show(plan_text(view, paint=paint_for(sys.stdout), width=min(width(), 140)))


def _ended(moved: Moved, way: Way, how: _How) -> Exit:
    ending = moved.told(way)
    show(ending_json(ending) if how.as_json else ending_text(ending))
    return Exit.ERROR if ending.stays else Exit.DONE
