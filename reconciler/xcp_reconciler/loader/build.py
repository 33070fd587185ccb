"""Plain data from parser events, one document at a time, in one pass.

Nothing here recurses, so no depth of nesting can exhaust the stack, and every limit is checked before the thing that it
limits is built. A `Refusal` ends the document; a complaint that is only noted lets the rest be read, so that one run
finds them all.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, NamedTuple, TypeAlias

from yaml import _yaml, error
from yaml.events import (
    AliasEvent,
    DocumentEndEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from xcp_reconciler.loader.limits import Limits
from xcp_reconciler.loader.margin import outside_margin
from xcp_reconciler.loader.places import Places, Span
from xcp_reconciler.loader.scalars import outside_xml, resolve

# In C and, for the types only, in Python.
Mark: TypeAlias = error.Mark | _yaml.Mark


class Complaint(NamedTuple):
    """Something wrong with the text itself; `first` is the other place that it speaks of."""

    span: Span
    message: str
    hint: str = ""
    first: Span | None = None
    first_words: str = ""

    def moved(self, lines: int) -> "Complaint":
        """The same complaint, so many lines further down."""
        first = self.first.moved(lines) if self.first else None
        return self._replace(span=self.span.moved(lines), first=first)


class Refusal(Exception):  # noqa: N818 it ends a document, which is no error of the program
    """The document cannot be read on."""

    def __init__(self, complaint: Complaint) -> None:
        super().__init__(complaint.message)
        self.complaint = complaint


_TAG: Final = "tag:yaml.org,2002:"
_TYPES_OF_TAGS: Final[dict[str, tuple[type, ...]]] = {
    f"{_TAG}str": (str,),
    f"{_TAG}int": (int,),
    f"{_TAG}float": (int, float),
    f"{_TAG}bool": (bool,),
    f"{_TAG}null": (type(None),),
}
_TOP_LIST: Final = 2
_QUOTES: Final = frozenset({"'", '"'})
_TAGS_OF_COLLECTIONS: Final[dict[type, str]] = {dict: f"{_TAG}map", list: f"{_TAG}seq"}


@dataclass(slots=True)
class _Open:
    """A collection that has not ended. `key` is the one that the next value belongs to, None while it is awaited."""

    data: dict[str, Any] | list[Any]
    anchor: str | None
    nodes_before: int
    # Of one in block style, where its keys or dashes stand; of one between brackets, that of the block that it is in.
    column: int
    # Where the outermost brackets begin; None in block style.
    bracket: Mark | None
    key: str | None = None

    @property
    def awaits_key(self) -> bool:
        return self.key is None and isinstance(self.data, dict)


class DocumentBuilder:
    """Builds one document from the events between its start and its end."""

    __slots__ = (
        "_anchors",
        "_begin",
        "_complain",
        "_data",
        "_expanded",
        "_limits",
        "_nodes",
        "_open",
        "_path",
        "_text",
        "ended",
        "line",
        "member_lines",
        "places",
    )

    def __init__(
        self,
        limits: Limits,
        complain: Callable[[Complaint], None],
        places: Places | None,
        text: str,
        begin: int = 0,
    ) -> None:
        """`begin` is where the parser's text begins in `text`."""
        self.places = places
        # Where the data begin, counted from 0: behind the `---` and what comments follow it.
        self.line = 0
        # Whether `...` ends it.
        self.ended = False
        # Where the members of a list at the top begin: the objects of a `kind: List`.
        self.member_lines: list[int] = []
        self._limits = limits
        self._complain = complain
        self._text = text
        self._begin = begin
        self._open: list[_Open] = []
        self._path: list[str | int] = []
        self._anchors: dict[str, tuple[Any, int]] = {}
        self._nodes = 0
        self._expanded = 0
        self._data: Any = None

    @property
    def nodes(self) -> int:
        """How many values the document has so far, those that aliases stand for counted each time."""
        return self._nodes

    def read(self, next_event: Callable[[], Event | None]) -> Any:  # noqa: ANN401 YAML is any plain data
        """Consume the events of one document, its end included.

        Raises:
            Refusal: a limit is passed, or an alias or a key makes no sense.
        """
        while True:
            event = next_event()
            if isinstance(event, ScalarEvent):
                self._scalar(event)
            elif isinstance(event, MappingStartEvent):
                self._start(event, {})
            elif isinstance(event, MappingEndEvent | SequenceEndEvent):
                self._end(event)
            elif isinstance(event, SequenceStartEvent):
                self._start(event, [])
            elif isinstance(event, AliasEvent):
                self._alias(event)
            elif isinstance(event, DocumentEndEvent):
                self.ended = bool(event.explicit)
                return self._data

    def _scalar(self, event: ScalarEvent) -> None:
        text: str = event.value
        if event.style and event.style in _QUOTES:
            self._check_margin(event, event.start_mark, closing=0)
        elif text == "-" and not event.style and self._open and self._open[-1].bracket is not None:
            message = "a `-` alone between brackets is a word in YAML 1.1, and no word in YAML 1.2"
            self._complain(Complaint(span_of(event), message, "put quotes around it"))
        if self._open and self._open[-1].awaits_key:
            self._take_key(event, text)
            return
        self._count(1, event)
        # The C parser says '' for a plain scalar. Only double quotes have escapes that make bad characters.
        value = text if event.style or event.tag == f"{_TAG}str" else resolve(text)
        if event.style == '"':
            self._check_characters(event, text)
        if event.tag is not None:
            self._check_tag(event, value)
            # `!!float 3` is no whole number.
            if event.tag == f"{_TAG}float" and type(value) is int:
                value = float(value)
        if event.anchor is not None:
            self._anchors[event.anchor] = (value, 1)
        self._put(value, event)

    def _take_key(self, event: ScalarEvent | AliasEvent, text: str) -> None:
        here = self._open[-1]
        if not text:
            raise Refusal(Complaint(span_of(event), "this key is empty", "write a name before the `:`"))
        if here.bracket is not None and self._follows_question_mark(event):
            message = "a `?` that touches a word is part of it in YAML 1.2, and begins a key in YAML 1.1"
            self._complain(Complaint(span_of(event), message, "put quotes around it, or a space behind the `?`"))
        if isinstance(event, ScalarEvent):
            if event.tag is not None and event.tag != f"{_TAG}str":
                self._complain(_foreign_tag(event))
            if event.anchor is not None:
                self._anchors[event.anchor] = (text, 1)
            if event.style == '"':
                self._check_characters(event, text)
        if text in here.data:
            first = self.places.keys.get((*self._path, text)) if self.places else None
            message = f"`{text}` is given twice"
            self._complain(Complaint(span_of(event), message, "keep one of the two", first, "first given here"))
        here.key = text
        if self.places:
            self.places.keys.setdefault((*self._path, text), span_of(event))

    def _follows_question_mark(self, event: Event) -> bool:
        mark = event.start_mark
        return mark is not None and mark.index > 0 and self._text[self._begin + mark.index - 1] == "?"

    def _start(self, event: MappingStartEvent | SequenceStartEvent, data: dict[str, Any] | list[Any]) -> None:
        if self._open and self._open[-1].awaits_key:
            hint = "is this a template? put quotes around it" if event.flow_style else ""
            raise Refusal(Complaint(span_of(event), "a key must be a word, not a list or a mapping", hint))
        if len(self._open) >= self._limits.depth:
            raise Refusal(Complaint(span_of(event), f"nested deeper than {self._limits.depth} levels"))
        if event.tag is not None and event.tag != _TAGS_OF_COLLECTIONS[type(data)]:
            self._complain(_foreign_tag(event))
        segment = self._put(data, event)
        if self.places and self._open:
            self._path.append(segment)
        if len(self._open) == _TOP_LIST and isinstance(self._open[-1].data, list):
            self.member_lines.append(span_of(event).line)
        self._open.append(_Open(data, event.anchor, self._nodes, *self._stand_of(event)))
        self._count(1, event)

    def _stand_of(self, event: MappingStartEvent | SequenceStartEvent) -> tuple[int, Mark | None]:
        """The column of a collection that begins, and its outermost bracket."""
        above = self._open[-1] if self._open else None
        outer = above.column if above is not None else -1
        if event.flow_style:
            return outer, above.bracket if above is not None and above.bracket is not None else event.start_mark
        start, end = event.start_mark, event.end_mark
        if start is None or end is None:  # no event of a parser lacks them; their types cannot say so
            return outer, None
        if event.anchor is None and event.tag is None:
            return start.column, None
        # Here the start is that of the anchor. A dash has a width where it stands below the key that it belongs to.
        hangs = isinstance(event, SequenceStartEvent) and end.column == outer + 1
        return (outer if hangs else end.column), None

    def _check_margin(self, event: Event, begin: Mark | None, *, closing: int) -> None:
        """Note a line of a quoted text, or between brackets, that has come too far to the left."""
        end = event.end_mark
        here = self._open[-1] if self._open else None
        if begin is None or end is None or here is None or begin.line == end.line or here.bracket is not None:
            return
        margin = here.column + 1
        found = outside_margin(self._text, self._begin + begin.index, self._begin + end.index, margin, margin - closing)
        if found is not None:
            message = "this line is too far to the left for what it is part of"
            first = Span(begin.line, begin.column, 1)
            hint = "is a quote or a bracket not closed? if all are, indent it"
            self._complain(Complaint(found.moved(begin.line), message, hint, first, "which begins here"))

    def _end(self, event: MappingEndEvent | SequenceEndEvent) -> None:
        ended = self._open.pop()
        if ended.bracket is not None:
            self._check_margin(event, ended.bracket, closing=1)
        if self._path:
            self._path.pop()
        if ended.anchor is not None:
            self._anchors[ended.anchor] = (ended.data, self._nodes - ended.nodes_before)

    def _alias(self, event: AliasEvent) -> None:
        if event.anchor not in self._anchors:
            message = f"`*{event.anchor}` is not defined before this line"
            raise Refusal(Complaint(span_of(event), message, "text that begins with `*` needs quotes"))
        value, nodes = self._anchors[event.anchor]
        self._count(nodes, event)
        self._expanded += nodes
        if self._expanded > self._limits.alias_nodes:
            message = f"aliases of this document stand for more than {self._limits.alias_nodes} values"
            raise Refusal(Complaint(span_of(event), message))
        if not (self._open and self._open[-1].awaits_key):
            self._put(value, event)
        elif isinstance(value, str):
            self._take_key(event, value)
        else:
            raise Refusal(Complaint(span_of(event), "a key must be a word", f"`*{event.anchor}` is none"))

    def _count(self, nodes: int, event: Event) -> None:
        self._nodes += nodes
        if self._nodes > self._limits.nodes_per_document:
            message = f"this document has more than {self._limits.nodes_per_document} values"
            raise Refusal(Complaint(span_of(event), message, "split it"))

    def _put(self, value: Any, event: Event) -> str | int:  # noqa: ANN401 YAML is any plain data
        """Put a value where it belongs; the last segment of its path is returned."""
        if not self._open:
            self._data = value
            self.line = span_of(event).line
            if self.places:
                self.places.values[()] = span_of(event)
            return ""
        here = self._open[-1]
        if isinstance(here.data, list):
            segment: str | int = len(here.data)
            here.data.append(value)
        else:
            segment = here.key or ""
            here.key = None
            here.data[segment] = value
        if self.places:
            self.places.values.setdefault((*self._path, segment), span_of(event))
        return segment

    def _check_tag(self, event: ScalarEvent, value: object) -> None:
        tag = event.tag or ""
        wanted = _TYPES_OF_TAGS.get(tag)
        if wanted is None:
            self._complain(_foreign_tag(event))
        elif type(value) not in wanted:
            word = tag.removeprefix(_TAG)
            self._complain(Complaint(span_of(event), f"`{event.value}` is not what `!!{word}` says"))

    def _check_characters(self, event: ScalarEvent, text: str) -> None:
        bad = outside_xml(text)
        if bad is not None:
            message = f"the character U+{ord(bad):04X} cannot be stored by any hypervisor"
            self._complain(Complaint(span_of(event), message, "remove it"))


def _foreign_tag(event: ScalarEvent | MappingStartEvent | SequenceStartEvent) -> Complaint:
    tag = str(event.tag).replace(_TAG, "!!")
    return Complaint(span_of(event), f"the tag `{tag}` means nothing here", "remove it")


def span_of(event: Event) -> Span:
    """Where an event is; of one that takes several lines, where it begins."""
    start, end = event.start_mark, event.end_mark
    if start is None or end is None:  # no event of a parser lacks them; their types cannot say so
        return Span(0, 0, 1)
    width = end.column - start.column if end.line == start.line else 1
    return Span(start.line, start.column, max(width, 1))
