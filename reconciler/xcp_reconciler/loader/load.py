"""From files to documents: parse, validate, check, and place whatever is wrong.

Positions are not kept while reading. A file that something is wrong with is read once more, for the places alone.
"""

from collections.abc import Iterable, Iterator, Sequence
from hashlib import blake2b
from itertools import chain, islice
from typing import Any, Final, cast

from pydantic import ValidationError

from xcp_reconciler.api.diagnostic import Severity
from xcp_reconciler.api.host import Host
from xcp_reconciler.api.memory_policy import MemoryPolicy
from xcp_reconciler.api.placement_policy import PlacementPolicy
from xcp_reconciler.api.plain import is_list, is_mapping
from xcp_reconciler.api.pool import Pool
from xcp_reconciler.api.rebalance import Rebalance
from xcp_reconciler.api.virtual_machine import VirtualMachine
from xcp_reconciler.api.volume import Volume
from xcp_reconciler.api.wire import API_VERSION, AnyResource
from xcp_reconciler.loader.complaints import findings_of
from xcp_reconciler.loader.documents import Document, Input, Loaded, ParsedFile
from xcp_reconciler.loader.finding import Finding
from xcp_reconciler.loader.kind import kind_asked
from xcp_reconciler.loader.limits import LIMITS, Limits
from xcp_reconciler.loader.parse import parse_carefully, parse_quickly
from xcp_reconciler.loader.placing import Member, Note, placed
from xcp_reconciler.loader.relative import with_absolute_paths
from xcp_reconciler.loader.rules.every_kind import check_every_kind
from xcp_reconciler.loader.rules.host import check_host
from xcp_reconciler.loader.rules.memory_policy import check_memory_policy
from xcp_reconciler.loader.rules.placement_policy import check_placement_policy
from xcp_reconciler.loader.rules.pool import check_pool
from xcp_reconciler.loader.rules.rebalance import check_rebalance
from xcp_reconciler.loader.rules.subject import Subject
from xcp_reconciler.loader.rules.together import check_together
from xcp_reconciler.loader.rules.virtual_machine import check_virtual_machine
from xcp_reconciler.loader.rules.volume import check_volume
from xcp_reconciler.loader.served import declared_part
from xcp_reconciler.model.desired import Origin
from xcp_reconciler.refs import DEFAULT_NAMESPACE

_LIST: Final = "List"
_LIST_VERSIONS: Final = frozenset({"v1", API_VERSION})


def load(inputs: Iterable[Input], limits: Limits = LIMITS) -> Loaded:
    """Parse and assemble, without a cache."""
    return assemble([parse_file(source, limits=limits) for source in inputs], limits)


def digest_of(content: bytes) -> str:
    """The name of a file's content."""
    return blake2b(content, digest_size=20).hexdigest()


def parse_file(source: Input, digest: str = "", limits: Limits = LIMITS) -> ParsedFile:
    """One file as plain data, or with complaints about its text. A digest that is known already saves its hashing."""
    digest = digest or digest_of(source.content)
    documents = parse_quickly(source.content, limits)
    if documents is not None:
        return ParsedFile(source, digest, documents)
    careful = parse_carefully(source.content, (), limits)
    return ParsedFile(source, digest, careful.documents, tuple(careful.complaints))


def assemble(files: Sequence[ParsedFile], limits: Limits = LIMITS) -> Loaded:
    """Validate every document, check them one by one and together, and place all findings in the files."""
    run = _Run(limits)
    for number, file in enumerate(files):
        for member in _members(number, file):
            run.take(member, file)
    run.check_together()
    content_hash = hash_of([file.source for file in files], [file.digest for file in files])
    diagnostics = placed(files, run.members, run.notes, limits)
    return Loaded(tuple(run.documents), diagnostics, content_hash)


def hash_of(inputs: Iterable[Input], digests: Iterable[str]) -> str:
    """The name of a whole run: the same files, called the same, with the same content."""
    whole = blake2b(digest_size=20)
    for source, digest in zip(inputs, digests, strict=True):
        whole.update(f"{source.folder}\0{source.name}\0{digest}\n".encode(errors="replace"))
    return whole.hexdigest()


def _members(number: int, file: ParsedFile) -> Iterator[Member]:
    """The objects of a file: its documents, and the items of each `kind: List`. Empty documents are none."""
    for raw in file.documents:
        data = raw.data
        if data is None:
            continue
        items = _items(data)
        if items is None:
            yield Member(number, raw.number, (), raw.line, data)
            continue
        for position, item in enumerate(items):
            lines = raw.member_lines
            line = lines[position] if position < len(lines) else raw.line
            yield Member(number, raw.number, ("items", position), line, item)


def _items(data: object) -> list[Any] | None:
    """The objects of a `kind: List`, None for any other document."""
    if not is_mapping(data) or data.get("kind") != _LIST:
        return None
    # Of a list it could not even be asked whether it is one of them.
    if not isinstance(version := data.get("apiVersion"), str) or version not in _LIST_VERSIONS:
        return None
    items = data.get("items")
    return items if is_list(items) else None


class _Run:
    """Collects documents and notes of one run."""

    def __init__(self, limits: Limits) -> None:
        self.members: list[Member] = []
        self.documents: list[Document] = []
        self.notes: list[Note] = []
        self._subjects: list[Subject] = []
        self._limits = limits
        self._left = 0

    def take(self, member: Member, file: ParsedFile) -> None:
        """Validate one object and run the rules that look at it alone."""
        if len(self.notes) >= self._limits.errors_per_run:
            self._leave(member)
            return
        number = len(self.members)
        self.members.append(member)
        info, finding = kind_asked(member.data)
        if info is None or finding is not None:
            self._note(number, [finding] if finding is not None else [])
            return
        try:
            data = cast("dict[str, Any]", declared_part(member.data))
            model = info.model.model_validate(data)
        except ValidationError as error:
            # Building the details of every error is what costs; a document has few that help.
            details = error.errors(include_url=False)[: self._limits.errors_per_document]
            self._note(number, findings_of(details, info.model, info.short))
            if (rest := error.error_count() - len(details)) > 0:
                self._note(number, [Finding((), f"{rest} more errors")])
            return
        findings = [*islice(chain(check_every_kind(model, info), _own_rules(model)), self._limits.errors_per_document)]
        if findings:
            self._note(number, findings)
        namespace = model.metadata.namespace if info.namespaced else DEFAULT_NAMESPACE
        self._subjects.append(Subject(number, info.kind, namespace, model.metadata.name, model))
        if not any(found.severity is Severity.ERROR for found in findings):
            model = with_absolute_paths(model, file.source.folder)
            self.documents.append(Document(Origin(file.source.name, member.line), info.kind, data, model))

    def check_together(self) -> None:
        """Run the rules that look at all objects."""
        room = max(self._limits.errors_per_run - len(self.notes), 0)
        told = islice(check_together(self._subjects), room)
        self.notes.extend(Note(subject, finding) for subject, finding in told)
        if self._left:
            message = f"more than {self._limits.errors_per_run} errors: {self._left} more objects were not looked at"
            self._note(len(self.members) - 1, [Finding((), message)])

    def _leave(self, member: Member) -> None:
        """Nobody reads more errors: only where the rest begins is kept, without the object's name."""
        if not self._left:
            self.members.append(member._replace(data=None))
        self._left += 1

    def _note(self, number: int, findings: Iterable[Finding]) -> None:
        self.notes.extend(Note(number, finding) for finding in findings)


def _own_rules(model: AnyResource) -> Iterator[Finding]:
    match model:
        case VirtualMachine():
            return check_virtual_machine(model)
        case Volume():
            return check_volume(model)
        case Pool():
            return check_pool(model)
        case Host():
            return check_host(model)
        case MemoryPolicy():
            return check_memory_policy(model)
        case PlacementPolicy():
            return check_placement_policy(model)
        case Rebalance():
            return check_rebalance(model)
        case _:
            return iter(())
