"""Commits that wait together share a transaction; crashes and failures leave whole commits."""

import asyncio
import errno
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.unit.store.surroundings import opened, run, vm, vm_ref
from xcp_reconciler.model.status import Status
from xcp_reconciler.ports.driver import Access
from xcp_reconciler.ports.store import ConflictError, PutDesired, PutStatus, StoreError, Write
from xcp_reconciler.store.sqlite import SqliteStore

A, B = vm_ref("a"), vm_ref("b")


class Hooks:
    """Faults that a test fills in, and a count of transactions."""

    def __init__(self) -> None:
        self.groups: list[int] = []
        self.before: Callable[[], None] = lambda: None
        self.after: Callable[[], None] = lambda: None

    def before_commit(self, commits: tuple[tuple[Write, ...], ...]) -> None:
        """Count, then fail as asked."""
        self.groups.append(len(commits))
        self.before()

    def after_commit(self, commits: tuple[tuple[Write, ...], ...]) -> None:
        """Fail as asked."""
        assert len(commits) == self.groups[-1]
        self.after()


def statements_of(store: SqliteStore) -> list[str]:
    """What reaches SQLite from now on."""
    seen: list[str] = []
    store._database.connection.set_trace_callback(seen.append)  # pyright: ignore[reportPrivateUsage]
    return seen


def test_commits_that_wait_share_one_transaction(tmp_path: Path) -> None:
    async def scenario() -> None:
        hooks = Hooks()
        async with opened(tmp_path / "db", faults=hooks) as store:
            statements = statements_of(store)
            await asyncio.gather(*(store.commit(PutStatus(vm_ref(f"n{n}"), Status(n))) for n in range(100)))
            assert statements.count("COMMIT") == 1
            assert hooks.groups == [100]
            await asyncio.gather(*(store.commit(PutStatus(vm_ref(f"n{n}"), Status(n))) for n in range(100, 1500)))
            assert hooks.groups == [100, 512, 512, 376]
        async with opened(tmp_path / "db") as store:
            assert len(store.state.statuses) == 1500

    run(scenario())


def test_commits_that_come_while_the_database_is_busy_join(tmp_path: Path) -> None:
    async def scenario() -> None:
        hooks = Hooks()
        busy = iter([True, True, False])

        def before() -> None:
            if next(busy, False):
                raise BlockingIOError(errno.EAGAIN, "locked")

        hooks.before = before
        async with opened(tmp_path / "db", faults=hooks) as store:
            first = asyncio.ensure_future(store.commit(PutStatus(A, Status(1))))
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            await asyncio.gather(first, store.commit(PutStatus(B, Status(1))))
            assert hooks.groups[-1] == 2

    run(scenario())


def test_a_conflict_fails_alone(tmp_path: Path) -> None:
    async def scenario() -> None:
        hooks = Hooks()
        async with opened(tmp_path / "db", faults=hooks) as store:
            results = await asyncio.gather(
                store.commit(PutStatus(A, Status(1))),
                store.commit(PutStatus(B, Status(1)), PutDesired(vm("b"), expect=7)),
                store.commit(PutDesired(vm("a"), expect=0)),
                store.commit(PutDesired(vm("a", cores=3), expect=0)),
                return_exceptions=True,
            )
            assert [type(each) for each in results] == [type(None), ConflictError, type(None), ConflictError]
            assert hooks.groups == [2]
            assert list(store.state.statuses) == [A]
            assert store.state.desired[A].spec == vm("a").spec

    run(scenario())


def test_a_locked_database_is_asked_again_and_given_up(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with opened(tmp_path / "db") as store, opened(tmp_path / "db") as other:
            connection = other._database.connection  # pyright: ignore[reportPrivateUsage]
            connection.execute("BEGIN IMMEDIATE")
            with pytest.raises(StoreError, match="locked by another process for 15 seconds"):
                await store.commit(PutStatus(A, Status(1)))
            assert not store.state.statuses
            connection.execute("ROLLBACK")
            await store.commit(PutStatus(A, Status(2)))
            assert store.state.statuses[A] == Status(2)

    run(scenario())


@pytest.mark.parametrize(("number", "words"), [(errno.ENOSPC, "full"), (errno.EIO, "fails"), (errno.EROFS, "written")])
def test_a_failing_disk_fails_the_group_and_changes_nothing(tmp_path: Path, number: int, words: str) -> None:
    async def scenario() -> None:
        hooks = Hooks()

        def fail() -> None:
            raise OSError(number, "no")

        async with opened(tmp_path / "db", faults=hooks) as store:
            await store.commit(PutDesired(vm("a")))
            hooks.before = fail
            results = await asyncio.gather(
                store.commit(PutStatus(A, Status(1))), store.commit(PutDesired(vm("b"))), return_exceptions=True
            )
            assert all(isinstance(each, StoreError) and words in str(each) for each in results)
            assert list(store.state.desired) == [A]
            assert not store.state.statuses
            hooks.before = lambda: None
            await store.commit(PutStatus(A, Status(3)))
            assert store.state.statuses[A] == Status(3)

    run(scenario())


@pytest.mark.parametrize("durable", [False, True])
def test_a_crash_leaves_whole_commits(tmp_path: Path, durable: bool) -> None:  # noqa: FBT001 - a case
    async def scenario() -> None:
        hooks = Hooks()
        async with opened(tmp_path / "db", faults=hooks) as store:
            await store.commit(PutDesired(vm("a")))
            if durable:
                hooks.after = store.abandon
            else:
                hooks.before = store.abandon
            async with store.lease() as acting:
                assert acting
                results = await asyncio.gather(
                    store.commit(PutStatus(A, Status(1)), PutDesired(vm("b"))),
                    store.commit(PutStatus(A, Status(2)), PutDesired(vm("c"))),
                    return_exceptions=True,
                )
                assert all(isinstance(each, StoreError) for each in results)
                assert not store.state.statuses
                async with opened(tmp_path / "db") as survivor, survivor.lease() as inherited:
                    assert inherited
                    assert sorted(ref.name for ref in survivor.state.desired) == (["a", "b", "c"] if durable else ["a"])
                    assert survivor.state.statuses == ({A: Status(2)} if durable else {})

    run(scenario())


def test_abandon_between_commits_loses_only_what_waited(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with opened(tmp_path / "db") as store:
            await store.commit(PutDesired(vm("a")))
            waiting = asyncio.ensure_future(store.commit(PutDesired(vm("b"))))
            await asyncio.sleep(0)
            store.abandon()
            with pytest.raises(StoreError):
                await waiting
        async with opened(tmp_path / "db", Access.READ) as store:
            assert list(store.state.desired) == [A]

    run(scenario())


def test_a_cancelled_commit_that_was_not_begun_does_not_happen(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with opened(tmp_path / "db") as store:
            one = asyncio.ensure_future(store.commit(PutDesired(vm("a"))))
            other = asyncio.ensure_future(store.commit(PutDesired(vm("b"))))
            await asyncio.sleep(0)
            one.cancel()
            await other
            assert list(store.state.desired) == [B]

    run(scenario())


def test_leaving_waits_for_what_was_asked(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with opened(tmp_path / "db") as store:
            asked = asyncio.ensure_future(store.commit(PutDesired(vm("a"))))
            await asyncio.sleep(0)
        await asked
        async with opened(tmp_path / "db", Access.READ) as store:
            assert list(store.state.desired) == [A]

    run(scenario())
