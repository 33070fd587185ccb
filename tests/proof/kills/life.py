"""One piece: a command dies by SIGKILL at given calls, is run again, and must leave a world as if nothing had been."""

import signal
import tempfile
import time
from pathlib import Path

from tests.lab.host import LabError
from tests.lab.ledger import Moment
from tests.proof.kills import stranger
from tests.proof.kills.piece import Piece
from tests.proof.kills.watch import Watch
from tests.proof.kills.world import Ground, differences
from tests.proof.leg import Result
from tests.real.gate import Gate, gate

_WORDS = {Moment.BEFORE_CALL: "before", Moment.AFTER_CALL: "after"}


def live(piece: Piece, on: Ground) -> Result:
    """Live a piece on a lab; whatever goes wrong is a failure that says how to have it again."""
    result = Result(done=1)
    began = time.monotonic()
    on.clear()
    with tempfile.TemporaryDirectory(prefix="xcp-kills-") as folder, gate(on.lab, Path(folder)) as through:
        try:
            piece.scenario.ready(through.estate)
            stranger.plant_file(on)
            _through(piece, on, through, result)
        except (AssertionError, LabError) as error:
            _fail(result, piece, str(error))
    result.peak("seconds of a piece", time.monotonic() - began)
    return result


def _through(piece: Piece, on: Ground, through: Gate, result: Result) -> None:
    scenario, estate = piece.scenario, through.estate
    strangers = stranger.seen(on)
    with Watch(on) as watch:
        for kill in piece.kills:
            ended = through.struck(kill, *scenario.command)
            if ended.code == -signal.SIGKILL:
                _count(result, piece, kill.moment, through)
            elif ended.code != 0:
                _fail(result, piece, f"nobody killed it, and it ended with {ended.code}:\n{ended.text}")
            else:
                result.counts["came through before its kill"] += 1
        if len(piece.kills) == 1 and result.counts["kills"] != (piece.kills[0].nth <= scenario.calls):
            _fail(result, piece, f"{scenario.name} makes {len(through.calls)} calls: {through.calls}")
        began = time.monotonic()
        last = estate.site.run(*scenario.command)
        result.peak("seconds of the run after a kill", time.monotonic() - began)
        if last.code != 0:
            _fail(result, piece, f"the run after it ended with {last.code}:\n{last.text}")
        # Twice: something that comes late, from a call of the dead, would come after the first look.
        wrong = differences(on.held(), scenario.held)
        if scenario.declared:
            estate.settled()
        else:
            estate.site.run("plan", "-f", ".")
        wrong += [one for one in differences(on.held(), scenario.held) if one not in wrong]
        wrong += scenario.wrong(estate)
        watch.look()
    result.counts["looks at both hosts"] += watch.looks
    wrong += [f"ran on both hosts at once: {uuid}" for uuid in watch.twice]
    found = stranger.seen(on)
    wrong += [f"touched: {what}" for what in strangers.keys() | found.keys() if strangers.get(what) != found.get(what)]
    if wrong:
        _fail(result, piece, "\n".join([*wrong, last.text]))


def _count(result: Result, piece: Piece, moment: Moment, through: Gate) -> None:
    result.counts["kills"] += 1
    result.counts[f"kills in {piece.scenario.name}"] += 1
    result.counts[f"kills {_WORDS[moment]} {through.calls[-1].name}"] += 1


def _fail(result: Result, piece: Piece, why: str) -> None:
    again = f".venv/bin/python -m tests.proof.kills {piece.number}"
    result.failures.append(f"{piece.about} (again: {again})\n{why}")
