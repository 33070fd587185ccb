"""What is wrong with what somebody wrote, and where; rendering it is the report's affair."""

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """Whether work can go on."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Place:
    """A stretch of one line. Lines and columns count from 1; a `line` of 0 means the file as a whole."""

    file: str
    line: int = 0
    column: int = 0
    width: int = 1
    text: str = ""

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}" if self.line else self.file


@dataclass(frozen=True, slots=True)
class Also:
    """Another place that the diagnostic speaks of."""

    place: Place
    words: str


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One finding: what is wrong, where, and what was probably meant (`hint`, shown beside the place)."""

    place: Place
    message: str
    hint: str = ""
    notes: tuple[str, ...] = ()
    also: tuple[Also, ...] = ()
    severity: Severity = Severity.ERROR

    def __str__(self) -> str:
        hint = f" ({self.hint})" if self.hint else ""
        return f"{self.place}: {self.severity}: {self.message}{hint}"
