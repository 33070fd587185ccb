"""Decoding at the first look, and not before."""

from pathlib import Path

import pytest

from tests.unit.store.surroundings import network, opened, run, vm, vm_ref
from xcp_reconciler.model.desired import Desired
from xcp_reconciler.model.digest import DESIRED, digest_of
from xcp_reconciler.ports.driver import Access
from xcp_reconciler.ports.store import PutDesired
from xcp_reconciler.store.shelf import DesiredShelf

A, B = vm_ref("a"), vm_ref("b")


class CountedReader:
    """Decodes, and says how often."""

    def __init__(self) -> None:
        self.read = 0

    def __call__(self, text: str) -> Desired:
        """Decode."""
        self.read += 1
        return DESIRED.parse(text)


def test_keys_and_digests_decode_nothing_and_values_once() -> None:
    reader = CountedReader()
    shelf = DesiredShelf(reader, "desired")
    shelf.load({A: DESIRED.text(vm("a")), B: DESIRED.text(vm("b"))})
    shelf.note_all(
        [
            (A, 1, "uid-a", 3, digest_of(vm("a")), "vms.yaml", 1),
            (B, 2, "uid-b", 1, digest_of(vm("b")), None, None),
        ]
    )
    assert list(shelf) == [A, B]
    assert A in shelf
    assert len(shelf) == 2
    assert shelf.digest(A) == digest_of(vm("a"))
    assert shelf.identity(A) == ("uid-a", 3)
    assert shelf.origin(A) == vm("a").origin
    assert shelf.origin(B) is None
    assert "2 of desired" in repr(shelf)
    assert reader.read == 0
    assert shelf[A] is shelf[A]
    assert reader.read == 1
    assert [each.ref for each in shelf.values()] == [A, B]
    assert dict(shelf.items()) == {A: vm("a"), B: vm("b")}
    assert reader.read == 2
    shelf.put(A, DESIRED.text(vm("a", cores=3)))
    assert shelf.get(A) == vm("a", cores=3)
    shelf.drop(A)
    assert shelf.get(A) is None
    with pytest.raises(KeyError):
        shelf[A]


def test_what_is_read_lazily_is_what_was_written(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with opened(tmp_path / "db") as writer:
            await writer.commit(PutDesired(vm("a")), PutDesired(vm("b", line=4)), PutDesired(network("lan")))
            async with opened(tmp_path / "db", Access.READ) as reader:
                assert dict(reader.state.desired) == dict(writer.state.desired)
                assert reader.state.versions == writer.state.versions
                for ref, desired in reader.state.desired.items():
                    assert reader.desired.digest(ref) == writer.desired.digest(ref) == digest_of(desired)
                    assert reader.desired.origin(ref) == writer.desired.origin(ref) == desired.origin

    run(scenario())
