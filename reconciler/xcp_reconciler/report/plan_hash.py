"""The name of a plan: equal for equal changes of equal objects, whoever computes it."""

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import blake2b
from typing import Final

from xcp_reconciler.model.codec import Codec
from xcp_reconciler.model.decision import Change
from xcp_reconciler.model.plan import Plan
from xcp_reconciler.refs import Ref

_DIGEST_BYTES: Final = 16


@dataclass(frozen=True, slots=True)
class _Named:
    owner: str
    changes: Mapping[Ref, tuple[Change, ...]]
    hosts: Mapping[Ref, str]


_NAMED: Final = Codec[_Named](_Named)


def plan_hash(owner: str, plan: Plan) -> str:
    """The digest of a plan's canonical JSON: its changes, and where the machines that it changes will be."""
    changes = changes_of(plan)
    return hash_of_changes(owner, changes, {ref: plan.hosts[ref] for ref in changes if ref in plan.hosts})


def changes_of(plan: Plan) -> dict[Ref, tuple[Change, ...]]:
    """The changes of each object that a plan changes."""
    return {entry.ref: entry.changes for entry in plan.entries if entry.changes}


def hash_of_changes(owner: str, changes: Mapping[Ref, tuple[Change, ...]], hosts: Mapping[Ref, str]) -> str:
    """The same from its parts; objects without changes and their hosts do not count."""
    said = {ref: some for ref, some in changes.items() if some}
    named = _Named(owner, said, {ref: host for ref, host in hosts.items() if ref in said})
    return digest(_NAMED.text(named))


def digest(text: str) -> str:
    """The digest of a canonical text."""
    return blake2b(text.encode(), digest_size=_DIGEST_BYTES).hexdigest()
