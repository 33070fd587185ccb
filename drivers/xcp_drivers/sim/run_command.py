"""`xcp sim run` and `xcp sim replay`: histories with faults, and one of them again."""

import json
import logging
import time
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Final, cast

import typer

from xcp_drivers.sim.truth import WorldTruth
from xcp_reconciler.simulation.run import Json, as_mapping, replay, run
from xcp_reconciler.simulation.scenario import SCENARIOS, Scenario

_DEFAULT: Final = "crash-and-lost-reply"
_FAILED: Final = 1


class Output(StrEnum):
    """How the result is written."""

    TEXT = "text"
    JSON = "json"


def run_histories(
    seeds: Annotated[str, typer.Option("--seeds", metavar="A..B", help="From A up to, not including, B.")] = "0..20",
    scenario: Annotated[str, typer.Option("--scenario", metavar="NAME", help="What is lived through.")] = _DEFAULT,
    output: Annotated[Output, typer.Option("-o", "--output", help="`json` is stable.")] = Output.TEXT,
) -> None:
    """Live through histories with crashes, lost replies and stale reads, and check that every promise held.

    Exit code 1 when one did not. Each violation carries its tape: save it, and `xcp sim replay FILE` repeats it.
    """
    _quiet()
    result = run(_scenario(scenario), WorldTruth, _range(seeds), time.perf_counter)
    _print(result, output)
    if result["violated"]:
        raise typer.Exit(_FAILED)


def replay_history(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A violation, or a whole result of `xcp sim run`.")],
    output: Annotated[Output, typer.Option("-o", "--output", help="`json` is stable.")] = Output.TEXT,
    lines: Annotated[int, typer.Option("--lines", help="How much of the end of the trace to show.")] = 200,
) -> None:
    """Live through one history again, choice by choice. Exit code 1 when it breaks a promise again."""
    _quiet()
    found = _violation(file)
    scenario = _scenario(str(found.get("scenario", _DEFAULT)))
    outcome = replay(scenario, WorldTruth, int(found["seed"]), [int(one) for one in found["tape"]], keep=lines)
    result = dict(as_mapping(outcome))
    if output is Output.TEXT:
        for line in cast("list[str]", result.pop("trace"))[-lines:]:
            typer.echo(line)
    _print(result, output)
    if outcome.violations:
        raise typer.Exit(_FAILED)


def _quiet() -> None:
    """Refusals and deaths are what it is about; only defects are news."""
    logging.getLogger("xcp_reconciler").setLevel(logging.ERROR)


def _scenario(name: str) -> Scenario:
    found = SCENARIOS.get(name)
    if found is None:
        raise typer.BadParameter(f"there is no scenario {name}; there are: {', '.join(SCENARIOS)}")
    return found


def _range(text: str) -> range:
    first, dots, last = text.partition("..")
    if not dots or not first.isdecimal() or not last.isdecimal():
        raise typer.BadParameter(f"`{text}` is no range such as 0..100")
    return range(int(first), int(last))


def _violation(file: Path) -> dict[str, Any]:
    try:
        found: Any = json.loads(file.read_bytes())
        if isinstance(found, dict) and "violations" in found:
            whole = cast("dict[str, Any]", found)
            found = {"scenario": whole["scenario"], **whole["violations"][0]}
        if not isinstance(found, dict) or not {"seed", "tape"} <= set(cast("dict[str, Any]", found)):
            raise typer.BadParameter(f"{file} holds neither a violation nor a result with one")
    except (OSError, ValueError, LookupError) as error:
        raise typer.BadParameter(f"{file}: {error}") from error
    return cast("dict[str, Any]", found)


def _print(result: Json, output: Output) -> None:
    if output is Output.JSON:
        typer.echo(json.dumps(result))
        return
    for name, value in result.items():
        if name == "violations":
            for violation in cast("list[Json]", value):
                typer.echo(f"violation: seed {violation.get('seed')}: {violation['oracle']}: {violation['detail']}")
        else:
            typer.echo(f"{name}: {json.dumps(value)}")
