"""Host: one machine of a pool."""

from typing import Literal

from pydantic import Field

from xcp_reconciler.api.enums import TaintEffect
from xcp_reconciler.api.fields import Batch, Count, Flag, Kibibytes, LabelKey, TaintValue, Uri
from xcp_reconciler.api.wire import NameRef, PolicySpec, Resource, Wire


class Capacity(Wire, frozen=True):
    """What the host has for guests; overrides what the hypervisor reports."""

    cpu: Count | None = Field(default=None, description="Processors.", examples=[16])
    memory: Kibibytes | None = Field(default=None, description="Memory.", examples=["64Gi"])


class Reserve(Wire, frozen=True):
    """What is kept from guests."""

    memory: Kibibytes = Field(default=0, description="Memory that no guest is given.", examples=["2Gi"])


class Maintenance(Wire, frozen=True):
    """Whether the machines of a host are to leave it, so that somebody can work on it."""

    desired: Flag = Field(
        description="True: machines leave for other hosts, live, and come back once this is false or gone.",
        examples=[True],
    )
    batch_size: Batch = Field(default=2, description="So many of them leave at a time.", examples=[4])


class Taint(Wire, frozen=True):
    """What keeps machines away that do not tolerate it."""

    key: LabelKey = Field(description="What tolerations name.", examples=["gpu"])
    value: TaintValue = Field(default="", description="Tells taints of one key apart.", examples=["a100"])
    effect: TaintEffect = Field(
        description="NoSchedule: nothing new comes. NoExecute: who runs there and does not tolerate it leaves, too.",
        examples=["NoSchedule"],
    )


class HostSpec(PolicySpec, frozen=True):
    """How a host is reached, and what it has."""

    pool_ref: NameRef = Field(description="The pool that it is a member of.", examples=[{"name": "lab"}])
    uri: Uri | None = Field(
        default=None,
        description="The connection of a libvirt host; hosts of other drivers need none.",
        examples=["qemu+ssh://root@host-a/system"],
    )
    migration_uri: Uri | None = Field(
        default=None,
        alias="migrationURI",
        description="How the other hosts reach this one when a machine moves; by default its uri.",
        examples=["qemu+tls://host-a/system"],
    )
    capacity: Capacity = Field(default=Capacity(), description="Overrides what the hypervisor reports.")
    reserve: Reserve = Field(default=Reserve(), description="What is kept from guests.")
    schedulable: Flag = Field(
        default=True, description="False: no machine is placed here any more; those that run stay.", examples=[False]
    )
    taints: tuple[Taint, ...] = Field(
        default=(), description="Keep machines away whose placement.tolerations do not name them."
    )
    maintenance: Maintenance | None = Field(
        default=None,
        description="Empties the host for work on it; by default it is not to be left.",
        examples=[{"desired": True}],
    )


class Host(Resource[HostSpec], frozen=True):
    """One machine that runs guests."""

    kind: Literal["Host"] = Field(description="What the document declares.")
