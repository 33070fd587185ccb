"""What `xcp.yaml` says: whose the manifests beside and below it are."""

from dataclasses import dataclass

from pydantic import Field, ValidationError

from xcp_reconciler.api.diagnostic import Diagnostic
from xcp_reconciler.api.fields import Name
from xcp_reconciler.api.wire import Wire
from xcp_reconciler.loader.complaints import findings_of
from xcp_reconciler.loader.documents import Input, ParsedFile
from xcp_reconciler.loader.finding import Finding
from xcp_reconciler.loader.limits import LIMITS
from xcp_reconciler.loader.load import parse_file
from xcp_reconciler.loader.placing import Member, Note, placed


class ProjectFile(Wire, frozen=True):
    """The content of `xcp.yaml`; `xcp init` writes it once."""

    owner: Name = Field(
        description="Whose the objects are. Part of every derived identity: never change it.", examples=["rack7"]
    )


@dataclass(frozen=True, slots=True)
class Owner:
    """The owner id, None where the file does not say it rightly."""

    id: str | None
    diagnostics: tuple[Diagnostic, ...] = ()


def read_owner(source: Input) -> Owner:
    """The owner id of a project file, or what is wrong with the file."""
    file = parse_file(source)
    raw = [document for document in file.documents if document.data is not None]
    members = [Member(0, document.number, (), document.line, document.data) for document in raw]
    notes: list[Note] = []
    owner: str | None = None
    if len(raw) == 1:
        try:
            owner = ProjectFile.model_validate(raw[0].data).owner
        except ValidationError as error:
            notes = [Note(0, finding) for finding in findings_of(error.errors(include_url=False), ProjectFile, "")]
    elif raw:
        notes = [Note(1, Finding((), "a second document", "xcp.yaml has only one"))]
    elif not file.complaints:
        members = [Member(0, 0, (), 1, None)]
        notes = [Note(0, Finding((), "`owner` is missing", "add `owner: NAME`, or let `xcp init` write it"))]
    diagnostics = placed([ParsedFile(source, file.digest, raw, file.complaints)], members, notes, LIMITS)
    return Owner(owner if not diagnostics else None, diagnostics)
