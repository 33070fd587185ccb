"""A host on a virtual clock whose guests are balanced by `step`, and which watches its own reserve at every instant."""

from dataclasses import dataclass, field

from tests.unit.plan.memory.balloons import GIB, MIB, Balloon
from xcp_reconciler.plan.memory import GuestMemory, HostMemory, Knowledge, Policy, Step, step

START = 1_000_000.0


@dataclass(slots=True)
class Ground:
    """The host. `now` in ms since its start, sizes in KiB.

    `sent` has every target with its time, `trace` what was free at a time.

    `least_free` is the least that can have been free at any instant: within a tick those that grow count as there
    before anybody has given anything back, so a longer tick is a harder test.
    """

    policy: Policy
    total: int
    guests: list[Balloon]
    reserve: int = GIB
    others: int = 0
    wanted: int = 0
    now: int = 0
    tick: int = 1
    knowledge: Knowledge = field(default_factory=Knowledge)
    sent: list[tuple[int, str, int]] = field(default_factory=list[tuple[int, str, int]])
    trace: list[tuple[int, int]] = field(default_factory=list[tuple[int, int]])
    steps: int = 0
    least_free: int = 1 << 60
    grow_from: float = 0.0
    last: Step | None = None

    @property
    def free(self) -> int:
        """What nobody holds now."""
        return self.total - self.others - sum(guest.actual for guest in self.guests)

    @property
    def clock(self) -> float:
        """The time as a step is told it, seconds."""
        return START + self.now / 1000

    def look(self) -> tuple[HostMemory, list[GuestMemory]]:
        """What a driver shows now."""
        host = HostMemory("h1", self.total, self.reserve, self.others, seen_at=self.clock, grow_from=self.grow_from)
        guests = [
            GuestMemory(
                guest.name,
                guest.name,
                guest.actual,
                guest.target,
                guest.floor,
                guest.ceiling,
                guest.demand,
                guest.weight,
                ballooning=guest.driver,
            )
            for guest in self.guests
        ]
        return host, guests

    def decide(self, look: tuple[HostMemory, list[GuestMemory]] | None = None) -> Step:
        """Take one step, on this look or on a new one, and set what it says."""
        self.last = self._said(look or self.look())
        self._send(self.last)
        return self.last

    def _said(self, look: tuple[HostMemory, list[GuestMemory]]) -> Step:
        host, guests = look
        self.last = step(self.policy, host, guests, self.knowledge, self.wanted, self.clock)
        self.knowledge = self.last.knowledge
        self.steps += 1
        return self.last

    def _send(self, said: Step) -> None:
        by_name = {guest.name: guest for guest in self.guests}
        for send in said.sends:
            by_name[send.key].target = send.target
            self.sent.append((self.now, send.key, send.target))

    def pass_time(self, ms: int) -> None:
        """Let the balloons move."""
        end = self.now + ms
        self.trace.append((self.now, self.free))
        while self.now < end:
            to = min(end, self.now + self.tick)
            free = self.free
            changes = [guest.move(self.now, to) for guest in self.guests]
            self.least_free = min(self.least_free, free - sum(change for change in changes if change > 0), self.free)
            self.now = to
            self.trace.append((to, self.free))

    def run(self, ms: int, *, look_every: int | None = None) -> None:
        """Look whenever a step says so, and every `look_every` ms, for so long."""
        end = self.now + ms
        while self.now < end:
            said = self.decide()
            rest = end - self.now
            if look_every is not None:
                rest = min(rest, look_every)
            if said.wake_at is not None:
                rest = min(rest, max(1, round((said.wake_at - self.clock) * 1000)))
            self.pass_time(rest)

    def run_until_free(self, need: int, *, look_ms: int = 0, call_ms: int = 0, limit: int = 120_000) -> int | None:
        """The ms at which so much is free above the reserve; None: never within the limit.

        Every look takes so many ms, and so do all calls of a step together.
        """
        goal, end = self.reserve + need, self.now + limit
        while self.now < end:
            look = self.look()
            if self._freed(goal, look_ms):
                return self.now
            said = self._said(look)
            if said.sends and self._freed(goal, call_ms):
                return self.now
            self._send(said)
            rest = end - self.now if said.wake_at is None else round((said.wake_at - self.clock) * 1000)
            if self._freed(goal, max(1, min(rest, end - self.now))):
                return self.now
        return None

    def _freed(self, goal: int, ms: int) -> bool:
        """Let time pass; stops when so much is free."""
        for _ in range(ms):
            if self.free >= goal:
                return True
            self.pass_time(1)
        return self.free >= goal


def full(guests: list[Balloon], policy: Policy | None = None, reserve: int = 72 * MIB) -> Ground:
    """A host whose guests hold all but its reserve."""
    total = sum(guest.actual for guest in guests) + reserve
    return Ground(policy or Policy(), total, guests, reserve)
