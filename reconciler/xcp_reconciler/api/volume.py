"""Volume: a virtual disk with a life of its own."""

from typing import Literal

from pydantic import Field

from xcp_reconciler.api.enums import VolumeFormat
from xcp_reconciler.api.fields import Bytes, FilledText, Sha256
from xcp_reconciler.api.wire import NameRef, PolicySpec, Resource, Wire


class ImageSource(Wire, frozen=True):
    """An image on the machine that runs xcp, uploaded once."""

    file: FilledText = Field(
        description="The image; a relative path is relative to the manifest's folder.", examples=["images/guest.qcow2"]
    )
    sha256: Sha256 = Field(description="What its content must hash to; `sha256sum FILE` prints it.")


class Backing(Wire, frozen=True):
    """What a copy-on-write volume is laid over."""

    volume_ref: NameRef = Field(
        description="A volume of the same pool, never written again.", examples=[{"name": "base"}]
    )


class VolumeSpec(PolicySpec, frozen=True):
    """What a volume is, and where."""

    storage_ref: NameRef = Field(description="The repository that it lives in.", examples=[{"name": "shared"}])
    size: Bytes | None = Field(
        default=None,
        description="What the guest sees. May be left out with a source, whose size it then has. Grows, never shrinks.",
        examples=["20Gi"],
    )
    format: VolumeFormat = Field(description="Stated, never probed: a guest could forge a header.", examples=["Qcow2"])
    source: ImageSource | None = Field(default=None, description="The image that it begins as.")
    backing: Backing | None = Field(default=None, description="The volume that it is laid over; Qcow2 only.")


class Volume(Resource[VolumeSpec], frozen=True):
    """A virtual disk. Deleting it keeps the data unless deletionPolicy says Delete."""

    kind: Literal["Volume"] = Field(description="What the document declares.")
