"""Replacing single lines of the running program, and putting them back."""

from collections.abc import Generator
from contextlib import contextmanager
from inspect import getsource, unwrap
from textwrap import dedent
from types import CodeType, FunctionType


class StaleGuardError(Exception):
    """The program has no such line any more: the switch has to follow it."""


class Patches:
    """What has been replaced. A function keeps its identity, so whoever imported it runs the new line, too."""

    def __init__(self) -> None:
        self._kept: list[tuple[FunctionType, CodeType]] = []

    def reword(self, function: object, line: str, instead: str) -> None:
        """Put `instead` where a function says `line`, which it must say exactly once.

        Raises:
            StaleGuardError: it does not.
        """
        plain = unwrap(function) if callable(function) else function
        if not isinstance(plain, FunctionType):
            raise StaleGuardError(f"there is no such function any more: {line}")
        known = self._text(plain)
        if known.count(line) != 1:
            raise StaleGuardError(f"{plain.__qualname__} has {known.count(line)} times: {line}")
        code = _compiled(known.replace(line, instead), plain)
        self._kept.append((plain, plain.__code__))
        plain.__code__ = code

    def undo(self) -> None:
        """Put everything back."""
        while self._kept:
            function, code = self._kept.pop()
            function.__code__ = code

    def _text(self, function: FunctionType) -> str:
        if any(kept is function for kept, _ in self._kept):
            raise StaleGuardError(f"{function.__qualname__} is reworded already: do it in one go")
        return dedent(getsource(function))


def _compiled(text: str, function: FunctionType) -> CodeType:
    before = function.__code__
    # Tracebacks name the right lines if the text begins where it did.
    module = compile("\n" * (before.co_firstlineno - 1) + text, before.co_filename, "exec", dont_inherit=True)
    for constant in module.co_consts:
        if isinstance(constant, CodeType) and constant.co_name == before.co_name:
            if constant.co_freevars != before.co_freevars:
                break
            return constant
    raise StaleGuardError(f"{function.__qualname__} cannot be compiled on its own")


@contextmanager
def patched() -> Generator[Patches]:
    """Patches that end with the block."""
    patches = Patches()
    try:
        yield patches
    finally:
        patches.undo()
