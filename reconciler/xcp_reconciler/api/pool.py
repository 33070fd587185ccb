"""Pool: the hosts behind one driver."""

from typing import Literal

from pydantic import Field

from xcp_reconciler.api.enums import DriverName
from xcp_reconciler.api.fields import FilledText, Fingerprint, Flag, KeptText
from xcp_reconciler.api.wire import PolicySpec, Resource, Wire


class Credentials(Wire, frozen=True):
    """Who logs in, and where the password is found at the last moment; exactly one of env, file, command."""

    username: FilledText = Field(default="root", description="The account.", examples=["root"])
    env: FilledText | None = Field(
        default=None, description="An environment variable that holds the password.", examples=["LAB_PASSWORD"]
    )
    file: FilledText | None = Field(
        default=None,
        description="A file whose first line is the password; a relative path is relative to the manifest.",
        examples=["/run/secrets/lab"],
    )
    command: tuple[FilledText, ...] | None = Field(
        default=None,
        min_length=1,
        description="A command, run without a shell, whose first line of output is the password.",
        examples=[["pass", "show", "lab"]],
    )


class Tls(Wire, frozen=True):
    """How the endpoint proves who it is."""

    ca: FilledText | None = Field(
        default=None, description="A PEM file of the authorities that are trusted.", examples=["/etc/xcp/lab-ca.pem"]
    )
    fingerprint: Fingerprint | None = Field(
        default=None, description="The one certificate that is accepted, by its SHA-256 fingerprint."
    )
    verify: Flag = Field(
        default=True, description="False accepts any certificate; for a lab on one machine only.", examples=[False]
    )


class PoolSpec(PolicySpec, frozen=True):
    """What a pool is reached by."""

    driver: DriverName = Field(description="The driver that speaks to this pool.", examples=["libvirt"])
    endpoint: FilledText | None = Field(
        default=None,
        description="Where the pool answers: https://HOST for xapi, sim:FILE for sim. A libvirt pool has none: each "
        "of its hosts has a uri.",
        examples=["https://10.0.0.11"],
    )
    credentials: Credentials | None = Field(default=None, description="A reference to the password, never itself.")
    tls: Tls = Field(default=Tls(), description="How the endpoint proves who it is.")
    description: KeptText = Field(default="", description="Free text, shown by the hypervisor where it can.")


class Pool(Resource[PoolSpec], frozen=True):
    """The hosts behind one driver. Hosts name their pool; a pool has no list."""

    kind: Literal["Pool"] = Field(description="What the document declares.")
