"""What the loader is given, and what it gives back."""

from dataclasses import dataclass
from typing import Any

from xcp_reconciler.api.diagnostic import Diagnostic, Severity
from xcp_reconciler.api.wire import AnyResource
from xcp_reconciler.loader.build import Complaint
from xcp_reconciler.loader.parse import RawDocument
from xcp_reconciler.model.desired import Origin
from xcp_reconciler.refs import Kind, Ref, ref_of


@dataclass(frozen=True, slots=True)
class Input:
    """A file's bytes, its name as errors show it, and the folder that relative paths in it are relative to."""

    name: str
    content: bytes
    folder: str = ""


@dataclass(frozen=True, slots=True)
class ParsedFile:
    """A file as plain data. `digest` names its content; `complaints` are about the text itself."""

    source: Input
    digest: str
    documents: list[RawDocument]
    complaints: tuple[Complaint, ...] = ()


@dataclass(frozen=True, slots=True)
class Document:
    """One valid object: where it was declared, as it was written, and as its model."""

    origin: Origin
    kind: Kind
    data: dict[str, Any]
    model: AnyResource

    @property
    def ref(self) -> Ref:
        """How the object is named everywhere else."""
        return ref_of(self.kind, self.model.metadata.name, self.model.metadata.namespace)


@dataclass(frozen=True, slots=True)
class Loaded:
    """All valid objects of a run, and all that is wrong with the others, in the order of files and lines."""

    documents: tuple[Document, ...]
    diagnostics: tuple[Diagnostic, ...]
    content_hash: str

    @property
    def ok(self) -> bool:
        """Whether there is no error; warnings do not count."""
        return all(diagnostic.severity is not Severity.ERROR for diagnostic in self.diagnostics)
