"""Derived identity: the same owner and ref give the same uuid, on every machine and after every loss."""

from dataclasses import dataclass
from typing import Final
from uuid import UUID, uuid5

from xcp_reconciler.refs import Ref

# Made once for this project. Changing it would make xcp a stranger to everything that it ever created.
NAMESPACE: Final = UUID("5b0c3f4e-9f0d-5d2a-8a55-7d1c1c6f5e21")


@dataclass(frozen=True, slots=True)
class Stamp:
    """The mark that xcp leaves on an object where the backend can keep one.

    `self_uuid` is the backend's own uuid of the object that was stamped: a clone carries the stamp of its
    original, and is known by that as somebody's copy.
    """

    owner: str
    ref: Ref
    uid: str
    self_uuid: str


class Identities:
    """Derived uuids of one owner; the owner's own namespace is hashed once."""

    __slots__ = ("_known", "_macs", "_space", "owner")

    def __init__(self, owner: str) -> None:
        self.owner = owner
        self._space = uuid5(NAMESPACE, owner)
        self._known: dict[Ref, str] = {}
        self._macs: dict[tuple[Ref, str], str] = {}

    def uuid(self, ref: Ref) -> str:
        """`uuid5(uuid5(NAMESPACE, owner), "kind/namespace/name")` as text."""
        known = self._known.get(ref)
        if known is None:
            known = self._known[ref] = str(uuid5(self._space, ref.path))
        return known

    def file_name(self, ref: Ref, extension: str) -> str:
        """The file of a volume: `<name>-<12 hex digits of its uuid>.<format>`, legible and never ambiguous."""
        return f"{ref.name}-{self.uuid(ref)[-12:]}.{extension}"

    def mac(self, ref: Ref, interface: str) -> str:
        """A stable MAC address in QEMU's locally used range 52:54:00."""
        known = self._macs.get((ref, interface))
        if known is None:
            digest = uuid5(self._space, f"{ref.path}#{interface}").bytes
            known = self._macs[ref, interface] = "52:54:00:" + digest[:3].hex(":")
        return known
