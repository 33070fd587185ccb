"""What calls went by, and what shall go wrong at which of them. One ledger may serve the proxies of many hosts."""

import enum
import os
import signal
import threading
from dataclasses import dataclass

from tests.lab.rpc import Procedure


class Moment(enum.Enum):
    """When, seen from a call, something goes wrong."""

    BEFORE_CALL = "before the call"
    """The hypervisor never hears of it."""
    AFTER_CALL = "after the call"
    """The hypervisor has done it and answered, the caller never hears of that."""


class Effect(enum.Enum):
    """What goes wrong."""

    KILL_CALLER = "kill the caller"
    """SIGKILL to Ledger.victim; nothing more passes in either direction."""
    CUT = "cut the connection"
    """The connection of that call is closed; others may be made."""
    SWALLOW = "swallow"
    """The call never returns; its connection stays and carries everything else."""


@dataclass(frozen=True, slots=True)
class Fault:
    """The `nth` mutating call (of `procedure` where given), counted from 1 over every proxy of the ledger."""

    nth: int
    moment: Moment
    effect: Effect
    procedure: Procedure | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """One mutating call that arrived."""

    host: str
    procedure: Procedure


class Ledger:
    """Safe to use from any thread."""

    def __init__(self, *faults: Fault, victim: int | None = None) -> None:
        self.faults = faults
        self.victim = victim
        """The pid that KILL_CALLER kills."""
        self._entries: list[Entry] = []
        self._closed = False
        self._struck = threading.Event()
        self._lock = threading.Lock()

    @property
    def entries(self) -> tuple[Entry, ...]:
        """Give the calls so far, in order of arrival."""
        with self._lock:
            return tuple(self._entries)

    @property
    def procedures(self) -> tuple[Procedure, ...]:
        """Give the procedures called so far, in order of arrival."""
        return tuple(entry.procedure for entry in self.entries)

    @property
    def closed(self) -> bool:
        """Tell whether nothing passes any more."""
        return self._closed

    def wait_for_fault(self, seconds: float) -> bool:
        """Wait until a fault has struck; False when none did within `seconds`."""
        return self._struck.wait(seconds)

    def reset(self, *faults: Fault, victim: int | None = None) -> None:
        """Forget the calls, let traffic pass again, and take other faults."""
        with self._lock:
            self.faults, self.victim = faults, victim
            self._entries.clear()
            self._closed = False
            self._struck.clear()

    def enter(self, host: str, procedure: Procedure) -> Fault | None:
        """Count a call; gives the fault that is meant for it."""
        with self._lock:
            self._entries.append(Entry(host, procedure))
            counts = {None: len(self._entries), procedure: sum(e.procedure is procedure for e in self._entries)}
            return next((fault for fault in self.faults if counts.get(fault.procedure) == fault.nth), None)

    def strike(self, effect: Effect) -> None:
        """Do what an effect does beyond the connection."""
        if effect is Effect.KILL_CALLER:
            self._closed = True
            if self.victim is not None:
                os.kill(self.victim, signal.SIGKILL)
        self._struck.set()
