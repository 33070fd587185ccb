"""The reserve of a host holds at every instant, whatever guests, looks, calls and restarts do."""

from dataclasses import dataclass, field, replace

from hypothesis import event, given, settings
from hypothesis import strategies as st

from tests.unit.plan.memory.balloons import GIB, MIB, Balloon, alternating, sluggish, steady, stuck, trickle
from tests.unit.plan.memory.ground import Ground
from xcp_reconciler.plan.memory import Algorithm, FloorRule, GuestMemory, HostMemory, Knowledge, Policy, lasting, step

TOTAL = 16 * GIB
# Beyond it a call of ours has landed, or never will.
LONGEST_CALL_MS = 3000

sizes = st.integers(0, 64).map(lambda n: n * 128 * MIB)
reaches = st.one_of(
    st.sampled_from([2 * GIB, GIB, 256 * MIB, 16 * MIB, 300]).map(steady),
    st.just(stuck),
    st.just(trickle),
    st.integers(0, 19999).map(alternating),
    st.integers(0, 9000).map(sluggish),
)


@st.composite
def balloons(draw: st.DrawFn) -> list[Balloon]:
    guests: list[Balloon] = []
    left = TOTAL - GIB
    for i in range(draw(st.integers(1, 6))):
        ceiling = draw(st.integers(1, 16)) * 512 * MIB
        floor = draw(st.integers(0, 4)) * ceiling // 8
        actual = min(left, draw(st.integers(floor, ceiling)))
        left -= actual
        target = draw(st.sampled_from([actual, min(actual, floor)]))
        least = draw(st.sampled_from([0, 0, floor + (ceiling - floor) // 2]))
        most = draw(st.sampled_from([1 << 40, 1 << 40, floor + (ceiling - floor) // 2]))
        demand = draw(st.one_of(st.none(), sizes))
        weight = draw(st.sampled_from([0.0, 0.5, 1.0, 1.0, 4.0]))
        guests.append(Balloon(f"g{i}", actual, target, floor, ceiling, draw(reaches), least, most, demand, weight))
    return guests


@dataclass
class Flight:
    """A call on its way: decided, and landing later."""

    lands: int
    key: str
    target: int


@dataclass
class Wild(Ground):
    """A ground whose looks may be late and whose calls take time; the loop knows which of its own have not ended."""

    flying: list[Flight] = field(default_factory=list[Flight])
    looks: list[tuple[HostMemory, list[GuestMemory], int]] = field(
        default_factory=list[tuple[HostMemory, list[GuestMemory], int]]
    )
    ours: list[Flight] = field(default_factory=list[Flight])

    def see(self) -> None:
        """Take a look, and keep it for those that come late."""
        host, guests = self.look()
        pending = {one.key: 0 for one in self.ours}
        for one in self.ours:
            pending[one.key] = max(pending[one.key], one.target)
        guests = [replace(guest, pending=pending.get(guest.key)) for guest in guests]
        self.looks.append((host, guests, self.wanted))

    def act(self, late: int, takes: int) -> None:
        """Take a step on a look of some looks ago; what it sends lands so many ms later."""
        self.see()
        host, guests, wanted = self.looks[-1 - min(late, len(self.looks) - 1)]
        host = replace(host, grow_from=self.grow_from)
        said = step(self.policy, host, guests, self.knowledge, max(wanted, self.wanted), self.clock)
        self.knowledge = said.knowledge
        self.last = said
        for send in said.sends:
            # One lane: no call overtakes another.
            lands = max([self.now + takes, *(one.lands for one in self.flying)])
            flight = Flight(lands, send.key, send.target)
            self.flying.append(flight)
            self.ours.append(flight)
        self.land()

    def land(self) -> None:
        """Set the targets of all calls that are there."""
        by_name = {guest.name: guest for guest in self.guests}
        for one in [one for one in self.flying if one.lands <= self.now]:
            by_name[one.key].target = one.target
            self.sent.append((self.now, one.key, one.target))
            self.flying.remove(one)
            if one in self.ours:
                self.ours.remove(one)

    def unpromised(self) -> int:
        """What nobody holds or may still take: a machine is started only in this."""
        most = {guest.name: max(guest.actual, guest.target) for guest in self.guests}
        for one in self.flying:
            most[one.key] = max(most[one.key], one.target)
        return self.total - self.others - sum(most.values())

    def live(self, ms: int) -> None:
        """Let balloons move and calls land for so long."""
        end = self.now + ms
        while self.now < end:
            nearest = min([end, *(one.lands for one in self.flying)])
            if nearest > self.now:
                self.pass_time(nearest - self.now)
            self.land()

    def die(self, *, keeping: bool) -> None:
        """The process dies: its calls may still land, its looks are gone."""
        self.knowledge = lasting(self.knowledge) if keeping else Knowledge()
        self.ours.clear()
        self.looks.clear()
        self.grow_from = self.clock + LONGEST_CALL_MS / 1000


@settings(max_examples=120, deadline=None)
@given(guests=balloons(), data=st.data())
def test_the_reserve_is_never_broken(guests: list[Balloon], data: st.DataObject) -> None:
    policy = Policy(
        algorithm=data.draw(st.sampled_from(list(Algorithm))),
        floor=data.draw(st.sampled_from(list(FloorRule))),
        hold=data.draw(st.sampled_from([0.0, 2.0, 30.0])),
        max_fraction=data.draw(st.sampled_from([0.05, 1.0])),
    )
    world = Wild(policy, TOTAL, guests, reserve=GIB, tick=1 << 30)
    reserve_at_first = world.free
    moves = 0
    for _ in range(data.draw(st.integers(1, 25))):
        match data.draw(st.sampled_from(["step", "step", "step", "demand", "want", "start", "die"])):
            case "step":
                world.act(late=data.draw(st.integers(0, 4)), takes=data.draw(st.sampled_from([0, 0, 40, 700, 3000])))
            case "demand":
                data.draw(st.sampled_from(guests)).demand = data.draw(st.one_of(st.none(), sizes))
            case "want":
                world.wanted = data.draw(sizes)
            case "start" if world.unpromised() >= world.reserve + world.wanted:
                # The machine is there; looks from before it show it, too, or it would still be wanted with them.
                world.others, world.wanted = world.others + world.wanted, 0
                world.looks = [(replace(h, others=world.others), g, 0) for h, g, _ in world.looks]
            case "die":
                world.die(keeping=data.draw(st.booleans()))
            case _:
                pass
        world.live(data.draw(st.sampled_from([1, 20, 150, 1000, 6000, 40000])))
        moves += len(world.sent)
    event(f"moves: {min(moves, 3)}")
    assert world.least_free >= min(world.reserve, reserve_at_first)


def test_the_watch_sees_a_broken_reserve() -> None:
    # A guest that is given what another one has not yet given back.
    guests = [
        Balloon("a", 4 * GIB, 2 * GIB, GIB, 8 * GIB, steady(GIB)),
        Balloon("b", 4 * GIB, 6 * GIB, GIB, 8 * GIB, steady(GIB)),
    ]
    world = Ground(Policy(), 9 * GIB, guests, reserve=GIB)
    world.pass_time(10)
    assert world.least_free < world.reserve
