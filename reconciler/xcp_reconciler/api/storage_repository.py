"""StorageRepository: where volumes live."""

from typing import Literal

from pydantic import Field

from xcp_reconciler.api.enums import StorageType
from xcp_reconciler.api.fields import AbsolutePath, Flag
from xcp_reconciler.api.wire import NameRef, PolicySpec, Resource


class StorageRepositorySpec(PolicySpec, frozen=True):
    """Where the files are, and who sees them."""

    pool_ref: NameRef = Field(description="The pool whose hosts use it.", examples=[{"name": "lab"}])
    type: StorageType = Field(description="What it is made of.", examples=["Dir"])
    path: AbsolutePath = Field(description="The folder on each host.", examples=["/var/lib/xcp/images"])
    shared: Flag = Field(
        default=False,
        description="Every host sees the same files, so that machines move without copying their disks.",
        examples=[True],
    )


class StorageRepository(Resource[StorageRepositorySpec], frozen=True):
    """A place where volumes live."""

    kind: Literal["StorageRepository"] = Field(description="What the document declares.")
