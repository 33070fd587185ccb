"""One history: a scenario lived through once, with the faults that its rules and its tape say."""

import asyncio
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, assert_never

from xcp_reconciler.simulation.actors import Actors
from xcp_reconciler.simulation.applying import Shown
from xcp_reconciler.simulation.declaring import inventory, writes
from xcp_reconciler.simulation.fate import Fate
from xcp_reconciler.simulation.grace import promises
from xcp_reconciler.simulation.history_site import MachineClock, Site
from xcp_reconciler.simulation.loop import LoopClock, SimulatedLoop, run_simulated
from xcp_reconciler.simulation.office import Office
from xcp_reconciler.simulation.oracles import Oracle, Violation, Witness
from xcp_reconciler.simulation.others import Others
from xcp_reconciler.simulation.passes import Passes
from xcp_reconciler.simulation.poison import poisoned
from xcp_reconciler.simulation.processes import PACE, adopt_tasks
from xcp_reconciler.simulation.reaching import astray, is_reached, missing, unobserved
from xcp_reconciler.simulation.recording import Trace
from xcp_reconciler.simulation.rules import Rule, Rules
from xcp_reconciler.simulation.scenario import Hand, Phase, Scenario, TimedDeed
from xcp_reconciler.simulation.swarm import CALM, drawn
from xcp_reconciler.simulation.tape import Tape, TapeRng
from xcp_reconciler.simulation.truth import Truths
from xcp_reconciler.simulation.verdict import Reference, adopted, balanced, compared, deletable, required, reserves
from xcp_reconciler.simulation.weather import Weather

# Virtual seconds. A phase is reached with faults on; what is left of it after a third is reached with faults off.
_PHASE_S: Final = 1500.0
_QUIET_PASSES: Final = 20
_POLL_S: Final = 1.0
_GLANCE_S: Final = 0.1
# Where a policy moves balloons, they go on for a while after everything is as declared.
_BALANCED_S: Final = 180.0
# After something was done behind xcp's back it has so long to notice.
_NOTICED_S: Final = 2 * PACE.resync_s + 2.0


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a history came to. `passes` is how many decisions any object needed after the last fault."""

    scenario: str
    seed: int
    converged: bool
    violations: tuple[Violation, ...]
    reference: Reference
    faults: Counter[str]
    coverage: Counter[str]
    counted: Mapping[str, int]
    effects_in_quiet: int
    passes: int
    trace: str
    choices: tuple[int, ...]
    lines: tuple[str, ...] = ()


def live_through(
    scenario: Scenario,
    truths: Truths,
    tape: Tape,
    reference: Reference | None = None,
    *,
    swarm: bool = True,
    rules: Iterable[Rule] = (),
    keep: int = 0,
) -> Outcome:
    """Live through one history; `reference` is the one without faults. `keep` lines of the trace are kept."""
    folder = Path(tempfile.mkdtemp(prefix="xcp-sim-", dir=_memory_folder()))
    trace = Trace(keep)
    fate = Fate(tape, drawn(tape, scenario.without) if swarm else CALM, Rules(rules))
    try:
        with poisoned():
            return run_simulated(
                tape, lambda loop: _History(loop, scenario, truths, tape, fate, folder, trace).live(reference)
            )
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _memory_folder() -> str | None:
    """Where files cost no disk: what a simulated crash leaves of them is simulated, too."""
    shared = Path("/dev/shm")  # noqa: S108 - mkdtemp makes a folder of our own in it
    return str(shared) if shared.is_dir() else None


class _History:
    """The owner of a pool, who wants one phase after the other, and everybody else."""

    def __init__(
        self,
        loop: SimulatedLoop,
        scenario: Scenario,
        truths: Truths,
        tape: Tape,
        fate: Fate,
        folder: Path,
        trace: Trace,
    ) -> None:
        self._scenario = scenario
        self._tape = tape
        clock = LoopClock(loop)
        truth = truths(scenario.hosts, tape)
        witness = Witness(truth, clock.now, deletable(scenario), adopted(scenario))
        self._site = Site(
            loop,
            clock,
            MachineClock(loop),
            TapeRng(tape),
            folder / "state.db",
            truth,
            fate,
            trace,
            witness,
            Passes(),
        )
        self._site.grace.promised = promises(scenario)
        self._actors = Actors(self._site, self._power_is_back)
        self._office = Office(self._site)
        self._hands = Others(self._site, self._actors, self._office, self._declare)
        self._disturbed_at = 0.0
        self._number = 0
        self._in_a_hurry = False
        adopt_tasks(loop)

    async def live(self, reference: Reference | None) -> Outcome:
        """Want phase after phase, let faults end, and judge."""
        site = self._site
        site.truth.plant(site.true.now())
        site.witness.settle_in()
        await self._office.open()
        weather = Weather(site, self._actors, self._scenario)
        reached = True
        for number in range(len(self._scenario.phases)):
            self._number = number
            reached = await self._live_phase()
            if not reached:
                break
        await weather.clear()
        site.fate.on = False
        passes, quiet = 0, 0
        if reached:
            reached = await self._settle()
        if reached:
            passes = site.passes.most
            quiet = await self._keep_quiet()
        await self._judge(reached=reached, quiet=quiet, reference=reference)
        outcome = self._outcome(reached=reached, quiet=quiet, passes=passes)
        if site.trouble:
            self._actors.crash_all()
        await self._actors.stop()
        await self._office.close()
        return outcome

    # --- the owner

    @property
    def _phase(self) -> Phase:
        return self._scenario.phases[self._number]

    async def _live_phase(self) -> bool:
        """Want what the phase says until it is reached, or until the owner changes mind; False if it never is."""
        site, phase = self._site, self._phase
        site.note("owner", f"phase {self._number + 1}")
        site.repeats.news()
        began, sent = site.true.now(), site.sent
        self._in_a_hurry = False
        site.witness.reserve(reserves(phase.declared))
        site.witness.rules = required(phase.declared)
        deeds_left = [asyncio.ensure_future(self._others(timed, began, sent)) for timed in phase.others]
        await self._bring_about()
        while True:
            await site.true.sleep(_POLL_S)
            waited = site.true.now() - began
            if site.trouble or site.witness.violations:
                return False
            until = phase.until
            if until is not None and (
                (until.effects is not None and site.sent - sent >= until.effects)
                or (until.seconds is not None and waited >= until.seconds)
            ):
                break
            if await self._is_reached():
                if all(task.done() for task in deeds_left):
                    break
                # What waits for more effects than there are happens now.
                self._in_a_hurry = True
            if waited > _PHASE_S / 3:
                site.fate.on = False
            if waited > _PHASE_S:
                return False
        await asyncio.gather(*deeds_left)
        if phase.until is None:
            await self._actors.finish_applies()
        return True

    async def _bring_about(self) -> None:
        phase = self._phase
        match phase.by:
            case Hand.RUN:
                await self._declare()
                if not self._actors.runs:
                    self._actors.run()
            case Hand.APPLY:
                await self._actors.stop()
                self._actors.apply(self._scenario, self._number, Shown())
            case Hand.TWO_APPLIES:
                await self._actors.stop()
                for _ in range(2):
                    self._actors.apply(self._scenario, self._number, Shown())
            case Hand.SAVED_PLAN:
                await self._actors.stop()
                self._actors.apply(self._scenario, self._number, Shown(saves=True))
            case _:
                assert_never(phase.by)

    async def _declare(self) -> None:
        now = self._site.clock.now()
        await self._office.commit(lambda state: writes(inventory(self._scenario, self._number, state, now), state))

    async def _is_reached(self) -> bool:
        site = self._site
        if self._actors.stand_still:
            # Who stands still has noticed nothing of what was done before.
            self._disturbed_at = site.true.now()
        if site.true.now() < self._disturbed_at + _NOTICED_S or not self._actors.applied:
            return False
        if not await self._office.refreshed():
            return False
        site.witness.look()
        return is_reached(self._phase, self._office.state) and not astray(self._phase, site.witness.facts)

    async def _settle(self) -> bool:
        """Let whatever was begun come to its end, with nothing going wrong any more."""
        site = self._site
        if not self._actors.runs:
            self._actors.run()
        self._disturbed_at = site.true.now()
        until = site.true.now() + _PHASE_S
        while site.true.now() < until:
            await site.true.sleep(_POLL_S)
            if site.trouble or site.witness.violations:
                return False
            if await self._is_reached():
                return True
        return False

    async def _keep_quiet(self) -> int:
        """Twenty passes in which nothing may be sent; how much was."""
        site = self._site
        if balanced(self._scenario):
            await site.true.sleep(_BALANCED_S)
        before = site.sent
        await site.true.sleep(_QUIET_PASSES * PACE.resync_s)
        site.witness.look()
        return site.sent - before

    # --- others

    async def _others(self, timed: TimedDeed, began: float, sent: int) -> None:
        site = self._site
        if timed.effects is None:
            await site.true.sleep(began + timed.seconds - site.true.now())
        else:
            while site.sent - sent < timed.effects and not self._in_a_hurry:
                await site.true.sleep(_GLANCE_S)
        await self._hands.do(timed.deed)
        self._disturbed_at = site.true.now()

    async def _power_is_back(self) -> None:
        """The machine of xcp lost its power in a commit: all its processes are dead, and a part of the log is."""
        torn, self._site.torn = self._site.torn, None
        if torn is not None:
            self._actors.crash_all()
            await self._office.lose_power(torn)

    # --- the verdict

    async def _judge(self, *, reached: bool, quiet: int, reference: Reference | None) -> None:
        site = self._site
        trouble = site.trouble
        trouble.extend(site.witness.violations)
        if not reached:
            if not trouble and await self._office.refreshed():
                left = [str(ref) for ref in missing(self._phase, self._office.state)]
                left += astray(self._phase, site.witness.current())
                words = ", ".join(left) or "an apply"
                site.broken(Oracle.CONVERGES, f"phase {self._number + 1}: not as declared: {words}")
            return
        if quiet:
            site.broken(Oracle.QUIET, f"{quiet} effects after everything was as declared")
        await self._office.refreshed()
        for ref in unobserved(self._office.state):
            site.broken(Oracle.STATUS, f"{ref}: the status is of another generation")
        for ref in site.passes.over(self._scenario.passes):
            many = site.passes.counts[ref]
            site.broken(Oracle.PASSES, f"{ref}: {many} passes after the last fault, of {self._scenario.passes}")
        if not self._phase.blocked:
            broken = (rule.broken(site.witness.current()) for rule in site.witness.rules)
            trouble.extend(Violation(Oracle.RULES, words) for found in broken for words in found)
        if reference is not None:
            trouble.extend(compared(self._scenario, reference, self._came_to()))

    def _came_to(self) -> Reference:
        witness = self._site.witness
        facts = witness.current()
        return Reference(
            facts, frozenset(witness.strangers), dict(witness.created), dict(witness.deleted), self._site.sent
        )

    def _outcome(self, *, reached: bool, quiet: int, passes: int) -> Outcome:
        site = self._site
        end = self._came_to()
        site.note("end", repr(sorted(end.facts.objects.items())))
        fate = site.fate
        return Outcome(
            self._scenario.name,
            self._tape.seed,
            reached,
            tuple(site.trouble),
            end,
            fate.count,
            fate.coverage,
            {"effects": fate.effects, "looks": fate.looks, "hints": fate.hints, "commits": fate.commits},
            quiet,
            passes,
            site.trace.digest(),
            tuple(self._tape.choices),
            tuple(site.trace.lines),
        )
