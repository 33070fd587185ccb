"""All legs of the proof, by name. A leg is made only when somebody asks for it: some count their pieces first."""

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Final, cast

from tests.proof.leg import Leg

# The module of each leg; in the order in which they run and are reported.
_MODULES: Final[Mapping[str, str]] = {
    "histories": "tests.proof.histories",
    "matrix": "tests.proof.matrix",
    "mutants": "tests.proof.mutants",
    "walks": "tests.proof.walks",
    "fields": "tests.proof.fields",
    "store": "tests.proof.store",
    "malformed": "tests.proof.malformed",
    "kills": "tests.proof.kills",
}
NAMES: Final = tuple(_MODULES)


def leg(name: str) -> Leg:
    """The leg of that name.

    Raises:
        KeyError: there is none.
    """
    module = import_module(_MODULES[name])
    made = getattr(module, "LEG", None)
    if isinstance(made, Leg):
        return made
    return cast("Callable[[], Leg]", module.leg)()
