"""Ctrl-C and SIGTERM: the first asks to stop after the running steps, the second to stop now, the third just ends."""

import asyncio
import os
import signal
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Final

from xcp_reconciler.runtime.stopping import StopLevel

_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def stopped_by_signals(ask: Callable[[], None], told: Callable[[StopLevel], None]) -> Generator[None]:
    """Call `ask` at each of the first two signals, and `told` with how urgent it is by then."""
    loop = asyncio.get_running_loop()
    received = 0

    def receive(number: int) -> None:
        nonlocal received
        received += 1
        if received > int(StopLevel.NOW):
            signal.signal(number, signal.SIG_DFL)
            os.kill(os.getpid(), number)
            return
        ask()
        told(StopLevel(received))

    for one in _SIGNALS:
        loop.add_signal_handler(one, receive, one)
    try:
        yield
    finally:
        for one in _SIGNALS:
            loop.remove_signal_handler(one)
            if received:
                # The last words are being said: another Ctrl-C could only cut them off.
                signal.signal(one, signal.SIG_IGN)
