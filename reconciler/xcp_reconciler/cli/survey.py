"""A look at everything that a command reads: what is stored, what `-f` names, and what the hosts show now."""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Final

from xcp_reconciler.cli.failure import CommandError
from xcp_reconciler.cli.workspace import Workspace
from xcp_reconciler.model.desired import Desired
from xcp_reconciler.model.digest import declares_alike, digest_of
from xcp_reconciler.model.errors import DriverError
from xcp_reconciler.model.identity import Identities
from xcp_reconciler.model.observed import HostView, Snapshot, Unreachable
from xcp_reconciler.model.plan import Plan
from xcp_reconciler.model.records import HostRecord
from xcp_reconciler.plan.intents import settle
from xcp_reconciler.plan.sight import Dialect, Sight, look
from xcp_reconciler.plan.world import Declarations, World
from xcp_reconciler.ports.clock import Clock, Rng
from xcp_reconciler.ports.driver import Access, PoolTarget
from xcp_reconciler.ports.store import State
from xcp_reconciler.refs import Ref
from xcp_reconciler.runtime.registry import Drivers, InstalledDrivers, NoDriverError
from xcp_reconciler.runtime.system import SystemClock, SystemRng
from xcp_reconciler.runtime.targets import targets_of
from xcp_reconciler.store.sqlite import SqliteStore, open_store

# How long a host may take to answer a command that only looks, and how much longer its driver to notice.
LOOK_S: Final = 5.0
_GRACE_S: Final = 2.0


@dataclass(frozen=True, slots=True)
class Survey:
    """What was found. `refusals` say for each pool that could not be looked at why not, in the driver's words.

    `scope` are the objects that the command is about, None where it is about all. `drivers` names each pool's;
    `observed` is whether anybody looked at all.
    """

    workspace: Workspace
    owner: str
    world: World
    state: State
    scope: frozenset[Ref] | None
    drivers: Mapping[str, str]
    refusals: Mapping[str, str] = field(default_factory=dict[str, str])
    observed: bool = True


@asynccontextmanager
async def stored(workspace: Workspace, access: Access = Access.READ) -> AsyncGenerator[SqliteStore, None]:
    """The workspace's store. Reading an absent one makes none."""
    async with open_store(workspace.state, access=access, clock=SystemClock(), rng=SystemRng()) as store:
        yield store


async def survey(workspace: Workspace, drivers: Drivers | None = None, *, observe: bool = True) -> Survey:
    """Look at the store, the manifests and, unless `observe` is False, every host of every pool.

    Raises:
        StoreError: the store cannot be read.
    """
    async with stored(workspace) as store:
        return await survey_with(workspace, store, drivers, observe=observe)


async def survey_with(
    workspace: Workspace, store: SqliteStore, drivers: Drivers | None = None, *, observe: bool = True
) -> Survey:
    """The same with a store that is open already."""
    clock, rng = SystemClock(), SystemRng()
    owner = workspace.owner or owner_of(store.state)
    if not workspace.paths and not workspace.declared and not store.state.desired:
        raise nothing_stored(workspace)
    declared = Declarations.of(overlaid(store, workspace.declared))
    targets = targets_of(declared, owner, workspace.folder, {})
    sights: dict[str, Sight] = {}
    refusals: dict[str, str] = {}
    if observe:
        found = drivers or InstalledDrivers()
        looks = [_look(driver, target, found, clock, rng) for driver, target in targets.values()]
        for pool, seen in zip(targets, await asyncio.gather(*looks), strict=True):
            if isinstance(seen, Sight):
                sights[pool] = seen
            else:
                refusals[pool] = seen
    world = World(
        Identities(owner),
        clock.now(),
        declared,
        sights,
        store.state.assignments,
        store.state.histories,
        store.state.sightings,
        _hosts(store.state.hosts, sights),
        store.state.approvals,
    )
    names = {pool: driver for pool, (driver, _) in targets.items()}
    return Survey(workspace, owner, _settled(world), store.state, workspace.scope, names, refusals, observe)


def _settled(world: World) -> World:
    """The same without what this look shows to be over, as the loop would see it."""
    ended = {
        ref: after
        for ref, history in world.histories.items()
        if (history.intents or history.asked is not None or history.shutdown_at is not None)
        and (after := settle(ref, history, world)) is not history
    }
    return replace(world, histories={**world.histories, **ended}) if ended else world


def nothing_stored(workspace: Workspace) -> CommandError:
    """What to say where no `-f` is given and the store is empty."""
    return CommandError(
        f"nothing is stored in {workspace.state}, and no -f says what should be",
        "xcp plan -f PATH shows what manifests would do, xcp apply -f PATH stores them and does it",
    )


def owner_of(state: State) -> str:
    """Whose the stored objects are; empty where nothing is stored."""
    return next((state.desired[ref].owner for ref in state.desired), "")


def overlaid(store: SqliteStore, declared: Mapping[Ref, Desired]) -> Mapping[Ref, Desired]:
    """What would be stored if the manifests were applied: known objects keep their uid, edits count as new."""
    if not declared:
        return dict(store.state.desired)
    result = {ref: store.state.desired[ref] for ref in store.state.desired if ref not in declared}
    shelf, digests = store.desired, _Digests()
    for ref, one in declared.items():
        before = shelf.identity(ref)
        if before is not None:
            uid, generation = before
            same = declares_alike(shelf.digest(ref) or "", digests.of(one))
            result[ref] = _kept(one, uid, generation if same else generation + 1)
        else:
            result[ref] = one
    return result


def _kept(one: Desired, uid: str, generation: int) -> Desired:
    # What dataclasses.replace does takes three times as long.
    return Desired(one.ref, one.spec, one.policies, one.owner, one.labels, one.origin, uid, generation, one.removal)


class _Digests:
    """Digests of declarations; machines that are alike but for their names are digested once."""

    def __init__(self) -> None:
        self._known: dict[tuple[object, ...], str] = {}

    def of(self, one: Desired) -> str:
        key = (one.spec, one.policies, one.owner, *sorted(one.labels.items()))
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = digest_of(one)
        return found


def _hosts(known: Mapping[str, HostRecord], sights: Mapping[str, Sight]) -> dict[str, HostRecord]:
    """The host records as this look leaves them: who answers it has been seen."""
    hosts = dict(known)
    for sight in sights.values():
        for name in sight.hosts:
            record = hosts.get(name, HostRecord())
            if sight.answers(name) and record.seen is None:
                hosts[name] = replace(record, seen=sight.at)
    return hosts


async def _look(name: str, target: PoolTarget, drivers: Drivers, clock: Clock, rng: Rng) -> Sight | str:
    """One look at a pool, or why there is none."""
    began = clock.now()
    try:
        driver = drivers.driver(name)
    except NoDriverError as error:
        return str(error)
    dialect = Dialect(driver.name, driver.impacts, driver.calls)
    try:
        async with (
            asyncio.timeout(LOOK_S + _GRACE_S),
            driver.open(target, clock=clock, rng=rng, access=Access.READ) as session,
        ):
            return look(await session.snapshot(began + LOOK_S), dialect)
    except DriverError as error:
        return f"{error.host}: {error.message}" if error.host is not None else error.message
    except TimeoutError:
        why = f"no answer within {LOOK_S:.0f} s"
        hosts = {host.name: HostView(host.name, Unreachable(began, why)) for host in target.hosts}
        return look(Snapshot(target.name, began, hosts), dialect) if hosts else why


def restricted(plan: Plan, scope: frozenset[Ref] | None) -> Plan:
    """The part of a plan that is about these objects; all of it for None."""
    if scope is None:
        return plan
    shown = tuple(entry for entry in plan.entries if entry.ref in scope)
    hosts = {ref: host for ref, host in plan.hosts.items() if ref in scope}
    return replace(plan, entries=shown, looked_at=len(scope), hosts=hosts)
