"""Rules within one Host."""

from collections.abc import Iterator

from xcp_reconciler.api.host import Host
from xcp_reconciler.loader.finding import Finding, Spot
from xcp_reconciler.units import format_kib


def check_host(model: Host) -> Iterator[Finding]:
    """Something is left for guests, and nobody migrates to a host that cannot be reached."""
    spec = model.spec
    memory, reserve = spec.capacity.memory, spec.reserve.memory
    if memory is not None and reserve >= memory:
        message = f"the reserve {format_kib(reserve)} leaves nothing of {format_kib(memory)}"
        yield Finding(("spec", "reserve", "memory"), message, "write less")
    if memory == 0:
        yield Finding(
            ("spec", "capacity", "memory"), "a host of no memory runs nothing", "remove it, or use schedulable"
        )
    if spec.migration_uri is not None and spec.uri is None:
        message = "migrationURI without a uri"
        yield Finding(("spec", "migrationURI"), message, "give the uri that xcp itself connects to", spot=Spot.KEY)
