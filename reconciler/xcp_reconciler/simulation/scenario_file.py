"""How a scenario is written down: the wire model of the files in `scenarios/`."""

from typing import Any, Literal

from pydantic import Field

from xcp_reconciler.api.fields import Count, Kibibytes, Name, Text
from xcp_reconciler.api.wire import API_VERSION, Wire
from xcp_reconciler.model.decision import BlockReason
from xcp_reconciler.refs import Kind
from xcp_reconciler.simulation.deeds import Deed
from xcp_reconciler.simulation.fault import Fault
from xcp_reconciler.simulation.scenario import Hand


class HostEntry(Wire, frozen=True):
    """A simulated host."""

    name: Name = Field(description="As the manifests call it.")
    cpus: Count = Field(default=16, description="Its processors.")
    memory: Kibibytes = Field(default=16 * 2**20, description="Its memory.")


class Timed(Wire, frozen=True):
    """What others do in a phase, and when."""

    deed: Deed = Field(description="What is done.")
    seconds: float = Field(
        default=0.0, ge=0, description="How long after the beginning of the phase, if `effects` is not given."
    )
    effects: int | None = Field(
        default=None, ge=1, description="As soon as so many calls of this phase have been sent, or its end is near."
    )


class ExpectedBlock(Wire, frozen=True):
    """An object that cannot become as declared, and is to say why."""

    kind: Kind = Field(description="Its kind.")
    name: Name = Field(description="Its name.")
    reason: BlockReason = Field(description="What the decision about it must say.")


class ExpectedWait(Wire, frozen=True):
    """An object that has to wait for somebody, such as a machine on a host that does not answer."""

    kind: Kind = Field(description="Its kind.")
    name: Name = Field(description="Its name.")


class Interruption(Wire, frozen=True):
    """The next phase does not wait until this one has been reached."""

    effects: int | None = Field(default=None, ge=1, description="It begins when so many calls have been sent...")
    seconds: float | None = Field(default=None, gt=0, description="...or after so many seconds.")


class PhaseEntry(Wire, frozen=True):
    """One wish of the owner. It begins when the one before it has been reached, or interrupted."""

    about: Text = Field(default="", description="What it is for.")
    manifests: tuple[Text, ...] = Field(
        default=(), description="Files below `manifests/`: all that is declared. By default that of the phase before."
    )
    patch: tuple[dict[str, Any], ...] = Field(
        default=(),
        description="JSON Patch (RFC 6902) of the declared objects, as /KIND/NAME/spec/... An object that is removed "
        "is not declared any more, and is pruned as `xcp run` prunes.",
    )
    by: Hand = Field(default=Hand.RUN, description="Who brings it about.")
    others: tuple[Timed, ...] = Field(default=(), description="What others do meanwhile.")
    until: Interruption | None = Field(default=None, description="When the owner changes mind before it is reached.")
    blocked: tuple[ExpectedBlock, ...] = Field(default=(), description="What cannot be reached.")
    waiting: tuple[ExpectedWait, ...] = Field(default=(), description="What waits for somebody else.")
    at: dict[Name, Name] = Field(
        default={},
        description="On which host each of these machines has to run alone when the phase is reached, told so or not.",
    )
    held: bool = Field(default=False, description="Whether a prune must be held back in this phase.")


class ScenarioSpec(Wire, frozen=True):
    """A story of some hosts, their owner, and others."""

    about: Text = Field(description="What happens, in a sentence.")
    hosts: tuple[HostEntry, ...] = Field(min_length=1, description="The hosts that there are.")
    prune_budget: Count = Field(default=50, description="How many objects one revision may remove unasked.")
    passes: Count = Field(description="In how many passes it must have converged after the last fault.")
    without: tuple[Fault, ...] = Field(default=(), description="Faults that would make it another story.")
    phases: tuple[PhaseEntry, ...] = Field(min_length=1, description="What the owner wants, one after the other.")


class ScenarioMetadata(Wire, frozen=True):
    """What a scenario is called."""

    name: Name = Field(description="Unique, and the name of its file.")


class ScenarioDocument(Wire, frozen=True):
    """A whole scenario file."""

    api_version: Literal["xcp.dev/v1alpha1"] = Field(description=f"Always {API_VERSION}.")
    kind: Literal["Scenario"] = Field(description="What the document is.")
    metadata: ScenarioMetadata
    spec: ScenarioSpec
