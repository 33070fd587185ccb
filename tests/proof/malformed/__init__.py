"""Mutated documents: each is refused with a place, or read exactly as an independent parser reads it.

`python -m tests.proof.malformed 0..1000` reads some by hand, `--show 17` shows one and what became of it.
"""

from tests.proof.malformed.leg import LEG

__all__ = ["LEG"]
