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
    documents_per_file: int = 200_000
    # Past this many errors a file is another file than its author thinks; reading on helps nobody.
    errors_per_file: int = 100
    errors_per_document: int = 25
    errors_per_run: int = 1_000


LIMITS: Final = Limits()
