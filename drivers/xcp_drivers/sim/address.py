"""The address of a world, and the bad luck that it asks for."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import parse_qsl, unquote, urlsplit

from xcp_reconciler.model.errors import FailureKind, RejectedError

FORM: Final = "`sim:world.db` (relative to xcp.yaml) or `sim:///folder/world.db`, then `?latency=50ms&seed=7`"
_PARAMETERS: Final = "latency, jitter, seed, lose, stale, error, tls"

_TIME: Final = re.compile(r"(\d{1,9}(?:\.\d{1,6})?)(ms|s|m)", re.ASCII)
_SECONDS: Final = {"ms": 0.001, "s": 1.0, "m": 60.0}
_CODES: Final = frozenset(FailureKind)


@dataclass(frozen=True, slots=True)
class Trouble:
    """One kind of error that calls fail with: its code, and how likely it is (0 to 1)."""

    code: str
    probability: float


@dataclass(frozen=True, slots=True)
class Address:
    """A world's file and its weather. Times in seconds, probabilities from 0 to 1."""

    path: Path
    latency_s: float = 0.0
    jitter_s: float = 0.0
    seed: int | None = None
    lose: float = 0.0
    stale: float = 0.0
    errors: tuple[Trouble, ...] = ()
    tls_refused: bool = False


def parse_address(endpoint: str | None, folder: str) -> Address:
    """Read an endpoint; a relative file is in `folder`.

    Raises:
        RejectedError: it is no address of a world.
    """
    if not endpoint:
        raise _wrong("a sim pool needs an endpoint", "the endpoint is missing")
    parts = urlsplit(endpoint)
    if parts.scheme != "sim":
        raise _wrong(endpoint, "it does not begin with `sim:`")
    if parts.netloc:
        raise _wrong(endpoint, f"`{parts.netloc}` stands where a host would; three slashes begin a file")
    if parts.fragment or not parts.path or parts.path.endswith("/"):
        raise _wrong(endpoint, "it names no file")
    fields: dict[str, list[str]] = {}
    for name, value in parse_qsl(parts.query, keep_blank_values=True):
        fields.setdefault(name, []).append(value)
    path = Path(folder).absolute() / unquote(parts.path)
    return _Reader(endpoint, fields).address(path)


@dataclass(slots=True)
class _Reader:
    endpoint: str
    fields: dict[str, list[str]]

    def address(self, path: Path) -> Address:
        address = Address(
            path,
            latency_s=self._time("latency"),
            jitter_s=self._time("jitter"),
            seed=self._seed(),
            lose=self._probability("lose"),
            stale=self._probability("stale"),
            errors=tuple(self._trouble(text) for text in self.fields.pop("error", [])),
            tls_refused=self._tls(),
        )
        if self.fields:
            raise _wrong(self.endpoint, f"`{next(iter(self.fields))}` is none of {_PARAMETERS}")
        return address

    def _last(self, name: str) -> str | None:
        values = self.fields.pop(name, None)
        return values[-1] if values else None

    def _time(self, name: str) -> float:
        text = self._last(name)
        if text is None:
            return 0.0
        match = _TIME.fullmatch(text)
        if match is None:
            raise _wrong(self.endpoint, f"{name}=`{text}` is no time such as 50ms or 2s")
        return float(match[1]) * _SECONDS[match[2]]

    def _seed(self) -> int | None:
        text = self._last("seed")
        if text is None:
            return None
        if not text.isdecimal() or int(text) >= 2**63:
            raise _wrong(self.endpoint, f"seed=`{text}` is no whole number")
        return int(text)

    def _probability(self, name: str) -> float:
        text = self._last(name)
        return 0.0 if text is None else self._fraction(name, text)

    def _fraction(self, name: str, text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            value = -1.0
        if not 0.0 <= value <= 1.0:
            raise _wrong(self.endpoint, f"{name}=`{text}` is no probability from 0 to 1")
        return value

    def _trouble(self, text: str) -> Trouble:
        code, colon, probability = text.rpartition(":")
        if not colon or not code:
            raise _wrong(self.endpoint, f"error=`{text}` is not CODE:PROBABILITY, such as Busy:0.1")
        return Trouble(code, self._fraction("error", probability))

    def _tls(self) -> bool:
        text = self._last("tls")
        if text not in {None, "refused"}:
            raise _wrong(self.endpoint, f"tls=`{text}` is not `refused`")
        return text is not None


def _wrong(endpoint: str, why: str) -> RejectedError:
    return RejectedError(f"{endpoint}: {why}; a simulated pool has {FORM}", code="BadEndpoint")
