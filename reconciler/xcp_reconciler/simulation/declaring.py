"""What a phase changes in what is stored, as the manifests of a source would change it. Pure."""

from dataclasses import replace

from xcp_reconciler.loader.inventory import Budget, Inventory, Pruning, Revision, Stored, take_inventory
from xcp_reconciler.model.decision import PendingReason
from xcp_reconciler.model.desired import Removal
from xcp_reconciler.model.records import ApprovalRecord
from xcp_reconciler.plan.limits import approval_fingerprint
from xcp_reconciler.ports.store import PutApproval, PutDesired, PutPrune, RemovePrune, State, Write
from xcp_reconciler.simulation.library import SOURCE
from xcp_reconciler.simulation.scenario import OWNER, Scenario


def inventory(scenario: Scenario, number: int, state: State, now: float) -> Inventory:
    """What the phase with this number puts, removes and holds back."""
    phase = scenario.phases[number]
    revision = Revision((SOURCE,), f"revision-{number}", OWNER, phase.declared)
    stored = Stored(state.desired, state.prunes, frozenset({SOURCE}))
    budget = Budget(least=scenario.prune_budget)
    return take_inventory(revision, stored, Pruning.PRUNE, now, budget)


def writes(taken: Inventory, state: State) -> list[Write]:
    """What to commit for that."""
    found: list[Write] = [PutDesired(one, expect=state.versions.get(one.ref, 0)) for one in (*taken.put, *taken.remove)]
    found.extend(RemovePrune(obsolete) for obsolete in taken.obsolete)
    if taken.held is not None and state.prunes.get(taken.held.revision) != taken.held:
        found.append(PutPrune(taken.held))
    return found


def approvals(state: State, now: float) -> list[Write]:
    """What `xcp approve` commits for every prune that is held back, and for every object of which a change waits."""
    found: list[Write] = []
    for ref, status in state.statuses.items():
        waiting = [one.change for one in status.pending if one.reason is PendingReason.APPROVAL]
        if waiting and ref in state.desired:
            found.append(PutApproval(ref, ApprovalRecord(ref, approval_fingerprint(waiting), "operator", now)))
    for held in state.prunes.values():
        found.extend(
            PutDesired(replace(state.desired[ref], removal=Removal.DELETE), expect=state.versions.get(ref))
            for ref in held.refs
            if ref in state.desired
        )
        found.append(RemovePrune(held.revision))
    return found
