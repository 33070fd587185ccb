"""A plan in a file: what was shown, so that exactly that can be applied later, or nothing."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from xcp_reconciler.model.codec import Codec
from xcp_reconciler.model.decision import Change
from xcp_reconciler.model.desired import Desired
from xcp_reconciler.model.impact import Impact
from xcp_reconciler.model.plan import Plan
from xcp_reconciler.model.scalars import CodecError
from xcp_reconciler.refs import Ref
from xcp_reconciler.report.plan_hash import changes_of, digest, hash_of_changes

FORMAT: Final = 1


class SavedPlanError(ValueError):
    """A text that is no saved plan, or was changed after it was saved; the text says what to do."""


@dataclass(frozen=True, slots=True)
class SavedPlan:
    """A plan as it was shown. `folder` is that of `xcp.yaml`, `sources` are what `-f` named, as it was typed.

    `desired` is what the plan would make stored; `changes` holds an entry for every key of the plan, empty where
    nothing is to change; `hosts` the chosen host of each machine. `basis` are the digests of what was stored of each
    object when the plan was made, absent where nothing was. `hash` names the plan, `seal` guards the file.
    """

    owner: str
    folder: str
    sources: tuple[str, ...]
    desired: Mapping[Ref, Desired]
    changes: Mapping[Ref, tuple[Change, ...]]
    hosts: Mapping[Ref, str]
    made: float
    hash: str
    max_impact: Impact | None = None
    seal: str = field(default="")
    basis: Mapping[Ref, str] = field(default_factory=dict[Ref, str])


_CODEC: Final = Codec[SavedPlan](SavedPlan, version=FORMAT)


def saved_plan(  # noqa: PLR0913 - all that a file must hold
    plan: Plan,
    *,
    owner: str,
    folder: str,
    sources: tuple[str, ...],
    desired: Mapping[Ref, Desired],
    made: float,
    max_impact: Impact | None = None,
    basis: Mapping[Ref, str] | None = None,
) -> SavedPlan:
    """The file's content for a plan about these objects, made at `made` (unix seconds)."""
    changes = dict.fromkeys(sorted(desired), ()) | changes_of(plan)
    hosts = {ref: host for ref, host in plan.hosts.items() if ref in changes}
    name = hash_of_changes(owner, changes, hosts)
    made_plan = SavedPlan(owner, folder, sources, desired, changes, hosts, made, name, max_impact, basis=basis or {})
    return replace(made_plan, seal=_seal(made_plan))


def write_saved_plan(saved: SavedPlan) -> str:
    """The file's text: canonical JSON and a newline."""
    return _CODEC.text(saved) + "\n"


def read_saved_plan(text: str) -> SavedPlan:
    """Read what `write_saved_plan` wrote.

    Raises:
        SavedPlanError: it is none, of another format version, or was changed by hand.
    """
    try:
        saved = _CODEC.parse(text)
    except CodecError as error:
        raise SavedPlanError(f"this is no saved plan: it {error}") from error
    if saved.seal != _seal(saved) or saved.hash != hash_of_changes(saved.owner, saved.changes, saved.hosts):
        raise SavedPlanError("this saved plan was changed after it was made; make a new one with: xcp plan --out FILE")
    return saved


def _seal(saved: SavedPlan) -> str:
    return digest(_CODEC.text(replace(saved, seal="")))
