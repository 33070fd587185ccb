"""While a simulation runs, our own code may not ask the machine for time, chance or threads."""

import os
import random
import threading
import time
import uuid
from collections.abc import Callable, Generator
from contextlib import contextmanager
from inspect import currentframe
from typing import Any, Final

_OURS: Final = "xcp_"
_RANDOM: Final = ("random", "randint", "randrange", "choice", "choices", "shuffle", "sample", "uniform", "getrandbits")


class PoisonError(AssertionError):
    """Code of ours went around its ports."""


@contextmanager
def poisoned() -> Generator[None]:
    """Make such calls raise, when a module of ours makes them itself.

    The caller's module decides: logging and the standard library's own use stay as they are.
    """
    targets: list[tuple[Any, str]] = [
        (time, "time"),
        (time, "time_ns"),
        (time, "monotonic"),
        (time, "perf_counter"),
        (time, "sleep"),
        (uuid, "uuid1"),
        (uuid, "uuid4"),
        (os, "urandom"),
        (threading.Thread, "start"),
        *((random, name) for name in _RANDOM),
    ]
    kept = [(owner, name, getattr(owner, name)) for owner, name in targets]
    for owner, name, original in kept:
        setattr(owner, name, _guard(f"{getattr(owner, '__name__', owner)}.{name}", original))
    try:
        yield
    finally:
        for owner, name, original in kept:
            setattr(owner, name, original)


def _guard(name: str, original: Callable[..., Any]) -> Callable[..., Any]:
    def guarded(*args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - stands in for anything
        frame = currentframe()
        outer = frame.f_back if frame is not None else None
        caller = str(outer.f_globals.get("__name__", "")) if outer is not None else ""
        if caller.startswith(_OURS):
            message = f"{caller} called {name} in a simulation: it has to come through a port"
            raise PoisonError(message)
        return original(*args, **kwargs)

    return guarded
