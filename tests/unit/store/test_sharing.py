"""Two stores on one file: what one writes, the other sees, whole and once."""

from pathlib import Path

import pytest

from tests.unit.store.surroundings import network, opened, run, vm, vm_ref
from xcp_reconciler.model.placement import Assigned
from xcp_reconciler.model.records import HeldPrune, HostRecord, OpenPlan
from xcp_reconciler.model.status import Status
from xcp_reconciler.ports.driver import Access
from xcp_reconciler.ports.store import (
    ConflictError,
    PutAssignment,
    PutDesired,
    PutHost,
    PutPlan,
    PutPrune,
    PutStatus,
    RemoveDesired,
    RemovePlan,
)
from xcp_reconciler.refs import host_ref
from xcp_reconciler.store import schema

A, B, C = vm_ref("a"), vm_ref("b"), vm_ref("c")


def test_refresh_takes_over_what_changed_and_says_what(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with opened(tmp_path / "db") as writer, opened(tmp_path / "db", Access.READ) as reader:
            assert await reader.refresh() == frozenset()
            await writer.commit(PutDesired(vm("a")), PutStatus(B, Status(1)))
            assert await reader.refresh() == {A, B}
            assert await reader.refresh() == frozenset()
            assert reader.state.desired[A] == writer.state.desired[A]
            assert reader.state.versions == writer.state.versions
            assert reader.desired.digest(A) == writer.desired.digest(A)
            await writer.commit(PutDesired(vm("a", line=9)))
            assert await reader.refresh() == {A}
            assert reader.desired.origin(A) == writer.desired.origin(A)
            await writer.commit(RemoveDesired(A))
            assert await reader.refresh() == {A}
            assert not reader.state.desired
            assert not reader.state.versions
            assert await writer.refresh() == frozenset()

    run(scenario())


def test_records_without_a_ref_concern_the_objects_they_name(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with opened(tmp_path / "db") as writer, opened(tmp_path / "db", Access.READ) as reader:
            await writer.commit(PutHost("h1", HostRecord()))
            assert await reader.refresh() == {host_ref("h1")}
            await writer.commit(PutPlan(OpenPlan("p", {A: ()}, {}, None, 1.0, 2.0)))
            assert await reader.refresh() == {A}
            await writer.commit(RemovePlan("p"), PutPrune(HeldPrune("r", "s", (B,), 1.0)))
            assert await reader.refresh() == {A, B}

    run(scenario())


def test_a_writer_takes_over_before_it_writes_and_tells_later(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with opened(tmp_path / "db", rng="x") as one, opened(tmp_path / "db", rng="y") as other:
            await one.commit(PutDesired(vm("a")))
            await other.commit(PutDesired(vm("a", cores=3)), PutAssignment(B, Assigned("h1")))
            assert other.state.desired[A].uid == "x-1"
            assert other.state.desired[A].generation == 2
            assert await other.refresh() == {A}
            with pytest.raises(ConflictError):
                await one.commit(PutDesired(vm("a", cores=4), expect=one.state.versions[A]))
            # Refused, and yet wiser: the refused commit saw what the other had written.
            assert one.state.versions[A] == 2
            assert await one.refresh() == {A, B}

    run(scenario())


def test_who_was_away_too_long_reads_everything_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schema, "KEPT_TOMBSTONES", 3)

    async def scenario() -> None:
        async with opened(tmp_path / "db") as writer, opened(tmp_path / "db", Access.READ) as reader:
            await writer.commit(PutDesired(vm("a")), PutDesired(network("lan")))
            await reader.refresh()
            await writer.commit(RemoveDesired(A))
            for number in range(12):
                await writer.commit(PutStatus(B, Status(number)))
            connection = writer._database.connection  # pyright: ignore[reportPrivateUsage]
            assert connection.execute("SELECT count(*) FROM desired WHERE body IS NULL").fetchone() == (0,)
            assert A in await reader.refresh()
            assert dict(reader.state.desired) == dict(writer.state.desired)
            assert reader.state.versions == writer.state.versions
            assert reader.state.statuses[B] == Status(11)
            assert reader.desired.digest(A) is None

    run(scenario())


def test_a_reader_needs_no_lease_and_never_gets_it(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with opened(tmp_path / "db") as writer, writer.lease() as acting:
            assert acting
            async with writer.lease() as twice:
                assert not twice
            async with opened(tmp_path / "db") as other, other.lease() as second:
                assert not second
                # Whoever does not act may still declare.
                await other.commit(PutDesired(vm("c")))
            async with opened(tmp_path / "db", Access.READ) as reader, reader.lease() as reading:
                assert not reading
                assert list(reader.state.desired) == [C]
        async with opened(tmp_path / "db") as heir, heir.lease() as inherited:
            assert inherited

    run(scenario())
