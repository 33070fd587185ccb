"""Jobs: libvirt has no task ids, a job is a property of its domain."""

from typing import Final

from xcp_drivers.libvirt.api import Domain, Stats
from xcp_drivers.libvirt.connect import complaint
from xcp_drivers.libvirt.errors import Code
from xcp_drivers.libvirt.flags import JobOperation
from xcp_drivers.libvirt.work import Work
from xcp_drivers.libvirt.xml.document import Element
from xcp_drivers.libvirt.xml.read import has_block_job
from xcp_reconciler.model.observed import Job, JobKind

_MIGRATIONS: Final = frozenset({int(JobOperation.MIGRATION_IN), int(JobOperation.MIGRATION_OUT)})
_NO_ANSWER: Final = frozenset({int(Code.NO_SUPPORT), int(Code.OPERATION_INVALID), int(Code.OPERATION_TIMEOUT)})


def job_of(work: Work, domain: Domain, live: Element) -> Job | None:
    """The migration or block job of a running domain, None where there is none."""
    uuid = domain.UUIDString()
    try:
        stats = domain.jobStats(0)
    except work.library.libvirtError as error:
        code = complaint(error).code
        if code == Code.OPERATION_UNSUPPORTED:
            # "migration statistics are available only on the source host": this is where it arrives.
            return Job(JobKind.MIGRATION, uuid, work.host)
        if code not in _NO_ANSWER:
            raise
        stats = {}
    if stats.get("type") and stats.get("operation") in _MIGRATIONS:
        return Job(JobKind.MIGRATION, uuid, work.host, _progress(stats))
    return Job(JobKind.BLOCK, uuid, work.host) if has_block_job(live) else None


def _progress(stats: Stats) -> float | None:
    total, left = stats.get("data_total", 0), stats.get("data_remaining", 0)
    return (total - left) / total if total else None
