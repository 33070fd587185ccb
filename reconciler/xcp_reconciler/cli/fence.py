"""`xcp fence`."""

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from xcp_reconciler.cli.consent import agreed, who
from xcp_reconciler.cli.exits import Exit
from xcp_reconciler.cli.failure import CommandError
from xcp_reconciler.cli.hosts import pool_of_host
from xcp_reconciler.cli.moments import moment, shown_moment
from xcp_reconciler.cli.options import State, examples
from xcp_reconciler.cli.output import say, show
from xcp_reconciler.cli.survey import Survey, stored, survey_with
from xcp_reconciler.cli.workspace import open_workspace
from xcp_reconciler.model.placement import Assigned, Fence
from xcp_reconciler.model.records import HostRecord
from xcp_reconciler.ports.driver import Access
from xcp_reconciler.ports.store import PutHost
from xcp_reconciler.refs import Kind, Ref
from xcp_reconciler.report.words import count, listed
from xcp_reconciler.runtime.system import SystemClock


@examples("xcp fence host-b --until 2h", "xcp fence host-b --until 2030-01-31T08:00", "xcp fence host-b --lift")
def fence(
    host: Annotated[str, typer.Argument(help="The name of a Host.", show_default=False)],
    until: Annotated[
        str | None,
        typer.Option("--until", metavar="TIME", help="How long it stays off: 2h, or a time.", show_default=False),
    ] = None,
    state: State = None,
    lift: Annotated[bool, typer.Option("--lift", help="Take the word back.")] = False,  # noqa: FBT002
    auto_approve: Annotated[bool, typer.Option("--auto-approve", help="Go on without asking.")] = False,  # noqa: FBT002
) -> Exit:
    """Give your word that a host is off, so that its machines may be started elsewhere."""
    if lift == (until is not None):
        raise CommandError("say until when the host stays off, or take the word back", "--until 2h, or --lift")
    if until is None:
        return asyncio.run(_lift(host, state))
    now = SystemClock().now()
    return asyncio.run(_fence(host, moment(until, now, "--until"), state, approved=auto_approve))


async def _fence(host: str, until: float, state: Path | None, *, approved: bool) -> Exit:
    workspace = open_workspace(None, state)
    now = SystemClock().now()
    if until <= now:
        raise CommandError(f"--until: {shown_moment(until)} is over")
    async with stored(workspace, Access.WRITE) as store:
        seen = await survey_with(workspace, store)
        pool = pool_of_host(host, seen)
        sight = seen.world.sights.get(pool)
        if sight is not None and sight.answers(host):
            raise CommandError(
                f"{host} answers, so it is not off, and nothing was changed",
                f"to empty a host that is up: xcp evacuate {host}",
            )
        there = _there(host, seen)
        say(f"This is your word, as {who()}, that {host} is off and stays off until {shown_moment(until)}.")
        names = listed(str(ref) for ref in there)
        many = count(len(there), "machine")
        say(f"{many} of ours last seen there: {names}." if there else "No machine of ours was last seen there.")
        say("What was there may be started elsewhere. If the host is up after all, two machines will write one disk.")
        if not agreed(f"Is {host} off?", already=approved):
            say("Nothing was changed.")
            return Exit.ERROR
        record = store.state.hosts.get(host, HostRecord())
        await store.commit(PutHost(host, replace(record, fence=Fence(host, who(), now, until))))
    show(f"{host} is fenced until {shown_moment(until)}, by {who()}. To take it back: xcp fence {host} --lift")
    return Exit.DONE


async def _lift(host: str, state: Path | None) -> Exit:
    workspace = open_workspace(None, state)
    async with stored(workspace, Access.WRITE) as store:
        record = store.state.hosts.get(host)
        if record is None or record.fence is None:
            raise CommandError(f"{host} is not fenced")
        await store.commit(PutHost(host, replace(record, fence=None)))
    show(f"{host} is not fenced any more.")
    return Exit.DONE


def _there(host: str, seen: Survey) -> list[Ref]:
    world = seen.world
    return [
        ref
        for ref in sorted(world.declared.desired)
        if ref.kind is Kind.VIRTUAL_MACHINE
        and (
            host in world.sightings.get(ref, ())
            or (isinstance(home := world.assignments.get(ref), Assigned) and home.host == host)
        )
    ]
