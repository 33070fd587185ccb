"""Compares an output with the file that somebody has read and found good."""

import os
from pathlib import Path

HERE = Path(__file__).parent


def same_as(name: str, text: str) -> None:
    """Fail where `text` is not what the golden file says; XCP_GOLDEN=write makes it say so, to be read in the diff."""
    path = HERE / name
    if os.environ.get("XCP_GOLDEN") == "write":
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    assert path.exists(), f"{path} is not there; XCP_GOLDEN=write makes it"
    assert text == path.read_text(encoding="utf-8"), f"differs from {path}; XCP_GOLDEN=write takes it over"
