"""Any value of any type of the model, built from its annotations by rules of their own, not by the codec's."""

import importlib
import pkgutil
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from types import NoneType, UnionType
from typing import TypeVar, Union, cast, get_args, get_origin, get_type_hints

from hypothesis import strategies as st

from xcp_reconciler import model
from xcp_reconciler.model.observed import ObservedVm
from xcp_reconciler.refs import Kind, Ref

FEW = 3
# Everything, lone surrogates too: file names that are no UTF-8 arrive with them.
TEXTS = st.text(st.characters(), max_size=6)
NAMES = st.text("abc-0", min_size=1, max_size=4)
REFS = st.builds(Ref, st.sampled_from(Kind), NAMES, NAMES)

_PLAIN: dict[object, st.SearchStrategy[object]] = {
    str: TEXTS,
    int: st.integers(),
    bool: st.booleans(),
    # A whole number is a float to whoever writes `timeout=120`.
    float: st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(2**40), 2**40),
    NoneType: st.none(),
    None: st.none(),
    Ref: REFS,
}

# How values are written is no value.
_MACHINERY = {"codec", "scalars", "shapes"}


def model_types() -> list[type]:
    """Every public dataclass of the model."""
    found: set[type] = set()
    for module in pkgutil.iter_modules(model.__path__):
        if module.name in _MACHINERY:
            continue
        for name, thing in vars(importlib.import_module(f"{model.__name__}.{module.name}")).items():
            if isinstance(thing, type) and is_dataclass(thing) and not name.startswith("_"):
                found.add(thing)
    return sorted(found, key=lambda kind: kind.__qualname__)


def values_of(hint: object) -> st.SearchStrategy[object]:
    """Values of a type."""
    if hint in _PLAIN:
        return _PLAIN[hint]
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is tuple:
        return st.lists(values_of(arguments[0]), max_size=FEW).map(tuple)
    if origin is Mapping:
        return st.dictionaries(values_of(arguments[0]), values_of(arguments[1]), max_size=FEW)
    if origin is Union or origin is UnionType:
        return st.one_of([values_of(each) for each in arguments])
    if isinstance(hint, type) and issubclass(hint, Enum):
        return st.sampled_from(list(hint))
    kind = cast("type", origin or hint)
    return st.deferred(lambda: _record(kind, arguments))


def _record(kind: type, arguments: tuple[object, ...]) -> st.SearchStrategy[object]:
    assert is_dataclass(kind), kind
    hints = get_type_hints(kind)
    bound = dict(zip(getattr(kind, "__parameters__", ()), arguments or (ObservedVm,), strict=False))
    parts: dict[str, st.SearchStrategy[object]] = {}
    for each in fields(kind):
        if each.init:
            hint = hints[each.name]
            if bound and isinstance(get_args(hint)[0], TypeVar):
                hint = tuple[bound[get_args(hint)[0]], ...]  # type: ignore[misc]
            parts[each.name] = values_of(hint)
    return st.builds(kind, **parts)
