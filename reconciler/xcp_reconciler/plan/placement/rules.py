"""What a pool's placement policy asks for, as placement computes with it."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from xcp_reconciler.model.cluster import ClusterGroup, GroupScope
from xcp_reconciler.model.desired import Keep, PlacementPolicySpec, PlacementRule, Scope
from xcp_reconciler.model.placement import Assignment
from xcp_reconciler.plan.placement.guests import Guest
from xcp_reconciler.plan.placement.moment import Moment
from xcp_reconciler.plan.policies import matches
from xcp_reconciler.plan.world import World
from xcp_reconciler.refs import Ref, host_ref


@dataclass(frozen=True, slots=True)
class Broken:
    """A required rule that does not hold: which machines are where they may not be together, and in words."""

    rule: str
    refs: tuple[Ref, ...]
    words: str


def policy_of(pool: str, world: World) -> PlacementPolicySpec | None:
    """The placement policy of a pool that holds now."""
    ref = world.declared.placement.get(pool)
    desired = world.declared.desired.get(ref) if ref is not None else None
    if desired is None or not isinstance(desired.spec, PlacementPolicySpec) or world.observes(desired):
        return None
    return desired.spec


def domain_of(host: str, policy: PlacementPolicySpec | None, world: World) -> str:
    """What a host fails together with, as its label says; "" for a host that fails alone."""
    if policy is None or policy.domain_label is None:
        return ""
    desired = world.declared.desired.get(host_ref(host))
    return desired.labels.get(policy.domain_label, "") if desired is not None else ""


def groups_of(policy: PlacementPolicySpec | None, names: dict[str, Guest]) -> tuple[ClusterGroup, ...]:
    """The rules of a policy with the machines that they are about, by the names that these have in `names`."""
    if policy is None:
        return ()
    return tuple(
        ClusterGroup(
            rule.name,
            _scope(rule),
            tuple(name for name, guest in names.items() if matches(rule.labels, guest.desired)),
            rule.limit,
            rule.price,
        )
        for rule in policy.rules
    )


def _scope(rule: PlacementRule) -> GroupScope:
    if rule.keep is Keep.TOGETHER:
        return GroupScope.TOGETHER
    return GroupScope.DOMAIN if rule.scope is Scope.DOMAIN else GroupScope.HOST


def broken_rules(moment: Moment) -> Iterator[Broken]:
    """The required rules that do not hold for machines that run. One pass over the machines for each rule."""
    policy = policy_of(moment.pool, moment.world)
    for rule in policy.rules if policy is not None else ():
        if rule.price is not None:
            continue
        units: defaultdict[str, list[Ref]] = defaultdict(list)
        for guest in moment.guests:
            if guest.runs_on is not None and matches(rule.labels, guest.desired):
                units[_unit(rule, guest.runs_on, policy, moment.world)].append(guest.ref)
        if rule.keep is Keep.TOGETHER and len(units) > 1:
            refs = tuple(sorted(ref for found in units.values() for ref in found))
            yield Broken(rule.name, refs, f"rule {rule.name}: {_named(refs)} are on {', '.join(sorted(units))}")
        elif rule.keep is Keep.APART:
            for unit, found in sorted(units.items()):
                if len(found) > rule.limit:
                    refs = tuple(sorted(found))
                    yield Broken(rule.name, refs, f"rule {rule.name}: {_named(refs)} are on {unit}")


def breaks_a_rule(guest: Guest, host: str, moment: Moment, decided: Mapping[Ref, Assignment]) -> bool:
    """Whether a machine that started on a host would break a required rule there, as others are and are to be."""
    policy = policy_of(moment.pool, moment.world)
    for rule in policy.rules if policy is not None else ():
        if rule.price is not None or not matches(rule.labels, guest.desired):
            continue
        others = [other for other in moment.guests if other.need and matches(rule.labels, other.desired)]
        now = (replace(one, current=decided.get(one.ref, one.current)) for one in others if one.ref != guest.ref)
        places = [other.places for other in now if other.places]
        units = [{_unit(rule, place, policy, moment.world) for place in hosts} for hosts in places]
        here = sum(_unit(rule, host, policy, moment.world) in one for one in units)
        if (here >= rule.limit) if rule.keep is Keep.APART else (bool(units) and not here):
            return True
    return False


def _unit(rule: PlacementRule, host: str, policy: PlacementPolicySpec | None, world: World) -> str:
    return (domain_of(host, policy, world) or host) if rule.scope is Scope.DOMAIN else host


def _named(refs: tuple[Ref, ...]) -> str:
    return ", ".join(ref.name for ref in refs)
