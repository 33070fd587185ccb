"""The parts of hosts: how much of each is taken, and which of them an item would get."""

from xcp_kernels._reference.standing import NOBODY
from xcp_kernels.pool import NOWHERE, Parts, Pool


class Inside:
    """The parts of all hosts, with what the items that have a home hold of them."""

    def __init__(self, pool: Pool, parts: Parts) -> None:
        self.parts = parts
        self.left = [size - base for size, base in zip(parts.size, parts.base, strict=True)]
        self.profile = [NOBODY] * len(parts.size)
        """Of those that share a part now."""
        for item, host in enumerate(pool.home):
            if host != NOWHERE:
                self.take(item, host, parts.held[item])

    def of(self, host: int) -> range:
        """The parts of a host."""
        return range(self.parts.start[host], self.parts.start[host + 1])

    def wants(self, item: int) -> range:
        """The wants of an item."""
        return range(self.parts.want_start[item], self.parts.want_start[item + 1])

    def choose(self, item: int, host: int) -> int | None:
        """Bits of the parts that the item would get there; None if there are too few."""
        bits = 0
        for want in self.wants(item):
            for _ in range(self.parts.want_count[want]):
                best: int | None = None
                for part in self.of(host):
                    taken = bits >> (part - self.parts.start[host]) & 1
                    if not taken and self._has_room(part, want) and (best is None or self.left[part] < self.left[best]):
                        best = part
                if best is None:
                    return None
                bits |= 1 << (best - self.parts.start[host])
        return bits

    def _has_room(self, part: int, want: int) -> bool:
        if self.parts.sort[part] != self.parts.want_sort[want] or self.left[part] < self.parts.want_amount[want]:
            return False
        serves = self.profile[part]
        return not self.parts.uniform[part] or serves in {NOBODY, self.parts.want_profile[want]}

    def after(self, item: int, host: int, bits: int) -> list[int]:
        """What would be left of each part of the host, had the item those."""
        left = [self.left[part] for part in self.of(host)]
        for want in self.wants(item):
            for k, part in enumerate(self.of(host)):
                if bits >> k & 1 and self.parts.sort[part] == self.parts.want_sort[want]:
                    left[k] -= self.parts.want_amount[want]
        return left

    def take(self, item: int, host: int, bits: int) -> None:
        """The item gets the parts."""
        self.left[self.parts.start[host] : self.parts.start[host + 1]] = self.after(item, host, bits)
        for want in self.wants(item):
            for k, part in enumerate(self.of(host)):
                if bits >> k & 1 and self.parts.sort[part] == self.parts.want_sort[want]:
                    self.profile[part] = self.parts.want_profile[want]
