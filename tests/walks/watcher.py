"""Looks on while a walk goes on: counts what is sent, and sees what must never be."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace

from tests.walks.ground import Ground, ground
from xcp_drivers.world.world import World
from xcp_reconciler.model.ops import Call


@dataclass
class Watcher:
    """Hangs on a simulated driver as its faults, and makes none.

    `may_go` holds the files that somebody asked to delete; `strangers` what was there before xcp came.
    """

    world: World
    now: Callable[[], float]
    calls: list[Call] = field(default_factory=list[Call])
    complaints: list[str] = field(default_factory=list[str])
    may_go: set[str] = field(default_factory=set[str])
    strangers: dict[str, str] = field(default_factory=dict[str, str])
    _volumes: frozenset[str] = frozenset()
    _version: int = -1

    def begin(self) -> None:
        """Everything that is there now is somebody else's."""
        self.strangers = dict(ground(self.world, self.now()).things)

    def look(self) -> None:
        """See what must never be, if there is anything new to see."""
        if self.world.version() == self._version:
            return
        seen = ground(self.world, self.now())
        self._version = self.world.version()
        self._judge(seen)
        self._volumes = seen.volumes

    def _judge(self, seen: Ground) -> None:
        for uuid, where in seen.running.items():
            if len(where) > 1:
                self.complain(f"{uuid} runs on {', '.join(one.host for one in where)} at once")
        for key in self._volumes - seen.volumes:
            if not key.endswith(tuple(self.may_go)):
                self.complain(f"{key} is lost, and nobody asked for that")
        for key, was in self.strangers.items():
            if seen.things.get(key) != was:
                self.complain(f"{key} is a stranger's and became {seen.things.get(key)}")

    def complain(self, words: str) -> None:
        """Keep a complaint, once."""
        if words not in self.complaints:
            self.complaints.append(words)

    # --- the driver's side

    async def before_send(self, call: Call) -> None:
        """A call is about to leave."""
        self.calls.append(call)

    async def applied(self, call: Call) -> None:
        """The world has changed."""
        del call
        self.look()

    async def after_reply(self, call: Call) -> None:
        """The answer is there."""
        del call

    def staleness(self) -> int:
        """Every look is one of now."""
        self.look()
        return 0


def counted(calls: Iterable[Call], spelt: Callable[[Call], str] = str) -> Counter[str]:
    """Calls as a plan shows them, and how often."""
    return Counter(map(spelt, calls))


def wherever_to(call: Call) -> str:
    """A call without the host that a machine goes to.

    Of those that leave a host each goes, when its turn has come, where it then is best; a plan sends all at once.
    """
    return str(replace(call, arguments=tuple(one for one in call.arguments if not one.startswith("to="))))
