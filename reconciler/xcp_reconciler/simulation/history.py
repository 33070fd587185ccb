"""One history: a scenario lived through once, with the faults that its tape says."""

import asyncio
import shutil
import tempfile
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from xcp_reconciler.model.desired import Desired, Removal, VolumeSpec
from xcp_reconciler.model.identity import Identities
from xcp_reconciler.model.status import ConditionType
from xcp_reconciler.model.status import Truth as Word
from xcp_reconciler.ports.driver import Access
from xcp_reconciler.ports.store import PutDesired, Store
from xcp_reconciler.refs import Ref
from xcp_reconciler.runtime.operator import Operator
from xcp_reconciler.runtime.wiring import Ports
from xcp_reconciler.simulation.faults import FaultPlan, Odds
from xcp_reconciler.simulation.loop import LoopClock, SimulatedLoop, run_simulated
from xcp_reconciler.simulation.oracles import Oracle, Violation, Witness, differences
from xcp_reconciler.simulation.poison import poisoned
from xcp_reconciler.simulation.processes import PACE, Process, UndeadError, adopt_tasks
from xcp_reconciler.simulation.recording import Trace
from xcp_reconciler.simulation.scenario import OWNER, Scenario
from xcp_reconciler.simulation.tape import Tape, TapeRng
from xcp_reconciler.simulation.truth import Facts, Truths
from xcp_reconciler.store.sqlite import open_store

# Virtual seconds. A phase is reached with faults on; what is left at its end is reached with faults off.
_PHASE_S: Final = 1500.0
_QUIET_PASSES: Final = 20
_POLL_S: Final = 1.0
_LONGEST_DOWN_S: Final = 8


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a history came to. `took` is how long after its last fault it had converged, in virtual seconds."""

    seed: int
    converged: bool
    violations: tuple[Violation, ...]
    facts: Facts
    created: Mapping[str, int]
    deleted: Mapping[str, int]
    faults: Counter[str]
    coverage: Counter[str]
    effects: int
    effects_in_quiet: int
    took: float
    trace: str
    choices: tuple[int, ...]
    lines: tuple[str, ...] = ()


def live_through(
    scenario: Scenario,
    truths: Truths,
    tape: Tape,
    odds: Odds,
    reference: Outcome | None = None,
    *,
    keep: int = 0,
) -> Outcome:
    """Live through one history; `reference` is the one without faults. `keep` lines of the trace are kept."""
    folder = Path(tempfile.mkdtemp(prefix="xcp-sim-", dir=_memory_folder()))
    trace = Trace(keep)
    try:
        with poisoned():
            return run_simulated(
                tape, lambda loop: _History(loop, scenario, truths, tape, odds, folder, trace).live(reference)
            )
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _memory_folder() -> str | None:
    """Where files cost no disk: a simulated crash is one of processes, the kernel keeps what was written."""
    shared = Path("/dev/shm")  # noqa: S108 - mkdtemp makes a folder of our own in it
    return str(shared) if shared.is_dir() else None


class _History:
    """The world of one history, and the hand that writes what its owner wants."""

    def __init__(
        self,
        loop: SimulatedLoop,
        scenario: Scenario,
        truths: Truths,
        tape: Tape,
        odds: Odds,
        folder: Path,
        trace: Trace,
    ) -> None:
        self._scenario = scenario
        self._tape = tape
        self._clock = LoopClock(loop)
        self._rng = TapeRng(tape)
        self._plan = FaultPlan(tape, odds)
        self._trace = trace
        self._path = folder / "state.db"
        self._truth = truths(scenario.hosts, tape)
        self._witness = Witness(self._truth, self._clock.now, _deletable(scenario))
        self._process: Process | None = None
        self._operator: Operator | None = None
        self._sent = 0
        self._over = False
        self._trouble: list[Violation] = []
        adopt_tasks(loop)

    async def live(self, reference: Outcome | None) -> Outcome:
        """Declare phase after phase, let faults end, and judge."""
        clock = self._clock
        self._truth.plant(clock.now())
        self._witness.settle_in()
        supervisor = asyncio.ensure_future(self._supervise())
        reached = True
        async with open_store(self._path, access=Access.WRITE, clock=clock, rng=self._rng) as store:
            for phase in self._scenario.phases:
                await self._declare(store, phase)
                reached = await self._reach(store, phase)
                if not reached:
                    break
            last = max(self._plan.last_at, clock.now() if not reached else 0.0)
            took = max(0.0, clock.now() - last) if self._plan.last_at else 0.0
            quiet = await self._keep_quiet() if reached else 0
            self._judge(store, reached=reached, quiet=quiet, reference=reference)
        self._over = True
        if self._operator is not None:
            self._operator.stop()
        await supervisor
        return self._outcome(reached=reached, quiet=quiet, took=took)

    # --- the owner

    async def _declare(self, store: Store, phase: tuple[Desired, ...]) -> None:
        await store.refresh()
        known = store.state.desired
        changed = [one for one in phase if not self._is_declared(known.get(one.ref), one)]
        await store.commit(*(PutDesired(one) for one in changed))
        self._trace.add(self._clock.now(), "owner", f"declares {len(changed)} objects")

    def _is_declared(self, known: Desired | None, wanted: Desired) -> bool:
        if known is None:
            # What was removed in an earlier phase and is gone is not declared again.
            return wanted.removal is not None
        return known.declares_the_same(wanted)

    async def _reach(self, store: Store, phase: tuple[Desired, ...]) -> bool:
        """Wait until everything is as declared; half-way through, nothing more goes wrong."""
        began = self._clock.now()
        while True:
            await self._clock.sleep(_POLL_S)
            await store.refresh()
            self._witness.look()
            if self._trouble:
                return False
            if all(_is_reached(store, one) for one in phase):
                return True
            waited = self._clock.now() - began
            if waited > _PHASE_S / 3:
                self._plan.on = False
            if waited > _PHASE_S:
                return False

    async def _keep_quiet(self) -> int:
        """Twenty passes in which nothing may be sent; how much was."""
        self._plan.on = False
        before = self._total_sent()
        await self._clock.sleep(_QUIET_PASSES * PACE.resync_s)
        self._witness.look()
        return self._total_sent() - before

    def _total_sent(self) -> int:
        return self._sent + (self._process.calls if self._process is not None else 0)

    # --- the machine that runs xcp

    async def _supervise(self) -> None:
        """Start the actor, and start it again after each death."""
        serial = 0
        while not self._over:
            serial += 1
            process = Process(
                f"actor-{serial}",
                OWNER,
                self._path,
                self._truth,
                self._clock,
                self._rng,
                self._plan,
                self._trace,
                self._witness.look,
            )
            self._process = process
            running = process.start(self._act)
            died = asyncio.ensure_future(process.died.wait())
            await asyncio.wait([running, died], return_when=asyncio.FIRST_COMPLETED)
            died.cancel()
            if process.dead:
                await self._bury(process)
            elif (error := running.exception()) is not None:
                self._trouble.append(Violation(Oracle.DEFECT, f"the actor ended: {error!r}"))
                self._over = True
            self._sent += process.calls
            self._process = None
            if process.dead and not self._over:
                await self._clock.sleep(self._tape.choose(_LONGEST_DOWN_S))

    async def _act(self, ports: Ports) -> None:
        self._operator = Operator(ports)
        await self._operator.run()

    async def _bury(self, process: Process) -> None:
        try:
            await process.bury()
        except UndeadError as error:
            self._trouble.append(Violation(Oracle.DEFECT, str(error)))
            self._over = True

    # --- the verdict

    def _judge(self, store: Store, *, reached: bool, quiet: int, reference: Outcome | None) -> None:
        trouble = self._trouble
        trouble.extend(self._witness.violations)
        if not reached:
            left = [str(one.ref) for one in self._scenario.phases[-1] if not _is_reached(store, one)]
            trouble.append(Violation(Oracle.CONVERGES, f"not as declared: {', '.join(left)}"))
            return
        if quiet:
            trouble.append(Violation(Oracle.QUIET, f"{quiet} effects after everything was as declared"))
        trouble.extend(_statuses(store))
        if reference is None:
            return
        facts = self._witness.current()
        trouble.extend(Violation(Oracle.END_STATE, words) for words in differences(reference.facts, facts))
        for word, mine, other in (
            ("created", self._witness.created, reference.created),
            ("deleted", self._witness.deleted, reference.deleted),
        ):
            for key in {**mine, **other}:
                if mine.get(key, 0) != other.get(key, 0):
                    detail = f"{key} was {word} {mine.get(key, 0)} times instead of {other.get(key, 0)}"
                    trouble.append(Violation(Oracle.CREATES_AND_DELETES, detail))

    def _outcome(self, *, reached: bool, quiet: int, took: float) -> Outcome:
        facts = self._witness.current()
        self._trace.add(self._clock.now(), "end", repr(sorted(facts.objects.items())))
        return Outcome(
            self._tape.seed,
            reached,
            tuple(self._trouble),
            facts,
            dict(self._witness.created),
            dict(self._witness.deleted),
            self._plan.count,
            self._plan.coverage,
            self._sent,
            quiet,
            took,
            self._trace.digest(),
            tuple(self._tape.choices),
            tuple(self._trace.lines),
        )


def _deletable(scenario: Scenario) -> tuple[str, ...]:
    """The files of the volumes that somebody asks to delete."""
    identities = Identities(OWNER)
    return tuple(
        "/" + identities.file_name(one.ref, one.spec.format.extension)
        for phase in scenario.phases
        for one in phase
        if one.removal is Removal.DELETE and isinstance(one.spec, VolumeSpec)
    )


def _is_reached(store: Store, wanted: Desired) -> bool:
    """Whether the status says that an object is as declared, or that there is none any more if it was to go."""
    known = store.state.desired.get(wanted.ref)
    if known is None or wanted.removal is not None:
        return known is None and wanted.removal is not None
    status = store.state.statuses.get(wanted.ref)
    if status is None or status.observed_generation < known.generation:
        return False
    ready = status.condition(ConditionType.READY)
    return ready is not None and ready.status is Word.TRUE


def _statuses(store: Store) -> list[Violation]:
    stale: list[Ref] = [
        ref
        for ref, desired in store.state.desired.items()
        if (status := store.state.statuses.get(ref)) is None or status.observed_generation != desired.generation
    ]
    return [Violation(Oracle.STATUS, f"{ref}: the status is of another generation") for ref in stale]
