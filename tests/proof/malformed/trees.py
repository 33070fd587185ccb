"""Changes to a document's data: fields of wrong types, missing, twice as deep, or called otherwise."""

from copy import deepcopy
from random import Random
from typing import Any

from tests.proof.malformed.seeds import trees
from tests.proof.malformed.words import PLAIN
from xcp_reconciler.api.plain import is_list, is_mapping

_VALUES: tuple[Any, ...] = (
    *(
        None,
        True,
        False,
        0,
        1,
        -1,
        3,
        4097,
        2**31,
        2**63 - 1,
        2**63,
        -(2**63) - 1,
        10**30,
        0.0,
        -0.0,
        1.5,
        1e300,
        5e-324,
    ),
    *(
        float("inf"),
        float("nan"),
        [],
        {},
        [[]],
        [{}],
        {"name": "a"},
        {"name": None},
        {"name": ["a"]},
        ["a", "a"],
        {"": 1},
    ),
)


def mutated(chance: Random) -> Any:  # noqa: ANN401 - a document is any plain data
    """One of the seeds after one to four changes."""
    tree = deepcopy(chance.choice(trees()))
    for _ in range(chance.choice((1, 1, 1, 2, 4))):
        tree = _change(chance, tree)
    return tree


def _change(chance: Random, tree: Any) -> Any:  # noqa: ANN401 - the same
    spots = list(_spots(tree))
    if not spots or chance.random() < 0.02:
        return chance.choice((_value(chance), [tree], {"items": [tree]}, tree))
    holder, key = chance.choice(spots)
    match chance.randrange(9):
        case 0:
            del holder[key]
        case 1:
            holder[key] = [holder[key]]
        case 2:
            holder[key] = {chance.choice(PLAIN) or "x": holder[key]}
        case 3:
            other, at = chance.choice(spots)
            holder[key] = deepcopy(other[at])
        case 4 if is_mapping(holder):
            holder[_misspelt(chance, str(key))] = holder.pop(key)
        case 4 | 5:
            _add(chance, holder)
        case _:
            holder[key] = _value(chance)
    return tree


def _spots(tree: Any) -> Any:  # noqa: ANN401 - the same
    if is_mapping(tree):
        for key in tree:
            yield tree, key
            yield from _spots(tree[key])
    elif is_list(tree):
        for number, member in enumerate(tree):
            yield tree, number
            yield from _spots(member)


def _add(chance: Random, holder: Any) -> None:  # noqa: ANN401 - the same
    if is_mapping(holder):
        holder[chance.choice(PLAIN) or "x"] = _value(chance)
    else:
        holder.insert(chance.randint(0, len(holder)), deepcopy(chance.choice(holder)) if holder else None)


def _value(chance: Random) -> Any:  # noqa: ANN401 - the same
    kind = chance.random()
    if kind < 0.5:
        return chance.choice(PLAIN)
    if kind < 0.6:
        return chance.choice(PLAIN) * chance.choice((2, 100, 3000))
    if kind < 0.65:
        return [_value(chance) for _ in range(chance.choice((1, 3, 40)))]
    return deepcopy(chance.choice(_VALUES))


def _misspelt(chance: Random, key: str) -> str:
    at = chance.randint(0, len(key))
    return chance.choice(
        (key.upper(), key.lower(), key[:at] + key[at + 1 :], f"{key[:at]}x{key[at:]}", f"{key} ", f"_{key}")
    )
