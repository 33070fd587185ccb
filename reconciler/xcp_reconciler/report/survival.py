"""What the loss of hosts does to a pool: in words, and as plain data for scripts."""

from collections.abc import Iterator
from typing import Any, Final

from xcp_reconciler.plan.survival import Ground, Proof, Restart, Survival
from xcp_reconciler.report.columns import columns
from xcp_reconciler.report.paint import PLAIN, Paint, Role
from xcp_reconciler.report.words import count, listed, rough

_KIB: Final = 1024
_FEW: Final = 8


def survival_data(found: Survival, *, elapsed: float, explain: bool = False) -> dict[str, Any]:
    """The answer with its witness, sizes in KiB; with `explain` also what is left of each host.

    `elapsed` is in seconds, reading the file not counted.
    """
    witness: dict[str, Any] = {
        "lost": list(found.lost),
        "reason": reason(found),
        "restarts": [
            {"vm": one.vm, "from": one.source, "to": one.target, "minKiB": one.size} for one in found.restarts
        ],
    }
    if explain:
        witness["rooms"] = [{"host": one.host, "freeKiB": one.before, "leftKiB": one.after} for one in found.rooms]
    if (proof := found.proof) is not None:
        figures = {"ground": proof.ground.name, "sizeKiB": proof.size, "need": proof.need, "have": proof.have}
        witness["proof"] = figures | ({"host": proof.host} if proof.host is not None else {})
    return {
        "tolerates": found.tolerates,
        "failures": found.failures,
        "witness": witness,
        "checked": {"sets": found.sets, "packed": found.packed, "searched": found.searched},
        "elapsedSeconds": round(elapsed, 6),
    }


def survival_text(found: Survival, *, explain: bool = False, paint: Paint = PLAIN) -> str:
    """The answer in a few lines; with `explain` all machines that restart, and what is left of the hosts."""
    role = {True: Role.GOOD, False: Role.BAD, None: Role.CHANGE}[found.tolerates]
    lines = [paint(_answer(found), role), f"  {reason(found)}", *(f"  {line}" for line in _checked(found))]
    if explain and found.restarts:
        rows = [(one.vm, one.source, one.target or "nowhere", rough(one.size * _KIB)) for one in found.restarts]
        lines += ["", columns(("VM", "LOST WITH", "RESTARTS ON", "MIN"), rows, paint)]
    if explain and found.rooms:
        rooms = [(one.host, rough(one.before * _KIB), rough(one.after * _KIB)) for one in found.rooms]
        lines += ["", columns(("HOST", "FREE", "FREE AFTER"), rooms, paint)]
    return "\n".join(lines)


def reason(found: Survival) -> str:
    """One sentence with the numbers that decided."""
    if found.proof is not None:
        return _because(found, found.proof)
    if found.tolerates is None:
        return "there was not enough time to plan for every set of lost hosts" + _unknown(found)
    if not found.lost:
        return "nothing is lost"
    moved = sum(one.size for one in found.restarts)
    left = sum(room.after for room in found.rooms)
    return (
        f"with {listed(found.lost)} lost, {count(len(found.restarts), 'machine')} of {rough(moved * _KIB)} in all "
        f"{'restarts' if len(found.restarts) == 1 else 'restart'}, and {rough(left * _KIB)} stay free"
    )


def _answer(found: Survival) -> str:
    hosts = count(found.failures, "host")
    named = listed(found.lost, _FEW)
    match found.tolerates:
        case True if found.sets == 1:
            return f"Every machine restarts when {named or 'no host'} {_is(found)} lost."
        case True:
            which = "host is" if found.failures == 1 else f"{hosts} or fewer are"
            return f"Every machine restarts, whichever {which} lost."
        case False if not found.lost:
            return "The reserve is not kept even before a host is lost."
        case False:
            return f"Not every machine restarts when {named} {_is(found)} lost."
        case _:
            return "Not known: the time is over."


def _is(found: Survival) -> str:
    return "is" if len(found.lost) < 2 else "are"  # noqa: PLR2004 - one, or none


def _because(found: Survival, proof: Proof) -> str:
    need, have, size = rough(proof.need * _KIB), rough(proof.have * _KIB), rough(proof.size * _KIB)
    match proof.ground:
        case Ground.OVERFULL:
            return f"the machines of {proof.host} need {need} at the least, and it has {have} for machines"
        case Ground.NOBODY:
            return f"no host is left for {count(proof.need, 'machine')}"
        case Ground.TOO_MANY:
            machines = count(proof.need, "lost machine")
            return (
                f"{machines} of {size} or more ({_largest(found.restarts, proof)}); "
                f"the hosts that are left have room for {proof.have} of that size"
            )
        case Ground.TOO_MUCH:
            return (
                f"lost machines of {size} or more need {need} together; "
                f"the hosts that are left and have room for one have {have}"
            )
        case _:
            return f"no plan puts {need} into the {have} that are free; all were tried"


def _largest(restarts: tuple[Restart, ...], proof: Proof) -> str:
    return listed([one.vm for one in restarts if one.size >= proof.size])


def _unknown(found: Survival) -> str:
    if not found.lost:
        return ""
    without = [one.vm for one in found.restarts if one.target is None]
    return (
        f"; the first open one is {listed(found.lost, _FEW)}, of which the simplest plan leaves out {listed(without)}"
    )


def _checked(found: Survival) -> Iterator[str]:
    if found.sets == 1 or found.tolerates is False:
        return
    sets = "more than 2^63 sets" if found.sets is None else f"{found.sets:,} sets"
    one_by_one = f"{found.packed:,} planned for one by one, {found.searched:,} of them by search"
    yield f"{sets} of lost hosts: {one_by_one}, all others known by sums"
