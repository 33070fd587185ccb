"""What the code of an op is given inside a lane: the connection, and the one door through which changes go."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from xcp_drivers.libvirt.api import Connection, Domain, Library, Network, Pool, Volume
from xcp_drivers.libvirt.connect import complaint
from xcp_drivers.libvirt.errors import ABSENT, Phase, translate
from xcp_drivers.libvirt.order import Order
from xcp_reconciler.model.errors import StaleError
from xcp_reconciler.model.ops import Call

F = TypeVar("F")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Work:
    """One piece of work on one host. Blocking; only for code that runs in a lane."""

    library: Library
    connection: Connection
    host: str
    order: Order[Any]
    record: Callable[[Call], None]

    def wire(self, method: str, *arguments: str) -> None:
        """Announce a changing call, to be made right after this.

        Raises:
            GivenUpError: the caller has gone.
        """
        self.order.sending()
        self.record(Call(method, arguments, self.host))

    def domain(self, uuid: str) -> Domain | None:
        """A domain, or None where there is none with this uuid."""
        return self.found(lambda: self.connection.lookupByUUIDString(uuid))

    def existing_domain(self, uuid: str) -> Domain:
        """A domain.

        Raises:
            StaleError: there is none with this uuid.
        """
        domain = self.domain(uuid)
        if domain is None:
            raise StaleError(f"{self.host} has no domain {uuid}", host=self.host)
        return domain

    def pool(self, uuid: str) -> Pool | None:
        """A storage pool, or None."""
        return self.found(lambda: self.connection.storagePoolLookupByUUIDString(uuid))

    def network(self, uuid: str) -> Network | None:
        """A network, or None."""
        return self.found(lambda: self.connection.networkLookupByUUIDString(uuid))

    def volume(self, pool: Pool, file: str) -> Volume | None:
        """A volume, or None."""
        return self.found(lambda: pool.storageVolLookupByName(file))

    def found(self, look: Callable[[], F]) -> F | None:
        """What a lookup answers; absence is an answer and no error."""
        try:
            return look()
        except self.library.libvirtError as error:
            if complaint(error).code in ABSENT:
                return None
            raise

    def unless(self, codes: frozenset[int], look: Callable[[], F]) -> F | None:
        """What a read answers, None where libvirt answers with one of these errors."""
        try:
            return look()
        except self.library.libvirtError as error:
            if complaint(error).code in codes:
                return None
            raise


def in_contract(work: Work, job: Callable[[Work], T]) -> T:
    """Do the job; what libvirt complains of becomes an error of the contract."""
    try:
        return job(work)
    except work.library.libvirtError as error:
        phase = Phase.CHANGING if work.order.sent else Phase.READING
        raise translate(complaint(error, work.connection), host=work.host, phase=phase) from error
