"""Of a commit that is refused nothing stays, not even what was written before the refusal."""

from pathlib import Path

import pytest

from tests.unit.store.surroundings import opened, run, vm, vm_ref
from xcp_reconciler.model.history import History
from xcp_reconciler.ports.store import ConflictError, PutDesired, PutHistory

A = vm_ref("a")


def test_what_came_before_the_conflict_is_not_kept(tmp_path: Path) -> None:
    async def scenario() -> None:
        path = tmp_path / "state.db"
        async with opened(path) as store:
            await store.commit(PutDesired(vm("a")))
            with pytest.raises(ConflictError):
                await store.commit(PutHistory(A, History(attempts=2)), PutDesired(vm("a", cores=3), expect=7))
            await store.commit(PutDesired(vm("b")))
        async with opened(path) as store:
            assert A not in store.state.histories

    run(scenario())
