"""Errors as people see them: what went wrong, where, and what to do; never a traceback."""

import os
import sys
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import PurePath
from typing import Final, NoReturn

from xcp_reconciler.cli.exits import Exit

REPORT_TO: Final = "the project's issue tracker"


class CommandError(Exception):
    """A command cannot go on. `notes` say where and what to do, one line each."""

    def __init__(self, message: str, *notes: str, code: Exit = Exit.ERROR) -> None:
        super().__init__(message)
        self.message = message
        self.notes = notes
        self.code = code


class SaidError(CommandError):
    """A command cannot go on, and has said why already."""

    def __init__(self, code: Exit = Exit.ERROR) -> None:
        super().__init__("", code=code)


@dataclass(frozen=True, slots=True)
class Told:
    """What to print of an error, and the exit code."""

    message: str
    notes: tuple[str, ...] = ()
    code: Exit = Exit.ERROR


def refuse(message: str, *notes: str) -> NoReturn:
    """End the command with code 3: it could, and was told not to.

    Raises:
        CommandError: always.
    """
    raise CommandError(message, *notes, code=Exit.REFUSED)


def told(error: BaseException) -> Told | None:
    """What to say of an error that can happen without anybody's fault in the program; None for a defect."""
    if isinstance(error, CommandError):
        return Told(error.message, error.notes, error.code)
    for explain in (_driver, _store, _operating_system):
        found = explain(error)
        if found is not None:
            return found
    return None


def report_defect(error: BaseException, write: Callable[[str], None]) -> None:
    """A defect of ours, shortly; all of it where XCP_TRACEBACK=1 asks for it."""
    if os.environ.get("XCP_TRACEBACK") == "1":
        write("".join(traceback.format_exception(error)).rstrip())
        return
    last = traceback.extract_tb(error.__traceback__)[-1:] if error.__traceback__ is not None else []
    where = f" at {PurePath(last[0].filename).name}:{last[0].lineno}" if last else ""
    first = (str(error).splitlines() or [""])[0]
    write(f"error: a defect in xcp: {type(error).__name__}{where}: {first}")
    write(" = nothing that was done before is lost; the same command can be run again")
    write(f" = please report it to {REPORT_TO}, with the output of the same command under XCP_TRACEBACK=1")


# A class is asked for only where its module is loaded: who has not imported it cannot have raised it.


def _loaded(module: str, name: str) -> type[BaseException] | None:
    found = getattr(sys.modules.get(module), name, None)
    return found if isinstance(found, type) and issubclass(found, BaseException) else None


def _driver(error: BaseException) -> Told | None:
    no_driver = _loaded("xcp_reconciler.runtime.registry", "NoDriverError")
    if no_driver is not None and isinstance(error, no_driver):
        return Told(str(error), ("xcp doctor shows which drivers there are",))
    driver_error = _loaded("xcp_reconciler.model.errors", "DriverError")
    if driver_error is None or not isinstance(error, driver_error):
        return None
    host: object = getattr(error, "host", None)
    where = f"{host}: " if isinstance(host, str) else ""
    return Told(f"{where}{error}", ("xcp doctor -f PATH shows which hosts answer",))


def _store(error: BaseException) -> Told | None:
    store_error = _loaded("xcp_reconciler.ports.store", "StoreError")
    if store_error is not None and isinstance(error, store_error):
        return Told(str(error))
    codec_error = _loaded("xcp_reconciler.model.scalars", "CodecError")
    if codec_error is not None and isinstance(error, codec_error):
        return Told(f"this cannot be read: {error}", ("it was written by another version of xcp, or damaged",))
    return None


def _operating_system(error: BaseException) -> Told | None:
    if not isinstance(error, OSError) or error.errno is None:
        return None
    name = error.filename
    where = f"{name!s}: " if name is not None else ""
    return Told(f"{where}{error.strerror or error}")
