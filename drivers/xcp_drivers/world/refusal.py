"""What a hypervisor says when it will not do something."""

from enum import StrEnum


class Refused(StrEnum):
    """Why; the word is also the error code that users see."""

    HOST_UNREACHABLE = "HostUnreachable"
    NO_SUCH_HOST = "NoSuchHost"
    NO_SUCH_VM = "NoSuchVm"
    NAME_TAKEN = "NameTaken"
    UUID_TAKEN = "UuidTaken"
    OUT_OF_RANGE = "OutOfRange"
    ALREADY_RUNNING = "AlreadyRunning"
    NOT_HALTED = "NotHalted"
    NOT_RUNNING = "NotRunning"
    MIGRATING = "Migrating"
    NO_MEMORY = "NotEnoughMemory"
    DISK_MISSING = "DiskMissing"
    DISK_LOCKED = "DiskLocked"
    NOT_SHARED = "StorageNotShared"
    NO_SUCH_STORAGE = "NoSuchStorage"
    STORAGE_INACTIVE = "StorageInactive"
    STORAGE_CONFLICT = "StorageConflict"
    NO_SUCH_NETWORK = "NoSuchNetwork"
    NETWORK_INACTIVE = "NetworkInactive"
    SUBNET_IN_USE = "SubnetInUse"
    NO_SUCH_VOLUME = "NoSuchVolume"
    VOLUME_EXISTS = "VolumeExists"
    NO_SPACE = "NoSpace"
    SHRINK = "ShrinkRefused"
    BAD_FORMAT = "BadFormat"


class RefusalError(Exception):
    """The world stays as it was; `host` is the host that refused, where there is one."""

    def __init__(self, code: Refused, message: str, *, host: str | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.host = host


class WorldLockedError(Exception):
    """Another process is writing the world at this very moment."""


class NoWorldError(Exception):
    """The file is no world, or cannot be one."""
