"""Gives findings their place: file, line, column and the line's text."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from xcp_reconciler.api.diagnostic import Also, Diagnostic, Place
from xcp_reconciler.api.plain import is_mapping
from xcp_reconciler.api.wording import shown
from xcp_reconciler.loader.build import Complaint
from xcp_reconciler.loader.documents import ParsedFile
from xcp_reconciler.loader.finding import Finding, Spot
from xcp_reconciler.loader.limits import Limits
from xcp_reconciler.loader.parse import Careful, parse_carefully
from xcp_reconciler.loader.places import LINE_END, Path, Span


class Member(NamedTuple):
    """One object of a run: in which file and document, at which path of it (the items of a list), on which line."""

    file: int
    document: int
    prefix: Path
    line: int
    data: Any

    @property
    def title(self) -> str:
        """How errors call it, as far as it says so itself."""
        data = self.data
        if not is_mapping(data) or not is_mapping(metadata := data.get("metadata")):
            return ""
        kind, name = data.get("kind"), metadata.get("name")
        return shown(f"{kind}/{name}").strip("`") if isinstance(kind, str) and isinstance(name, str) else ""


class Note(NamedTuple):
    """A finding about the member of that number."""

    member: int
    finding: Finding


class _Located:
    """One file, read once more for its positions."""

    def __init__(self, file: ParsedFile, wanted: frozenset[int], limits: Limits) -> None:
        self._name = file.source.name
        content = file.source.content
        self._careful = parse_carefully(content, wanted, limits, last=max(wanted)) if wanted else Careful()
        self._lines = LINE_END.split(content[: limits.file_bytes].decode("utf-8-sig", errors="replace"))

    def place(self, span: Span) -> Place:
        lines = self._lines
        if span.line >= len(lines) - 1 and not "".join(lines[span.line :]):
            # The parser missed something at the very end: what it missed belongs behind the last thing written.
            line = max((number for number, text in enumerate(lines) if text), default=0)
            return Place(self._name, line + 1, len(lines[line]) + 1, 1, lines[line])
        return Place(self._name, span.line + 1, span.column + 1, span.width, lines[span.line])

    def span(self, member: Member, path: Path, spot: Spot) -> Span:
        places = self._careful.places.get(member.document)
        if places is None:
            return Span(member.line - 1, 0, 1)
        whole = (*member.prefix, *path)
        return places.of_key(whole) if spot is Spot.KEY else places.of_value(whole)


def placed(
    files: Sequence[ParsedFile], members: Sequence[Member], notes: Sequence[Note], limits: Limits
) -> tuple[Diagnostic, ...]:
    """Everything that is wrong, in the order of files, lines and columns."""
    if not notes and not any(file.complaints for file in files):
        return ()
    wanted: dict[int, set[int]] = {}
    for note in notes:
        for number in (note.member, *(also.subject for also in note.finding.also)):
            wanted.setdefault(members[number].file, set()).add(members[number].document)
    located = {
        number: _Located(file, frozenset(wanted.get(number, ())), limits)
        for number, file in enumerate(files)
        if number in wanted or file.complaints
    }
    found = [*_of_texts(files, located), *_of_members(members, notes, located)]
    found.sort(key=lambda item: (item[0], item[1].place.line, item[1].place.column))
    return tuple(diagnostic for _, diagnostic in found)


def _of_texts(files: Sequence[ParsedFile], located: dict[int, _Located]) -> Iterator[tuple[int, Diagnostic]]:
    for number, file in enumerate(files):
        for complaint in file.complaints:
            yield number, _of_complaint(complaint, located[number])


def _of_complaint(complaint: Complaint, file: _Located) -> Diagnostic:
    also = (Also(file.place(complaint.first), complaint.first_words),) if complaint.first is not None else ()
    return Diagnostic(file.place(complaint.span), complaint.message, complaint.hint, also=also)


def _of_members(
    members: Sequence[Member], notes: Sequence[Note], located: dict[int, _Located]
) -> Iterator[tuple[int, Diagnostic]]:
    for number, finding in notes:
        member = members[number]
        file = located[member.file]
        also = tuple(
            Also(located[other.file].place(located[other.file].span(other, item.path, item.spot)), item.words)
            for item in finding.also
            for other in (members[item.subject],)
        )
        yield (
            member.file,
            Diagnostic(
                file.place(file.span(member, finding.path, finding.spot)),
                f"{finding.message} in {member.title}" if member.title else finding.message,
                finding.hint,
                (finding.note,) if finding.note else (),
                also,
                finding.severity,
            ),
        )
