"""Network: what interfaces are plugged into."""

from typing import Literal

from pydantic import Field

from xcp_reconciler.api.enums import NetworkType
from xcp_reconciler.api.fields import Subnet
from xcp_reconciler.api.wire import NameRef, PolicySpec, Resource


class NetworkSpec(PolicySpec, frozen=True):
    """What a network is made of."""

    pool_ref: NameRef = Field(description="The pool whose hosts have it.", examples=[{"name": "lab"}])
    type: NetworkType = Field(description="How it reaches the world.", examples=["NAT"])
    subnet: Subnet = Field(
        description="The addresses of its guests, the same on each host; the first one is the gateway.",
        examples=["10.78.0.0/24"],
    )


class Network(Resource[NetworkSpec], frozen=True):
    """A network of a pool."""

    kind: Literal["Network"] = Field(description="What the document declares.")
