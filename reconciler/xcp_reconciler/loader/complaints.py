"""What the models refuse, in words for the person who wrote the file."""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from xcp_reconciler.api.fields import PATTERN_WORDS, FieldError
from xcp_reconciler.api.plain import is_list, is_mapping
from xcp_reconciler.api.shape import Many, Shape, shape_at, shapes
from xcp_reconciler.api.wording import as_yaml, choice, nearest, shown
from xcp_reconciler.loader.finding import Finding, Spot
from xcp_reconciler.loader.places import Path
from xcp_reconciler.units import UnitError

_YES: Final = frozenset({"yes", "y", "on"})
_NO: Final = frozenset({"no", "n", "off"})
_NOT_A_NAME: Final = re.compile(r"[^a-z0-9]+")
_FEW: Final = 6


def findings_of(errors: list[ErrorDetails], model: type[BaseModel], word: str) -> Iterator[Finding]:
    """One finding for each error of pydantic. `word` is what `xcp explain` calls the model, empty where it does not."""
    for error in errors:
        path: Path = tuple(segment for segment in error["loc"] if segment != "[key]")
        yield _TELL.get(error["type"], _other)(_Case(error, path, model, word))


class _Case:
    """One error of pydantic, and what the models know about its place."""

    def __init__(self, error: ErrorDetails, path: Path, model: type[BaseModel], word: str) -> None:
        self.error = error
        self.path = path
        self.model = model
        self.word = word
        self.value: object = error.get("input")
        self.on_key = error["loc"][-1:] == ("[key]",)

    @property
    def dotted(self) -> str:
        return dotted(self.path)

    @property
    def shape(self) -> Shape | None:
        return shape_at(self.model, self.path)

    @property
    def context(self) -> Mapping[str, Any]:
        return self.error.get("ctx", {})

    def finding(self, problem: str, hint: str = "", note: str = "", *, spot: Spot = Spot.VALUE) -> Finding:
        return Finding(self.path, problem, hint, note, spot)

    def explain(self, path: Path, what: str) -> str:
        names = [self.word, *(segment for segment in path if isinstance(segment, str))]
        return f"xcp explain {'.'.join(names)} {what}" if self.word else ""


def dotted(path: Path) -> str:
    """A path as people write it: `spec.disks[0].bus`, and the object itself when empty."""
    text = "".join(f"[{segment}]" if isinstance(segment, int) else f".{segment}" for segment in path)
    return text.removeprefix(".") or "the object"


def _unknown(case: _Case) -> Finding:
    name = str(case.path[-1])
    parent = case.path[:-1]
    if name == "<<":
        return case.finding("merge keys (`<<`) are not part of YAML 1.2", "write the fields themselves", spot=Spot.KEY)
    above = shape_at(case.model, parent) if parent else None
    siblings = shapes(above.model if above is not None and above.model is not None else case.model)
    meant = nearest(name, siblings) or _elsewhere(name, case, parent)
    hint = f"did you mean `{meant}`?" if meant else f"known: {choice(siblings)}" if len(siblings) <= _FEW else ""
    note = case.explain(parent, "lists the fields")
    return case.finding(f"unknown field {shown(name)}", hint, note, spot=Spot.KEY)


def _elsewhere(name: str, case: _Case, parent: Path) -> str | None:
    """A field of that very name deeper in the same part, or where manifests usually put it."""
    for inner in _fields_below(case.model, ()):
        if inner[-1].lower() == name.lower():
            below = tuple(str(segment) for segment in parent if isinstance(segment, str))
            return ".".join(inner[len(below) :] if inner[: len(below)] == below else inner)
    return None


def _fields_below(model: type[BaseModel], above: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    for shape in shapes(model).values():
        yield (*above, shape.name)
        if shape.model is not None and shape.many is Many.ONE:
            yield from _fields_below(shape.model, (*above, shape.name))


def _missing(case: _Case) -> Finding:
    shape = case.shape
    hint = f"add `{case.path[-1]}: {as_yaml(shape.example)}`" if shape is not None and shape.example is not None else ""
    note = case.explain(case.path, "describes it")
    return Finding(case.path[:-1], f"`{case.dotted}` is missing", hint, note, Spot.KEY)


def _no_choice(case: _Case) -> Finding:
    shape = case.shape
    choices = shape.choices if shape is not None else ()
    meant = nearest(str(case.value), choices) if isinstance(case.value, str) else None
    known = choice(choices)
    return case.finding(
        f"{shown(case.value)} is no value of `{case.dotted}`",
        f"did you mean `{meant}`?" if meant else f"write {known}",
        f"it takes {known}" if meant else "",
    )


def _no_text(case: _Case) -> Finding:
    if case.value is None:
        return _nothing(case)
    if is_mapping(case.value) or is_list(case.value):
        return case.finding(f"`{case.dotted}` is {shown(case.value)}, not text")
    word = str(case.value).lower() if isinstance(case.value, bool) else str(case.value)
    return case.finding(f"`{case.dotted}` is not text here", f'put quotes around it: "{word}"')


def _nothing(case: _Case) -> Finding:
    return case.finding(f"`{case.dotted}` has no value", "give it one, or remove the line", spot=Spot.KEY)


def _no_flag(case: _Case) -> Finding:
    if case.value is None:
        return _nothing(case)
    word = str(case.value).lower()
    hint = "write true" if word in {*_YES, "true", "1"} else "write false" if word in {*_NO, "false", "0"} else ""
    return case.finding(f"{shown(case.value)} is not true or false at `{case.dotted}`", hint or "write true or false")


def _no_number(case: _Case) -> Finding:
    value = case.value
    if value is None:
        return _nothing(case)
    hint = "write a whole number"
    if isinstance(value, str) and value.strip().lower() in _YES:
        hint = "write true only where true or false is asked for; here a whole number"
    elif isinstance(value, str) and value.strip().lstrip("+0").isdecimal():
        hint = f"write {int(value.strip()[:19])}, without quotes or leading zeros"
    elif isinstance(value, float) and value.is_integer():
        hint = f"write {int(value)}"
    return case.finding(f"{shown(value)} is not a whole number at `{case.dotted}`", hint)


def _out_of_range(case: _Case) -> Finding:
    least, most = case.context.get("ge"), case.context.get("le")
    bound = f"at least {least}" if least is not None else f"at most {most}"
    return case.finding(f"`{case.dotted}` is {case.value}", f"write {bound}")


def _no_mapping(case: _Case) -> Finding:
    if case.value is None:
        return _nothing(case)
    shape = case.shape
    hint = ""
    if isinstance(case.value, str) and shape is not None and shape.model is not None and "name" in shapes(shape.model):
        hint = f"write {{name: {case.value}}}"
    elif shape is not None and shape.model is not None:
        hint = f"it has the fields {choice(list(shapes(shape.model))[:_FEW])}"
    return case.finding(f"`{case.dotted}` is {shown(case.value)}, not an object with fields", hint)


def _no_list(case: _Case) -> Finding:
    if case.value is None:
        return _nothing(case)
    return case.finding(f"`{case.dotted}` is {shown(case.value)}, not a list", "begin each member with `- `")


def _no_match(case: _Case) -> Finding:
    words = PATTERN_WORDS.get(str(case.context.get("pattern")), "another form")
    hint = ""
    if words.startswith("lower-case") and isinstance(case.value, str):
        slug = _NOT_A_NAME.sub("-", case.value.lower())[:63].strip("-")
        hint = f"did you mean `{slug}`?" if slug else ""
    elif isinstance(case.value, str) and case.value.lower() != case.value and words.startswith("a uuid"):
        hint = f"did you mean `{case.value.lower()}`?"
    spot = Spot.KEY if case.on_key else Spot.VALUE
    return case.finding(f"{shown(case.value)} does not fit `{case.dotted}`", hint, f"it takes {words}", spot=spot)


def _no_value(case: _Case) -> Finding:
    if case.value is None:
        return _nothing(case)
    error = case.context.get("error")
    match error:
        case UnitError():
            problem = error.problem if isinstance(case.value, str | int) else f"{shown(case.value)} is no quantity"
        case FieldError():
            problem = f"{shown(case.value)} {error.problem}"
        case _:
            problem = f"{shown(case.value)}: {case.error['msg']}"
    meant = error.nearest if isinstance(error, UnitError | FieldError) else None
    return case.finding(f"{problem} at `{case.dotted}`", f"did you mean `{meant}`?" if meant else "")


def _other(case: _Case) -> Finding:
    return case.finding(f"`{case.dotted}` is {shown(case.value)}: {case.error['msg'].lower()}")


_TELL: Final[Mapping[str, Callable[[_Case], Finding]]] = {
    "extra_forbidden": _unknown,
    "missing": _missing,
    "enum": _no_choice,
    "literal_error": _no_choice,
    "string_type": _no_text,
    "bool_type": _no_flag,
    "bool_parsing": _no_flag,
    "int_type": _no_number,
    "int_parsing": _no_number,
    "int_from_float": _no_number,
    "greater_than_equal": _out_of_range,
    "less_than_equal": _out_of_range,
    "model_type": _no_mapping,
    "model_attributes_type": _no_mapping,
    "dict_type": _no_mapping,
    "tuple_type": _no_list,
    "string_pattern_mismatch": _no_match,
    "value_error": _no_value,
}
