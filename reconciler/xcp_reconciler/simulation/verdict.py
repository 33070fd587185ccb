"""What a history is judged by, once it is over."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

from xcp_reconciler.model.desired import (
    DeletionPolicy,
    Desired,
    HostSpec,
    Keep,
    MemoryMode,
    MemoryPolicySpec,
    PlacementPolicySpec,
    PlacementRule,
    Scope,
    VmSpec,
    VolumeSpec,
)
from xcp_reconciler.model.identity import Identities
from xcp_reconciler.plan.policies import is_balanced
from xcp_reconciler.plan.world import Declarations, World
from xcp_reconciler.simulation import deeds
from xcp_reconciler.simulation.oracles import KeptRule, Oracle, Violation, differences
from xcp_reconciler.simulation.scenario import OWNER, Scenario
from xcp_reconciler.simulation.truth import Facts

# As `Facts.objects` tells of a target that is not the stored one.
_TARGET: Final = re.compile(r" target [0-9]+")


@dataclass(frozen=True, slots=True)
class Reference:
    """What a history came to. That of the one without faults is what all others must come to.

    `created` and `deleted` count how often each object was, `strangers` are the keys of what is not ours.
    """

    facts: Facts
    strangers: frozenset[str]
    created: Mapping[str, int]
    deleted: Mapping[str, int]
    effects: int


def compared(scenario: Scenario, reference: Reference, found: Reference) -> Iterator[Violation]:
    """Where a history ended otherwise than the one without faults; what became of strangers is not compared."""
    names = balanced(scenario)
    expected, came = without_targets(reference.facts, names), without_targets(found.facts, names)
    for words in differences(expected, came, pinned(scenario), reference.strangers | found.strangers):
        yield Violation(Oracle.END_STATE, words)
    if any(phase.until is not None for phase in scenario.phases):
        # Where the owner changes mind in the middle, it may be before or after something was made.
        return
    for word, mine, other in (
        ("created", found.created, reference.created),
        ("deleted", found.deleted, reference.deleted),
    ):
        for key in {**mine, **other}:
            if mine.get(key, 0) != other.get(key, 0):
                detail = f"{key} was {word} {mine.get(key, 0)} times instead of {other.get(key, 0)}"
                yield Violation(Oracle.CREATES_AND_DELETES, detail)


def balanced(scenario: Scenario) -> frozenset[str]:
    """The machines whose balloons a policy moves in the end: where to depends on the way there."""
    last = scenario.phases[-1].declared
    world = World(Identities(OWNER), 0.0, Declarations.of({one.ref: one for one in last}), {})
    return frozenset(one.ref.name for one in last if is_balanced(one, world))


def without_targets(facts: Facts, names: frozenset[str]) -> Facts:
    """The same without what is said of the targets of these machines."""
    if not names:
        return facts
    said = {
        key: _TARGET.sub("", words) if key.startswith("machine ") and key.split(" ")[1] in names else words
        for key, words in facts.objects.items()
    }
    return replace(facts, objects=said)


def reserves(declared: tuple[Desired, ...]) -> dict[str, int]:
    """What each host keeps for itself, in KiB: as declared of it, or by the policy that sets targets there."""
    wanted = {
        one.spec.pool: one.spec.reserve_kib or 0
        for one in declared
        if isinstance(one.spec, MemoryPolicySpec) and one.spec.mode is MemoryMode.DIRECT
    }
    return {
        one.ref.name: max(one.spec.reserve_kib, wanted.get(one.spec.pool, 0))
        for one in declared
        if isinstance(one.spec, HostSpec)
    }


def required(declared: tuple[Desired, ...]) -> tuple[KeptRule, ...]:
    """The required rules of the placement policies."""
    found: list[KeptRule] = []
    for policy in (one.spec for one in declared if isinstance(one.spec, PlacementPolicySpec)):
        for rule in policy.rules:
            if rule.price is None:
                limit = rule.limit if rule.keep is Keep.APART else None
                label = policy.domain_label if rule.scope is Scope.DOMAIN else None
                units = {one.ref.name: one.labels[label] for one in declared if label in one.labels} if label else {}
                keys, told = _meant(rule, declared)
                found.append(KeptRule(rule.name, keys, told, units, limit))
    return tuple(found)


def _meant(rule: PlacementRule, declared: tuple[Desired, ...]) -> tuple[frozenset[str], frozenset[str]]:
    """The machines that a rule is about, and those of them that are told where to be."""
    labels = {(label.key, label.value) for label in rule.labels}
    meant = {
        f"machine {one.ref.name} of {OWNER}": one.spec.host
        for one in declared
        if isinstance(one.spec, VmSpec) and labels <= set(one.labels.items())
    }
    return frozenset(meant), frozenset(key for key, host in meant.items() if host is not None)


def pinned(scenario: Scenario) -> frozenset[str]:
    """The machines that are told where to be in the end, or are to be in one place for another reason."""
    last = scenario.phases[-1]
    told = (one.ref.name for one in last.declared if isinstance(one.spec, VmSpec) and one.spec.host is not None)
    return frozenset((*told, *last.at))


def adopted(scenario: Scenario) -> frozenset[str]:
    """The names of machines that are to be taken over from somebody."""
    return frozenset(
        one.policies.adopt.name
        for phase in scenario.phases
        for one in phase.declared
        if one.policies.adopt is not None and one.policies.adopt.name is not None
    )


def deletable(scenario: Scenario) -> tuple[str, ...]:
    """How the paths of the files end that somebody asks to delete: the owner, or whoever deletes by hand."""
    found: dict[str, None] = {}
    identities = Identities(OWNER)
    by_hand = {
        timed.deed.volume
        for phase in scenario.phases
        for timed in phase.others
        if isinstance(timed.deed, deeds.FileDeleted)
    }
    for before, after in zip(scenario.phases, scenario.phases[1:], strict=False):
        left = {one.ref for one in after.declared}
        for one in before.declared:
            if one.ref not in left and one.policies.deletion is DeletionPolicy.DELETE:
                _add(found, one, identities)
    for phase in scenario.phases:
        for one in phase.declared:
            if one.ref.name in by_hand:
                _add(found, one, identities)
    return tuple(found)


def _add(found: dict[str, None], one: Desired, identities: Identities) -> None:
    if isinstance(one.spec, VolumeSpec):
        found["/" + identities.file_name(one.ref, one.spec.format.extension)] = None
