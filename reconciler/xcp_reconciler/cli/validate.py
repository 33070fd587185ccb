"""`xcp validate`."""

from collections import Counter

from xcp_reconciler.cli.exits import Exit
from xcp_reconciler.cli.failure import SaidError
from xcp_reconciler.cli.options import RequiredFiles, examples


@examples("xcp validate -f examples/quickstart", "cat web.yaml | xcp validate -f -")
def validate(paths: RequiredFiles) -> Exit:
    """Check manifests without looking at any host: every error of every file, with its place."""
    from xcp_reconciler.cli.output import show, warn  # noqa: PLC0415 - beside its only use
    from xcp_reconciler.cli.workspace import load_documents  # noqa: PLC0415 - loads the models
    from xcp_reconciler.report.words import count  # noqa: PLC0415 - the same

    loaded = load_documents(paths)
    if not loaded.ok:
        raise SaidError
    if not loaded.documents:
        warn("there is no object in these manifests")
    kinds = Counter(document.kind for document in loaded.documents)
    parts = ", ".join(f"{number} {kind}" for kind, number in sorted(kinds.items()))
    show(f"{count(len(loaded.documents), 'object')} valid" + (f": {parts}" if parts else ""))
    return Exit.DONE
