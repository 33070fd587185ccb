"""The program `xcp`: finds a command, runs it, and turns whatever happens into words and an exit code."""

import sys
from collections.abc import Sequence
from contextlib import suppress
from importlib import import_module
from importlib.metadata import entry_points
from typing import Final, cast

import typer
from typer.core import TyperCommand, TyperGroup

from xcp_reconciler.cli.exits import Exit
from xcp_reconciler.cli.failure import CommandError, Told, report_defect, told
from xcp_reconciler.cli.options import examples_of
from xcp_reconciler.cli.output import say, tell

PLUGINS: Final = "xcp.commands"

# A command is the function of its own name in the module of its own name, imported when it is called or listed.
COMMANDS: Final = (
    "init",
    "validate",
    "plan",
    "diff",
    "apply",
    "approve",
    "get",
    "describe",
    "drift",
    "delete",
    "adopt",
    "fence",
    "evacuate",
    "run",
    "place",
    "rebalance",
    "simulate",
    "balance",
    "top",
    "explain",
    "doctor",
    "version",
)
_INTERRUPTED: Final = 130


class CommandGroup(TyperGroup):
    """Commands that are imported when they are needed, and errors that end in words."""

    def list_commands(self, ctx: object) -> list[str]:
        """All commands: ours in the order of use, then those of plug-ins."""
        _ = ctx
        return [*COMMANDS, *sorted(point.name for point in entry_points(group=PLUGINS) if point.name not in COMMANDS)]

    def get_command(self, ctx: object, cmd_name: str) -> TyperCommand | TyperGroup | None:
        """The command of that name; where there is none, all are loaded, so that the nearest can be named."""
        try:
            found = self._command(cmd_name)
        except ImportError as error:
            # One plug-in that cannot be loaded must not take the help of all others with it.
            return _broken(cmd_name, error)
        if found is None:
            for name in self.list_commands(ctx):
                with suppress(ImportError):
                    self._command(name)
        return found

    def _command(self, name: str) -> TyperCommand | TyperGroup | None:
        found = self.commands.get(name)
        if found is None:
            found = _ours(name) if name in COMMANDS else _plugin(name)
            if found is not None:
                self.commands[name] = found
        return cast("TyperCommand | TyperGroup | None", found)

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,  # noqa: FBT001, FBT002 - the same
        windows_expand_args: bool = True,  # noqa: FBT001, FBT002 - the same
        **extra: object,
    ) -> object:
        """Run the command that the arguments name, and exit with what it returns."""
        if not standalone_mode:
            return super().main(args, prog_name, complete_var, standalone_mode, windows_expand_args, **extra)
        try:
            result = super().main(args, prog_name or "xcp", complete_var, False, windows_expand_args, **extra)  # noqa: FBT003
            sys.stdout.flush()
        except SystemExit:
            raise
        except BaseException as error:  # noqa: BLE001 - nothing may end in a traceback
            sys.exit(_ended(error))
        if result == _INTERRUPTED:
            say("Interrupted.")
        sys.exit(int(result) if isinstance(result, int) else Exit.DONE)


def _ended(error: BaseException) -> int:
    if isinstance(error, KeyboardInterrupt | typer.Abort):
        say("Interrupted.")
        return _INTERRUPTED
    if isinstance(error, BrokenPipeError):
        # Whoever read us has seen enough; the interpreter would complain once more when it closes the stream.
        sys.stdout = None
        return Exit.ERROR
    if isinstance(error, _UsageError):
        return _usage(error)
    failure = told(error)
    if failure is None:
        report_defect(error, say)
        return Exit.ERROR
    tell(failure)
    return failure.code


# Typer may bring its own copy of click; its errors are known by what Typer itself raises.
_UsageError: Final = cast("type[Exception]", typer.BadParameter.__mro__[1])


def _usage(error: Exception) -> int:
    # Typer asks pydantic about choices, which says whose error it is.
    words = getattr(error, "format_message", error.__str__)().replace("Value error, ", "", 1)
    context = getattr(error, "ctx", None)
    path = getattr(context, "command_path", "xcp")
    tell(Told(words[:1].lower() + words[1:].rstrip("."), (f"{path} --help shows what there is",)))
    return Exit.ERROR


def _ours(name: str) -> TyperCommand | TyperGroup | None:
    module = f"{__package__}.{name}"
    try:
        function = getattr(import_module(module), name)
    except ModuleNotFoundError as error:
        if error.name != module:
            raise
        return None
    made = typer.Typer(add_completion=False, rich_markup_mode=None)
    lines = examples_of(function)
    epilog = "\b\nExamples:\n" + "\n".join(f"  {line}" for line in lines) if lines else None
    made.command(name, epilog=epilog)(function)
    return cast("TyperCommand", typer.main.get_command(made))


def _broken(name: str, error: ImportError) -> TyperCommand:
    made = typer.Typer(add_completion=False, rich_markup_mode=None)

    @made.command(
        name,
        help="(cannot be loaded)",
        context_settings={"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []},
    )
    def fail() -> None:
        raise CommandError(f"the command {name} cannot be loaded: {error}", "xcp doctor shows what is installed")

    return cast("TyperCommand", typer.main.get_command(made))


def _plugin(name: str) -> TyperCommand | TyperGroup | None:
    for point in entry_points(group=PLUGINS, name=name):
        made = cast("typer.Typer", point.load())
        made.rich_markup_mode = None
        command = typer.main.get_command(made)
        command.name = name
        return cast("TyperGroup", command)
    return None


app = typer.Typer(
    name="xcp",
    cls=CommandGroup,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    no_args_is_help=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)


@app.callback(invoke_without_command=True)
def main(context: typer.Context) -> None:
    """Keep virtual machines, hosts, networks and storage the way they are written down.

    Write what should be into YAML; `xcp plan -f PATH` says what is different, `xcp apply -f PATH` makes it so.
    """
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())
