"""`make bench-balance`: twenty minutes of a policy on a real host, with three guests whose need moves; a plot of it.

In the first eight minutes two guests need more and less in turns, from then on nothing moves but noise. What
squeezed's rule would have given them is computed for every moment of the same record. Fails where the host was left
less than its reserve, or where a target was changed in the last ten minutes.
"""

import asyncio
import json
import sys
import tempfile
import time
from collections.abc import AsyncGenerator, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

from matplotlib.figure import Figure

from tests.lab.host import Host, LabError, eventually
from tests.lab.lab import Lab
from tests.real.estate import MIB, Estate
from tests.real.test_balance import told
from xcp_drivers.libvirt import LibvirtDriver
from xcp_drivers.libvirt.session import LibvirtSession
from xcp_reconciler.loader.declare import declare_all
from xcp_reconciler.loader.documents import Input
from xcp_reconciler.loader.load import load
from xcp_reconciler.plan.balance import demand_of
from xcp_reconciler.plan.memory import Algorithm, Claim, Pot, goals
from xcp_reconciler.ports.clock import Clock, Rng
from xcp_reconciler.ports.driver import Access, PoolTarget, Session
from xcp_reconciler.ports.store import PutDesired
from xcp_reconciler.runtime.operator import Operator
from xcp_reconciler.runtime.registry import GivenDrivers
from xcp_reconciler.runtime.system import SystemClock, SystemRng
from xcp_reconciler.runtime.wiring import Ports
from xcp_reconciler.store.sqlite import open_store

NAMES: Final = ("a", "b", "c")
SIZE: Final = 256 * MIB
LEAST: Final = 80 * MIB
RESERVE: Final = 32 * MIB
CAPACITY: Final = 560 * MIB
# MiB and seconds: in turns for eight minutes, and then the same for as long as anybody looks.
SCHEDULES: Final = {
    "a": "100:120,10:120,100:120,10:120,50:9999",
    "b": "10:120,100:120,10:120,100:120,50:9999",
    "c": "40:9999",
}
EVERY_S: Final = 2.0
OUT: Final = Path("docs/bench")


@dataclass(frozen=True, slots=True)
class Sample:
    """One guest at one moment, KiB. `needs` is its working set, its kernel's own part with it; None: it did not say."""

    at: float
    name: str
    actual: int
    target: int | None
    needs: int | None


@dataclass
class Record:
    """What was seen. `changes` are the moments at which a target was set, seconds since the beginning."""

    samples: list[Sample] = field(default_factory=list[Sample])
    changes: list[float] = field(default_factory=list[float])
    least_free: int = CAPACITY


class Listening(LibvirtDriver):
    """The driver, of whose calls somebody takes note."""

    def __init__(self) -> None:
        self.sessions: list[LibvirtSession] = []

    def open(
        self, target: PoolTarget, *, clock: Clock, rng: Rng, access: Access
    ) -> AbstractAsyncContextManager[Session]:
        """Open a pool, and remember its session."""
        return self._opened(super().open(target, clock=clock, rng=rng, access=access))

    @asynccontextmanager
    async def _opened(self, opening: AbstractAsyncContextManager[Session]) -> AsyncGenerator[Session]:
        async with opening as session:
            assert isinstance(session, LibvirtSession)
            self.sessions.append(session)
            yield session

    def targets(self) -> Iterator[tuple[str, int]]:
        """Every target that was set on a running guest, in order: uuid and KiB."""
        for session in self.sessions:
            for call in tuple(session.wire):
                if call.method == "virDomainSetMemoryFlags" and call.arguments[-1] == "live":
                    yield call.arguments[0], int(call.arguments[1].removesuffix("KiB"))


def main(seconds: float) -> int:
    """Run, write what was seen, and judge."""
    with Lab(2) as lab, tempfile.TemporaryDirectory() as folder:
        record = asyncio.run(_watched(lab, Path(folder), seconds))
    OUT.mkdir(parents=True, exist_ok=True)
    judged = _judged(record, seconds)
    samples = [asdict(one) for one in record.samples]
    found = {"seconds": seconds, **judged, "changes": record.changes, "samples": samples}
    (OUT / "balance-guests.json").write_text(json.dumps(found) + "\n")
    _plot(record, seconds)
    print(json.dumps(judged, indent=2))  # noqa: T201 - the result
    return 0 if judged["reserveKept"] and not judged["changesInLastHalf"] else 1


async def _watched(lab: Lab, folder: Path, seconds: float) -> Record:
    estate = _declared(lab, folder)
    driver, record = Listening(), Record()
    host = lab.host(1)
    manifest = next(iter(sorted(estate.site.folder.glob("estate.yaml"))))
    loaded = load([Input(str(manifest), manifest.read_bytes(), str(folder))])
    assert loaded.ok, loaded.diagnostics
    clock, rng = SystemClock(), SystemRng()
    async with open_store(folder / "state.db", access=Access.WRITE, clock=clock, rng=rng) as store:
        operator = Operator(Ports(clock, rng, store, GivenDrivers(driver), "real", str(folder)))
        await store.commit(*(PutDesired(one) for one in declare_all(loaded.documents, "real").values()))
        running = asyncio.ensure_future(operator.run())
        for name in NAMES:
            await asyncio.to_thread(_comes_up, estate, host, name)
        uuids = {await asyncio.to_thread(_uuid, host, name): name for name in NAMES}
        began = time.monotonic()
        while time.monotonic() - began < seconds:
            await asyncio.to_thread(_sample, host, driver, uuids, record, time.monotonic() - began)
            await asyncio.sleep(EVERY_S)
        operator.stop()
        await running
    return record


def _declared(lab: Lab, folder: Path) -> Estate:
    estate = Estate.on(lab, folder / "site")
    estate.drop("Host/host-b")
    estate.edit("Host/host-a", capacity={"memory": f"{CAPACITY // MIB}Mi"})
    estate.declare(
        "MemoryPolicy",
        "balanced",
        poolRef={"name": "lab"},
        mode="Direct",
        hostReserve=f"{RESERVE // MIB}Mi",
        overcommitRatio=2.0,
        hysteresis={"hold": "5s"},
        step={"maxPercent": 25, "minDelta": "4Mi"},
    )
    for name in NAMES:
        estate.machine(
            name,
            mib=SIZE // MIB,
            memory={"size": f"{SIZE // MIB}Mi", "min": f"{LEAST // MIB}Mi"},
            boot={
                "kernel": str(lab.guest.kernel),
                "initrd": str(lab.guest.initrd),
                "cmdline": f"console=ttyS0 quiet use={SCHEDULES[name]}",
            },
            placement={"host": "host-a"},
        )
    return estate


def _comes_up(estate: Estate, host: Host, name: str) -> None:
    eventually(f"{name} comes up", lambda: estate.boots(name) > 0, seconds=180)
    host.virsh("dommemstat", name, "--period", "2", "--live")


def _uuid(host: Host, name: str) -> str:
    return host.virsh("domuuid", name).strip()


def _sample(host: Host, driver: Listening, uuids: dict[str, str], record: Record, at: float) -> None:
    sent = [(uuids.get(uuid, uuid), target) for uuid, target in driver.targets()]
    record.changes.extend([round(at, 1)] * (len(sent) - len(record.changes)))
    targets, held = dict(sent), 0
    for name in NAMES:
        try:
            stats = told(host, name)
        except LabError:
            continue
        actual = stats.get("actual", 0)
        held += actual
        own = SIZE - _FULL
        needs = stats["available"] - stats["usable"] + own if "usable" in stats else None
        record.samples.append(Sample(round(at, 1), name, actual, targets.get(name), needs))
    record.least_free = min(record.least_free, CAPACITY - held)


# What the tiny guest's kernel has of its 256 MiB when nothing was taken from it, as it says itself.
_FULL: Final = 218 * MIB


def _squeezed() -> int:
    """What squeezed's rule gives each: the same part of the same range, whatever anybody needs."""
    claims = [Claim(LEAST, SIZE, actual=LEAST) for _ in NAMES]
    (goal,) = goals(Algorithm.PROPORTIONAL, [Pot(CAPACITY - RESERVE, claims)])
    return goal.targets[0]


def _judged(record: Record, seconds: float) -> dict[str, Any]:
    level = _squeezed()
    asked = sum(demand_of(one.needs) for one in record.samples if one.needs is not None)
    ours = sum(max(0, demand_of(one.needs) - one.actual) for one in record.samples if one.needs is not None)
    theirs = sum(max(0, demand_of(one.needs) - level) for one in record.samples if one.needs is not None)
    return {
        "reserveKept": record.least_free >= RESERVE,
        "leastFreeKiB": record.least_free,
        "reserveKiB": RESERVE,
        "targetsSet": len(record.changes),
        "changesInLastHalf": sum(at > seconds / 2 for at in record.changes),
        "unmetDemandPercent": round(100 * ours / asked, 3),
        "unmetDemandPercentSqueezed": round(100 * theirs / asked, 3),
    }


def _plot(record: Record, seconds: float) -> None:
    # Half of what matplotlib says of its types is unknown.
    figure: Any = Figure(figsize=(10, 8), layout="constrained")
    rows: Any = figure.subplots(len(NAMES), 1, sharex=True, sharey=True)
    level = _squeezed() / MIB
    for axes, name in zip(rows, NAMES, strict=True):
        mine = [one for one in record.samples if one.name == name]
        asking = [one for one in mine if one.needs is not None]
        axes.plot(
            [one.at / 60 for one in asking],
            [demand_of(one.needs or 0) / MIB for one in asking],
            color="#27ae60",
            label="demand (working set and margin)",
        )
        aimed = [one for one in mine if one.target is not None]
        axes.step(
            [one.at / 60 for one in aimed],
            [(one.target or 0) / MIB for one in aimed],
            where="post",
            color="#7f8c8d",
            linestyle=":",
            label="target",
        )
        axes.plot([one.at / 60 for one in mine], [one.actual / MIB for one in mine], color="#1f618d", label="actual")
        axes.axhline(level, color="#c0392b", linestyle="--", label="squeezed's rule")
        axes.set_ylabel(f"{name}, MiB")
        axes.grid(visible=True, alpha=0.3)
    rows[0].legend(fontsize="small", ncols=4, loc="upper right")
    rows[0].set_title("Three QEMU guests of 256 MiB on a host of 560 MiB")
    rows[-1].set_xlabel("minutes")
    rows[-1].set_xlim(0, seconds / 60)
    figure.savefig(OUT / "balance-guests.png", dpi=110, metadata={"Software": None})
    figure.savefig(OUT / "balance-guests.svg", metadata={"Date": None})


if __name__ == "__main__":
    sys.exit(main(float(sys.argv[1]) if len(sys.argv) > 1 else 1200.0))
