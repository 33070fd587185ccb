"""`xcp sim world FILE VERB`: look into a world, and tamper with it."""

import json
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final

import typer

from xcp_drivers.world import exported, hosts, machines, power, tamper
from xcp_drivers.world.change import Change
from xcp_drivers.world.demand import Demand, Wave
from xcp_drivers.world.habits import Habit, Hearing
from xcp_drivers.world.refusal import NoWorldError, RefusalError, WorldLockedError
from xcp_drivers.world.rows import HostRow
from xcp_drivers.world.world import World
from xcp_reconciler.model.observed import VmConfig
from xcp_reconciler.units import UnitError, format_kib, parse_duration, parse_kib

app = typer.Typer(no_args_is_help=True, help="Look into the world in FILE, and tamper with it behind xcp's back.")

_TRIES: Final = 400
_PAUSE_S: Final = 0.025

Vm = Annotated[str, typer.Argument(help="Name or uuid of a machine.", show_default=False)]
Host = Annotated[str, typer.Argument(help="Name of a host.", show_default=False)]
OnHost = Annotated[str | None, typer.Option("--host", help="Only there.", show_default=False)]


class Manner(StrEnum):
    """What a guest does: with its balloon, or (the last two) with a request to shut down."""

    IDEAL = "ideal"
    FLOOR = "floor"
    CEILING = "ceiling"
    STUCK = "stuck"
    FLAKY = "flaky"
    TRICKLE = "trickle"
    ABSENT = "absent"
    DEAF = "deaf"
    OBEYS = "obeys"


@app.callback()
def world(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="The world's file, as in `sim:FILE`.", show_default=False)],
) -> None:
    """Remember the file for the verb."""
    context.obj = file


@app.command("export")
def export(context: typer.Context) -> None:
    """Print the whole world as JSON."""
    with _change(context) as change:
        document = exported.export(change)
    typer.echo(json.dumps(document, indent=2))


@app.command("import")
def bring_in(
    context: typer.Context,
    source: Annotated[Path | None, typer.Argument(help="JSON as `export` prints it; standard input if absent.")] = None,
) -> None:
    """Put hosts and what is on them into the world; the file is made if it is not there."""
    try:
        text = source.read_text() if source is not None else sys.stdin.read()
        document = json.loads(text)
        with _change(context, make=True) as change:
            exported.bring_in(change, document)
    except OSError as error:
        raise _failure(f"{source}: {error.strerror}") from error
    except (KeyError, TypeError, ValueError) as error:
        raise _failure(f"{source or 'standard input'}: not the form that `export` prints: {error!r}") from error


@app.command("hosts")
def list_hosts(context: typer.Context) -> None:
    """List the hosts."""
    with _change(context) as change:
        rows = change.db.execute("SELECT name, cpus, memory, status, since, claimed FROM hosts ORDER BY rowid")
        for host in map(HostRow._make, rows):
            claimed, memory = format_kib(host.claimed), format_kib(host.memory)
            typer.echo(f"{host.name}  {host.status}  {host.cpus} CPUs  {claimed} of {memory} in use")


@app.command("destroy")
def destroy(context: typer.Context, vm: Vm, host: OnHost = None) -> None:
    """Pull a machine's plug."""
    with _change(context) as change:
        guest = tamper.find(change, vm, host)
        power.power_off(change, guest.host, guest.uuid)


@app.command("crash")
def crash(context: typer.Context, vm: Vm, host: OnHost = None) -> None:
    """Let a guest's kernel die."""
    with _change(context) as change:
        tamper.crash(change, tamper.find(change, vm, host))


@app.command("start")
def start(context: typer.Context, vm: Vm, host: OnHost = None) -> None:
    """Boot a machine."""
    with _change(context) as change:
        guest = tamper.find(change, vm, host)
        power.start(change, guest.host, guest.uuid)


@app.command("pause")
def pause(context: typer.Context, vm: Vm, host: OnHost = None) -> None:
    """Pause a machine."""
    with _change(context) as change:
        guest = tamper.find(change, vm, host)
        power.pause(change, guest.host, guest.uuid)


@app.command("suspend")
def suspend(context: typer.Context, vm: Vm, host: OnHost = None) -> None:
    """Save a machine's memory to disk."""
    with _change(context) as change:
        guest = tamper.find(change, vm, host)
        power.suspend(change, guest.host, guest.uuid)


@app.command("undefine")
def undefine(context: typer.Context, vm: Vm, host: OnHost = None) -> None:
    """Remove a halted machine's definition."""
    with _change(context) as change:
        guest = tamper.find(change, vm, host)
        machines.undefine(change, guest.host, guest.uuid)


@app.command("shrink")
def shrink(context: typer.Context, vm: Vm, size: str, host: OnHost = None) -> None:
    """Move a machine's balloon target to SIZE, such as 256Mi."""
    kib = _kib(size)
    with _change(context) as change:
        tamper.shrink(change, tamper.find(change, vm, host), kib)


@app.command("stranger")
def stranger(
    context: typer.Context,
    name: str,
    host: Annotated[str | None, typer.Option("--host", help="Where; the first host if absent.")] = None,
    memory: Annotated[str, typer.Option("--memory", help="Its size.")] = "512Mi",
) -> None:
    """Start a machine that nobody declared."""
    kib = _kib(memory)
    with _change(context) as change:
        where = host if host is not None else _first_host(change)
        guest = tamper.stranger(change, name, where, VmConfig(1, 1, kib, kib))
    typer.echo(guest.uuid)


@app.command("clone")
def clone(context: typer.Context, vm: Vm, newname: str, host: OnHost = None) -> None:
    """Copy a machine, its disks and its stamp."""
    with _change(context) as change:
        copy = tamper.clone(change, tamper.find(change, vm, host), newname)
    typer.echo(copy.uuid)


@app.command("edit")
def edit(
    context: typer.Context,
    vm: Vm,
    *,
    name: Annotated[str | None, typer.Option(help="Another name; the machine must be halted.")] = None,
    cores: Annotated[int | None, typer.Option(min=1, help="Virtual CPUs at the next boot.")] = None,
    memory: Annotated[str | None, typer.Option(help="Memory at the next boot.")] = None,
    description: Annotated[str | None, typer.Option(help="Another description.")] = None,
    host: OnHost = None,
) -> None:
    """Change a machine's stored definition."""
    wish = tamper.Edit(name, cores, _kib(memory) if memory is not None else None, description)
    with _change(context) as change:
        tamper.edit(change, tamper.find(change, vm, host), wish)


@app.command("behave")
def behave(context: typer.Context, vm: Vm, manner: Manner, host: OnHost = None) -> None:
    """Let a guest behave otherwise from now on; `ideal` undoes all of it."""
    with _change(context) as change:
        guest = tamper.find(change, vm, host)
        match manner:
            case Manner.IDEAL:
                tamper.behave(change, guest, Habit.IDEAL, Hearing.OBEYS)
            case Manner.DEAF | Manner.OBEYS:
                tamper.behave(change, guest, None, Hearing(manner))
            case _:
                tamper.behave(change, guest, Habit(manner), None)


@app.command("demand")
def demand(
    context: typer.Context,
    vm: Vm,
    size: str,
    *,
    until: Annotated[str | None, typer.Option("--to", help="Up to this size, and back again.")] = None,
    period: Annotated[str, typer.Option(help="How long there and back takes.")] = "60s",
    square: Annotated[bool, typer.Option("--square", help="In one jump instead of a sine.")] = False,
    host: OnHost = None,
) -> None:
    """Let a guest need SIZE of its memory from now on, and say so."""
    low = _kib(size)
    high = _kib(until) if until is not None else low
    wave = Wave.STEADY if until is None else Wave.SQUARE if square else Wave.SINE
    wanted = Demand(low, high, _seconds(period), wave)
    with _change(context) as change:
        tamper.need(change, tamper.find(change, vm, host), wanted)


@app.command("delete-file")
def delete_file(context: typer.Context, path: str, host: OnHost = None) -> None:
    """Remove a volume's file, as `rm` would."""
    with _change(context) as change:
        tamper.delete_file(change, path, host if host is not None else _first_host(change))


@app.command("kill-host")
def kill_host(context: typer.Context, host: Host) -> None:
    """Cut a host's power: every machine on it dies."""
    with _change(context) as change:
        hosts.kill(change, host)


@app.command("cut-host")
def cut_host(context: typer.Context, host: Host) -> None:
    """Make a host unreachable; its machines run on."""
    with _change(context) as change:
        hosts.cut(change, host)


@app.command("revive-host")
def revive_host(context: typer.Context, host: Host) -> None:
    """Let a host answer again."""
    with _change(context) as change:
        hosts.revive(change, host)


@contextmanager
def _change(context: typer.Context, *, make: bool = False) -> Generator[Change]:
    file: Path = context.obj
    if not make and not file.exists():
        raise _failure(f"{file}: no such world; `xcp apply` makes it, or `xcp sim world {file} import`")
    try:
        opened = _patiently(file)
        try:
            _take(opened)
            with opened.change(time.time()) as change:
                yield change
        finally:
            opened.close()
    except RefusalError as refusal:
        raise _failure(refusal.message) from refusal
    except (NoWorldError, WorldLockedError) as error:
        raise _failure(str(error)) from error


def _patiently(file: Path) -> World:
    for _ in range(_TRIES):
        try:
            return World.open(file)
        except WorldLockedError:
            time.sleep(_PAUSE_S)
    return World.open(file)


def _take(opened: World) -> None:
    """Let SQLite wait for other processes: this one has nothing else to do."""
    opened.db.execute(f"PRAGMA busy_timeout = {int(_TRIES * _PAUSE_S * 1000)}")


def _first_host(change: Change) -> str:
    row = change.db.execute("SELECT name FROM hosts ORDER BY rowid LIMIT 1").fetchone()
    if row is None:
        raise _failure("this world has no hosts")
    return str(row[0])


def _kib(text: str) -> int:
    try:
        return parse_kib(text)
    except UnitError as error:
        meant = f"; did you mean {error.nearest}?" if error.nearest else ""
        raise _failure(f"{error.problem}{meant}") from error


def _seconds(text: str) -> float:
    try:
        seconds = parse_duration(text)
    except UnitError as error:
        raise _failure(f"--period: {error.problem}") from error
    if not seconds:
        raise _failure("--period: nothing moves in no time")
    return float(seconds)


def _failure(message: str) -> typer.Exit:
    typer.echo(f"error: {message}", err=True)
    return typer.Exit(1)
