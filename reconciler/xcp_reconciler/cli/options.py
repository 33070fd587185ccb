"""The options that commands share, declared once."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Final, TypeVar, cast

import typer

F = TypeVar("F", bound=Callable[..., object])

_EXAMPLES: Final = "__xcp_examples__"


def examples(*lines: str) -> Callable[[F], F]:
    """Examples that the help of a command ends with."""

    def note(command: F) -> F:
        setattr(command, _EXAMPLES, lines)
        return command

    return note


def examples_of(command: object) -> tuple[str, ...]:
    """What `examples` noted."""
    found = getattr(command, _EXAMPLES, ())
    return cast("tuple[str, ...]", found) if isinstance(found, tuple) else ()


Files = Annotated[
    list[str] | None,
    typer.Option(
        "--filename",
        "-f",
        metavar="PATH",
        help="Manifests: a file, a folder, or - for standard input; may be given several times.",
        show_default=False,
    ),
]

RequiredFiles = Annotated[
    list[str],
    typer.Option(
        "--filename",
        "-f",
        metavar="PATH",
        help="Manifests: a file, a folder, or - for standard input; may be given several times.",
        show_default=False,
    ),
]

State = Annotated[
    Path | None,
    typer.Option(
        "--state",
        metavar="FILE",
        envvar="XCP_STATE",
        help="The database of what was applied; by default one for each owner in your state folder.",
        show_default=False,
        show_envvar=True,
    ),
]

MaxImpactOption = Annotated[
    str | None,
    typer.Option(
        "--max-impact",
        metavar="IMPACT",
        help="Refuse (exit 3) when a change would cost more, such as Live, Migrate or PowerCycle.",
        show_default=False,
    ),
]

Namespace = Annotated[
    str | None,
    typer.Option(
        "--namespace", "-n", metavar="NAME", help="The namespace of the objects that are named.", show_default=False
    ),
]

Cached = Annotated[
    bool,
    typer.Option("--cached", help="Look at no host: show what was last published."),
]
