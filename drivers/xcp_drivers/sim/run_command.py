"""`xcp sim run`, `replay`, `shrink`, `scenarios` and `schema`: histories with faults, and one of them again."""

import json
import logging
import sys
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Final, cast

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from xcp_drivers.sim.truth import WorldTruth
from xcp_reconciler.simulation import library
from xcp_reconciler.simulation.rules import FaultPlanError, FaultPlanSpec, fault_plan_schema, read_fault_plan
from xcp_reconciler.simulation.run import Faults, Json, Stage, UnsoundError, as_mapping, run
from xcp_reconciler.simulation.scenario import Scenario
from xcp_reconciler.simulation.scenario_file import ScenarioDocument
from xcp_reconciler.simulation.shrink import shrink
from xcp_reconciler.simulation.tape import Tape

_FAILED: Final = 1
_MOST_LINES: Final = 20


class Output(StrEnum):
    """How the result is written."""

    TEXT = "text"
    JSON = "json"


class Form(StrEnum):
    """What a schema is of."""

    FAULT_PLAN = "FaultPlan"
    SCENARIO = "Scenario"


Seeds = Annotated[str, typer.Option("--seeds", metavar="A..B", help="From A up to, not including, B.")]
PlanFile = Annotated[
    Path | None,
    typer.Option(
        "--plan", metavar="FAULTS.yaml", help="What goes wrong, instead of what seeds draw.", show_default=False
    ),
]
ScenarioName = Annotated[
    str | None,
    typer.Option("--scenario", metavar="NAME|FILE", help="By default all, one a seed in turn.", show_default=False),
]
OutputForm = Annotated[Output, typer.Option("-o", "--output", help="`json` is stable.")]
Violation = Annotated[Path, typer.Argument(metavar="FILE", help="A violation, or a whole result of `xcp sim run`.")]


def run_histories(
    seeds: Seeds = "0..20",
    plan: PlanFile = None,
    scenario: ScenarioName = None,
    output: OutputForm = Output.TEXT,
) -> None:
    """Live through histories with crashes, lost replies and stale reads, and check that every promise held.

    Exit code 1 when one did not. Each violation carries its tape: save it, and `xcp sim replay FILE` repeats it.
    """
    _quiet()
    wanted = _range(seeds)
    asked = _plan(plan)
    stage = Stage(WorldTruth, _scenarios(scenario if scenario is not None else asked.scenario if asked else None))
    faults = Faults(asked.swarm, asked.faults) if asked is not None else Faults()
    with _progress(output, len(wanted)) as told:
        try:
            result = run(stage, wanted, time.perf_counter, faults, told)
        except UnsoundError as error:
            raise typer.BadParameter(str(error)) from error
    if asked is not None:
        result["plan"] = asked.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    _print(result, output)
    if result["violated"]:
        raise typer.Exit(_FAILED)


def replay_history(
    file: Violation,
    output: OutputForm = Output.TEXT,
    lines: Annotated[int, typer.Option("--lines", help="How much of the end of the trace to show.")] = 200,
) -> None:
    """Live through one history again, choice by choice. Exit code 1 when it breaks a promise again."""
    _quiet()
    case = _case(file)
    stage = Stage(WorldTruth, [case.scenario])
    outcome = stage.live(case.scenario.name, Tape(case.seed, case.tape), case.faults, keep=lines)
    result = dict(as_mapping(outcome))
    if output is Output.TEXT:
        for line in cast("list[str]", result.pop("trace"))[-lines:]:
            typer.echo(line)
    _print(result, output)
    if outcome.violations:
        raise typer.Exit(_FAILED)


def shrink_history(
    file: Violation,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="Where to write the smaller one.", show_default=False)
    ] = None,
    tries: Annotated[int, typer.Option("--tries", help="How many histories to spend on it at most.")] = 300,
) -> None:
    """Find a history that breaks the same promise with as few faults and choices as can be found.

    Exit code 0 when the violation could be repeated, else 1.
    """
    _quiet()
    case = _case(file)
    stage = Stage(WorldTruth, [case.scenario])
    found = shrink(stage, case.scenario.name, case.seed, case.tape, case.faults, tries)
    if found is None:
        typer.echo("this tape breaks no promise any more", err=True)
        raise typer.Exit(_FAILED)
    smaller: Json = {
        "scenario": case.scenario.name,
        "seed": case.seed,
        "oracle": found.outcome.violations[0].oracle.value,
        "detail": found.outcome.violations[0].detail,
        "faults": sum(found.outcome.faults.values()),
        "faultsByKind": dict(sorted(found.outcome.faults.items())),
        "drawn": found.drawn,
        "tries": found.tries,
        "tape": list(found.tape),
    }
    if out is not None:
        out.write_text(json.dumps(smaller) + "\n", encoding="utf-8")
        smaller["tape"] = f"{len(found.tape)} choices in {out}"
    typer.echo(json.dumps(smaller))


def list_scenarios(output: OutputForm = Output.TEXT) -> None:
    """What scenarios there are."""
    found = library.all_scenarios()
    if output is Output.JSON:
        typer.echo(
            json.dumps([{"name": name, "about": one.about, "passes": one.passes} for name, one in found.items()])
        )
        return
    for name, one in found.items():
        typer.echo(f"{name:<40} {one.about}")


def print_schema(form: Annotated[Form, typer.Argument(help="Of what.")] = Form.FAULT_PLAN) -> None:
    """The JSON schema of fault plans (`--plan`) or of scenarios (`--scenario FILE`), for editors."""
    schema = fault_plan_schema() if form is Form.FAULT_PLAN else ScenarioDocument.model_json_schema(by_alias=True)
    typer.echo(json.dumps(schema, indent=2))


# --- what was asked for


class _Case:
    """One history that somebody kept."""

    def __init__(self, found: dict[str, Any]) -> None:
        self.scenario = _scenarios(str(found["scenario"]))[0]
        self.seed = int(found["seed"])
        self.tape = [int(one) for one in found["tape"]]
        plan = found.get("plan")
        asked = FaultPlanSpec.model_validate(plan) if plan is not None else None
        self.faults = Faults(asked.swarm, asked.faults) if asked is not None else Faults()


def _case(file: Path) -> _Case:
    try:
        found: Any = json.loads(file.read_bytes())
        if isinstance(found, dict) and "violations" in found:
            whole = cast("dict[str, Any]", found)
            if not whole["violations"]:
                raise typer.BadParameter(f"{file} holds no violation")
            found = {"plan": whole.get("plan"), **whole["violations"][0]}
        if not isinstance(found, dict) or not {"seed", "tape", "scenario"} <= set(cast("dict[str, Any]", found)):
            raise typer.BadParameter(f"{file} holds neither a violation nor a result with one")
        return _Case(cast("dict[str, Any]", found))
    except OSError as error:
        raise typer.BadParameter(f"{file}: {error.strerror}") from error
    except (ValueError, LookupError) as error:
        raise typer.BadParameter(f"{file}: {error}") from error


def _scenarios(name: str | None) -> list[Scenario]:
    try:
        if name is None:
            return list(library.all_scenarios().values())
        if name.endswith((".yaml", ".yml")):
            return [library.read_scenario(Path(name).read_text(encoding="utf-8"), name)]
        return [library.scenario(name)]
    except OSError as error:
        raise typer.BadParameter(f"{name}: {error.strerror}") from error
    except library.ScenarioError as error:
        raise typer.BadParameter(str(error)) from error


def _plan(file: Path | None) -> FaultPlanSpec | None:
    if file is None:
        return None
    try:
        return read_fault_plan(file.read_text(encoding="utf-8"), str(file))
    except OSError as error:
        raise typer.BadParameter(f"{file}: {error.strerror}") from error
    except FaultPlanError as error:
        raise typer.BadParameter(str(error)) from error


def _range(text: str) -> range:
    first, dots, last = text.partition("..")
    if not dots or not first.isdecimal() or not last.isdecimal():
        raise typer.BadParameter(f"`{text}` is no range such as 0..100")
    found = range(int(first), int(last))
    if not found:
        raise typer.BadParameter(f"`{text}` holds no seed: A..B is from A up to, not including, B")
    return found


def _quiet() -> None:
    """Refusals and deaths are what it is about; only defects are news."""
    logging.getLogger("xcp_reconciler").setLevel(logging.ERROR)


@contextmanager
def _progress(output: Output, many: int) -> Generator[Callable[[int], None]]:
    """A bar on the terminal for long work, nothing elsewhere; give it how many are done."""
    columns = (TextColumn("histories"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    shown = output is Output.TEXT and sys.stderr.isatty()
    with Progress(*columns, console=Console(stderr=True), transient=True, disable=not shown) as bar:
        task = bar.add_task("histories", total=many)
        yield lambda done: bar.update(task, completed=done)


def _print(result: Json, output: Output) -> None:
    if output is Output.JSON:
        typer.echo(json.dumps(result))
        return
    for name, value in result.items():
        if name == "violations":
            for violation in cast("list[Json]", value)[:_MOST_LINES]:
                who = f"seed {violation['seed']}, {violation['scenario']}: " if "seed" in violation else ""
                typer.echo(f"violation: {who}{violation['oracle']}: {violation['detail']}")
        elif isinstance(value, dict) and len(cast("dict[str, object]", value)) > 3:  # noqa: PLR2004 - more is a table
            typer.echo(f"{name}:")
            for key, one in cast("dict[str, object]", value).items():
                typer.echo(f"  {key:<44} {one}")
        else:
            typer.echo(f"{name}: {json.dumps(value)}")
