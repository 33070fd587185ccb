"""What comes of reading a pool's file, whatever its format."""

from dataclasses import dataclass

from xcp_reconciler.api.diagnostic import Diagnostic
from xcp_reconciler.model.cluster import Cluster


@dataclass(frozen=True, slots=True)
class Read:
    """The pool, None where anything is wrong with it; and all there is to say, warnings among it."""

    cluster: Cluster | None
    diagnostics: tuple[Diagnostic, ...] = ()
