"""Random histories of two processes on one store, with crashes, against a few lines of plain dictionaries."""

import asyncio
import tempfile
from collections.abc import Coroutine
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeVar, cast

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from tests.properties.model_values import values_of
from tests.unit.store.surroundings import CountedRng, VirtualClock, vm, vm_ref
from xcp_reconciler.model.desired import Desired, Removal
from xcp_reconciler.model.digest import digest_of
from xcp_reconciler.model.history import EMPTY, History
from xcp_reconciler.model.placement import Assignment
from xcp_reconciler.model.status import Status
from xcp_reconciler.ports.driver import Access
from xcp_reconciler.ports.store import (
    ConflictError,
    PutAssignment,
    PutDesired,
    PutHistory,
    PutSighting,
    PutStatus,
    RemoveDesired,
    StoreError,
    Write,
)
from xcp_reconciler.refs import Ref
from xcp_reconciler.store.sqlite import SqliteStore, open_store

T = TypeVar("T")
NAMES = st.sampled_from("abc")
REFS = NAMES.map(vm_ref)


def declared(name: str, cores: int, uid: str, removal: Removal | None) -> Desired:
    return replace(vm(name, cores=cores, uid=uid), removal=removal)


DESIRED = st.builds(
    declared, NAMES, st.integers(1, 3), st.sampled_from(["", "", "stamped"]), st.none() | st.sampled_from(Removal)
)
WRITES: st.SearchStrategy[Write] = st.one_of(
    st.builds(PutDesired, DESIRED, st.none() | st.just(0)),
    st.builds(RemoveDesired, REFS),
    st.builds(PutStatus, REFS, cast("st.SearchStrategy[Status]", values_of(Status))),
    st.builds(PutHistory, REFS, st.just(EMPTY) | cast("st.SearchStrategy[History]", values_of(History))),
    st.builds(PutAssignment, REFS, st.none() | cast("st.SearchStrategy[Assignment]", values_of(Assignment))),
    st.builds(PutSighting, REFS, st.sampled_from([(), ("h1",), ("h1", "h2")])),
)
COMMITS = st.lists(WRITES, min_size=1, max_size=4)


@dataclass
class Expected:
    """What the store should hold: the rules of the contract, as short as they can be said."""

    desired: dict[Ref, Desired] = field(default_factory=dict[Ref, Desired])
    kept: dict[type, dict[Ref, object]] = field(default_factory=dict[type, dict[Ref, object]])

    def copy(self) -> "Expected":
        """Another one, to try something on."""
        return Expected(dict(self.desired), {kind: dict(entries) for kind, entries in self.kept.items()})

    def of(self, kind: type) -> dict[Ref, object]:
        """What is kept of one kind."""
        return self.kept.setdefault(kind, {})

    def put(self, kind: type, ref: Ref, value: object) -> None:
        """Keep, or forget what is empty."""
        if value:
            self.of(kind)[ref] = value
        else:
            self.of(kind).pop(ref, None)

    def apply(self, write: Write) -> bool:
        """Do it; False where it conflicts. A new uid is a question mark: which one is for the store to say."""
        match write:
            case PutDesired(new, expect):
                old = self.desired.get(new.ref)
                if expect is not None and old is not None:
                    return False
                same = old is None or old.declares_the_same(replace(new, removal=old.removal))
                generation = 1 if old is None else old.generation + (not same)
                uid = new.uid or (old.uid if old else "?")
                self.desired[new.ref] = replace(new, uid=uid, generation=generation)
            case RemoveDesired(ref):
                self.desired.pop(ref, None)
                for entries in self.kept.values():
                    entries.pop(ref, None)
            case PutHistory(ref, history):
                self.put(PutHistory, ref, None if history == EMPTY else history)
            case PutStatus(ref, status):
                self.put(PutStatus, ref, status)
            case PutAssignment(ref, assignment):
                self.put(PutAssignment, ref, assignment)
            case PutSighting(ref, hosts):
                self.put(PutSighting, ref, hosts)
            case _:
                raise AssertionError(write)
        return True


class Crash:
    """A hook that abandons its store at the next transaction, before or after it is durable."""

    def __init__(self) -> None:
        self.store: SqliteStore | None = None
        self.durable = False

    def before_commit(self, commits: tuple[tuple[Write, ...], ...]) -> None:
        """Crash here, if asked."""
        if self.store is not None and not self.durable and commits:
            self.store.abandon()

    def after_commit(self, commits: tuple[tuple[Write, ...], ...]) -> None:
        """Or here."""
        if self.store is not None and self.durable and commits:
            self.store.abandon()


class TwoProcesses(RuleBasedStateMachine):
    """Two stores on one file."""

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.folder = tempfile.TemporaryDirectory()
        self.expected = Expected()
        self.rng = CountedRng()
        self.open: list[tuple[SqliteStore, AsyncExitStack, Crash]] = []
        for _ in range(2):
            self.open.append(self.do(self.start()))

    def do(self, coroutine: Coroutine[object, object, T]) -> T:
        """Run on the loop that both processes share."""
        return self.loop.run_until_complete(coroutine)

    async def start(self) -> tuple[SqliteStore, AsyncExitStack, Crash]:
        """One process, with its way out and its fate."""
        crash, stack = Crash(), AsyncExitStack()
        opening = open_store(
            Path(self.folder.name) / "db", access=Access.WRITE, clock=VirtualClock(), rng=self.rng, faults=crash
        )
        return await stack.enter_async_context(opening), stack, crash

    def teardown(self) -> None:
        """Both end, and the file with them."""
        for _, stack, _ in self.open:
            self.do(stack.aclose())
        self.loop.close()
        self.folder.cleanup()

    def learn_uids(self, store: SqliteStore) -> None:
        """Which uids the store gave is its choice; from then on they are known."""
        for ref, desired in self.expected.desired.items():
            if desired.uid == "?":
                given = store.state.desired[ref].uid
                assert given.startswith("uid-")
                self.expected.desired[ref] = replace(desired, uid=given)

    async def gather(self, store: SqliteStore, commits: list[list[Write]]) -> list[BaseException | None]:
        """What became of commits that were asked for at once."""
        tasks = [asyncio.ensure_future(store.commit(*commit)) for commit in commits]
        return await asyncio.gather(*tasks, return_exceptions=True)

    @rule(who=st.integers(0, 1), commits=st.lists(COMMITS, min_size=1, max_size=4))
    def commit(self, who: int, commits: list[list[Write]]) -> None:
        """Several commits at once; each happens wholly or conflicts."""
        store = self.open[who][0]
        results = self.do(self.gather(store, commits))
        for commit, result in zip(commits, results, strict=True):
            after = self.expected.copy()
            if all(after.apply(write) for write in commit):
                assert result is None
                self.expected = after
            else:
                assert isinstance(result, ConflictError)
        self.learn_uids(store)
        self.check(store)

    @rule(who=st.integers(0, 1), commits=st.lists(COMMITS, min_size=1, max_size=3), durable=st.booleans())
    def crash(self, who: int, commits: list[list[Write]], durable: bool) -> None:  # noqa: FBT001 - drawn
        """One process dies within a transaction and begins again."""
        store, stack, hook = self.open[who]
        hook.store, hook.durable = store, durable
        results = self.do(self.gather(store, commits))
        assert all(isinstance(result, StoreError) for result in results)
        self.do(stack.aclose())
        for commit in commits if durable else []:
            after = self.expected.copy()
            if all(after.apply(write) for write in commit):
                self.expected = after
        self.open[who] = self.do(self.start())
        self.learn_uids(self.open[who][0])
        self.check(self.open[who][0])

    @invariant()
    def both_see_the_same(self) -> None:
        """After a refresh nobody is behind."""
        for store, _, _ in self.open:
            self.do(store.refresh())
            self.check(store)
        one, other = (store for store, _, _ in self.open)
        assert one.state.versions == other.state.versions

    def check(self, store: SqliteStore) -> None:
        """The store's copy is what is expected."""
        state = store.state
        assert dict(state.desired) == self.expected.desired
        assert state.versions.keys() == self.expected.desired.keys()
        for ref, desired in self.expected.desired.items():
            assert store.desired.digest(ref) == digest_of(desired)
        assert dict(state.statuses) == self.expected.of(PutStatus)
        assert dict(state.histories) == self.expected.of(PutHistory)
        assert dict(state.assignments) == self.expected.of(PutAssignment)
        assert dict(state.sightings) == self.expected.of(PutSighting)


TwoProcesses.TestCase.settings = settings(max_examples=25, stateful_step_count=10, deadline=None)
TestTwoProcesses = TwoProcesses.TestCase
