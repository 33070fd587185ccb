"""What every kind has: the strict base, names and labels, and the policies of section `spec`."""

from typing import Final, Generic, Literal, TypeVar

from pydantic import BaseModel, Field
from pydantic.alias_generators import to_camel

from xcp_reconciler.api.enums import Approval, DeletionPolicy, DriftPolicy, Management, MaxImpact
from xcp_reconciler.api.fields import FilledText, Flag, LabelKey, LabelValue, Name, Text, UuidText
from xcp_reconciler.refs import DEFAULT_NAMESPACE

GROUP: Final = "xcp.dev"
VERSION: Final = "v1alpha1"
API_VERSION: Final = f"{GROUP}/{VERSION}"


class Wire(
    BaseModel,
    frozen=True,
    extra="forbid",
    # Documents are validated, never built by keyword, so that no checker needs to see the aliases.
    alias_generator=to_camel,
    # Errors are rendered with their place in the file; pydantic's own text is never shown.
    hide_input_in_errors=True,
):
    """A part of a manifest: closed, frozen, and spelt in camelCase."""  # type: ignore[pydantic-alias]


class NameRef(Wire, frozen=True):
    """Names another object of the same namespace; the field says of which kind."""

    name: Name = Field(description="The metadata.name of the object that is meant.", examples=["lab"])


class Metadata(Wire, frozen=True):
    """What an object is called, and how it is found."""

    name: Name = Field(description="Unique within its kind and namespace.", examples=["web-1"])
    namespace: Name = Field(
        default=DEFAULT_NAMESPACE,
        description="Keeps names of different teams apart. Pools, hosts, storage repositories, policies and "
        "rebalances have none.",
        examples=["default"],
    )
    labels: dict[LabelKey, LabelValue] = Field(
        default_factory=dict,
        description="For selectors; also shown as tags by the hypervisor.",
        examples=[{"app": "web"}],
    )
    annotations: dict[LabelKey, Text] = Field(
        default_factory=dict, description="Free text for people and tools; xcp reads none of it."
    )


class Adopt(Wire, frozen=True):
    """An object that exists already; exactly one of the two is given."""

    uuid: UuidText | None = Field(
        default=None,
        description="The uuid that the hypervisor shows.",
        examples=["6f1c5d0e-3a52-5b1f-9d0c-5d1a64a3f2b7"],
    )
    name: FilledText | None = Field(
        default=None, description="Its name in the hypervisor, where that is unique.", examples=["old-web-1"]
    )


class DriftRule(Wire, frozen=True):
    """A drift policy of its own for one field."""

    path: FilledText = Field(description="A field path below spec.", examples=["memory.max"])
    policy: DriftPolicy = Field(description="What to do when this field drifts.", examples=["Report"])


class UpdatePolicy(Wire, frozen=True):
    """What a change may cost, and who must agree."""

    max_impact: MaxImpact = Field(
        default=MaxImpact.MIGRATE,
        description="The most that a change may cost; what would cost more is held back and shown.",
        examples=["Live"],
    )
    approval: Approval = Field(
        default=Approval.AUTO, description="Manual makes every change wait for `xcp approve`.", examples=["Manual"]
    )


class PolicySpec(Wire, frozen=True):
    """The policies that every kind has."""

    management: Management = Field(
        default=Management.MANAGE,
        description="Observe: never act, never stamp, still report. On a pool it covers all that is in it.",
        examples=["Observe"],
    )
    deletion_policy: DeletionPolicy = Field(
        default=DeletionPolicy.RETAIN,
        description="What deleting the object does in the backend: Retain forgets it and leaves it alone.",
        examples=["Delete"],
    )
    deletion_protection: Flag = Field(
        default=False, description="Refuses every deletion until it is set back to false.", examples=[True]
    )
    adopt: Adopt | None = Field(
        default=None, description="Take over an object that exists already instead of creating one."
    )
    drift_policy: DriftPolicy = Field(
        default=DriftPolicy.REVERT,
        description="What happens when somebody else changes what was applied.",
        examples=["Report"],
    )
    drift_rules: tuple[DriftRule, ...] = Field(
        default=(), description="Drift policies of single fields, before driftPolicy; one per path."
    )
    update_policy: UpdatePolicy = Field(
        default=UpdatePolicy(), description="What a change may cost, and who must agree."
    )


Spec_co = TypeVar("Spec_co", bound=PolicySpec, covariant=True)


class Resource(Wire, Generic[Spec_co], frozen=True):
    """One document; each kind adds its `kind`."""

    api_version: Literal["xcp.dev/v1alpha1"] = Field(description="The version of this model.")
    metadata: Metadata = Field(description="Name, namespace, labels and annotations.")
    spec: Spec_co


AnyResource = Resource[PolicySpec]
