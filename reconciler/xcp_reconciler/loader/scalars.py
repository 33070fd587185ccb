"""What a plain word in YAML means: the core schema of YAML 1.2.

What YAML 1.1 would have read differently stays text, so that no reader of either version is surprised: `yes`, `on`,
`014`, `1:30`, `1_000` and dates. Only `true`, `false`, `null`, whole numbers and decimals are not text.
"""

import re
from typing import Final

Scalar = str | int | float | bool | None

_CONSTANTS: Final[dict[str, Scalar]] = {
    "": None,
    "~": None,
    "null": None,
    "Null": None,
    "NULL": None,
    "true": True,
    "True": True,
    "TRUE": True,
    "false": False,
    "False": False,
    "FALSE": False,
    ".inf": float("inf"),
    ".Inf": float("inf"),
    ".INF": float("inf"),
    "+.inf": float("inf"),
    "+.Inf": float("inf"),
    "+.INF": float("inf"),
    "-.inf": float("-inf"),
    "-.Inf": float("-inf"),
    "-.INF": float("-inf"),
    ".nan": float("nan"),
    ".NaN": float("nan"),
    ".NAN": float("nan"),
}
_FIRST: Final = frozenset("+-.0123456789")
# At most 19 digits: longer ones fit no field, and Python's int() of very long ones is slow on purpose.
_WHOLE: Final = re.compile(r"[-+]?(?:0|[1-9][0-9]{0,18})", re.ASCII)
_OCTAL: Final = re.compile(r"0o[0-7]{1,21}", re.ASCII)
_HEX: Final = re.compile(r"0x[0-9a-fA-F]{1,16}", re.ASCII)
_DECIMAL: Final = re.compile(r"[-+]?(?:\.[0-9]+|(?:0|[1-9][0-9]*)(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]{1,4})?", re.ASCII)
_DIGITS: Final = re.compile(r"[-+]?[0-9]+", re.ASCII)
_LONGEST_DECIMAL: Final = 64

# XML 1.0 has no way to write these, and every hypervisor's definition passes through XML.
_NOT_IN_XML: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def resolve(text: str) -> Scalar:
    """The value of a plain (unquoted) scalar."""
    if text in _CONSTANTS:
        return _CONSTANTS[text]
    if text[0] not in _FIRST:
        return text
    if _WHOLE.fullmatch(text):
        return int(text)
    if _OCTAL.fullmatch(text) or _HEX.fullmatch(text):
        return int(text, 0)
    # A whole number that is too long is text, not the nearest number that a float can hold.
    if len(text) <= _LONGEST_DECIMAL and _DECIMAL.fullmatch(text) and not _DIGITS.fullmatch(text):
        return float(text)
    return text


def outside_xml(text: str) -> str | None:
    """The first character that XML 1.0 cannot carry, None when there is none."""
    found = _NOT_IN_XML.search(text)
    return found[0] if found else None
