"""How fast things happen in a world."""

import json
from dataclasses import asdict, dataclass


@dataclass(frozen=True, slots=True)
class Pace:
    """Seconds, and KiB or bytes a second. A migration takes `migration_s` and the time that its memory needs."""

    boot_s: float = 2.0
    shutdown_s: float = 2.0
    balloon_kib_s: int = 512 * 1024
    migration_s: float = 2.0
    migration_kib_s: int = 512 * 1024
    copy_bytes_s: int = 256 * 2**20
    # Both hosts show the machine running for so long before the source lets go: seen on real libvirt.
    handover_s: float = 1.0

    def text(self) -> str:
        """The pace as a world keeps it."""
        return json.dumps(asdict(self))


def pace_of(text: str) -> Pace:
    """Read what `Pace.text` wrote."""
    return Pace(**json.loads(text))


# For tests that want consequences at once.
INSTANT = Pace(0.0, 0.0, 2**50, 0.0, 2**50, 2**60, 0.0)
