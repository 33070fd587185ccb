"""The types of single fields: what a text must look like, what it becomes, and how its unit is called."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from ipaddress import AddressValueError, IPv4Network, NetmaskValueError
from typing import Annotated, Final

from pydantic import AfterValidator, BeforeValidator, Field, PlainSerializer, Strict, StringConstraints, WithJsonSchema

from xcp_reconciler.units import format_bytes, format_duration, format_kib, parse_bytes, parse_duration, parse_kib


class FieldError(ValueError):
    """A value that its field cannot take; `nearest` is a valid one that was probably meant."""

    def __init__(self, problem: str, nearest: str | None = None) -> None:
        super().__init__(problem)
        self.problem = problem
        self.nearest = nearest


@dataclass(frozen=True, slots=True)
class Unit:
    """How a field's type is called, what it is counted in, and how its number is written: shown by `xcp explain`."""

    type: str
    unit: str | None = None
    text: Callable[[int], str] | None = None


_NAME: Final = r"^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$"
_LABEL_KEY: Final = r"^([a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$"
_LABEL_VALUE: Final = r"^([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$"
_ABSOLUTE: Final = r"^/"
_UUID: Final = r"^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$"
_MAC: Final = r"^[0-9A-Fa-f]{2}(:[0-9A-Fa-f]{2}){5}$"
_URI: Final = r"^[a-z][a-z0-9+.-]*:[^ ]+$"
_FINGERPRINT: Final = r"^([0-9A-Fa-f]{2}:){31}[0-9A-Fa-f]{2}$"

# What each pattern asks for, in words: nobody should have to read a regular expression in an error.
PATTERN_WORDS: Final[Mapping[str, str]] = {
    _NAME: "lower-case letters, digits and `-`, at most 63, with a letter or digit at both ends",
    _LABEL_KEY: "a label key: letters, digits, `-`, `_` and `.`, with an optional `prefix/`",
    _LABEL_VALUE: "a label value: at most 63 letters, digits, `-`, `_` and `.`, with a letter or digit at both ends",
    _ABSOLUTE: "an absolute path, beginning with `/`",
    _UUID: "a uuid in lower case, such as 6f1c5d0e-3a52-5b1f-9d0c-5d1a64a3f2b7",
    _MAC: "a MAC address such as 52:54:00:12:34:56",
    _URI: "a URI such as qemu+ssh://root@host-a/system",
    _FINGERPRINT: "a SHA-256 fingerprint: 32 pairs of hex digits joined by `:`",
}

# A manifest shown to others may not know the sum yet. It is accepted, warned of, and never matches a file.
SHA256_PLACEHOLDER: Final = "..."
_SHA256: Final = re.compile(r"[0-9A-Fa-f]{64}", re.ASCII)
# Below this a NAT network has no room beside its own gateway, the broadcast address and a few guests.
_LONGEST_PREFIX: Final = 29
_SHORTEST_PREFIX: Final = 8
_CONTROL: Final = re.compile("[\x00-\x1f\x7f-\x9f]")


def _quantity(parse: Callable[[str], int]) -> Callable[[object], int]:
    def read(value: object) -> int:
        if isinstance(value, str):
            return parse(value)
        if isinstance(value, int) and not isinstance(value, bool):
            return parse(str(value))
        message = "is not a quantity such as 512Mi or 20Gi"
        raise FieldError(message)

    return read


def _duration(value: object) -> int:
    if isinstance(value, str):
        return parse_duration(value)
    message = "is not a duration such as 60s, 2m or 1h30m"
    whole = isinstance(value, int) and not isinstance(value, bool)
    raise FieldError(message, f"{value}s" if whole else None)


def _sha256(value: str) -> str:
    if value == SHA256_PLACEHOLDER or _SHA256.fullmatch(value):
        return value.lower()
    message = f"is not a SHA-256 sum: 64 hex digits, as `sha256sum FILE` prints them (here {len(value)} characters)"
    raise FieldError(message)


def _subnet(value: str) -> str:
    try:
        network = IPv4Network(value, strict=False)
    except (AddressValueError, NetmaskValueError, ValueError):
        message = "is not an IPv4 network such as 10.78.0.0/24"
        raise FieldError(message) from None
    if "/" not in value:
        message = "has no prefix length"
        raise FieldError(message, f"{value.rsplit('.', 1)[0]}.0/24")
    if str(network) != value:
        message = "has bits set behind its prefix" if "." not in value.split("/")[1] else "has no prefix length"
        raise FieldError(message, str(network))
    if not _SHORTEST_PREFIX <= network.prefixlen <= _LONGEST_PREFIX:
        message = "has no room for guests" if network.prefixlen > _LONGEST_PREFIX else "is larger than a /8"
        fitting = min(max(network.prefixlen, _SHORTEST_PREFIX), _LONGEST_PREFIX)
        raise FieldError(message, str(IPv4Network((network.network_address, fitting), strict=False)))
    if network.is_loopback or network.is_multicast or network.is_link_local or network.is_unspecified:
        message = "is a range that no network may use"
        raise FieldError(message, "10.78.0.0/24")
    return value


def _mac(value: str) -> str:
    if int(value[:2], 16) & 1:
        message = "is a multicast address; a network card needs a unicast one"
        raise FieldError(message, f"{int(value[:2], 16) & 0xFE:02x}{value[2:].lower()}")
    return value.lower()


def _inside(value: str) -> str:
    # In an attribute of XML a tab and a line end come back as blanks, and nobody means a file with one in its name.
    if (control := _CONTROL.search(value)) is not None:
        message = f"has the control character U+{ord(control[0]):04X} in it"
        raise FieldError(message)
    if ".." in value.split("/"):
        message = "climbs with `..`; write the path that is meant"
        raise FieldError(message)
    return value


def _file(value: str) -> str:
    if value.endswith("/"):
        message = "ends with `/`, and a file is asked for"
        raise FieldError(message)
    return value


def _kept(value: str) -> str:
    if "\r" in value:
        message = "has a carriage return in it, of which hypervisors keep a line feed"
        raise FieldError(message)
    return value


def _without_password(value: str) -> str:
    authority = value.partition("://")[2].partition("/")[0]
    user, at, _ = authority.rpartition("@")
    if at and ":" in user:
        message = "carries a password; secrets are references, see `credentials`"
        raise FieldError(message, value.replace(f"{user}@", f"{user.partition(':')[0]}@", 1))
    return value


def _timestamp(value: str) -> str:
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        message = "is not a time such as 2030-01-31T08:00:00Z"
        raise FieldError(message, None if moment is None else f"{moment.isoformat()}Z")
    return value


def _filled(value: str) -> str:
    if not value.strip():
        message = "is empty"
        raise FieldError(message)
    return value


_INT_OR_STRING: Final = {"x-kubernetes-int-or-string": True}

Text = Annotated[str, Unit("text")]
# What hypervisors are given, and have to give back as it was.
KeptText = Annotated[str, AfterValidator(_kept), Unit("text")]
FilledText = Annotated[str, AfterValidator(_filled), Field(json_schema_extra={"minLength": 1}), Unit("text")]
Flag = Annotated[bool, Strict(), Unit("true or false")]
Count = Annotated[int, Strict(), Field(ge=1, le=4096), Unit("whole number")]
Failures = Annotated[int, Strict(), Field(ge=0, le=8), Unit("whole number")]
Batch = Annotated[int, Strict(), Field(ge=1, le=64), Unit("whole number")]
Percent = Annotated[int, Strict(), Field(ge=0, le=100), Unit("percent")]
SomePercent = Annotated[int, Strict(), Field(ge=1, le=100), Unit("percent")]
Hundredths = Annotated[int, Strict(), Field(ge=1, le=100), Unit("hundredths")]
Ratio = Annotated[float, Strict(), Field(ge=1, le=16), Unit("number")]
CpuRatio = Annotated[float, Strict(), Field(ge=1, le=64), Unit("number")]
Name = Annotated[str, StringConstraints(pattern=_NAME), Unit("name")]
LabelKey = Annotated[str, StringConstraints(pattern=_LABEL_KEY), Unit("label key")]
LabelValue = Annotated[str, StringConstraints(pattern=_LABEL_VALUE)]
TaintValue = Annotated[LabelValue, Unit("label value")]
AbsolutePath = Annotated[str, StringConstraints(pattern=_ABSOLUTE), AfterValidator(_inside), Unit("absolute path")]
AbsoluteFile = Annotated[AbsolutePath, AfterValidator(_file)]
UuidText = Annotated[str, StringConstraints(pattern=_UUID), Unit("uuid")]
MacAddress = Annotated[str, StringConstraints(pattern=_MAC), AfterValidator(_mac), Unit("MAC address")]
Uri = Annotated[str, StringConstraints(pattern=_URI), AfterValidator(_without_password), Unit("URI")]
Fingerprint = Annotated[str, StringConstraints(pattern=_FINGERPRINT), Unit("SHA-256 fingerprint")]
Sha256 = Annotated[str, AfterValidator(_sha256), Unit("SHA-256 sum")]
Subnet = Annotated[str, AfterValidator(_subnet), Unit("IPv4 network")]
Timestamp = Annotated[str, AfterValidator(_timestamp), Unit("time (RFC 3339)")]
Kibibytes = Annotated[
    int,
    BeforeValidator(_quantity(parse_kib)),
    PlainSerializer(format_kib, return_type=str),
    WithJsonSchema(_INT_OR_STRING),
    Unit("quantity", "bytes, a whole number of KiB", format_kib),
]
Bytes = Annotated[
    int,
    BeforeValidator(_quantity(parse_bytes)),
    PlainSerializer(format_bytes, return_type=str),
    WithJsonSchema(_INT_OR_STRING),
    Unit("quantity", "bytes", format_bytes),
]
Seconds = Annotated[
    int,
    BeforeValidator(_duration),
    PlainSerializer(format_duration, return_type=str),
    WithJsonSchema({"type": "string"}),
    Unit("duration", "whole seconds", format_duration),
]
