"""Guards of the store."""

from typing import Final

from tests.faults.guards.guard import Guard, without

STORING: Final = (
    Guard(
        "lease",
        "only one process acts",
        without("store.lease:FileLease.acquire", "fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)"),
        scenarios=("create-five",),
    ),
    Guard(
        "conflicts",
        "a declaration that somebody else has changed meanwhile is not overwritten",
        without(
            "store.writing:Commit._declare", "if write.expect is not None and write.expect != version:", "if False:"
        ),
        scenarios=(
            "database-lost",
            "two-appliers",
            "database-lost-while-creating",
        ),
    ),
    Guard(
        "all-or-nothing",
        "of a commit that is refused nothing stays",
        without("store.sqlite:SqliteStore._write_each", 'connection.execute("ROLLBACK TO one")'),
        scenarios=(
            "two-appliers",
            "database-lost-while-creating",
            "prune-held-back",
        ),
    ),
    Guard(
        "durable-before-believed",
        "the copy in memory shows what is durable",
        without(
            "store.sqlite:SqliteStore._write_group",
            "self._faults.before_commit(commits)",
            "self._replica.take(result.rows, result.revision); self._faults.before_commit(commits)",
        ),
        scenarios=(
            "create-five",
            "restart-by-owner",
            "migrate-by-pin",
            "run-strategy-once",
        ),
    ),
    Guard(
        "new-sessions-know-nothing",
        "what another session showed is not compared with",
        without("runtime.engine:Engine._absorb", "self._known.pop(pool, None)"),
        scenarios=(
            "host-closed-to-new-machines",
            "database-lost",
            "create-five",
        ),
    ),
)
