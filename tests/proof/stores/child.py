"""A process of its own for a function, and what it told before its end."""

import multiprocessing
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerContext, ForkServerProcess
from typing import Final

# Forked from a process that has imported all, and has neither threads nor stores: 400 ms less for each.
_CONTEXT: Final[ForkServerContext] = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload(["tests.proof.stores.writer"])
_PATIENCE_S: Final = 60.0


@dataclass(slots=True)
class Child:
    """A process at work, and the numbers that it has told so far."""

    process: ForkServerProcess
    told: list[int] = field(default_factory=list[int])
    _ears: Connection | None = None

    def listen(self, seconds: float) -> bool:
        """Wait so long for one more number; False when none comes, or none ever will."""
        if self._ears is None or not self._ears.poll(seconds):
            return False
        try:
            self.told.append(int.from_bytes(self._ears.recv_bytes()))
        except (EOFError, ConnectionResetError):
            return False
        return True

    def end(self) -> int:
        """Wait for its end and hear the rest; gives its exit code, negative for a signal.

        Raises:
            TimeoutError: it does not end.
        """
        with suppress(OSError):
            while self.listen(_PATIENCE_S):
                pass
        self.process.join(_PATIENCE_S)
        if self.process.exitcode is None:
            raise TimeoutError(f"no end after {_PATIENCE_S:.0f} s")
        return self.process.exitcode


@contextmanager
def child(work: Callable[..., None], *arguments: object) -> Generator[Child]:
    """Start a process that does this work, given the arguments and a pipe to tell numbers by; killed at the end."""
    ears, mouth = _CONTEXT.Pipe(duplex=False)
    process = _CONTEXT.Process(target=work, args=(*arguments, mouth), daemon=True)
    process.start()
    # The child's is the only one: its death is the end of the pipe.
    mouth.close()
    try:
        yield Child(process, [], ears)
    finally:
        process.kill()
        process.join()
        process.close()
        ears.close()
