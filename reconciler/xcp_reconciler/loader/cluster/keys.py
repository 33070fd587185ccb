"""The keys of a pool's file, and what each of them takes: a key is a row."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Takes(StrEnum):
    """What the value of a key has to be."""

    NAME = "a name"
    KIB = "a whole number of KiB"
    COUNT = "a whole number of 0 or more"
    SHARE = "a number of 0 or more"
    FLAG = "true or false"
    LIST = "a list"
    NAMES = "a list of names"
    TEXT = "a text"
    SCOPE = "Host, Domain or Together"


@dataclass(frozen=True, slots=True)
class Key:
    """One key: `always` has to be there, `nullable` may be null, which is as if it were not there."""

    name: str
    takes: Takes
    always: bool = False
    nullable: bool = False


FILE_KEYS: Final = (Key("hosts", Takes.LIST, always=True), Key("groups", Takes.LIST))
HOST_KEYS: Final = (
    Key("name", Takes.NAME, always=True),
    Key("memoryKiB", Takes.KIB, always=True),
    Key("reserveKiB", Takes.KIB),
    Key("vms", Takes.LIST),
    Key("freeKiB", Takes.KIB, nullable=True),
    Key("cpus", Takes.COUNT),
    Key("vcpuRatio", Takes.SHARE, nullable=True),
    Key("domain", Takes.TEXT, nullable=True),
    Key("taints", Takes.NAMES),
    Key("closed", Takes.FLAG),
)
VM_KEYS: Final = (
    Key("name", Takes.NAME, always=True),
    Key("actualKiB", Takes.KIB),
    Key("minKiB", Takes.KIB),
    Key("maxKiB", Takes.KIB),
    Key("demandKiB", Takes.KIB, nullable=True),
    Key("weight", Takes.SHARE),
    Key("active", Takes.FLAG),
    Key("memoryKiB", Takes.KIB, nullable=True),
    Key("overheadKiB", Takes.KIB),
    Key("vcpus", Takes.COUNT),
    Key("tolerates", Takes.NAMES),
    Key("hosts", Takes.NAMES, nullable=True),
    Key("movable", Takes.FLAG),
)
GROUP_KEYS: Final = (
    Key("name", Takes.NAME, always=True),
    Key("scope", Takes.SCOPE, always=True),
    Key("vms", Takes.NAMES, always=True),
    Key("limit", Takes.COUNT),
    Key("price", Takes.SHARE, nullable=True),
)
