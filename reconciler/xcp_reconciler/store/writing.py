"""One commit, written into an open transaction."""

import sqlite3
from dataclasses import replace
from typing import Final, TypeVar, assert_never

from xcp_reconciler.model.codec import Codec, CodecError
from xcp_reconciler.model.digest import Declaration, declares_alike
from xcp_reconciler.model.history import EMPTY
from xcp_reconciler.ports.clock import Rng
from xcp_reconciler.ports.store import (
    ConflictError,
    PutApproval,
    PutAssignment,
    PutDesired,
    PutHistory,
    PutHost,
    PutPlan,
    PutPrune,
    PutSighting,
    PutStatus,
    RemoveDesired,
    RemovePlan,
    RemovePrune,
    StoreError,
    Write,
)
from xcp_reconciler.refs import Ref
from xcp_reconciler.store.records import (
    APPROVAL,
    ASSIGNMENT,
    HISTORY,
    HOST,
    PLAN,
    PRUNE,
    SIGHTING,
    STATUS,
    Sighting,
)
from xcp_reconciler.store.replica import Row
from xcp_reconciler.store.schema import Table

T = TypeVar("T")

_KEPT_UNDER_A_REF: Final = (
    Table.DESIRED,
    Table.STATUS,
    Table.HISTORY,
    Table.ASSIGNMENT,
    Table.SIGHTING,
    Table.APPROVAL,
)
_DECLARE: Final = """
INSERT INTO desired (key, revision, uid, generation, digest, source, line, body) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (key) DO UPDATE SET
    revision = excluded.revision, uid = excluded.uid, generation = excluded.generation, digest = excluded.digest,
    source = excluded.source, line = excluded.line, body = excluded.body
"""


class Commit:
    """The writes of one commit, under one revision. `rows` is what they changed; what was there already did not."""

    def __init__(self, connection: sqlite3.Connection, revision: int, rng: Rng) -> None:
        self.rows: list[Row] = []
        self._connection = connection
        self._revision = revision
        self._rng = rng

    def write(self, write: Write) -> None:  # noqa: C901, PLR0912 - a line for each kind of write
        """Write one thing.

        Raises:
            ConflictError: its `expect` does not hold.
            StoreError: it cannot be written down.
            sqlite3.Error: the database refused.
        """
        try:
            match write:
                case PutDesired():
                    self._declare(write)
                case RemoveDesired():
                    for table in _KEPT_UNDER_A_REF:
                        self._remove(table, write.ref)
                case PutStatus():
                    self._put(Table.STATUS, write.ref, STATUS, write.status)
                case PutHistory():
                    self._put(Table.HISTORY, write.ref, HISTORY, None if write.history == EMPTY else write.history)
                case PutAssignment():
                    self._put(Table.ASSIGNMENT, write.ref, ASSIGNMENT, write.assignment)
                case PutSighting():
                    self._sight(write)
                case PutHost():
                    self._put(Table.HOST, write.name, HOST, write.record)
                case PutApproval():
                    self._put(Table.APPROVAL, write.ref, APPROVAL, write.approval)
                case PutPlan():
                    self._put(Table.PLAN, write.plan.id, PLAN, write.plan)
                case RemovePlan():
                    self._remove(Table.PLAN, write.id)
                case PutPrune():
                    self._put(Table.PRUNE, write.prune.revision, PRUNE, write.prune)
                case RemovePrune():
                    self._remove(Table.PRUNE, write.revision)
                case _:
                    assert_never(write)
        except (CodecError, UnicodeEncodeError, OverflowError) as error:
            raise StoreError(f"{type(write).__name__} cannot be stored: {error}") from error

    def _declare(self, write: PutDesired) -> None:
        ref, key = write.desired.ref, _path(write.desired.ref)
        # Asked of the database, not of the copy: an earlier commit of this transaction may have written it.
        old = self._connection.execute(
            "SELECT revision, uid, generation, digest, body FROM desired WHERE key = ? AND body IS NOT NULL", (key,)
        ).fetchone()
        version: int = old[0] if old else 0
        if write.expect is not None and write.expect != version:
            raise ConflictError(ref, write.expect, version)
        form = Declaration(write.desired)
        if old is None:
            uid, generation = write.desired.uid or self._rng.uid(), 1
        else:
            uid = write.desired.uid or old[1]
            generation = old[2] + (not declares_alike(old[3], form.digest))
        body = form.body(uid, generation)
        if old is not None and body == old[4]:
            return
        origin = write.desired.origin
        source, line = (origin.path, origin.line) if origin else (None, None)
        self._connection.execute(_DECLARE, (key, self._revision, uid, generation, form.digest, source, line, body))
        value = replace(write.desired, uid=uid, generation=generation)
        self.rows.append(Row(Table.DESIRED, ref, value, self._revision, form.digest, source, line))

    def _sight(self, write: PutSighting) -> None:
        sighting = Sighting(write.hosts) if write.hosts else None
        self._put(Table.SIGHTING, write.ref, SIGHTING, sighting, held=write.hosts)

    def _put(self, table: Table, key: Ref | str, codec: Codec[T], value: T | None, *, held: object = None) -> None:
        """Write a value, or remove it where it is None. `held` is what the copy holds, where that is another thing."""
        if value is None:
            self._remove(table, key)
            return
        body = codec.text(value)
        done = self._connection.execute(
            f"INSERT INTO {table} (key, revision, body) VALUES (?, ?, ?) ON CONFLICT (key) DO UPDATE "  # noqa: S608 - our own enum
            "SET revision = excluded.revision, body = excluded.body WHERE body IS NOT excluded.body",
            (_path(key), self._revision, body),
        )
        if done.rowcount:
            self.rows.append(Row(table, key, value if held is None else held, self._revision))

    def _remove(self, table: Table, key: Ref | str) -> None:
        done = self._connection.execute(
            f"UPDATE {table} SET revision = ?, body = NULL WHERE key = ? AND body IS NOT NULL",  # noqa: S608 - our own enum
            (self._revision, _path(key)),
        )
        if done.rowcount:
            self.rows.append(Row(table, key, None, self._revision))


def _path(key: Ref | str) -> str:
    if isinstance(key, str):
        return key
    if "/" in key.namespace or "/" in key.name:
        raise CodecError(f"{key} has a `/` in a part of its name")
    return key.path
