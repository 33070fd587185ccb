"""From a survey to a plan that can be shown, saved or refused."""

import os
from pathlib import Path
from shlex import quote

from xcp_reconciler.cli.failure import CommandError
from xcp_reconciler.cli.survey import Survey, restricted
from xcp_reconciler.model.impact import IMPACT_BY_WORD, Impact
from xcp_reconciler.model.observed import Unreachable
from xcp_reconciler.model.plan import Plan
from xcp_reconciler.plan.failures import tried_anew
from xcp_reconciler.plan.rounds import make_plan
from xcp_reconciler.report.plan_view import PlanView, PoolAnswer
from xcp_reconciler.report.strangers import machines_by_host
from xcp_reconciler.report.words import IMPACT_WORDS, listed


def planned(survey: Survey, state: Path | None = None) -> tuple[Plan, PlanView]:
    """The plan of what the command is about, and everything that is shown of it."""
    whole = make_plan(tried_anew(survey.world))
    plan = restricted(whole, survey.scope)
    view = PlanView(
        plan,
        survey.owner,
        survey.world.declared.desired,
        pool_answers(survey),
        machines_by_host(survey.world),
        command_line("apply", survey.workspace.paths, state),
        len(whole.changing) - len(plan.changing),
    )
    return plan, view


def pool_answers(survey: Survey) -> tuple[PoolAnswer, ...]:
    """How each pool answered that the command is about."""
    return tuple(_answer(survey, pool, driver) for pool, driver in sorted(survey.drivers.items()))


def _answer(survey: Survey, pool: str, driver: str) -> PoolAnswer:
    hosts = survey.world.declared.hosts.get(pool, ())
    sight = survey.world.sights.get(pool)
    if sight is None:
        return PoolAnswer(pool, driver, len(hosts), (), survey.refusals.get(pool, "it was not asked"))
    silent: list[tuple[str, str]] = []
    for host in hosts:
        if not sight.answers(host):
            view = sight.hosts.get(host)
            why = view.freshness.why if view is not None and isinstance(view.freshness, Unreachable) else "no answer"
            silent.append((host, why))
    return PoolAnswer(pool, driver, len(hosts), tuple(silent))


def command_line(command: str, paths: tuple[str, ...], state: Path | None = None) -> str:
    """What to type for a command about the same objects."""
    words = [f"xcp {command}", *(f"-f {quote(path)}" for path in paths)]
    if state is not None and os.environ.get("XCP_STATE") != str(state):
        words.append(f"--state {quote(str(state))}")
    return " ".join(words)


def impact_called(word: str | None) -> Impact | None:
    """The impact that `--max-impact` names.

    Raises:
        CommandError: there is none of that name.
    """
    if word is None:
        return None
    plain = word.replace("-", "").replace("_", "").replace(" ", "").lower()
    for name, impact in IMPACT_BY_WORD.items():
        if name.lower() == plain:
            return impact
    from xcp_reconciler.api.wording import nearest  # noqa: PLC0415 - only for who mistypes

    near = nearest(word, IMPACT_BY_WORD)
    meant = f"; did you mean {near}?" if near is not None else ""
    raise CommandError(f"{word} is no impact{meant}", f"cheapest first: {', '.join(IMPACT_BY_WORD)}")


def beyond(plan: Plan, limit: Impact | None) -> str | None:
    """What of a plan costs more than a limit allows, in words; None where nothing does."""
    if limit is None or plan.highest is None or plan.highest <= limit:
        return None
    over = [
        f"{entry.ref} {change.path} ({IMPACT_WORDS[change.impact]})"
        for entry in plan.changing
        for change in entry.changes
        if change.impact > limit
    ]
    return f"this costs more than {limit.word}: {listed(over)}"
