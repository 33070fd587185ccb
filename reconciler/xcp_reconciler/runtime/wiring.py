"""Everything that the loop gets from outside."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from xcp_reconciler.ports.clock import Clock, Rng
from xcp_reconciler.ports.sink import News, Sink
from xcp_reconciler.ports.store import Store
from xcp_reconciler.runtime.registry import Drivers


class DeafSink:
    """A listener that does not."""

    def tell(self, news: News) -> None:
        """Do nothing."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How often the loop looks around, in seconds: into the store, at pools that say nothing, for the lease."""

    store_s: float = 0.3
    resync_s: float = 30.0
    lease_s: float = 0.5


@dataclass(frozen=True, slots=True)
class Ports:
    """The ports, whose names and ids derive from `owner`; `folder` is that of `xcp.yaml`.

    `credentials` are those of each pool, by its name; they are handed to the driver and nowhere else.
    """

    clock: Clock
    rng: Rng
    store: Store
    drivers: Drivers
    owner: str
    folder: str = "."
    sink: Sink = field(default_factory=DeafSink)
    credentials: Mapping[str, Mapping[str, str]] = field(
        default_factory=dict[str, Mapping[str, str]], repr=False, compare=False
    )
    pace: Pace = field(default_factory=Pace)
