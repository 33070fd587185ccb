"""Values of options, read as manifests read them."""

from xcp_reconciler.api.kinds import KINDS
from xcp_reconciler.api.wording import nearest
from xcp_reconciler.cli.failure import CommandError
from xcp_reconciler.refs import DEFAULT_NAMESPACE, Kind, Ref, ref_of
from xcp_reconciler.units import UnitError, parse_duration


def duration(text: str, option: str) -> float:
    """Seconds.

    Raises:
        CommandError: it is no duration.
    """
    try:
        return float(parse_duration(text))
    except UnitError as error:
        meant = f"did you mean {error.nearest}?" if error.nearest else "such as 90s, 10m, 2h"
        raise CommandError(f"{option}: {error.problem}", meant) from error


def kind(text: str) -> Kind:
    """A kind by its name, in any case, plural too, or by its short name.

    Raises:
        CommandError: there is none of that name.
    """
    words = {word: info.kind for info in KINDS.values() for word in info.words}
    found = words.get(text.lower())
    if found is None:
        near = nearest(text.lower(), words)
        meant = f"did you mean {words[near]}?" if near else f"kinds are {', '.join(one.value for one in Kind)}"
        raise CommandError(f"there is no kind `{text}`", meant)
    return found


def ref(first: str, second: str | None, namespace: str | None) -> Ref:
    """An object named as `KIND NAME`, `KIND/NAME` or `KIND/NAMESPACE/NAME`.

    Raises:
        CommandError: it is not named so.
    """
    parts = first.split("/") if second is None else [first, second]
    match parts:
        case [one, name] if name:
            return ref_of(kind(one), name, namespace or DEFAULT_NAMESPACE)
        case [one, space, name] if name and space:
            return ref_of(kind(one), name, space)
        case _:
            raise CommandError("an object is named by its kind and its name", "such as: VirtualMachine web-1")
