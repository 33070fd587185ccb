"""Parsed files as bytes for a cache, and back. What was written by another version, or damaged, is simply not there."""

import json
from hashlib import blake2b
from typing import Any, Final

from xcp_reconciler.api.plain import is_list, is_mapping
from xcp_reconciler.loader.parse import PARSER_VERSION, RawDocument

_SUM: Final = 32
_FIELDS: Final = 4


def cache_key(digest: str) -> str:
    """Under what a file's documents are kept, by the digest of its bytes."""
    return f"{digest}-{PARSER_VERSION}"


def encode(documents: list[RawDocument]) -> bytes:
    """JSON behind a checksum; plain data only, so that reading it back can run nothing."""
    body = json.dumps({"parser": PARSER_VERSION, "documents": documents}, separators=(",", ":")).encode()
    return _sum(body) + b"\n" + body


def decode(payload: bytes) -> list[RawDocument] | None:
    """The documents, None where the payload is not whole or not ours."""
    head, _, body = payload.partition(b"\n")
    if head != _sum(body):
        return None
    try:
        found: Any = json.loads(body)
        if not is_mapping(found) or found.get("parser") != PARSER_VERSION:
            return None
        return [_raw(item) for item in found["documents"]]
    except (ValueError, TypeError, KeyError, RecursionError):
        return None


def _raw(item: Any) -> RawDocument:  # noqa: ANN401 whatever the JSON holds
    if not is_list(item) or len(item) != _FIELDS:
        raise ValueError("not a document")
    number, line, data, member_lines = item
    if not (isinstance(number, int) and isinstance(line, int) and is_list(member_lines)):
        raise TypeError("not a document")
    return RawDocument(number, line, data, tuple(member_lines))


def _sum(body: bytes) -> bytes:
    return blake2b(body, digest_size=_SUM).hexdigest().encode()
