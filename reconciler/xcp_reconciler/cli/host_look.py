"""A host that is to be left, or is not to be left any more, as one look at its pool shows it."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from xcp_reconciler.cli.failure import CommandError
from xcp_reconciler.cli.hosts import pool_of_host
from xcp_reconciler.cli.survey import Survey, survey_with
from xcp_reconciler.cli.workspace import Workspace
from xcp_reconciler.model.placement import Drain
from xcp_reconciler.model.records import HostRecord
from xcp_reconciler.plan.evacuation import Evacuation
from xcp_reconciler.plan.failures import tried_anew
from xcp_reconciler.plan.placement.moment import moment_of
from xcp_reconciler.plan.world import World
from xcp_reconciler.refs import Ref
from xcp_reconciler.store.sqlite import SqliteStore

Evacuate = Callable[[str, str, World], Evacuation]


@dataclass(frozen=True, slots=True)
class HostLook:
    """What was seen, and what follows. The survey's world is the one in which somebody's word about the host holds.

    `drain` is the word that is stored, None where there is none; `declared` whether a manifest says the same.
    """

    host: str
    pool: str
    survey: Survey
    found: Evacuation
    drain: Drain | None
    declared: bool

    @property
    def answers(self) -> bool:
        """Whether the host itself answered."""
        sight = self.survey.world.sights.get(self.pool)
        return sight is not None and sight.answers(self.host)

    @property
    def alone(self) -> bool:
        """Whether there is no other host in its pool."""
        return len(self.survey.world.declared.hosts.get(self.pool, ())) == 1

    def whereabouts(self) -> dict[Ref, str]:
        """Where each machine of the pool runs."""
        moment = moment_of(self.pool, self.survey.world)
        return {one.ref: one.runs_on for one in moment.guests if one.runs_on is not None} if moment is not None else {}


async def look_at(
    host: str, workspace: Workspace, store: SqliteStore, word: Drain | None, evacuate: Evacuate
) -> HostLook:
    """Look at a host's pool, as if `word` were what is stored of the host.

    Raises:
        CommandError: there is no such host, or its pool cannot be looked at.
        StoreError: the store cannot be read.
    """
    seen = await survey_with(workspace, store)
    pool = pool_of_host(host, seen)
    if pool in seen.refusals:
        raise CommandError(f"Pool/{pool} cannot be looked at: {seen.refusals[pool]}")
    spec = seen.world.host_spec(host)
    record = seen.world.hosts.get(host, HostRecord())
    hosts = {**seen.world.hosts, host: replace(record, drain=word)}
    world = tried_anew(replace(seen.world, hosts=hosts))
    found = evacuate(host, pool, world)
    survey = replace(seen, world=world)
    return HostLook(host, pool, survey, found, record.drain, spec is not None and spec.maintenance)
