"""A host that a command names."""

from xcp_reconciler.api.wording import nearest
from xcp_reconciler.cli.failure import CommandError
from xcp_reconciler.cli.survey import Survey
from xcp_reconciler.model.desired import HostSpec
from xcp_reconciler.refs import Kind, host_ref


def pool_of_host(host: str, seen: Survey) -> str:
    """The pool that a host is in.

    Raises:
        CommandError: there is no such host; the nearest name is said.
    """
    desired = seen.world.declared.desired
    one = desired.get(host_ref(host))
    if one is None or not isinstance(one.spec, HostSpec):
        near = nearest(host, [ref.name for ref in desired if ref.kind is Kind.HOST])
        raise CommandError(f"Host/{host} is not stored", *([f"did you mean {near}?"] if near else []))
    return one.spec.pool
