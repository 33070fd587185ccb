"""What one revision of a source changes in what is stored: what to put, what to remove, what is held back. Pure.

A source is one or more paths. It owns what was declared at or below them, and removes nothing else. Nothing is removed
by a source that declares nothing: an empty folder is far more often a mount that is missing than a wish.
"""

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import PurePosixPath
from typing import Final

from xcp_reconciler.api.diagnostic import Diagnostic, Place
from xcp_reconciler.model.desired import Desired, Origin, Removal
from xcp_reconciler.model.records import HeldPrune
from xcp_reconciler.refs import DEPENDENCY_ORDER, Ref

_EVERYTHING: Final = "."


class Pruning(StrEnum):
    """Whether what a source no longer declares is removed."""

    KEEP = "keep"
    PRUNE = "prune"


@dataclass(frozen=True, slots=True)
class Budget:
    """How many objects one revision may remove without anybody's approval: the larger of the two."""

    least: int = 1
    percent: int = 10

    def allows(self, owned: int) -> int:
        """The number for a source that owned so many objects."""
        return max(self.least, owned * self.percent // 100)


DEFAULT_BUDGET: Final = Budget()


@dataclass(frozen=True, slots=True)
class Revision:
    """What a source declares now. `paths` in the form in which origins are stored, `id` is the hash of the content."""

    paths: tuple[str, ...]
    id: str
    owner: str
    declared: Sequence[Desired]

    @property
    def source(self) -> str:
        """The name of the source."""
        return ", ".join(self.paths)

    def owns(self, origin: Origin | None) -> bool:
        """Whether an object with that origin was declared at or below one of the paths."""
        return origin is not None and any(_is_below(origin.path, path) for path in self.paths)


@dataclass(frozen=True, slots=True)
class Inventory:
    """The difference between a revision and what is stored.

    `put` are new or changed objects, `remove` those to be marked for removal, `left` those that the source no longer
    declares and that stay all the same: because nobody asked for pruning, because they are held back, or protected.
    `held` is the prune that needs an approval, `obsolete` the ids of held prunes that this revision replaces. With
    `conflicts` nothing of the revision may be used.
    """

    put: tuple[Desired, ...] = ()
    remove: tuple[Desired, ...] = ()
    left: tuple[Desired, ...] = ()
    held: HeldPrune | None = None
    budget: int = 0
    obsolete: tuple[str, ...] = ()
    conflicts: tuple[Diagnostic, ...] = ()


@dataclass(frozen=True, slots=True)
class Stored:
    """What is stored now. `existing` are the paths of origins of which the file is still there."""

    desired: Mapping[Ref, Desired]
    prunes: Mapping[str, HeldPrune]
    existing: AbstractSet[str]


def take_inventory(
    revision: Revision, stored: Stored, pruning: Pruning, now: float, budget: Budget = DEFAULT_BUDGET
) -> Inventory:
    """Compare a revision that could be read whole with what is stored."""
    conflicts = tuple(
        conflict
        for desired in revision.declared
        if (conflict := _conflict(desired, stored.desired.get(desired.ref), revision, stored.existing)) is not None
    )
    if conflicts:
        return Inventory(conflicts=conflicts)
    put = tuple(desired for desired in revision.declared if _differs(desired, stored.desired.get(desired.ref)))
    if not revision.declared:
        return Inventory(put)
    owned = [one for one in stored.desired.values() if one.owner == revision.owner and revision.owns(one.origin)]
    declared = {desired.ref for desired in revision.declared}
    absent = sorted((one for one in owned if one.ref not in declared and one.removal is None), key=_children_first)
    obsolete = tuple(
        held.revision
        for held in stored.prunes.values()
        if held.source == revision.source and held.revision != revision.id
    )
    protected = tuple(one for one in absent if one.policies.protected)
    leaving = tuple(one for one in absent if not one.policies.protected)
    allowed = budget.allows(len(owned))
    if pruning is Pruning.KEEP:
        return Inventory(put, left=tuple(absent), budget=allowed)
    if len(leaving) > allowed:
        held = HeldPrune(revision.id, revision.source, tuple(one.ref for one in leaving), now)
        known = stored.prunes.get(revision.id)
        if known is not None and known.refs == held.refs:
            held = known
        return Inventory(put, left=tuple(absent), held=held, budget=allowed, obsolete=obsolete)
    if revision.id in stored.prunes:
        obsolete = (*obsolete, revision.id)
    going = tuple(replace(one, removal=Removal.DELETE) for one in leaving)
    return Inventory(put, going, protected, budget=allowed, obsolete=obsolete)


def _differs(desired: Desired, stored: Desired | None) -> bool:
    return stored is None or stored.origin != desired.origin or not desired.declares_the_same(stored)


def _conflict(
    desired: Desired, stored: Desired | None, revision: Revision, existing: AbstractSet[str]
) -> Diagnostic | None:
    """Why this source may not declare an object, None where it may."""
    if stored is None:
        return None
    if stored.owner != revision.owner:
        where = f", declared at {stored.origin}" if stored.origin is not None else ""
        message = f"{desired.ref} belongs to owner `{stored.owner}`{where}; these manifests are of `{revision.owner}`"
        return Diagnostic(_place(desired), message, "two owners must not share an object: give it another name")
    origin = stored.origin
    if origin is None or stored.removal is not None or revision.owns(origin) or origin.path not in existing:
        return None
    message = f"{desired.ref} is already declared at {origin}"
    return Diagnostic(_place(desired), message, "remove one of the two, or name both files with -f")


def _place(desired: Desired) -> Place:
    origin = desired.origin
    return Place(origin.path, origin.line, 1) if origin is not None else Place(str(desired.ref))


def _is_below(path: str, top: str) -> bool:
    if top == _EVERYTHING:
        return not path.startswith(("/", "../"))
    return path == top or PurePosixPath(path).is_relative_to(top)


def _children_first(desired: Desired) -> tuple[int, Ref]:
    return -DEPENDENCY_ORDER[desired.ref.kind], desired.ref


def origins_elsewhere(revision: Revision, desired: Mapping[Ref, Desired]) -> frozenset[str]:
    """The paths that decide about conflicts: whoever calls `take_inventory` must find out which of them exist."""
    return frozenset(_foreign_paths(revision, desired))


def _foreign_paths(revision: Revision, stored: Mapping[Ref, Desired]) -> Iterable[str]:
    for desired in revision.declared:
        known = stored.get(desired.ref)
        if known is not None and known.origin is not None and not revision.owns(known.origin):
            yield known.origin.path
