"""How much a manifest may ask of the machine that reads it."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Limits:
    """Checked while reading, before anything of that size has been built."""

    depth: int = 64
    alias_nodes: int = 1_000
    document_chars: int = 1 << 20
    file_bytes: int = 64 << 20
    # A value costs up to 20 µs and 1 KiB where something is wrong with its document: so a document costs less than a
    # second, and a file a few. Manifests have one value in 20 characters, so few of them come near.
    nodes_per_document: int = 50_000
    documents_per_file: int = 50_000
    nodes_per_file: int = 1_000_000
    # The parser compares each with each.
    tag_lines: int = 100
    # Past this many errors a file is another file than its author thinks; reading on helps nobody.
    errors_per_file: int = 100
    errors_per_document: int = 25
    errors_per_run: int = 1_000


LIMITS: Final = Limits()
