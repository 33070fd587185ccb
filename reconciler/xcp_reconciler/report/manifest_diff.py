"""What a declaration changes, as unified diffs of manifests."""

from collections.abc import Iterator, Mapping
from difflib import unified_diff

from xcp_reconciler.model.desired import Desired
from xcp_reconciler.refs import DEPENDENCY_ORDER, Ref
from xcp_reconciler.report.manifest import manifest
from xcp_reconciler.report.paint import PLAIN, Paint, Role
from xcp_reconciler.report.yaml_text import yaml_text


def manifest_diff(before: Mapping[Ref, Desired], after: Mapping[Ref, Desired], paint: Paint = PLAIN) -> str:
    """One diff for each object of `after` that is not declared so in `before`; empty where all are."""
    ordered = sorted(after, key=lambda ref: (DEPENDENCY_ORDER[ref.kind], ref))
    return "".join(line for ref in ordered for line in _one(ref, before.get(ref), after[ref], paint))


def _one(ref: Ref, before: Desired | None, after: Desired, paint: Paint) -> Iterator[str]:
    if before is not None and before.declares_the_same(after):
        return
    old = yaml_text(manifest(before)).splitlines() if before is not None else []
    new = yaml_text(manifest(after)).splitlines()
    stored = f"{ref} (stored)" if before is not None else "/dev/null"
    origin = f" ({after.origin})" if after.origin is not None else ""
    lines = list(unified_diff(old, new, stored, f"{ref}{origin}", lineterm="", n=3))
    if before is not None and not lines:
        # The manifests are the same: only who owns it or that it was leaving is different.
        yield f"{paint(f'  {ref}: kept again, or of another owner', Role.QUIET)}\n"
    for line in lines:
        yield f"{paint(line, _role(line))}\n"


def _role(line: str) -> Role:
    if line.startswith(("---", "+++")):
        return Role.STRONG
    return {"+": Role.GOOD, "-": Role.BAD}.get(line[:1], Role.QUIET)
