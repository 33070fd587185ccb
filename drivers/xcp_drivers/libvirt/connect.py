"""Opening a connection in bounded time, with the credentials that the pool has."""

import socket
from collections.abc import Mapping
from contextlib import suppress
from typing import Final
from urllib.parse import urlsplit

from xcp_drivers.libvirt.api import Connection, Library
from xcp_drivers.libvirt.errors import Complaint, Phase, translate
from xcp_drivers.libvirt.flags import Credential
from xcp_reconciler.model.errors import RejectedError, UnreachableError

# Seconds. Three probes missed in a row end a connection: a dead host is known after about 20 s at the latest.
_KEEPALIVE_INTERVAL: Final = 5
_KEEPALIVE_COUNT: Final = 3
_PROBE_SECONDS: Final = 3.0
_PORTS: Final = {"tcp": 16509, "tls": 16514, "ssh": 22, "libssh": 22, "libssh2": 22}


def check_uri(uri: str | None, host: str) -> str:
    """The address of a host.

    Raises:
        RejectedError: there is none, or it names no hypervisor.
    """
    if not uri:
        raise RejectedError(
            f"Host/{host} has no uri: libvirt needs one, such as qemu+ssh://root@{host}/system", host=host
        )
    if not urlsplit(uri).scheme:
        raise RejectedError(f"Host/{host}: `{uri}` is no libvirt address, such as qemu:///system", host=host)
    return uri


def is_test(uri: str) -> bool:
    """Whether an address is libvirt's own mock hypervisor, which lives inside this process."""
    return urlsplit(uri).scheme == "test"


def open_connection(library: Library, uri: str, credentials: Mapping[str, str], *, host: str) -> Connection:
    """Connect, blocking; a host that is off costs `_PROBE_SECONDS`, not the two minutes of TCP.

    Raises:
        UnreachableError: nobody answers.
        UnauthorisedError: somebody answers and refuses us.
    """
    _probe(uri, host)
    try:
        connection = _open(library, uri, credentials)
    except library.libvirtError as error:
        raise translate(complaint(error), host=host, phase=Phase.OPENING) from error
    # A hypervisor inside this process has no wire to keep alive, and says so.
    with suppress(library.libvirtError):
        connection.setKeepAlive(_KEEPALIVE_INTERVAL, _KEEPALIVE_COUNT)
    return connection


def complaint(error: Exception, connection: Connection | None = None) -> Complaint:
    """What a libvirtError says, and whether its connection is still there."""
    code, domain = getattr(error, "get_error_code", int), getattr(error, "get_error_domain", int)
    alive = connection is None or connection.isAlive() == 1
    return Complaint(code() or 0, domain() or 0, str(error), alive)


def _probe(uri: str, host: str) -> None:
    parts = urlsplit(uri)
    _, _, transport = parts.scheme.partition("+")
    # A remote address without a transport means TLS.
    port = parts.port or _PORTS.get(transport or ("tls" if parts.hostname else ""))
    if parts.hostname is None or port is None:
        return
    try:
        socket.create_connection((parts.hostname, port), timeout=_PROBE_SECONDS).close()
    except OSError as error:
        raise UnreachableError(f"{parts.hostname}:{port} does not answer: {error}", host=host) from error


def _open(library: Library, uri: str, credentials: Mapping[str, str]) -> Connection:
    name, password = credentials.get("username"), credentials.get("password")
    if name is None or password is None:
        return library.open(uri)
    answers: dict[object, str] = {int(Credential.AUTHNAME): name, int(Credential.PASSPHRASE): password}

    def answer(asked: list[list[object]], _: object) -> int:
        for question in asked:
            known = answers.get(question[0])
            if known is None:
                return -1
            question[4] = known
        return 0

    return library.openAuth(uri, [list(answers), answer, None], 0)
