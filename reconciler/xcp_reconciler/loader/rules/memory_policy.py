"""Rules about MemoryPolicies: within one, and between those of a pool."""

from collections.abc import Iterator

from xcp_reconciler.api.enums import MemoryMode
from xcp_reconciler.api.memory_policy import MemoryPolicy
from xcp_reconciler.api.virtual_machine import VirtualMachine
from xcp_reconciler.loader.finding import Elsewhere, Finding
from xcp_reconciler.loader.rules.subject import Gathered, Subject, Told
from xcp_reconciler.refs import Kind
from xcp_reconciler.units import format_duration


def check_memory_policy(model: MemoryPolicy) -> Iterator[Finding]:
    """A guest is given its time before it is left alone, and left alone before it is asked again."""
    spec = model.spec
    if spec.uncooperative_after == 0:
        message = "a guest that is given no time follows nobody"
        yield Finding(("spec", "uncooperativeAfter"), message, "write what balloons need, such as 20s")
    if spec.retry_after < spec.uncooperative_after:
        message = f"retryAfter is shorter than uncooperativeAfter, which is {format_duration(spec.uncooperative_after)}"
        yield Finding(("spec", "retryAfter"), message, "write at least as much")


def check_memory_policies(gathered: Gathered) -> Iterator[Told]:
    """One policy sets the targets of a pool, and no machine is claimed by two."""
    by_pool: dict[str, list[tuple[Subject, MemoryPolicy]]] = {}
    for subject, policy in gathered.each(Kind.MEMORY_POLICY, MemoryPolicy):
        by_pool.setdefault(policy.spec.pool_ref.name, []).append((subject, policy))
    for pool, policies in by_pool.items():
        yield from _check_direct(pool, policies)
    if any(len(policies) > 1 for policies in by_pool.values()):
        yield from _check_claims(gathered, by_pool)


def _check_direct(pool: str, policies: list[tuple[Subject, MemoryPolicy]]) -> Iterator[Told]:
    direct = [subject for subject, policy in policies if policy.spec.mode is MemoryMode.DIRECT]
    for subject in direct[1:]:
        also = (Elsewhere(direct[0].number, ("spec", "mode"), f"{direct[0]} is Direct, too"),)
        message = f"{direct[0]} and {subject} would both set targets in pool {pool}"
        hint = "one Direct policy a pool; `weights` make machines count more"
        yield Told(subject.number, Finding(("spec", "mode"), message, hint, also=also))


def _check_claims(gathered: Gathered, by_pool: dict[str, list[tuple[Subject, MemoryPolicy]]]) -> Iterator[Told]:
    for subject, machine in gathered.each(Kind.VIRTUAL_MACHINE, VirtualMachine):
        if machine.spec.memory.policy_ref is not None:
            continue
        labels = machine.metadata.labels
        claiming = [
            one
            for one, policy in by_pool.get(machine.spec.pool_ref.name, [])
            if policy.spec.selector.match_labels.items() <= labels.items()
        ]
        if len(claiming) > 1:
            also = tuple(Elsewhere(one.number, ("metadata", "name"), f"{one} claims it") for one in claiming)
            message = f"{claiming[0]} and {claiming[1]} both claim this machine"
            hint = "name one of them in `memory.policyRef`, or make their selectors differ"
            yield Told(subject.number, Finding(("metadata", "name"), message, hint, also=also))
