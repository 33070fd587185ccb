"""What a commit means: all or nothing, versions, uids, generations."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from tests.unit.store.surroundings import network, opened, run, vm, vm_ref
from xcp_reconciler.model.desired import Desired, Origin, Removal
from xcp_reconciler.model.history import EMPTY, History
from xcp_reconciler.model.placement import Unplaced
from xcp_reconciler.model.records import ApprovalRecord, HeldPrune, HostRecord, OpenPlan
from xcp_reconciler.model.status import Status
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
    Store,
    StoreError,
    Write,
)

A = vm_ref("a")
EVERYTHING: tuple[Write, ...] = (
    PutDesired(vm("a", uid="given")),
    PutStatus(A, Status(1, host="h1")),
    PutHistory(A, History(attempts=2)),
    PutAssignment(A, Unplaced(("h1 is full",))),
    PutSighting(A, ("h1", "h2")),
    PutApproval(A, ApprovalRecord(A, "f00", "ada", 1.5)),
    PutHost("h1", HostRecord(seen=3.0)),
    PutPlan(OpenPlan("p1", {A: ()}, {A: "h1"}, None, 1.0, 2.0)),
    PutPrune(HeldPrune("r1", "dir:/etc/xcp", (A,), 1.0)),
)


def test_it_is_what_the_core_asks_for() -> None:
    async def scenario(store: Store) -> None:
        assert await store.refresh() == frozenset()

    async def with_store() -> None:
        async with opened(None) as store:
            await scenario(store)

    run(with_store())


def test_everything_comes_back(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with opened(tmp_path / "db") as store:
            await store.commit(*EVERYTHING)
        async with opened(tmp_path / "db") as store:
            state = store.state
            assert state.desired[A] == vm("a", uid="given")
            assert state.versions == {A: 1}
            assert state.statuses[A] == Status(1, host="h1")
            assert state.histories[A] == History(attempts=2)
            assert state.assignments[A] == Unplaced(("h1 is full",))
            assert state.sightings[A] == ("h1", "h2")
            assert state.approvals[A].by == "ada"
            assert state.hosts["h1"] == HostRecord(seen=3.0)
            assert state.plans["p1"].hosts == {A: "h1"}
            assert state.prunes["r1"].refs == (A,)

    run(scenario())


def test_removing_takes_everything_under_the_name_and_nothing_else() -> None:
    async def scenario() -> None:
        async with opened(None) as store:
            await store.commit(*EVERYTHING, PutStatus(vm_ref("b"), Status(1)))
            await store.commit(RemoveDesired(A), RemovePlan("p1"), RemovePrune("r1"), RemovePlan("never was"))
            state = store.state
            for mapping in (state.desired, state.versions, state.histories, state.assignments, state.sightings):
                assert A not in mapping
            assert list(state.statuses) == [vm_ref("b")]
            assert not state.approvals
            assert not state.plans
            assert not state.prunes
            assert store.desired.digest(A) is None
            assert store.desired.origin(A) is None
            assert "h1" in state.hosts

    run(scenario())


def test_what_is_emptied_is_removed() -> None:
    async def scenario() -> None:
        async with opened(None) as store:
            await store.commit(*EVERYTHING)
            await store.commit(PutHistory(A, EMPTY), PutAssignment(A, None), PutSighting(A, ()), PutApproval(A, None))
            state = store.state
            emptied = (state.histories, state.assignments, state.sightings, state.approvals)
            assert not any(emptied)

    run(scenario())


def test_the_store_gives_and_keeps_uids() -> None:
    async def scenario() -> None:
        async with opened(None) as store:
            await store.commit(PutDesired(vm("a")))
            assert store.state.desired[A].uid == "uid-1"
            await store.commit(PutDesired(vm("a", cores=3)))
            assert store.state.desired[A].uid == "uid-1"
            await store.commit(PutDesired(vm("a", cores=3, uid="from a stamp")))
            assert store.state.desired[A].uid == "from a stamp"
            assert store.state.desired[A].generation == 2
            await store.commit(RemoveDesired(A))
            await store.commit(PutDesired(vm("a")))
            assert store.state.desired[A].uid == "uid-2"
            assert store.state.desired[A].generation == 1

    run(scenario())


def test_generation_counts_what_is_declared() -> None:
    async def scenario() -> None:
        async with opened(None) as store:

            async def generation_after(desired: Desired) -> int:
                await store.commit(PutDesired(desired))
                return store.state.desired[A].generation

            assert await generation_after(vm("a")) == 1
            assert await generation_after(replace(vm("a"), generation=9)) == 1
            assert await generation_after(vm("a", line=7)) == 1
            assert store.state.desired[A].origin == store.desired.origin(A) == Origin("vms.yaml", 7)
            assert await generation_after(vm("a", cores=4)) == 2
            assert await generation_after(replace(vm("a", cores=4), removal=Removal.DELETE)) == 2
            assert await generation_after(replace(vm("a", cores=5), removal=Removal.DELETE)) == 3
            assert await generation_after(vm("a", cores=5)) == 3
            assert await generation_after(replace(vm("a", cores=5), labels={"app": "db"})) == 4

    run(scenario())


def test_expectations() -> None:
    async def scenario() -> None:
        async with opened(None) as store:
            await store.commit(PutDesired(vm("a"), expect=0))
            with pytest.raises(ConflictError, match=r"expected version 0, found 1") as caught:
                await store.commit(PutDesired(vm("a", cores=3), expect=0), PutStatus(A, Status(1)))
            assert caught.value.ref == A
            assert A not in store.state.statuses
            await store.commit(PutDesired(vm("a", cores=3), expect=store.state.versions[A]))
            with pytest.raises(ConflictError):
                await store.commit(PutDesired(vm("a", cores=4), expect=1))
            await store.commit(PutDesired(vm("a", cores=5)))
            with pytest.raises(ConflictError, match="found 0"):
                await store.commit(PutDesired(vm("b"), expect=1))
            spec = store.state.desired[A].spec
            assert spec == vm("a", cores=5).spec

    run(scenario())


def test_writing_what_is_there_changes_no_version() -> None:
    async def scenario() -> None:
        async with opened(None) as store:
            await store.commit(*EVERYTHING)
            version = store.state.versions[A]
            await store.commit(*EVERYTHING)
            await store.commit(PutDesired(vm("a")))
            assert store.state.versions[A] == version
            await store.commit(PutStatus(A, Status(2)))
            assert store.state.versions[A] == version

    run(scenario())


def test_what_cannot_be_written_fails_alone() -> None:
    async def scenario() -> None:
        async with opened(None) as store:
            bad = vm_ref("a/b")
            results = await asyncio.gather(
                store.commit(PutStatus(A, Status(1))),
                store.commit(PutStatus(A, Status(2)), PutStatus(bad, Status(1))),
                store.commit(PutHost("\udcff", HostRecord())),
                store.commit(PutDesired(network("lan"))),
                return_exceptions=True,
            )
            assert [type(each) for each in results] == [type(None), StoreError, StoreError, type(None)]
            assert store.state.statuses[A] == Status(1)
            assert len(store.state.desired) == 1

    run(scenario())


def test_an_empty_commit_and_a_closed_store() -> None:
    async def scenario() -> None:
        async with opened(None) as store:
            await store.commit()
        with pytest.raises(StoreError, match="closed"):
            await store.commit(*EVERYTHING)
        with pytest.raises(StoreError, match="closed"):
            await store.refresh()

    run(scenario())
