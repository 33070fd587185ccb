"""Guards of the store."""

from typing import Final

from tests.faults.guards.guard import Guard, without

STORING: Final = (
    Guard(
        "lease",
        "only one process acts",
        without("store.lease:FileLease.acquire", "fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)"),
    ),
    Guard(
        "conflicts",
        "a declaration that somebody else has changed meanwhile is not overwritten",
        without(
            "store.writing:Commit._declare", "if write.expect is not None and write.expect != version:", "if False:"
        ),
        test="tests/unit/store/test_commit.py::test_expectations",
        why="whoever overwrites a declaration declares the same",
    ),
    Guard(
        "all-or-nothing",
        "of a commit that is refused nothing stays",
        without("store.sqlite:SqliteStore._write_each", 'connection.execute("ROLLBACK TO one")'),
        test="tests/unit/store/test_refused.py::test_what_came_before_the_conflict_is_not_kept",
        why="what is refused is tried again and then written whole",
    ),
    Guard(
        "durable-before-believed",
        "the copy in memory shows what is durable",
        without(
            "store.sqlite:SqliteStore._write_group",
            "self._faults.before_commit(commits)",
            "self._replica.take(result.rows, result.revision); self._faults.before_commit(commits)",
        ),
        scenarios=("regret-while-creating",),
    ),
)
