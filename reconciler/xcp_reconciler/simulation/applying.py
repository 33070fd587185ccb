"""`xcp apply` as a simulated process runs it: look, plan, write down, bring about."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from xcp_reconciler.model.decision import Change
from xcp_reconciler.model.desired import Desired
from xcp_reconciler.model.identity import Identities
from xcp_reconciler.model.observed import Fresh
from xcp_reconciler.model.plan import Plan
from xcp_reconciler.model.records import HostRecord, OpenPlan
from xcp_reconciler.plan.failures import tried_anew
from xcp_reconciler.plan.rounds import make_plan
from xcp_reconciler.plan.sight import Dialect, Sight, look
from xcp_reconciler.plan.world import Declarations, World
from xcp_reconciler.ports.driver import Access
from xcp_reconciler.ports.store import ConflictError, PutPlan
from xcp_reconciler.refs import Ref
from xcp_reconciler.runtime.converge import Reason, converge
from xcp_reconciler.runtime.coverage import PLAN_LIVES_S
from xcp_reconciler.runtime.targets import targets_of
from xcp_reconciler.runtime.wiring import Ports
from xcp_reconciler.simulation.declaring import inventory, writes
from xcp_reconciler.simulation.scenario import OWNER, Scenario

_LOOK_S: Final = 5.0
_PATIENCE_S: Final = 300.0
_TRIES: Final = 3


@dataclass
class Shown:
    """The plan that was saved and is applied as it is, or made anew each time."""

    saves: bool = False
    changes: Mapping[Ref, tuple[Change, ...]] | None = None
    hosts: Mapping[Ref, str] = field(default_factory=dict[Ref, str])
    tries: int = 0

    def keep(self, plan: Plan, scope: frozenset[Ref]) -> None:
        """Remember a plan that was just made."""
        shown = {entry.ref: entry.changes for entry in plan.entries}
        self.changes = {ref: shown.get(ref, ()) for ref in sorted(scope)}
        self.hosts = {ref: host for ref, host in plan.hosts.items() if ref in scope}
        self.tries = 0


async def apply(ports: Ports, scenario: Scenario, number: int, shown: Shown) -> bool:
    """One `xcp apply` of a phase; whether it ended well."""
    store = ports.store
    for _ in range(_TRIES):
        await store.refresh()
        taken = inventory(scenario, number, store.state, ports.clock.now())
        going = {one.ref: one for one in store.state.desired.values() if one.removal is not None}
        declared = {**going, **{one.ref: one for one in (*scenario.phases[number].declared, *taken.remove)}}
        # A saved plan is given up when it has been in vain often enough: its owner makes a new one.
        if shown.changes is None or not shown.saves or shown.tries >= _TRIES:
            shown.keep(await _plan(ports, declared), frozenset(declared))
        shown.tries += 1
        now = ports.clock.now()
        plan = OpenPlan(ports.rng.uid(), shown.changes or {}, shown.hosts, None, now, now + PLAN_LIVES_S)
        try:
            await store.commit(*writes(taken, store.state), PutPlan(plan))
        except ConflictError:
            continue
        converged = await converge(ports, plan, _PATIENCE_S)
        return converged.reason is Reason.DONE and not converged.left
    return False


async def save(ports: Ports, scenario: Scenario, number: int, shown: Shown) -> None:
    """`xcp plan --out`: a plan for a phase, and nothing written."""
    taken = inventory(scenario, number, ports.store.state, ports.clock.now())
    declared = {one.ref: one for one in (*scenario.phases[number].declared, *taken.remove)}
    shown.keep(await _plan(ports, declared), frozenset(declared))


async def _plan(ports: Ports, meant: Mapping[Ref, Desired]) -> Plan:
    state = ports.store.state
    overlaid = dict(state.desired)
    for ref, one in meant.items():
        known = state.desired.get(ref)
        overlaid[ref] = replace(one, uid=known.uid, generation=known.generation) if known is not None else one
    declared = Declarations.of(overlaid)
    sights: dict[str, Sight] = {}
    for name, (driver_name, target) in targets_of(declared, OWNER, ".", {}).items():
        driver = ports.drivers.driver(driver_name)
        async with driver.open(target, clock=ports.clock, rng=ports.rng, access=Access.READ) as session:
            snapshot = await session.snapshot(ports.clock.now() + _LOOK_S)
        sights[name] = look(snapshot, Dialect(driver.name, driver.impacts, driver.calls))
    hosts = dict(state.hosts)
    for sight in sights.values():
        for name, view in sight.hosts.items():
            record = hosts.get(name, HostRecord())
            if isinstance(view.freshness, Fresh) and record.seen is None:
                hosts[name] = replace(record, seen=sight.at)
    world = World(
        Identities(OWNER),
        ports.clock.now(),
        declared,
        sights,
        state.assignments,
        state.histories,
        state.sightings,
        hosts,
        state.approvals,
    )
    return make_plan(tried_anew(world))
