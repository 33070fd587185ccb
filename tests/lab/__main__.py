"""`python -m tests.lab [HOSTS]`: a lab to play with, until Ctrl-C."""

import contextlib
import signal
import sys

from tests.lab.lab import Lab
from tests.lab.readiness import missing


def main() -> int:
    """Start the lab, say where it is, wait."""
    reason = missing()
    if reason:
        sys.stderr.write(f"{reason}\n")
        return 1
    with Lab(int(sys.argv[1]) if len(sys.argv) > 1 else 2) as lab:
        for host in lab.hosts:
            sys.stdout.write(f"{host.name}  {host.uri}\n")
        sys.stdout.write(f"shared {lab.shared}  local {lab.local}  Ctrl-C ends it\n")
        sys.stdout.flush()
        with contextlib.suppress(KeyboardInterrupt):
            signal.pause()
    return 0


if __name__ == "__main__":
    sys.exit(main())
