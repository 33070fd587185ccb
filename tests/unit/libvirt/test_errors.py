"""What libvirt's errors mean, from their numbers alone."""

import pytest

from xcp_drivers.libvirt.errors import Code, Complaint, Phase, translate
from xcp_reconciler.model.errors import (
    BusyError,
    DriverError,
    OutcomeUnknownError,
    RejectedError,
    StaleError,
    UnauthorisedError,
    UnreachableError,
    UnsupportedError,
)

RPC, QEMU = 7, 10
LOCK = "Timed out during operation: cannot acquire state change lock (held by monitor=remoteDispatchDomainCreate)"


def meaning(complaint: Complaint, phase: Phase = Phase.CHANGING) -> DriverError:
    return translate(complaint, host="host-a", phase=phase)


@pytest.mark.parametrize(
    ("code", "message", "kind"),
    [
        (Code.SYSTEM_ERROR, "unable to connect to server at '10.0.0.1:16509': Connection refused", UnreachableError),
        (Code.SYSTEM_ERROR, "Cannot recv data: root@h: Permission denied (publickey).", UnauthorisedError),
        (Code.SYSTEM_ERROR, "Cannot recv data: Host key verification failed.", UnauthorisedError),
        (Code.AUTH_FAILED, "authentication failed: authentication failed", UnauthorisedError),
        (Code.GNUTLS_ERROR, "Unable to verify TLS peer", UnauthorisedError),
        (Code.NO_CONNECT, "no connection driver available for foo:///", UnreachableError),
    ],
)
def test_while_opening(code: int, message: str, kind: type[DriverError]) -> None:
    assert type(meaning(Complaint(code, RPC, message), Phase.OPENING)) is kind


@pytest.mark.parametrize(
    ("code", "message", "kind"),
    [
        (Code.OPERATION_TIMEOUT, LOCK, BusyError),
        (Code.RESOURCE_BUSY, "busy", BusyError),
        (Code.INTERNAL_ERROR, "internal error: pool 'p' has asynchronous jobs running.", BusyError),
        (Code.OPERATION_ABORTED, "operation aborted: migration out job: canceled by client", BusyError),
        (Code.OPERATION_INVALID, "Requested operation is not valid: volume 'a' is still being allocated.", BusyError),
        (Code.OPERATION_INVALID, "Requested operation is not valid: volume 'a' is still in use.", BusyError),
        (Code.NO_DOMAIN, "Domain not found", StaleError),
        (Code.NO_STORAGE_POOL, "Storage pool not found", StaleError),
        (Code.STORAGE_VOL_EXIST, "storage volume 'a' exists already", StaleError),
        (Code.OPERATION_INVALID, "Requested operation is not valid: domain is not running", StaleError),
        (Code.OPERATION_INVALID, "Requested operation is not valid: cannot unplug vcpu 0", RejectedError),
        (Code.NO_SUPPORT, "this function is not supported by the connection driver", UnsupportedError),
        (Code.CONFIG_UNSUPPORTED, "unsupported configuration: no such CPU", UnsupportedError),
        (Code.ACCESS_DENIED, "access denied", UnauthorisedError),
        (Code.OPERATION_FAILED, "operation failed: domain 'w' already exists with uuid 1", RejectedError),
        (Code.XML_INVALID_SCHEMA, "XML document failed to validate against schema", RejectedError),
        (Code.INTERNAL_ERROR, "internal error: process exited while connecting to monitor", RejectedError),
        (Code.MIGRATE_FINISH_OK, "migration successfully aborted", OutcomeUnknownError),
        (9999, "something new", RejectedError),
    ],
)
def test_refusals(code: int, message: str, kind: type[DriverError]) -> None:
    error = meaning(Complaint(code, QEMU, message))
    assert type(error) is kind
    assert (error.message, error.host) == (message, "host-a")


@pytest.mark.parametrize(
    "complaint",
    [
        Complaint(Code.SYSTEM_ERROR, RPC, "End of file while reading data: Input/output error"),
        Complaint(Code.RPC, RPC, "Cannot write data: Broken pipe"),
        Complaint(Code.INTERNAL_ERROR, RPC, "internal error: client socket is closed"),
        Complaint(Code.INTERNAL_ERROR, QEMU, "whatever", alive=False),
    ],
)
def test_a_lost_connection_is_unknown_only_once_something_was_sent(complaint: Complaint) -> None:
    assert type(meaning(complaint)) is OutcomeUnknownError
    assert type(meaning(complaint, Phase.READING)) is UnreachableError


def test_a_host_that_does_not_reach_its_peer_has_done_nothing() -> None:
    words = "unable to connect to server at '10.77.0.254:16509': Connection refused"
    assert type(meaning(Complaint(Code.SYSTEM_ERROR, RPC, words))) is UnreachableError


def test_codes_are_told_by_name() -> None:
    assert meaning(Complaint(Code.NO_DOMAIN, QEMU, "x")).code == "VIR_ERR_NO_DOMAIN"
    assert meaning(Complaint(9999, QEMU, "x")).code == "virErrorNumber 9999"
