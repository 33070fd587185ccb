"""Two proxies in front of the lab's hosts, one ledger for both, and the program run through them."""

import signal
from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.cli.pool_site import ended
from tests.cli.result import Result
from tests.lab.lab import Lab
from tests.lab.ledger import Effect, Fault, Ledger, Moment
from tests.lab.proxy import Proxy, UnixEnd
from tests.lab.rpc import Procedure
from tests.real.estate import HOSTS, Estate


@dataclass(slots=True)
class Gate:
    """An estate whose hosts are reached through the ledger; migrations go from host to host, beside it."""

    estate: Estate
    ledger: Ledger
    calls: tuple[Procedure, ...] = ()
    """What the last command that a fault was meant for has called."""

    def killed(self, moment: Moment, procedure: Procedure, *words: str) -> Result:
        """Run a command that dies at its first call of this kind, before it is made or before its answer."""
        result = self.struck(Fault(1, moment, Effect.KILL_CALLER, procedure), *words)
        assert result.code == -signal.SIGKILL, result.text
        return result

    def struck(self, fault: Fault, *words: str) -> Result:
        """Run a command that a fault may strike; one that comes through before that ends as it does."""
        self.ledger.reset()
        # The fault must not strike before the victim is known: it has to import half of Python first, and a
        # stopped process does not.
        process = self.estate.site.start(*words)
        process.send_signal(signal.SIGSTOP)
        self.ledger.reset(fault, victim=process.pid)
        process.send_signal(signal.SIGCONT)
        result = ended(process)
        self.calls = self.ledger.procedures
        self.ledger.reset()
        return result


@contextmanager
def gate(lab: Lab, folder: Path) -> Generator[Gate]:
    """Open the proxies and declare the hosts behind them."""
    ledger = Ledger()
    with ExitStack() as stack:
        uris: list[str] = []
        for host, name in zip(lab.hosts, HOSTS, strict=True):
            proxy = Proxy(name, UnixEnd(folder / f"{name}.sock"), UnixEnd(host.socket), ledger)
            uris.append(stack.enter_context(proxy).uri)
        yield Gate(Estate.on(lab, folder / "site", *uris), ledger)
