"""Parsed files as bytes for a cache, and back. What was written by another version, or damaged, is simply not there."""

import json
from hashlib import blake2b
from typing import Final

from xcp_reconciler.loader.parse import PARSER_VERSION, RawDocument

_SUM: Final = 32


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
        found = json.loads(body)
        if found["parser"] != PARSER_VERSION:
            return None
        # The checksum says that `encode` wrote this, so no shape is looked at twice.
        return [RawDocument(number, line, data, tuple(lines)) for number, line, data, lines in found["documents"]]
    except (ValueError, TypeError, KeyError, RecursionError):
        return None


def _sum(body: bytes) -> bytes:
    return blake2b(body, digest_size=_SUM).hexdigest().encode()
