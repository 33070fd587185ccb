"""Kinds of which a pool has one: with two nobody could say which of them acts."""

from collections.abc import Iterator
from typing import Final

from xcp_reconciler.api.placement_policy import PlacementPolicySpec
from xcp_reconciler.api.rebalance import RebalanceSpec
from xcp_reconciler.loader.finding import Elsewhere, Finding
from xcp_reconciler.loader.places import Path
from xcp_reconciler.loader.rules.subject import Gathered, Subject, Told
from xcp_reconciler.refs import Kind

_POOL_REF: Final[Path] = ("spec", "poolRef", "name")
_HINTS: Final = {
    Kind.PLACEMENT_POLICY: "put the rules of both into one",
    Kind.REBALANCE: "keep one of them",
}


def check_one_a_pool(gathered: Gathered) -> Iterator[Told]:
    """At most one PlacementPolicy and one Rebalance for each pool, as far as this run declares them."""
    for kind, hint in _HINTS.items():
        first: dict[str, Subject] = {}
        for subject in gathered.all_of(kind):
            spec = subject.model.spec
            if not isinstance(spec, PlacementPolicySpec | RebalanceSpec):
                continue
            pool = spec.pool_ref.name
            other = first.setdefault(pool, subject)
            if other is not subject:
                also = (Elsewhere(other.number, _POOL_REF, f"{other} is for it, too"),)
                message = f"{other} and {subject} are both for pool {pool}, which has one {kind}"
                yield Told(subject.number, Finding(_POOL_REF, message, hint, also=also))
