"""Plain data as YAML in block style, quoted wherever any reader of YAML 1.1 or 1.2 could take it for something else."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Final, cast

# Words and paths; quantities, durations, networks. Everything else is quoted: nobody minds.
_WORD: Final = re.compile(r"[A-Za-z_/](?:[A-Za-z0-9_./@+-]|:(?=[A-Za-z0-9_./@+-])| (?=[A-Za-z0-9_./@+=-]))*", re.ASCII)
_AMOUNT: Final = re.compile(r"[0-9]{1,12}(?:[kMGTP]|[KMGTPE]i|[smh])", re.ASCII)
_NETWORK: Final = re.compile(r"[0-9]{1,3}(?:\.[0-9]{1,3}){3}/[0-9]{1,2}", re.ASCII)
# Between double quotes: what YAML cannot carry as it is, and what only YAML 1.1 takes for the end of a line.
_NOT_RAW: Final = re.compile("[\x7f-\x9f\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]")
_RESERVED: Final = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null", "nan", "inf", "none"})


def yaml_text(data: object) -> str:
    """A document, with a newline at its end."""
    return "\n".join(_lines(data, 0)) + "\n"


def yaml_documents(documents: list[object]) -> str:
    """Several documents with `---` between them."""
    return "---\n".join(yaml_text(document) for document in documents)


def _lines(value: object, depth: int) -> Iterator[str]:
    margin = "  " * depth
    if _flat(value):
        yield f"{margin}{_scalar(value)}"
    elif isinstance(value, Mapping):
        for key, item in cast("Mapping[str, object]", value).items():
            head = f"{margin}{_scalar(key)}:"
            if _flat(item):
                yield f"{head} {_scalar(item)}"
            else:
                yield head
                # A list stands under its key without more indentation, as kubectl writes it.
                yield from _lines(item, depth if isinstance(item, list) else depth + 1)
    elif isinstance(value, list):
        for item in cast("list[object]", value):
            if _flat(item):
                yield f"{margin}- {_scalar(item)}"
            else:
                first, *rest = _lines(item, depth + 1)
                yield f"{margin}- {first[len(margin) + 2 :]}"
                yield from rest


def _flat(value: object) -> bool:
    return not isinstance(value, Mapping | list) or not value


def _scalar(value: object) -> str:
    match value:
        case str():
            return value if _is_plain(value) else _quoted(value)
        case Mapping():
            return "{}"
        case list():
            return "[]"
        case _:
            return json.dumps(value)


def _quoted(text: str) -> str:
    return _NOT_RAW.sub(lambda found: f"\\u{ord(found[0]):04x}", json.dumps(text, ensure_ascii=False))


def _is_plain(text: str) -> bool:
    if text.lower() in _RESERVED:
        return False
    return any(pattern.fullmatch(text) for pattern in (_WORD, _AMOUNT, _NETWORK))
