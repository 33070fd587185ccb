"""libvirt's states in the model's four."""

from typing import Final

from xcp_drivers.libvirt.flags import Shutoff, State
from xcp_reconciler.model.observed import HaltReason, PowerState

_POWER: Final = {
    # Xen says NOSTATE of a guest that waits.
    State.NOSTATE: PowerState.RUNNING,
    State.RUNNING: PowerState.RUNNING,
    State.BLOCKED: PowerState.RUNNING,
    State.PAUSED: PowerState.PAUSED,
    # On its way down, and until then it holds everything that a running one holds.
    State.SHUTDOWN: PowerState.RUNNING,
    State.SHUTOFF: PowerState.HALTED,
    State.CRASHED: PowerState.HALTED,
    # Asleep by its own wish: still there, and nothing of ours to wake.
    State.PMSUSPENDED: PowerState.RUNNING,
}

_HALTED: Final = {
    Shutoff.SHUTDOWN: HaltReason.SHUT_DOWN,
    Shutoff.DESTROYED: HaltReason.DESTROYED,
    Shutoff.CRASHED: HaltReason.CRASHED,
    Shutoff.FAILED: HaltReason.CRASHED,
}


def power_state(state: int) -> PowerState:
    """The power state of a domain without a saved memory."""
    return _POWER.get(State(state), PowerState.RUNNING)


def halt_reason(state: int, reason: int) -> HaltReason:
    """Why a domain is off, where libvirt remembers; it forgets when the daemon restarts."""
    match State(state):
        case State.CRASHED:
            return HaltReason.CRASHED
        case State.SHUTOFF:
            return next((why for known, why in _HALTED.items() if known == reason), HaltReason.UNKNOWN)
        case _:
            return HaltReason.UNKNOWN
