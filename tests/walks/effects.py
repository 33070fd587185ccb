"""What a plan said a change would cost, against what it did cost."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

from tests.walks.ground import Instance
from tests.walks.watcher import counted
from xcp_reconciler.model.identity import Identities
from xcp_reconciler.model.impact import Impact
from xcp_reconciler.model.ops import Call
from xcp_reconciler.model.plan import Plan
from xcp_reconciler.refs import Kind

Running = Mapping[str, tuple[Instance, ...]]


def overspent(plan: Plan, identities: Identities, before: Running, after: Running) -> Iterator[str]:
    """In words, where a machine paid more than the plan said, or less."""
    changes = {identities.uuid(one.ref): one.changes for one in plan.entries if one.ref.kind is Kind.VIRTUAL_MACHINE}
    for uuid, (was, *_) in before.items():
        impacts = {change.impact for change in changes.get(uuid, ())}
        cost = max(impacts, default=Impact.METADATA)
        words = f"{uuid}: the plan said {cost.word if impacts else 'nothing'}, and"
        now = next(iter(after.get(uuid, ())), None)
        stayed_up = now is not None and now.booted_at == was.booted_at
        if stayed_up != (cost < Impact.POWER_CYCLE):
            yield f"{words} {'it runs on' if stayed_up else 'its power went'}"
        if now is None or not stayed_up:
            continue
        if cost < Impact.MIGRATE and now.host != was.host:
            yield f"{words} it moved"
        quiet = impacts <= {Impact.METADATA, Impact.DEFERRED}
        if quiet and replace(now.live, description="") != replace(was.live, description=""):
            yield f"{words} {was.live} became {now.live}"


def unshown(plan: Plan, sent: list[Call], spelt: Callable[[Call], str] = str) -> Iterator[str]:
    """In words, the calls that were made and not shown."""
    shown = counted((call for entry in plan.entries for call in entry.calls), spelt)
    for call, count in (counted(sent, spelt) - shown).items():
        yield f"made {count} times more than planned: {call}"


def unplanned(plan: Plan, sent: list[Call]) -> Iterator[str]:
    """In words, the calls that were made and not shown, or shown and not made."""
    yield from unshown(plan, sent)
    for call, count in (counted(call for entry in plan.entries for call in entry.calls) - counted(sent)).items():
        yield f"planned and {count} times not made: {call}"
