"""libvirt's numbers, by name, so that what only predicts or explains needs no libvirt. A test compares them."""

from enum import IntEnum, IntFlag


class DomainXml(IntFlag):
    """VIR_DOMAIN_XML_*."""

    NONE = 0
    INACTIVE = 2


class Affect(IntFlag):
    """VIR_DOMAIN_AFFECT_*."""

    LIVE = 1
    CONFIG = 2


class Define(IntFlag):
    """VIR_DOMAIN_DEFINE_*."""

    VALIDATE = 1


class Undefine(IntFlag):
    """VIR_DOMAIN_UNDEFINE_*."""

    MANAGED_SAVE = 1
    SNAPSHOTS_METADATA = 2
    NVRAM = 4
    CHECKPOINTS_METADATA = 16


class Migrate(IntFlag):
    """VIR_MIGRATE_*."""

    LIVE = 1
    PEER2PEER = 2
    PERSIST_DEST = 8
    UNDEFINE_SOURCE = 16
    NON_SHARED_DISK = 64
    UNSAFE = 512
    OFFLINE = 1024


class BlockResize(IntFlag):
    """VIR_DOMAIN_BLOCK_RESIZE_*."""

    BYTES = 1


class DomainStats(IntFlag):
    """VIR_DOMAIN_STATS_*."""

    STATE = 1
    BALLOON = 4


class AllStats(IntFlag):
    """VIR_CONNECT_GET_ALL_DOMAINS_STATS_*."""

    NOWAIT = 1 << 29


class Metadata(IntEnum):
    """VIR_DOMAIN_METADATA_*."""

    ELEMENT = 2


class State(IntEnum):
    """VIR_DOMAIN_* of virDomainState."""

    NOSTATE = 0
    RUNNING = 1
    BLOCKED = 2
    PAUSED = 3
    SHUTDOWN = 4
    SHUTOFF = 5
    CRASHED = 6
    PMSUSPENDED = 7


class Shutoff(IntEnum):
    """VIR_DOMAIN_SHUTOFF_*: why a domain is off."""

    SHUTDOWN = 1
    DESTROYED = 2
    CRASHED = 3
    MIGRATED = 4
    SAVED = 5
    FAILED = 6


class Event(IntEnum):
    """VIR_DOMAIN_EVENT_ID_*."""

    LIFECYCLE = 0
    REBOOT = 1
    BLOCK_JOB = 8
    BALLOON_CHANGE = 13
    METADATA_CHANGE = 23


class Credential(IntEnum):
    """VIR_CRED_*."""

    AUTHNAME = 2
    PASSPHRASE = 5


class JobOperation(IntEnum):
    """VIR_DOMAIN_JOB_OPERATION_*."""

    MIGRATION_IN = 4
    MIGRATION_OUT = 5
