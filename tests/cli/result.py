"""How a command ended."""

import json
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Result:
    """How a command ended, and what it printed."""

    code: int
    out: str
    err: str

    @property
    def text(self) -> str:
        """All that it printed."""
        return self.out + self.err

    @property
    def json(self) -> Any:  # noqa: ANN401 - whatever the command prints
        """Its result as data."""
        return json.loads(self.out)
