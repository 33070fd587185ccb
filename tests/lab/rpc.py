"""libvirt's wire format, as far as counting calls needs it.

A packet is its length in four bytes (themselves included), six more numbers of four bytes, and a body that is nobody's
business here. All big-endian.
"""

import enum
import struct
from dataclasses import dataclass

LENGTH = struct.Struct(">I")
_HEADER = struct.Struct(">IIIiII")
REMOTE_PROGRAM = 0x20008086
MOST_BYTES = 32 * 1024 * 1024 + LENGTH.size
"""libvirt itself refuses longer packets."""


class Kind(enum.IntEnum):
    """What a packet is; the kinds with file descriptors travel on unix sockets only."""

    CALL = 0
    REPLY = 1
    MESSAGE = 2
    STREAM = 3
    CALL_WITH_FDS = 4
    REPLY_WITH_FDS = 5
    STREAM_HOLE = 6


class Procedure(enum.IntEnum):
    """The calls that change something, by libvirt's numbers. Reads are not here."""

    DOMAIN_ATTACH_DEVICE = 8
    DOMAIN_CREATE = 9
    DOMAIN_CREATE_XML = 10
    DOMAIN_DEFINE_XML = 11
    DOMAIN_DESTROY = 12
    DOMAIN_DETACH_DEVICE = 13
    DOMAIN_REBOOT = 27
    DOMAIN_RESUME = 28
    DOMAIN_SET_AUTOSTART = 29
    DOMAIN_SET_MAX_MEMORY = 30
    DOMAIN_SET_MEMORY = 31
    DOMAIN_SET_VCPUS = 32
    DOMAIN_SHUTDOWN = 33
    DOMAIN_SUSPEND = 34
    DOMAIN_UNDEFINE = 35
    NETWORK_CREATE = 39
    NETWORK_CREATE_XML = 40
    NETWORK_DEFINE_XML = 41
    NETWORK_DESTROY = 42
    NETWORK_SET_AUTOSTART = 48
    NETWORK_UNDEFINE = 49
    STORAGE_POOL_CREATE_XML = 76
    STORAGE_POOL_DEFINE_XML = 77
    STORAGE_POOL_CREATE = 78
    STORAGE_POOL_BUILD = 79
    STORAGE_POOL_DESTROY = 80
    STORAGE_POOL_DELETE = 81
    STORAGE_POOL_UNDEFINE = 82
    STORAGE_POOL_SET_AUTOSTART = 90
    STORAGE_VOL_CREATE_XML = 93
    STORAGE_VOL_DELETE = 94
    NODE_DEVICE_CREATE_XML = 123
    NODE_DEVICE_DESTROY = 124
    STORAGE_VOL_CREATE_XML_FROM = 125
    DOMAIN_ATTACH_DEVICE_FLAGS = 160
    DOMAIN_DETACH_DEVICE_FLAGS = 161
    DOMAIN_ABORT_JOB = 164
    STORAGE_VOL_WIPE = 165
    DOMAIN_UPDATE_DEVICE_FLAGS = 174
    DOMAIN_MANAGED_SAVE = 182
    DOMAIN_MANAGED_SAVE_REMOVE = 184
    DOMAIN_SNAPSHOT_CREATE_XML = 185
    DOMAIN_REVERT_TO_SNAPSHOT = 192
    DOMAIN_SNAPSHOT_DELETE = 193
    DOMAIN_CREATE_WITH_FLAGS = 196
    DOMAIN_SET_VCPUS_FLAGS = 199
    DOMAIN_SET_MEMORY_FLAGS = 204
    STORAGE_VOL_UPLOAD = 208
    DOMAIN_MIGRATE_PERFORM3 = 216
    DOMAIN_UNDEFINE_FLAGS = 231
    DOMAIN_DESTROY_FLAGS = 234
    DOMAIN_BLOCK_JOB_ABORT = 237
    DOMAIN_BLOCK_PULL = 240
    DOMAIN_RESET = 245
    DOMAIN_BLOCK_RESIZE = 251
    DOMAIN_SHUTDOWN_FLAGS = 258
    STORAGE_VOL_RESIZE = 260
    DOMAIN_SET_METADATA = 264
    DOMAIN_BLOCK_REBASE = 266
    DOMAIN_BLOCK_COMMIT = 290
    NETWORK_UPDATE = 291
    DOMAIN_MIGRATE_PREPARE3_PARAMS = 303
    DOMAIN_MIGRATE_PERFORM3_PARAMS = 305
    DOMAIN_MIGRATE_FINISH3_PARAMS = 306
    DOMAIN_MIGRATE_CONFIRM3_PARAMS = 307
    DOMAIN_SET_MEMORY_STATS_PERIOD = 308
    DOMAIN_BLOCK_COPY = 345
    DOMAIN_DEFINE_XML_FLAGS = 350
    DOMAIN_RENAME = 358
    DOMAIN_SET_LIFECYCLE_ACTION = 390


_BY_NUMBER = {int(procedure): procedure for procedure in Procedure}
_CALLS = {Kind.CALL, Kind.CALL_WITH_FDS}
_REPLIES = {Kind.REPLY, Kind.REPLY_WITH_FDS}


@dataclass(frozen=True, slots=True)
class Header:
    """What stands before a packet's body."""

    program: int
    version: int
    procedure: int
    kind: int
    serial: int
    status: int

    @classmethod
    def of(cls, packet: bytes) -> "Header":
        """Read the header of a packet without its length; struct.error when it is too short."""
        return cls(*_HEADER.unpack_from(packet))

    @property
    def mutating(self) -> Procedure | None:
        """Give the procedure when this is a call that changes something."""
        if self.program != REMOTE_PROGRAM or self.kind not in _CALLS:
            return None
        return _BY_NUMBER.get(self.procedure)

    @property
    def answers(self) -> int | None:
        """Give the serial of the call that this answers."""
        return self.serial if self.program == REMOTE_PROGRAM and self.kind in _REPLIES else None
