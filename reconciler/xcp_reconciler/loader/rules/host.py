"""Rules within one Host."""

from collections.abc import Iterator, Sequence

from xcp_reconciler.api.enums import TaintEffect
from xcp_reconciler.api.host import Host, Taint
from xcp_reconciler.loader.finding import Finding, Spot
from xcp_reconciler.units import format_kib


def check_host(model: Host) -> Iterator[Finding]:
    """Something is left for guests, nobody migrates to a host that cannot be reached, and no taint is there twice."""
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
    yield from _check_taints(spec.taints)


def _check_taints(taints: Sequence[Taint]) -> Iterator[Finding]:
    seen: set[tuple[str, TaintEffect]] = set()
    for number, taint in enumerate(taints):
        if (taint.key, taint.effect) in seen:
            message = f"two taints `{taint.key}` have the effect {taint.effect}"
            yield Finding(("spec", "taints", number, "key"), message, "keep one: each key has one value for an effect")
        seen.add((taint.key, taint.effect))
