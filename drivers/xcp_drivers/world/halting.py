"""How a machine ends, whoever ended it."""

from xcp_drivers.world.change import Change
from xcp_drivers.world.rows import GuestRow
from xcp_reconciler.model.observed import HaltReason, PowerState


def halt(change: Change, guest: GuestRow, reason: HaltReason, at: float) -> None:
    """Stop a machine at a moment; a migration of it fails, and a definition that was never stored is gone."""
    for job in change.jobs("uuid = ? AND host = ?", guest.uuid, guest.host):
        change.drop_job(job)
    change.db.execute("DELETE FROM holds WHERE host = ? AND uuid = ?", (guest.host, guest.uuid))
    if not guest.persistent:
        change.drop_guest(guest)
        return
    change.put_guest(halted(guest, reason, at))


def halted(guest: GuestRow, reason: HaltReason, at: float) -> GuestRow:
    """The definition of a machine that no longer runs."""
    return guest._replace(
        power=PowerState.HALTED,
        live=None,
        halt_reason=reason,
        since=at,
        goal=0,
        left_from=0,
        left_at=at,
        still_at=at,
        off_at=None,
    )
