"""`xcp adopt`."""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from xcp_reconciler.cli.applying import Applying, go_through
from xcp_reconciler.cli.carry_out import Patience
from xcp_reconciler.cli.exits import Exit
from xcp_reconciler.cli.failure import CommandError
from xcp_reconciler.cli.files import write_whole
from xcp_reconciler.cli.finding import Found, find
from xcp_reconciler.cli.options import Files, State, examples
from xcp_reconciler.cli.origins import stored_path
from xcp_reconciler.cli.output import say, show, warn
from xcp_reconciler.cli.parse import duration
from xcp_reconciler.cli.parse import kind as parse_kind
from xcp_reconciler.cli.planning import Planned, plan_for
from xcp_reconciler.cli.survey import stored, survey_with
from xcp_reconciler.cli.undertaking import Undertaking
from xcp_reconciler.cli.workspace import open_workspace
from xcp_reconciler.model.decision import Blocked, Wait
from xcp_reconciler.model.desired import Desired, Origin
from xcp_reconciler.model.impact import Impact
from xcp_reconciler.model.observed import ObservedVm
from xcp_reconciler.refs import Kind, pool_ref
from xcp_reconciler.report.adoption import UnfitError, adopted, called, name_for
from xcp_reconciler.report.manifest import manifest
from xcp_reconciler.report.plan_hash import changes_of
from xcp_reconciler.report.words import value_word
from xcp_reconciler.report.yaml_text import yaml_text


class AdoptOutput(StrEnum):
    """The form of the manifest."""

    YAML = "yaml"


@examples("xcp adopt vm old-server > old-server.yaml", "xcp adopt vm old-server --out old-server.yaml --apply")
def adopt(  # noqa: PLR0913, PLR0917 - one parameter for each option
    kind: Annotated[str, typer.Argument(help="VirtualMachine, Network, StorageRepository or Volume.")],
    name_or_uuid: Annotated[str, typer.Argument(help="What the hypervisor calls it.", show_default=False)],
    name: Annotated[str | None, typer.Option("--name", help="What it shall be called.", show_default=False)] = None,
    pool: Annotated[str | None, typer.Option("--pool", help="Look only there.", show_default=False)] = None,
    filename: Files = None,
    state: State = None,
    out: Annotated[Path | None, typer.Option("--out", help="Write the manifest there.", show_default=False)] = None,
    apply: Annotated[bool, typer.Option("--apply", help="Adopt it now: store it, and stamp it.")] = False,  # noqa: FBT002
    auto_approve: Annotated[bool, typer.Option("--auto-approve", help="Go on without asking.")] = False,  # noqa: FBT002
    output: Annotated[AdoptOutput, typer.Option("--output", "-o", help="The form.")] = AdoptOutput.YAML,
) -> Exit:
    """Write the manifest of something that somebody made by hand, such that applying it changes nothing but a stamp."""
    del output
    how = Applying(state, auto_approve, None, Patience(duration("2m", "--timeout")), as_json=False)
    wanted = _Wanted(parse_kind(kind), name_or_uuid, name, pool, out)
    return asyncio.run(_adopt(wanted, filename or [], how, now=apply))


class _Wanted:
    """What to adopt, and as what."""

    def __init__(self, kind: Kind, text: str, name: str | None, pool: str | None, out: Path | None) -> None:
        self.kind = kind
        self.text = text
        self.name = name
        self.pool = pool
        self.out = out


async def _adopt(wanted: _Wanted, paths: Sequence[str], how: Applying, *, now: bool) -> Exit:
    workspace = open_workspace(paths, how.state)
    async with stored(workspace) as store:
        survey = await survey_with(workspace, store)
        workspace = replace(workspace, owner=survey.owner)
        found = find(survey, wanted.kind, wanted.text, wanted.pool)
        desired = _declaration(wanted, found, survey.owner, workspace.folder)
        _refuse_declared(found, desired, survey.world.declared.desired.get(desired.ref), again=now)
        scope = frozenset({desired.ref})
        planned = await plan_for(workspace, store, {**workspace.declared, desired.ref: desired}, scope)
        stored_pools = frozenset(ref for ref in store.state.desired if ref.kind is Kind.POOL)
        there = desired.ref in store.state.desired
    _write(wanted, found, desired)
    _warn_of_changes(planned)
    if not now:
        return Exit.DONE
    if pool_ref(found.pool) not in stored_pools:
        raise CommandError(f"Pool/{found.pool} is not stored yet", "apply its manifests first: xcp apply -f PATH")
    changes = {desired.ref: ()} | changes_of(planned.plan)
    put = {} if there else {desired.ref: desired}
    undertaking = Undertaking(workspace, planned.plan, put, {desired.ref: 0}, changes, {})
    return await go_through(undertaking, planned, how, question="Adopt it?")


def _refuse_declared(found: Found, desired: Desired, declared: Desired | None, *, again: bool) -> None:
    """Let an adoption be ended by the command that began it, and nothing be declared twice.

    Raises:
        CommandError: it is declared already, as this or as something else.
    """
    begun = again and declared is not None and declared.declares_the_same(desired)
    if found.adopted is not None and not (begun and found.adopted == desired.ref):
        raise CommandError(f"{called(found.seen)} is {found.adopted}, which is declared already")
    if declared is not None and not begun:
        raise CommandError(f"{desired.ref} is declared already", "give it another name with --name")


def _declaration(wanted: _Wanted, found: Found, owner: str, folder: str) -> Desired:
    name = wanted.name or name_for(called(found.seen))
    try:
        desired = adopted(found.seen, found.pool, name, owner, found.storage)
    except UnfitError as error:
        raise CommandError(str(error)) from error
    if wanted.out is None:
        return desired
    return replace(desired, origin=Origin(stored_path(str(wanted.out), folder), len(_heading(found)) + 1))


def _write(wanted: _Wanted, found: Found, desired: Desired) -> None:
    text = "".join(f"# {line}\n" for line in _heading(found)) + yaml_text(manifest(desired))
    if wanted.out is None:
        show(text)
        return
    if wanted.out.exists():
        if wanted.out.read_text(encoding="utf-8", errors="replace") == text:
            return
        raise CommandError(f"{wanted.out} is there already, and nothing was written")
    write_whole(wanted.out, text)
    say(f"Written to {wanted.out}. To adopt it: xcp apply -f {wanted.out}")


def _heading(found: Found) -> list[str]:
    seen = found.seen
    lines = [f"{called(seen)} as it is on {seen.host} now; what is not said here stays as it is."]
    if isinstance(seen, ObservedVm):
        lines += [f"It keeps disk {disk.name}: {disk.path}" for disk in seen.stored.disks]
        lines += [f"It keeps card {card.name}: {card.mac} on {card.network}" for card in seen.stored.interfaces]
    # Names are the hypervisor's: nothing in one may end the comment.
    return [line if line.isprintable() else ascii(line) for line in lines]


def _warn_of_changes(planned: Planned) -> None:
    """Say what applying the manifest would change beside the stamp: that should be nothing."""
    for line in _changes(planned):
        warn(line)


def _changes(planned: Planned) -> Iterator[str]:
    for entry in planned.plan.entries:
        for change in entry.changes:
            if change.impact is not Impact.METADATA:
                values = f"{value_word(change.current)} -> {value_word(change.desired)}"
                yield f"applying this would change {change.path}: {values}"
        if isinstance(entry.end, Blocked | Wait):
            yield f"applying this would not end: {entry.end.why}"
