"""`xcp balance POOL`: what a policy would do now, on a look of this moment. Nothing is sent."""

import sys
from collections.abc import Mapping
from dataclasses import replace

from xcp_reconciler.cli.failure import CommandError
from xcp_reconciler.cli.oneshot import run
from xcp_reconciler.cli.output import paint_for, show, width
from xcp_reconciler.cli.survey import survey
from xcp_reconciler.cli.workspace import Workspace
from xcp_reconciler.model.desired import MemoryAlgorithm
from xcp_reconciler.model.memory import Knowledge
from xcp_reconciler.plan.balance import Balance, Doings, balance
from xcp_reconciler.plan.policies import Policy, direct_policy
from xcp_reconciler.plan.world import World
from xcp_reconciler.report.usage import balance_json, balance_text


def balance_pool(
    workspace: Workspace, pool: str, algorithm: MemoryAlgorithm | None, *, explain: bool, as_json: bool
) -> None:
    """Print it. `algorithm` is looked at instead of the policy's own.

    Raises:
        CommandError: there is no such pool, it cannot be looked at, or none of its policies sets targets.
    """
    seen = run(survey(workspace))
    if pool in seen.refusals:
        raise CommandError(f"Pool/{pool} cannot be looked at: {seen.refusals[pool]}")
    if pool not in seen.world.sights:
        raise CommandError(f"there is no pool {pool}")
    policy = direct_policy(pool, seen.world)
    if policy is None:
        raise CommandError(
            f"no MemoryPolicy sets targets in pool {pool}",
            "declare one with `mode: Direct` (xcp explain memorypolicy), or describe a pool with --cluster FILE",
        )
    if algorithm is not None:
        policy = Policy(policy.ref, replace(policy.spec, algorithm=algorithm))
    found = _found(policy, seen.world)
    if as_json:
        show(balance_json(pool, str(policy.ref), found))
    elif found:
        show(balance_text(found, explain=explain, paint=paint_for(sys.stdout), width=width()))
    else:
        show(f"{policy.ref} covers no machine that runs on a host that answers")


def _found(policy: Policy, world: World) -> Mapping[str, Balance]:
    known = world.history(policy.ref).balance
    sight = world.sights[policy.spec.pool]
    found = {
        host: balance(policy, host, world, sight, known.get(host, Knowledge()), Doings())
        for host in world.declared.hosts.get(policy.spec.pool, ())
    }
    return {host: one for host, one in found.items() if one is not None}
