"""Damage to a text: what editors, tools, templates and attackers do to one."""

from collections.abc import Callable
from random import Random
from typing import Final

from tests.proof.malformed.seeds import lines, texts
from tests.proof.malformed.words import BYTES, CHARACTERS, DIRECTIVES, PLAIN, TAGS

Damage = Callable[[Random, bytes], bytes]


def damaged(chance: Random, text: bytes) -> bytes:
    """The text after one damage."""
    return chance.choice(DAMAGES)(chance, text)


def _flip(chance: Random, text: bytes) -> bytes:
    if not text:
        return text
    at = chance.randrange(len(text))
    return text[:at] + bytes([text[at] ^ 1 << chance.randrange(8)]) + text[at + 1 :]


def _overwrite(chance: Random, text: bytes) -> bytes:
    at = chance.randint(0, len(text))
    return text[:at] + bytes([chance.choice(b" \t\n:-#,[]{}&*!|>'\"%@`?\\~<=.09aZ\x00\xff")]) + text[at + 1 :]


def _insert(chance: Random, text: bytes, new: bytes) -> bytes:
    at = chance.randint(0, len(text))
    return text[:at] + new + text[at:]


def _character(chance: Random, text: bytes) -> bytes:
    return _insert(chance, text, chance.choice(CHARACTERS).encode() * chance.choice((1, 1, 1, 2, 9)))


def _bytes(chance: Random, text: bytes) -> bytes:
    return _insert(chance, text, chance.choice(BYTES))


def _word(chance: Random, text: bytes) -> bytes:
    return _insert(chance, text, chance.choice(PLAIN).encode())


def _delete(chance: Random, text: bytes) -> bytes:
    at = chance.randint(0, len(text))
    return text[:at] + text[at + chance.choice((1, 1, 2, 5, 40)) :]


def _truncate(chance: Random, text: bytes) -> bytes:
    return text[: chance.randint(0, len(text))]


def _beheaded(chance: Random, text: bytes) -> bytes:
    return text[chance.randint(0, len(text)) :]


def _value(chance: Random, text: bytes) -> bytes:
    """Another value behind one of the colons or dashes."""
    places = [at for at in range(len(text) - 1) if text[at : at + 2] in {b": ", b"- "}]
    if not places:
        return text
    begin = chance.choice(places) + 2
    ends = [end for end in (text.find(mark, begin) for mark in (b"\n", b",", b"}")) if end >= 0]
    end = min(ends, default=len(text)) if chance.random() < 0.7 else text.find(b"\n", begin) % (len(text) + 1)
    prefix = chance.choice((b"", b"", b"", b"&a ", b"*a", b"'", b'"', chance.choice(TAGS).encode() + b" "))
    return text[:begin] + prefix + chance.choice(PLAIN).encode() + text[max(end, begin) :]


def _tag(chance: Random, text: bytes) -> bytes:
    places = [at for at in range(len(text) - 1) if text[at : at + 2] in {b": ", b"- ", b":\n"}]
    at = chance.choice(places) + 1 if places else 0
    return text[:at] + b" " + chance.choice(TAGS).encode() + text[at:]


def _anchor(chance: Random, text: bytes) -> bytes:
    places = [at for at in range(len(text) - 1) if text[at : at + 2] in {b": ", b"- ", b":\n"}]
    if not places:
        return text
    first, second = sorted((chance.choice(places) + 1, chance.choice(places) + 1))
    name = chance.choice((b"a", b"1", b"a-b", b"a.b", "é".encode(), b"a:", b"*", b"", b"a,b", b"]"))
    return text[:first] + b" &" + name + text[first:second] + b" *" + name + text[second:]


def _lined(change: Callable[[Random, list[bytes]], None]) -> Damage:
    def damage(chance: Random, text: bytes) -> bytes:
        rows = text.split(b"\n")
        change(chance, rows)
        return b"\n".join(rows)

    return damage


def _swap(chance: Random, rows: list[bytes]) -> None:
    first, second = chance.randrange(len(rows)), chance.randrange(len(rows))
    rows[first], rows[second] = rows[second], rows[first]


def _repeat(chance: Random, rows: list[bytes]) -> None:
    rows.insert(chance.randint(0, len(rows)), chance.choice(rows))


def _repeat_here(chance: Random, rows: list[bytes]) -> None:
    at = chance.randrange(len(rows))
    rows[at:at] = [rows[at]] * chance.choice((1, 1, 3))


def _drop(chance: Random, rows: list[bytes]) -> None:
    del rows[chance.randrange(len(rows))]


def _indent(chance: Random, rows: list[bytes]) -> None:
    at = chance.randrange(len(rows))
    rows[at] = chance.choice((b" ", b"  ", b"    ", b"\t", b" \t", b"\t ", "\u00a0".encode(), b"- ", b"? ")) + rows[at]


def _outdent(chance: Random, rows: list[bytes]) -> None:
    at = chance.randrange(len(rows))
    rows[at] = rows[at][chance.choice((1, 2)) :]


def _shift(chance: Random, rows: list[bytes]) -> None:
    """A whole part further in or out."""
    first = chance.randrange(len(rows))
    last = min(len(rows), first + chance.randint(1, 8))
    width = chance.choice((1, 2, 4))
    further = chance.random() < 0.5
    rows[first:last] = [b" " * width + row if further else row[width:] for row in rows[first:last]]


def _tabs(_: Random, rows: list[bytes]) -> None:
    rows[:] = [row.replace(b"  ", b"\t") for row in rows]


def _tail(chance: Random, rows: list[bytes]) -> None:
    """Something behind a line."""
    at = chance.randrange(len(rows))
    rows[at] += chance.choice(
        (b" # c", b"#c", b"\t# c", b" ", b"\t", b"\r", b":", b" :", b",", b"\\", b" |", b" >-", b"]", b"}")
    )


def _line(chance: Random, rows: list[bytes]) -> None:
    rows.insert(chance.randint(0, len(rows)), chance.choice(lines()).encode())


def _marker(chance: Random, rows: list[bytes]) -> None:
    """An end or a beginning of a document, a directive, a merge key."""
    words = (
        *DIRECTIVES,
        "---",
        "...",
        "--- a",
        "---\t",
        "... a",
        "----",
        "--- |",
        "--- # c",
        "  <<: *a",
        "  <<: {a: b}",
    )
    rows.insert(chance.randint(0, len(rows)), chance.choice(words).encode())


def _directive(chance: Random, rows: list[bytes]) -> None:
    rows[0:0] = [chance.choice(DIRECTIVES).encode() for _ in range(chance.choice((1, 1, 2)))] + [b"---"]


def _line_ends(chance: Random, text: bytes) -> bytes:
    return text.replace(
        b"\n", chance.choice((b"\r\n", b"\r", b"\n\n", b"\n\r", b"\x0b", "\x85".encode(), "\u2028".encode()))
    )


def _encoding(chance: Random, text: bytes) -> bytes:
    """The same text as another tool would save it."""
    words = text.decode(errors="replace")
    name = chance.choice(
        ("utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-8-sig", "utf-8-sig", "utf-8-sig", "latin-1")
    )
    return words.encode(name, errors="replace")


def _double_bom(_: Random, text: bytes) -> bytes:
    return b"\xef\xbb\xbf\xef\xbb\xbf" + text


def _deep(chance: Random, text: bytes) -> bytes:
    opening = chance.choice((b"[", b"{a: ", b"- ", b"? ", b"[[", b"{", b"- - ", b"!!seq [", b"&a [", b"'"))
    return _insert(chance, text, opening * chance.choice((10, 62, 63, 64, 65, 66, 500)))


def _nested(chance: Random, text: bytes) -> bytes:
    """Well-formed, near the limit of depth."""
    levels = chance.choice((5, 50, 60, 63, 64, 65))
    return text + b"\nx: " + b"[" * levels + b"1" + b"]" * levels


def _bomb(chance: Random, text: bytes) -> bytes:
    width = chance.randint(2, 9)
    bomb = b"a0: &a0 [" + b"x, " * width + b"]\n"
    for number in range(1, chance.randint(2, 9)):
        bomb += b"a%d: &a%d [%s]\n" % (number, number, b", ".join([b"*a%d" % (number - 1)] * width))
    return bomb + text if chance.random() < 0.5 else bomb


def _long(chance: Random, text: bytes) -> bytes:
    length = chance.choice((64, 128, 1000, 1023, 1024, 1025, 4096, 20000))
    return _insert(
        chance, text, chance.choice((b"a", b" ", b"9", b"-", b"a ", b"'", b"#", b"\n", b"a: ", b"\\")) * length
    )


def _join(chance: Random, text: bytes) -> bytes:
    separator = chance.choice((b"", b"\n", b"\n---\n", b"\n...\n", b"\n...\n---\n", b"\n--- # x\n", b"\n---\n---\n"))
    return text + separator + chance.choice(texts()).encode()


def _graft(chance: Random, text: bytes) -> bytes:
    """A piece of another document."""
    other = chance.choice(texts()).encode()
    begin = chance.randint(0, len(other))
    return _insert(chance, text, other[begin : begin + chance.choice((5, 20, 80))])


def _brackets(chance: Random, text: bytes) -> bytes:
    """The text, or a part of it, as a flow collection that it may not be."""
    opening, closing = chance.choice(
        ((b"{", b"}"), (b"[", b"]"), (b"'", b"'"), (b'"', b'"'), (b"|\n", b""), (b"{{ ", b" }}"))
    )
    begin = chance.randint(0, len(text)) if chance.random() < 0.7 else 0
    end = chance.randint(begin, len(text)) if chance.random() < 0.7 else len(text)
    return text[:begin] + opening + text[begin:end] + closing + text[end:]


def _move(chance: Random, text: bytes) -> bytes:
    begin = chance.randint(0, len(text))
    piece = text[begin : begin + chance.choice((1, 3, 10, 60))]
    return _insert(chance, text[:begin] + text[begin + len(piece) :], piece)


DAMAGES: Final[tuple[Damage, ...]] = (
    *(
        _flip,
        _overwrite,
        _character,
        _bytes,
        _word,
        _delete,
        _truncate,
        _beheaded,
        _value,
        _value,
        _value,
        _tag,
        _anchor,
    ),
    *(
        _lined(change)
        for change in (_swap, _repeat, _repeat_here, _drop, _indent, _outdent, _shift, _tabs, _tail, _line)
    ),
    *(_lined(change) for change in (_marker, _directive)),
    *(_line_ends, _encoding, _double_bom, _deep, _nested, _bomb, _long, _join, _graft, _brackets, _move, _overwrite),
)
