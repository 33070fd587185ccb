"""What a command's exit says to scripts."""

from enum import IntEnum


class Exit(IntEnum):
    """The four exit codes; a usage error is an error like any other."""

    DONE = 0
    ERROR = 1
    DIFFERENCES = 2
    REFUSED = 3
