"""The guard of migrations: XAPI shrinks a machine to its dynamic minimum before it moves, whatever is used inside.

So before a migration the minimum is raised to what the guest uses, and taken back once it is over. Both follow from
what a look shows, so a crash in between changes nothing: who sees a raised minimum and no migration takes it back.
"""

from xcp_reconciler.plan.memory.types import GuestMemory, Policy


def guarded_minimum(policy: Policy, guest: GuestMemory) -> int:
    """The dynamic minimum, KiB, that a guest should have now: as declared, or while it migrates what it uses.

    What it uses is its demand; where nobody knows that, all that it holds. It is never above the target, which no
    backend takes.
    """
    if not (policy.migration_guard and guest.migrating):
        return guest.floor
    used = guest.demand if guest.demand is not None else guest.actual
    return max(guest.floor, min(used, guest.target))
