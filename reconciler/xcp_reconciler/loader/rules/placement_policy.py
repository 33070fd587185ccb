"""Rules within one PlacementPolicy."""

from collections.abc import Iterator

from xcp_reconciler.api.enums import Keep, Scope
from xcp_reconciler.api.placement_policy import PlacementPolicy, Rule
from xcp_reconciler.loader.finding import Finding, Spot
from xcp_reconciler.loader.places import Path


def check_placement_policy(model: PlacementPolicy) -> Iterator[Finding]:
    """Names of its own for each rule, domains that are said, and nothing that a rule makes no use of."""
    spec = model.spec
    seen: set[str] = set()
    for number, rule in enumerate(spec.rules):
        where: Path = ("spec", "rules", number)
        if rule.name in seen:
            message = f"two rules are called `{rule.name}`"
            yield Finding((*where, "name"), message, "each rule needs a name of its own")
        seen.add(rule.name)
        yield from _check_reach(rule, where)
        if rule.keep is Keep.APART and rule.scope is Scope.DOMAIN and spec.topology_key is None:
            message = "hosts have no domains while the policy names no `topologyKey`"
            yield Finding((*where, "scope"), message, "add `topologyKey: rack` to `spec`, or write Host")
        if rule.required and rule.weight is not None:
            message = "a required rule has no weight: no host that breaks it is compared with others"
            yield Finding((*where, "weight"), message, "remove it, or write `required: false`", spot=Spot.KEY)


def _check_reach(rule: Rule, where: Path) -> Iterator[Finding]:
    if rule.keep is Keep.APART:
        return
    for field, value in (("scope", rule.scope), ("limit", rule.limit)):
        if value is not None:
            message = f"`{field}` is for machines that are kept apart; these are kept together, on one host"
            yield Finding((*where, field), message, "remove it, or write `keep: Apart`", spot=Spot.KEY)
