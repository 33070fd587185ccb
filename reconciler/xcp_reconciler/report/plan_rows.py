"""A plan as rows: each says what a change costs, of what, which field, and from what to what."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from xcp_reconciler.model.decision import EXISTS, HOST, STATE, Change, Gone, Pending, PendingReason
from xcp_reconciler.model.desired import Desired, NetworkSpec, StorageSpec, VmSpec
from xcp_reconciler.model.impact import Impact
from xcp_reconciler.model.plan import Entry
from xcp_reconciler.refs import Ref
from xcp_reconciler.report.paint import Role
from xcp_reconciler.report.words import IMPACT_WORDS, count, value_word
from xcp_reconciler.units import format_kib

_ON: Final = " on "


class Group(IntEnum):
    """The order of rows: what costs little first, then what comes, starts and goes."""

    METADATA = 0
    LIVE = 1
    GUEST_COOPERATION = 2
    DEFERRED = 3
    MIGRATE = 4
    POWER_CYCLE = 5
    REPLACE = 6
    HOST_REBOOT = 7
    DATA_LOSS = 8
    CREATE = 9
    START = 10
    STOP = 11
    FORGET = 12
    DELETE = 13


_ROLES: Final = {
    Group.CREATE: Role.GOOD,
    Group.START: Role.GOOD,
    Group.METADATA: Role.CHANGE,
    Group.LIVE: Role.CHANGE,
    Group.GUEST_COOPERATION: Role.CHANGE,
    Group.DEFERRED: Role.CHANGE,
    Group.MIGRATE: Role.CHANGE,
}


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a plan. `path` and `values` are empty for whole actions, which `note` describes."""

    group: Group
    word: str
    ref: Ref
    path: str
    values: str
    note: str

    @property
    def role(self) -> Role:
        """How the word looks: what interrupts or destroys stands out."""
        return _ROLES.get(self.group, Role.BAD)


def rows_of(entries: Iterable[Entry], declared: Mapping[Ref, Desired]) -> list[Row]:
    """All rows of a plan in the order of their groups, each group in the order of the plan."""
    rows = [row for entry in entries for row in _rows(entry, declared.get(entry.ref))]
    return sorted(rows, key=lambda row: row.group)


def pending_row(ref: Ref, pending: Pending) -> Row:
    """The row of something that stays for now."""
    words = {
        PendingReason.POWER_CYCLE: "pending",
        PendingReason.HELD_BY_POLICY: "held back",
        PendingReason.APPROVAL: "to approve",
        PendingReason.REPORT_ONLY: "reported",
        PendingReason.GUEST_UNCOOPERATIVE: "guest",
        PendingReason.NO_MEMORY: "no memory",
    }
    change = pending.change
    if change.path.partition(_ON)[0] == EXISTS:
        values = "to be created" if change.desired else "to be deleted"
        return Row(Group(change.impact.value), words[pending.reason], ref, values, "", pending.message)
    return Row(Group(change.impact.value), words[pending.reason], ref, change.path, _values(change), pending.message)


def action_of(entry: Entry) -> str:
    """What happens to an object as a whole: create, delete, forget, start, stop, migrate or update."""
    whole = {change.path.partition(_ON)[0]: change for change in entry.changes}
    exists, state = whole.get(EXISTS), whole.get(STATE)
    if exists is not None:
        return "create" if exists.desired else "delete"
    if isinstance(entry.end, Gone):
        return "forget"
    if state is not None:
        return "stop" if state.desired == "halted" else "start"
    if HOST in whole or "placement.host" in whole:
        return "migrate"
    return "update" if entry.changes else "none"


def _rows(entry: Entry, desired: Desired | None) -> Iterator[Row]:
    whole = [change for change in entry.changes if change.path.partition(_ON)[0] in {EXISTS, STATE}]
    if whole:
        yield _whole(entry, whole, desired)
    elif isinstance(entry.end, Gone) and not entry.changes:
        kept = "xcp forgets it; what is in the backend stays"
        yield Row(Group.FORGET, "forget", entry.ref, "", "", kept)
    for change in entry.changes:
        if change.path.partition(_ON)[0] not in {EXISTS, STATE}:
            group = Group(change.impact.value)
            yield Row(group, IMPACT_WORDS[change.impact], entry.ref, change.path, _values(change), change.reason)


def _whole(entry: Entry, whole: list[Change], desired: Desired | None) -> Row:
    exists = [change for change in whole if change.path.partition(_ON)[0] == EXISTS]
    states = [change for change in whole if change.path.partition(_ON)[0] == STATE]
    if exists and not exists[0].desired:
        return Row(Group.DELETE, "delete", entry.ref, "", "", _leaving(entry, exists))
    if exists:
        starts = desired is not None and isinstance(desired.spec, VmSpec) and bool(states)
        word = "create, start" if starts else "create"
        return Row(Group.CREATE, word, entry.ref, "", "", _coming(exists, desired))
    change = states[0]
    if change.desired == "halted":
        return Row(Group.STOP, "stop", entry.ref, STATE, _values(change), change.reason)
    hosts = _hosts(states)
    if hosts:
        return Row(Group.START, "start", entry.ref, "", "", f"on {', '.join(hosts)}: {change.reason}")
    return Row(Group.START, "start", entry.ref, STATE, _values(change), change.reason)


def _coming(exists: list[Change], desired: Desired | None) -> str:
    spec = desired.spec if desired is not None else None
    hosts = _hosts(exists)
    where = f"on {', '.join(hosts)}" if hosts else exists[0].reason
    match spec:
        case VmSpec():
            return f"{count(spec.cores, 'core')}, {format_kib(spec.memory_max)}, {where}"
        case StorageSpec():
            return f"{spec.path}, {where}"
        case NetworkSpec():
            return f"{spec.subnet}, {where}"
        case _:
            return where


def _leaving(entry: Entry, exists: list[Change]) -> str:
    hosts = _hosts(exists)
    where = f"from {', '.join(hosts)}: " if hosts else ""
    costs = exists[0].impact
    shown = f"{IMPACT_WORDS[costs]}: " if costs >= Impact.POWER_CYCLE else ""
    del entry
    return f"{shown}{where}{exists[0].reason}"


def _hosts(changes: list[Change]) -> list[str]:
    return [host for change in changes if (host := change.path.partition(_ON)[2])]


def _values(change: Change) -> str:
    return f"{value_word(change.current)} -> {value_word(change.desired)}"
