"""One file's bytes as plain documents.

There are two ways through it. The quick one keeps no positions and is enough for a file without errors. When it meets
anything wrong, the careful one reads the file again, keeps the positions that were asked for, notes every complaint and
goes on behind each broken document.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Final, NamedTuple, NoReturn, Protocol

from yaml import YAMLError
from yaml._yaml import CParser
from yaml.error import MarkedYAMLError
from yaml.events import DocumentStartEvent, StreamEndEvent

from xcp_reconciler.loader.build import Complaint, DocumentBuilder, Refusal, span_of
from xcp_reconciler.loader.limits import LIMITS, Limits
from xcp_reconciler.loader.places import Places, Span, lines_between, span_at
from xcp_reconciler.loader.syntax import in_words

# Part of every cache key: raise it when the same bytes would give other data.
PARSER_VERSION: Final = 2

# A line that begins so ends the document before it, wherever it stands: also within a block of text.
_BOUNDARY: Final = re.compile(r"^(?:---|\.\.\.)(?=[ \t\r\n]|\Z)", re.MULTILINE)
_BEGIN: Final = re.compile(r"^---(?=[ \t\r\n]|\Z)", re.MULTILINE)
_TAG_LINE: Final = re.compile("^%TAG", re.MULTILINE)
# What YAML cannot carry unescaped.
_UNPRINTABLE: Final = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
# Characters like any other in YAML 1.2 and in JSON. For our parser the first three end a line, as in YAML 1.1, and the
# last is nothing where a line begins. Each with its escape.
_DOUBTFUL: Final = {"\x85": "\\N", "\u2028": "\\L", "\u2029": "\\P", "\ufeff": "\\uFEFF"}
_ANY_DOUBTFUL: Final = re.compile(f"[{''.join(_DOUBTFUL)}]")
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


class _EnoughError(Exception):
    """The careful way has met one error more than anybody reads, and where."""

    def __init__(self, at: Span) -> None:
        super().__init__(str(at))
        self.at = at


def parse_quickly(content: bytes, limits: Limits = LIMITS) -> list[RawDocument] | None:
    """The documents of a file in which nothing is wrong; None where anything is."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return None
    if len(content) > limits.file_bytes or (len(text) > limits.document_chars and _oversized(text, limits)):
        return None
    if (not text.isascii() and _ANY_DOUBTFUL.search(text)) or _too_much(text, limits) is not None:
        return None
    documents: list[RawDocument] = []
    nodes = 0
    try:
        parser = CParser(content)
        ended = True
        for start in _starts(parser):
            if nodes > limits.nodes_per_file or (not ended and _has_directives(start)):
                return None
            builder = DocumentBuilder(limits, _give_up, None, text)
            data = builder.read(parser.get_event)
            documents.append(_raw(len(documents), 1, builder, data))
            nodes, ended = nodes + builder.nodes, builder.ended
    except (YAMLError, Refusal, _BrokenError):
        return None
    return documents


def parse_carefully(
    content: bytes, wanted: Wanted = (), limits: Limits = LIMITS, *, last: int | None = None
) -> Careful:
    """Everything in a file that can be read, and a complaint about each thing that cannot.

    What follows the document number `last` is not looked at.
    """
    found = Careful()
    if len(content) > limits.file_bytes:
        found.complaints.append(Complaint(Span(0, 0, 1), f"this file is larger than {limits.file_bytes >> 20} MiB"))
        return found
    text = _decoded(content, found.complaints)
    text = _without_unprintable(text, found.complaints, limits)
    _complain_of_doubtful(text, found.complaints, limits)
    if (much := _too_much(text, limits)) is not None:
        found.complaints.append(much)
    else:
        _CarefulReading(text, wanted, limits, found, last).run()
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

    def __init__(self, text: str, wanted: Wanted, limits: Limits, found: Careful, last: int | None) -> None:
        self._text = text
        self._wanted = wanted
        self._limits = limits
        self._found = found
        self._last = last
        self._oversized = _oversized(text, limits)
        self._begin = 0
        self._line = 0
        self._number = 0
        self._nodes = 0
        self._ended = True

    def run(self) -> None:
        """Read to the end, or to the limit of errors."""
        try:
            while (broken_at := self._read()) is not None:
                boundary = _BOUNDARY.search(self._text, max(broken_at, self._begin + 1))
                if boundary is None:
                    return
                # `...` only ends: the next document begins behind it.
                begin = boundary.start() if boundary[0] == "---" else boundary.end()
                self._line += lines_between(self._text, self._begin, begin)
                self._begin = begin
        except _EnoughError as enough:
            message = f"more than {self._limits.errors_per_file} errors: the rest of this file was not read"
            self._found.complaints.append(Complaint(enough.at, message))

    def _read(self) -> int | None:
        """Read on from `_begin`; the offset where that ended too early, None at the end of the text."""
        parser = CParser(_TextFrom(self._text, self._begin))
        offset = self._begin
        try:
            for start in _starts(parser):
                offset = self._begin + (start.start_mark.index if start.start_mark else 0)
                here = span_of(start)._replace(column=0, width=1)
                if self._last is not None and self._number > self._last:
                    return None
                if self._nodes > self._limits.nodes_per_file:
                    message = f"this file has more than {self._limits.nodes_per_file} values: the rest was not read"
                    self._complain(Complaint(here, message, "split the file"))
                    return None
                if any(begin <= offset < end for begin, end in self._oversized):
                    message = f"this document is larger than {self._limits.document_chars >> 20} MiB"
                    raise Refusal(Complaint(here, message, "split it"))
                if not self._ended and _has_directives(start):
                    message = "a line that begins with `%` is part of no document"
                    self._complain(Complaint(here, message, "remove it, or write `...` before it"))
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
        builder = DocumentBuilder(self._limits, self._complain, places, self._text, self._begin)
        try:
            data = builder.read(parser.get_event)
            self._ended = builder.ended
        finally:
            self._nodes += builder.nodes
        self._found.documents.append(_raw(number, self._line + 1, builder, data))
        if places is not None:
            self._found.places[number] = places.moved(self._line)

    def _complain(self, complaint: Complaint) -> None:
        complaint = complaint.moved(self._line)
        if len(self._found.complaints) >= self._limits.errors_per_file:
            raise _EnoughError(complaint.span)
        self._found.complaints.append(complaint)


def _raw(number: int, first_line: int, builder: DocumentBuilder, data: Any) -> RawDocument:  # noqa: ANN401
    members = tuple(line + first_line for line in builder.member_lines)
    return RawDocument(number, builder.line + first_line, data, members)


def _has_directives(start: DocumentStartEvent) -> bool:
    return start.version is not None or bool(start.tags)


def _starts(parser: CParser) -> Iterator[DocumentStartEvent]:
    """The start of each document; what is in it is for the caller to read before going on."""
    while True:
        event = parser.get_event()
        if isinstance(event, DocumentStartEvent):
            yield event
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
    # Forwards, for a search from the end would begin anew at each line that only looks like a boundary.
    last = None
    for found in _BOUNDARY.finditer(text, begin, end):
        last = found.start()
    # At the end of the stretch a longer word may have been cut.
    return last if last is None or _BOUNDARY.match(text, last) else _last_boundary(text, begin, last)


def _too_much(text: str, limits: Limits) -> Complaint | None:
    """Why a file is not even begun, None where it is."""
    if (offset := _one_too_many(text, "%TAG", _TAG_LINE, limits.tag_lines)) is not None:
        message = f"more than {limits.tag_lines} %TAG lines: this file was not read"
        return Complaint(span_at(text, offset), message, "remove them: tags mean nothing here")
    if (offset := _one_too_many(text, "---", _BEGIN, limits.documents_per_file)) is not None:
        message = f"more than {limits.documents_per_file} documents: this file was not read"
        return Complaint(span_at(text, offset), message, "split the file")
    return None


def _one_too_many(text: str, word: str, line: re.Pattern[str], most: int) -> int | None:
    if text.count(word) <= most:
        return None
    return next((found.start() for found in islice(line.finditer(text), most, None)), None)


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
        complaints.append(Complaint(span_at(before, len(before)), message, "save the file as UTF-8"))
        return content.decode(errors="replace")


def _without_unprintable(text: str, complaints: list[Complaint], limits: Limits) -> str:
    found = _UNPRINTABLE.search(text)
    if found is None:
        return text
    for bad, span in _spans_of(_UNPRINTABLE, text, limits.errors_per_document):
        message = f"the control character U+{ord(bad):04X} cannot be in a manifest"
        complaints.append(Complaint(span, message, "remove it"))
    return _UNPRINTABLE.sub("\ufffd", text)


def _complain_of_doubtful(text: str, complaints: list[Complaint], limits: Limits) -> None:
    for bad, span in _spans_of(_ANY_DOUBTFUL, text, limits.errors_per_document):
        message = f"the character U+{ord(bad):04X} is one thing in YAML 1.1 and another in YAML 1.2"
        complaints.append(Complaint(span, message, f"write `{_DOUBTFUL[bad]}` between double quotes, or remove it"))


def _spans_of(pattern: re.Pattern[str], text: str, most: int) -> Iterator[tuple[str, Span]]:
    """The first characters of a kind, and where they are, in one pass."""
    at, counted = Span(0, 0, 1), 0
    for bad in islice(pattern.finditer(text), most):
        at, counted = span_at(text, bad.start(), at, counted), bad.start()
        yield bad[0], at


def _give_up(complaint: Complaint) -> NoReturn:
    raise _BrokenError(complaint.message)
