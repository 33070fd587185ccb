"""One document's data in a random style: block, flow, JSON, quotes of every sort, tags, comments, odd spaces."""

import json
from collections.abc import Callable
from random import Random
from typing import Any, Final

import yaml

from xcp_reconciler.api.plain import is_list, is_mapping

_WIDTHS: Final = (None, 4, 20, 80, 10_000)


def dumped(chance: Random, tree: Any) -> str:  # noqa: ANN401 - a document is any plain data
    """The text of the data, which need not be well-formed: some styles are careless, as templates are."""
    return chance.choice(_STYLES)(chance, tree)


def _by_json(chance: Random, tree: Any) -> str:  # noqa: ANN401 - the same
    indent = chance.choice((None, None, 0, 2, "\t"))
    separators = chance.choice(((", ", ": "), (",", ":"), (" ,", " :")))
    return json.dumps(tree, indent=indent, separators=separators, ensure_ascii=chance.random() < 0.5)


def _by_pyyaml(chance: Random, tree: Any) -> str:  # noqa: ANN401 - the same
    text: str = yaml.dump(
        tree,
        Dumper=yaml.CSafeDumper,
        default_style=chance.choice((None, None, None, "'", '"', "|", ">")),
        default_flow_style=chance.choice((False, False, None, True)),
        canonical=chance.random() < 0.1,
        indent=chance.choice((None, 2, 4, 9)),
        width=chance.choice(_WIDTHS),
        allow_unicode=chance.random() < 0.5,
        line_break=chance.choice(("\n", "\n", "\r\n", "\r")),
        explicit_start=chance.random() < 0.3,
        explicit_end=chance.random() < 0.2,
        version=chance.choice((None, None, None, (1, 1), (1, 2))),
        sort_keys=False,
    )
    return text


def _by_hand(chance: Random, tree: Any) -> str:  # noqa: ANN401 - the same
    return _Hand(chance).document(tree)


class _Hand:
    """Writes as careless people do."""

    def __init__(self, chance: Random) -> None:
        self._chance = chance
        self._step = chance.choice((1, 2, 2, 4))
        self._flow = chance.choice((0.0, 0.1, 0.5))
        self._odd = chance.choice((0.0, 0.0, 0.05, 0.2))
        self._plain = chance.choice((0.5, 0.9, 1.0))

    def document(self, tree: Any) -> str:  # noqa: ANN401 - the same
        return self._node(tree, 0).lstrip("\n ") + self._often("", "\n", "\n...\n", " ", "\n# end")

    def _often(self, usual: str, *others: str) -> str:
        return self._chance.choice(others) if self._chance.random() < self._odd else usual

    def _node(self, tree: Any, depth: int) -> str:  # noqa: ANN401 - the same
        """What stands behind `key:` or `-`, the space before it included."""
        if is_mapping(tree) and tree and self._chance.random() >= self._flow:
            return self._properties() + "".join(self._pair(key, value, depth) for key, value in tree.items())
        if is_list(tree) and tree and self._chance.random() >= self._flow:
            margin = " " * (depth * self._step)
            items = (f"{self._break()}{margin}-{self._member(item, depth + 1)}" for item in tree)
            return self._properties() + "".join(items)
        if is_mapping(tree) or is_list(tree):
            return self._often(" ", "\t", "  ") + self._in_flow(tree)
        return self._often(" ", "\t", "  ", "\n" + " " * (depth * self._step + 1)) + self._scalar(tree, depth)

    def _member(self, tree: Any, depth: int) -> str:  # noqa: ANN401 - the same
        text = self._node(tree, depth)
        margin = "\n" + " " * (depth * self._step)
        # `- key: value` on one line, where that fits the indentation.
        if self._step == 2 and text.startswith(margin) and self._chance.random() < 0.8:
            return " " + text[len(margin) :]
        return text

    def _pair(self, key: str, value: Any, depth: int) -> str:  # noqa: ANN401 - the same
        margin = self._break() + " " * (depth * self._step)
        name = self._scalar(key, -1)
        if self._chance.random() < self._odd / 4:
            return f"{margin}? {name}{margin}:{self._node(value, depth + 1)}"
        return f"{margin}{name}{self._often('', ' ', chr(9))}:{self._node(value, depth + 1)}"

    def _break(self) -> str:
        return self._often("\n", "\n\n", " # c\n", "\n# c\n", "\r\n", "\t\n", "#c\n")

    def _properties(self) -> str:
        return self._often("", " !!map", " !!seq", " &b", " &b !!map", " !!str")

    def _in_flow(self, tree: Any) -> str:  # noqa: ANN401 - the same
        if is_mapping(tree):
            pairs = (
                f"{self._scalar(key, -1)}{self._often(': ', ':', ' : ', f':{chr(10)} ')}{self._in_flow(value)}"
                for key, value in tree.items()
            )
            return "{" + self._comma().join(pairs) + self._often("}", ",}", " }", "\n}")
        if is_list(tree):
            return "[" + self._comma().join(map(self._in_flow, tree)) + self._often("]", ", ]", " ]", "\n]", "#]")
        return self._scalar(tree, -1)

    def _comma(self) -> str:
        return self._often(", ", ",", " ,", "\t,\t", ",\n ", ", # c\n ", ",#c\n")

    def _scalar(self, value: Any, depth: int) -> str:  # noqa: ANN401 - the same
        if not isinstance(value, str):
            return self._often("", "&b ", "!!int ", "!!float ", "!!null ") + json.dumps(value)
        kind = self._chance.random()
        if kind < self._plain:
            return self._often("", "&b ", "!!str ", "! ") + value
        margin = "\n" + " " * (max(depth, 0) * self._step)
        if depth >= 0 and kind < self._plain + 0.1:
            head = self._chance.choice(("|", ">", "|-", ">+", "|2", ">1-", "| # c"))
            return head + "".join(f"{margin} {line}" for line in value.split("\n"))
        if kind < self._plain + 0.3:
            return "'" + value.replace("'", "''") + "'"
        return json.dumps(value, ensure_ascii=kind < 0.97)


_STYLES: Final[tuple[Callable[[Random, Any], str], ...]] = (_by_json, _by_pyyaml, _by_hand, _by_hand, _by_hand)
