"""The copy in memory, and how it follows the database."""

import sqlite3
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final, cast

from xcp_reconciler.model.codec import CodecError
from xcp_reconciler.model.desired import Desired
from xcp_reconciler.model.history import History
from xcp_reconciler.model.placement import Assignment
from xcp_reconciler.model.records import ApprovalRecord, HeldPrune, HostRecord, OpenPlan
from xcp_reconciler.model.scalars import ref_from
from xcp_reconciler.model.status import Status
from xcp_reconciler.ports.store import State, StoreError
from xcp_reconciler.refs import Ref, host_ref
from xcp_reconciler.store.collector import collector_held
from xcp_reconciler.store.records import READERS
from xcp_reconciler.store.schema import Table
from xcp_reconciler.store.shelf import DesiredColumns, DesiredShelf, Shelf

_NAMED: Final = frozenset({Table.HOST, Table.PLAN, Table.PRUNE})
_TABLES: Final = {table.value: table for table in Table}
# One statement for all tables: mostly one row of one of them is new.
_NEWER: Final = " UNION ALL ".join(
    f"SELECT '{table}', key, body FROM {table} WHERE revision > ?1"  # noqa: S608 - our own enum
    for table in Table
)


@dataclass(frozen=True, slots=True)
class Row:
    """A row that a commit wrote, to be taken over when it is durable. `value` None: removed."""

    table: Table
    key: Ref | str
    value: object
    revision: int
    digest: str = ""
    source: str | None = None
    line: int | None = None


class Replica:
    """All tables in memory. `revision` is the newest that it holds."""

    def __init__(self) -> None:
        self.revision = 0
        self.desired = DesiredShelf(READERS[Table.DESIRED], Table.DESIRED)
        self.plans = Shelf[str, OpenPlan](READERS[Table.PLAN], Table.PLAN)
        self.prunes = Shelf[str, HeldPrune](READERS[Table.PRUNE], Table.PRUNE)
        hosts = Shelf[str, HostRecord](READERS[Table.HOST], Table.HOST)
        statuses = Shelf[Ref, Status](READERS[Table.STATUS], Table.STATUS)
        assignments = Shelf[Ref, Assignment](READERS[Table.ASSIGNMENT], Table.ASSIGNMENT)
        histories = Shelf[Ref, History](READERS[Table.HISTORY], Table.HISTORY)
        sightings = Shelf[Ref, tuple[str, ...]](READERS[Table.SIGHTING], Table.SIGHTING)
        approvals = Shelf[Ref, ApprovalRecord](READERS[Table.APPROVAL], Table.APPROVAL)
        self.state = State(
            desired=self.desired,
            versions=self.desired.versions,
            statuses=statuses,
            assignments=assignments,
            histories=histories,
            sightings=sightings,
            hosts=hosts,
            approvals=approvals,
            plans=self.plans,
            prunes=self.prunes,
        )
        self._shelves = cast(
            "dict[Table, Shelf[Ref | str, object]]",
            {
                Table.DESIRED: self.desired,
                Table.STATUS: statuses,
                Table.HISTORY: histories,
                Table.ASSIGNMENT: assignments,
                Table.SIGHTING: sightings,
                Table.APPROVAL: approvals,
                Table.HOST: hosts,
                Table.PLAN: self.plans,
                Table.PRUNE: self.prunes,
            },
        )

    def take(self, rows: Iterable[Row], revision: int) -> None:
        """Take over what commits of this process made durable, and the revision that they end at."""
        for row in rows:
            shelf = self._shelves[row.table]
            if row.value is None:
                shelf.drop(row.key)
                continue
            shelf.put(row.key, row.value)
            if isinstance(row.key, Ref) and isinstance(row.value, Desired):
                given = row.value.uid, row.value.generation
                self.desired.note((row.key, row.revision, *given, row.digest, row.source, row.line))
        self.revision = revision

    def pull(self, connection: sqlite3.Connection) -> set[Ref]:
        """Take over what others wrote, within a transaction of the caller; the refs that it concerns.

        All is read before anything changes: a copy that lost half its entries to an error would read as deletions.

        Raises:
            StoreError: a key makes no sense.
            sqlite3.Error: the database cannot be read.
        """
        revision, purged = connection.execute("SELECT revision, purged FROM store").fetchone()
        if revision == self.revision:
            return set()
        try:
            if self.revision == 0 or purged > self.revision or revision < self.revision:
                with collector_held():
                    changed = self._reload(connection)
            else:
                changed = self._catch_up(connection)
        except CodecError as error:
            raise StoreError(f"the store holds a row that no xcp wrote: {error}; put a backup in its place") from error
        self.revision = revision
        return changed

    def _reload(self, connection: sqlite3.Connection) -> set[Ref]:
        bodies: dict[Table, dict[Ref | str, object]] = {table: {} for table in self._shelves}
        columns: list[DesiredColumns] = []
        for path, body, *beside in connection.execute(
            "SELECT key, body, revision, uid, generation, digest, source, line FROM desired WHERE body IS NOT NULL"
        ):
            ref = ref_from(path)
            bodies[Table.DESIRED][ref] = body
            columns.append((ref, *beside))
        for table, found in bodies.items():
            if table is not Table.DESIRED:
                key_of = _key_reader(table)
                for path, body in connection.execute(
                    f"SELECT key, body FROM {table} WHERE body IS NOT NULL"  # noqa: S608 - our own enum
                ):
                    found[key_of(path)] = body
        changed = self._all_refs()
        for table, found in bodies.items():
            self._shelves[table].load(found)
        self.desired.note_all(columns)
        return changed | self._all_refs()

    def _all_refs(self) -> set[Ref]:
        result: set[Ref] = set()
        for table, shelf in self._shelves.items():
            if table in _NAMED:
                for key in shelf:
                    result.update(self._concerned(table, key))
            else:
                result.update(cast("Shelf[Ref, object]", shelf))
        return result

    def _catch_up(self, connection: sqlite3.Connection) -> set[Ref]:
        since = (self.revision,)
        columns: list[DesiredColumns] = [
            (ref_from(path), *beside)
            for path, *beside in connection.execute(
                "SELECT key, revision, uid, generation, digest, source, line FROM desired "
                "WHERE revision > ? AND body IS NOT NULL",
                since,
            )
        ]
        rows: list[tuple[Table, Ref | str, str | None]] = [
            (_TABLES[name], _key_reader(_TABLES[name])(path), body)
            for name, path, body in connection.execute(_NEWER, since)
        ]
        changed: set[Ref] = set()
        for table, key, body in rows:
            changed.update(self._concerned(table, key))
            if body is None:
                self._shelves[table].drop(key)
            else:
                self._shelves[table].put(key, body)
                changed.update(self._concerned(table, key))
        for column in columns:
            self.desired.note(column)
        return changed

    def _concerned(self, table: Table, key: Ref | str) -> Iterable[Ref]:
        """The objects to look at when a row changes."""
        if isinstance(key, Ref):
            return (key,)
        if table is Table.HOST:
            return (host_ref(key),)
        try:
            if table is Table.PLAN:
                return tuple(self.plans[key].changes) if key in self.plans else ()
            return self.prunes[key].refs if key in self.prunes else ()
        except StoreError:
            # Said to whoever reads the record; here it would keep everything else from being seen.
            return ()


def _key_reader(table: Table) -> Callable[[str], Ref | str]:
    return str if table in _NAMED else ref_from
