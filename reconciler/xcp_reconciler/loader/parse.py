"""One file's bytes as plain documents.

There are two ways through it. The quick one keeps no positions and is enough for a file without errors. When it meets
anything wrong, the careful one reads the file again, keeps the positions that were asked for, notes every complaint and
goes on behind each broken document.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple, NoReturn, Protocol

from yaml import YAMLError
from yaml._yaml import CParser
from yaml.error import MarkedYAMLError
from yaml.events import DocumentStartEvent, StreamEndEvent

from xcp_reconciler.loader.build import Complaint, DocumentBuilder, Refusal
from xcp_reconciler.loader.limits import LIMITS, Limits
from xcp_reconciler.loader.places import Places, Span
from xcp_reconciler.loader.syntax import in_words

# Part of every cache key: raise it when the same bytes would give other data.
PARSER_VERSION: Final = 1

# A line that begins so ends the document before it, wherever it stands: also within a block of text.
_BOUNDARY: Final = re.compile(r"^(?:---|\.\.\.)(?=[ \t\r\n]|\Z)", re.MULTILINE)
# What YAML cannot carry unescaped.
_UNPRINTABLE: Final = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_LINE_END: Final = re.compile("\r\n|[\r\n\x85\u2028\u2029]")
_BOM: Final = b"\xef\xbb\xbf"
_UTF16: Final = (b"\xff\xfe", b"\xfe\xff")


class RawDocument(NamedTuple):
    """Plain data and where it begins: `number` counts the documents of the file, lines count from 1.

    `member_lines` says where the members of a list at the top begin.
    """

    number: int
    line: int
    data: Any
    member_lines: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Careful:
    """What the careful way found: complaints in order, and the places of the documents that were asked for."""

    documents: list[RawDocument] = field(default_factory=list[RawDocument])
    complaints: list[Complaint] = field(default_factory=list[Complaint])
    places: dict[int, Places] = field(default_factory=dict[int, Places])


class Wanted(Protocol):
    """Says of which documents the places are kept."""

    def __contains__(self, number: object, /) -> bool: ...


class _BrokenError(Exception):
    """The quick way met something wrong."""


def parse_quickly(content: bytes, limits: Limits = LIMITS) -> list[RawDocument] | None:
    """The documents of a file in which nothing is wrong; None where anything is."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return None
    if len(content) > limits.file_bytes or (len(text) > limits.document_chars and _oversized(text, limits)):
        return None
    documents: list[RawDocument] = []
    try:
        parser = CParser(content)
        for _ in _starts(parser):
            if len(documents) == limits.documents_per_file:
                return None
            builder = DocumentBuilder(limits, _give_up, None)
            data = builder.read(parser.get_event)
            documents.append(_raw(len(documents), 1, builder, data))
    except (YAMLError, Refusal, _BrokenError):
        return None
    return documents


def parse_carefully(content: bytes, wanted: Wanted = (), limits: Limits = LIMITS) -> Careful:
    """Everything in a file that can be read, and a complaint about each thing that cannot."""
    found = Careful()
    if len(content) > limits.file_bytes:
        found.complaints.append(Complaint(Span(0, 0, 1), f"this file is larger than {limits.file_bytes >> 20} MiB"))
        return found
    text = _decoded(content, found.complaints)
    text = _without_unprintable(text, found.complaints, limits)
    _CarefulReading(text, wanted, limits, found).run()
    # Going on at a boundary may meet the same mistake a second time.
    found.complaints[:] = sorted(dict.fromkeys(found.complaints), key=lambda complaint: complaint.span)
    return found


class _TextFrom:
    """The rest of a text as a stream, so that going on behind an error copies nothing."""

    def __init__(self, text: str, begin: int) -> None:
        self._text = text
        self._next = begin

    def read(self, size: int = -1, /) -> str:
        end = self._next + size if size >= 0 else len(self._text)
        piece = self._text[self._next : end]
        self._next += len(piece)
        return piece


class _CarefulReading:
    """Reads a text from one document boundary after another, for as long as something in it is broken."""

    def __init__(self, text: str, wanted: Wanted, limits: Limits, found: Careful) -> None:
        self._text = text
        self._wanted = wanted
        self._limits = limits
        self._found = found
        self._oversized = _oversized(text, limits)
        self._begin = 0
        self._line = 0
        self._number = 0

    def run(self) -> None:
        """Read to the end, or to the limit of errors."""
        while len(self._found.complaints) < self._limits.errors_per_file:
            broken_at = self._read()
            if broken_at is None:
                return
            boundary = _BOUNDARY.search(self._text, max(broken_at, self._begin + 1))
            if boundary is None:
                return
            # `...` only ends: the next document begins behind it.
            begin = boundary.start() if boundary[0] == "---" else boundary.end()
            self._line += sum(1 for _ in _LINE_END.finditer(self._text, self._begin, begin))
            self._begin = begin
        message = f"more than {self._limits.errors_per_file} errors: the rest of this file was not read"
        self._found.complaints.append(Complaint(Span(self._line, 0, 1), message))

    def _read(self) -> int | None:
        """Read on from `_begin`; the offset where that ended too early, None at the end of the text."""
        parser = CParser(_TextFrom(self._text, self._begin))
        offset = self._begin
        try:
            for start, line in _starts(parser):
                offset = self._begin + start
                if self._number == self._limits.documents_per_file:
                    message = f"more than {self._limits.documents_per_file} documents: the rest was not read"
                    self._complain(Complaint(Span(line, 0, 1), message, "split the file"))
                    return None
                if any(begin <= offset < end for begin, end in self._oversized):
                    message = f"this document is larger than {self._limits.document_chars >> 20} MiB"
                    raise Refusal(Complaint(Span(line, 0, 1), message, "split it"))
                self._read_document(parser)
        except Refusal as refusal:
            self._complain(refusal.complaint)
            return offset + 1
        except YAMLError as error:
            self._complain(in_words(error))
            mark = error.problem_mark if isinstance(error, MarkedYAMLError) else None
            return max(offset + 1, self._begin + mark.index) if mark is not None else offset + 1
        return None

    def _read_document(self, parser: CParser) -> None:
        number = self._number
        self._number += 1
        places = Places() if number in self._wanted else None
        builder = DocumentBuilder(self._limits, self._complain, places)
        data = builder.read(parser.get_event)
        self._found.documents.append(_raw(number, self._line + 1, builder, data))
        if places is not None:
            self._found.places[number] = places.moved(self._line)

    def _complain(self, complaint: Complaint) -> None:
        if len(self._found.complaints) < self._limits.errors_per_file:
            self._found.complaints.append(complaint.moved(self._line))


def _raw(number: int, first_line: int, builder: DocumentBuilder, data: Any) -> RawDocument:  # noqa: ANN401
    members = tuple(line + first_line for line in builder.member_lines)
    return RawDocument(number, builder.line + first_line, data, members)


def _starts(parser: CParser) -> Iterator[tuple[int, int]]:
    """The offset and line of each document; what is in it is for the caller to read before going on."""
    while True:
        event = parser.get_event()
        if isinstance(event, DocumentStartEvent) and event.start_mark is not None:
            yield event.start_mark.index, event.start_mark.line
        elif event is None or isinstance(event, StreamEndEvent):
            return


def _oversized(text: str, limits: Limits) -> list[tuple[int, int]]:
    """Where documents begin and end that are larger than the limit, found without parsing any of them."""
    found: list[tuple[int, int]] = []
    begin = 0
    while len(text) - begin > limits.document_chars:
        # The last boundary that is near enough: whatever lies before it is small enough.
        near = _last_boundary(text, begin + 1, begin + limits.document_chars)
        if near is None:
            far = _BOUNDARY.search(text, begin + limits.document_chars)
            near = far.start() if far else len(text)
            found.append((begin, near))
        begin = near
    return found


def _last_boundary(text: str, begin: int, end: int) -> int | None:
    while (line_end := max(text.rfind("\n---", begin, end), text.rfind("\n...", begin, end))) >= 0:
        if _BOUNDARY.match(text, line_end + 1):
            return line_end + 1
        end = line_end
    return None


def _decoded(content: bytes, complaints: list[Complaint]) -> str:
    # Taken off by hand: the codec that knows it counts the place of an error behind it.
    content = content.removeprefix(_BOM)
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        if content.startswith(_UTF16):
            complaints.append(Complaint(Span(0, 0, 1), "this file is UTF-16", "save it as UTF-8"))
            return ""
        before = content[: error.start].decode()
        message = f"the byte 0x{content[error.start]:02x} is not UTF-8"
        complaints.append(Complaint(_span_at(before, len(before)), message, "save the file as UTF-8"))
        return content.decode(errors="replace")


def _without_unprintable(text: str, complaints: list[Complaint], limits: Limits) -> str:
    found = _UNPRINTABLE.search(text)
    if found is None:
        return text
    for count, bad in enumerate(_UNPRINTABLE.finditer(text)):
        if count >= limits.errors_per_document:
            break
        message = f"the control character U+{ord(bad[0]):04X} cannot be in a manifest"
        complaints.append(Complaint(_span_at(text, bad.start()), message, "remove it"))
    return _UNPRINTABLE.sub("\ufffd", text)


def _span_at(text: str, offset: int) -> Span:
    line, start = 0, 0
    for end in _LINE_END.finditer(text, 0, offset):
        line, start = line + 1, end.end()
    return Span(line, offset - start, 1)


def _give_up(complaint: Complaint) -> NoReturn:
    raise _BrokenError(complaint.message)
