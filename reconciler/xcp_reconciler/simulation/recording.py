"""What happened, as one hash: two runs of one tape must agree to the last step."""

from hashlib import blake2b


class Trace:
    """Takes lines; keeps their hash, and the last ones for people."""

    def __init__(self, keep: int = 0) -> None:
        self._hash = blake2b(digest_size=16)
        self._keep = keep
        self.lines: list[str] = []

    def add(self, now: float, who: str, what: str) -> None:
        """Note that something happened."""
        line = f"{now:.6f} {who} {what}"
        self._hash.update(line.encode())
        self._hash.update(b"\n")
        if self._keep:
            self.lines.append(line)
            if len(self.lines) > 2 * self._keep:
                del self.lines[: -self._keep]

    def digest(self) -> str:
        """The hash so far."""
        return self._hash.hexdigest()
