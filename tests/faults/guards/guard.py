"""What a guard is to the tests: a name, what it prevents, and a way to do without it."""

from collections.abc import Callable, Generator, Iterable
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module

from tests.faults.guards.patches import Patches, patched

Off = Callable[[Patches], None]


@dataclass(frozen=True, slots=True)
class Guard:
    """One line of the program. `about` says what it is there for, `off` does without it.

    `scenarios` are those that can miss it, None: any. `beside` names the other guards against the same harm, where
    one is enough: then only the absence of all of them can be noticed. `test` is for a guard whose harm no simulated
    history shows, and says which test of another kind does; `why` says why none shows it.
    """

    name: str
    about: str
    off: Off
    scenarios: tuple[str, ...] | None = None
    beside: tuple[str, ...] = ()
    test: str | None = None
    why: str = ""


def without(function: str, line: str, instead: str = "pass") -> Off:
    """The switch that puts `instead` in the place of a function's `line`; the function as `module:name`."""

    def switch(patches: Patches) -> None:
        patches.reword(_found(function), line, instead)

    return switch


def each(*offs: Off) -> Off:
    """A guard of several lines."""

    def switch(patches: Patches) -> None:
        for one in offs:
            one(patches)

    return switch


def _found(function: str) -> object:
    module, _, names = function.partition(":")
    found: object = import_module(f"xcp_reconciler.{module}")
    for name in names.split("."):
        found = getattr(found, name, None)
    return found


@contextmanager
def off(guards: Iterable[Guard]) -> Generator[None]:
    """The program without these guards."""
    with patched() as patches:
        for guard in guards:
            guard.off(patches)
        yield
