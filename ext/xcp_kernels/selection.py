"""Which form of a kernel runs: compiled where it was built, else its readable twin."""

import os
from importlib import import_module
from types import ModuleType
from typing import Final

VARIABLE: Final = "XCP_KERNELS"
COMPILED: Final = "compiled"
REFERENCE: Final = "reference"


def chosen(kernel: str) -> tuple[ModuleType, str]:
    """The module of a kernel, and which form of it that is. `XCP_KERNELS` insists on `compiled` or `reference`.

    Raises:
        ImportError: the form that is insisted on does not exist, or was not built.
    """
    wanted = os.environ.get(VARIABLE, "")
    if wanted not in {"", COMPILED, REFERENCE}:
        raise ImportError(f"{VARIABLE}={wanted}: it is {COMPILED} or {REFERENCE}, or not set")
    if wanted != REFERENCE:
        name = f"xcp_kernels._{kernel}"
        try:
            return import_module(name), COMPILED
        except ImportError as error:
            # Not built, or built for another machine.
            if wanted == COMPILED:
                raise ImportError(f"{VARIABLE}={wanted}: the kernels were not built here: {error}") from error
    return import_module(f"xcp_kernels._reference.{kernel}"), REFERENCE
