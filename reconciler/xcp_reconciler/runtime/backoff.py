"""How long to leave something alone that keeps failing. Pure."""

from typing import Final

_BASE_S: Final = 1.0
_CAP_S: Final = 60.0
_DOUBLINGS: Final = 16


def delay(failures: int, fraction: float, *, base: float = _BASE_S, cap: float = _CAP_S) -> float:
    """Seconds to wait after so many failures in a row (from 1 on); `fraction` in [0, 1) spreads the herd.

    Doubles from `base` up to `cap`; the jitter takes away up to half, so that nobody waits longer than the cap.
    """
    if failures <= 0:
        return 0.0
    longest = min(cap, base * 2.0 ** min(failures - 1, _DOUBLINGS))
    return longest * (1.0 - fraction / 2.0)
