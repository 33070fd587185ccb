"""From bytes to plain data: what YAML means here, and every sort of text that is refused."""

from time import process_time

import pytest

from xcp_reconciler.loader.limits import Limits
from xcp_reconciler.loader.parse import parse_carefully, parse_quickly
from xcp_reconciler.loader.places import LINE_END, span_at
from xcp_reconciler.loader.scalars import resolve


@pytest.mark.parametrize(
    "text",
    [
        "yes",
        "no",
        "on",
        "off",
        "y",
        "014",
        "0o9",
        "1:30",
        "52:54:00:12:34:56",
        "1_000",
        "2030-01-31",
        "0b1",
        "1e",
        ".",
        "-",
    ],
)
def test_what_yaml_1_1_reads_otherwise_stays_text(text: str) -> None:
    assert resolve(text) == text


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("", None),
        ("~", None),
        ("null", None),
        ("true", True),
        ("FALSE", False),
        ("0", 0),
        ("-12", -12),
        ("+7", 7),
        ("0x1F", 31),
        ("0o17", 15),
        ("1.5", 1.5),
        ("1e3", 1000.0),
        (".5", 0.5),
        ("-.inf", float("-inf")),
        ("-.INF", float("-inf")),
        ("+.Inf", float("inf")),
        ("9" * 19, int("9" * 19)),
        ("9" * 20, "9" * 20),
        ("-1" + "0" * 30, "-1" + "0" * 30),
        ("9" * 5000, "9" * 5000),
        ("0x" + "f" * 5000, "0x" + "f" * 5000),
    ],
)
def test_the_core_schema(text: str, value: object) -> None:
    result = resolve(text)
    assert (type(result), result) == (type(value), value)


@pytest.mark.parametrize(
    ("text", "data"),
    [
        (b"a: 1\nb: [x, {c: ~}]\n", {"a": 1, "b": ["x", {"c": None}]}),
        (b'{"a": true, "b": "yes", "c": "\\/"}', {"a": True, "b": "yes", "c": "/"}),
        (b'{\n\t"a": [\n\t\t1\n\t]\n}', {"a": [1]}),
        (b"\xef\xbb\xbfa: 1", {"a": 1}),
        (b"1: a\ntrue: b\nnull: c", {"1": "a", "true": "b", "null": "c"}),
        (b"a: &x [1, 2]\nb: *x\n*x2: 3\n".replace(b"*x2: 3\n", b""), {"a": [1, 2], "b": [1, 2]}),
        (b"&k name: a\nother: *k\n", {"name": "a", "other": "name"}),
        (b"a: !!str 1\nb: !!int 2\nc: !!map {}\n", {"a": "1", "b": 2, "c": {}}),
        (b"a: |\n  x\n  ---x\nb: >-\n  y\n  z\n", {"a": "x\n---x\n", "b": "y z"}),
        (b"a: \"1\"\nb: 'true'\n", {"a": "1", "b": "true"}),
        (b"a: {\n  b: 1,\n# c\n\n  c: [\n    2\n  ]\n}\n", {"a": {"b": 1, "c": [2]}}),
        (b"x:\n- a: 'x\n\n   b'\n", {"x": [{"a": "x\nb"}]}),
        (b"{? x : 1, b?: 2, c: [d?, '?']}", {"x": 1, "b?": 2, "c": ["d?", "?"]}),
        (b"a: ['-', -b]\n-: c", {"a": ["-", "-b"], "-": "c"}),
        (b"x: &a\n- [b,\n c]", {"x": [["b", "c"]]}),
        (b"x: !!seq\n  - [b,\n   c]", {"x": [["b", "c"]]}),
        (b"y: !!map\n ? k\n : {a: b,\n  c: d}", {"y": {"k": {"a": "b", "c": "d"}}}),
        (b'{"a":\n"b"\n}', {"a": "b"}),
        (b"'a\nb'", "a b"),
    ],
)
def test_plain_data(text: bytes, data: object) -> None:
    documents = parse_quickly(text)
    assert documents is not None
    assert [document.data for document in documents] == [data]


def test_a_float_by_its_tag_is_one() -> None:
    documents = parse_quickly(b"!!float 3")
    assert documents is not None
    assert type(documents[0].data) is float


def test_documents_know_their_line() -> None:
    text = b"# comment\n\na: 1\n---\n\n# more\nb: 2\n...\n---\nc: 3\n"
    documents = parse_quickly(text)
    assert documents is not None
    assert [(document.number, document.line) for document in documents] == [(0, 3), (1, 7), (2, 10)]


@pytest.mark.parametrize(
    ("text", "line", "column", "message", "hint"),
    [
        (b"a: 1\na: 2", 2, 1, "`a` is given twice", "keep one"),
        (b"x:\n  a: 1\n  b: 1\n  a: 2", 4, 3, "`a` is given twice", "keep one"),
        (b"a: [1\nb: 2", 2, 2, "did not find expected", "closing bracket"),
        (b"a: {b: 1", 2, 1, "did not find expected", "closing bracket"),
        (b"a: 'x", 1, 6, "unexpected end of stream", "a quote is not closed"),
        (b"a: b: c", 1, 5, "mapping values are not allowed", "needs quotes"),
        (b"a:\n  b: 1\n c: 2", 3, 2, "did not find expected key", "indentation"),
        (b"a:\n\t- 1", 2, 1, "cannot start any token", "not tabs"),
        (b"a: @x", 1, 4, "cannot start any token", "needs quotes"),
        (b"a: *b", 1, 4, "`*b` is not defined", "needs quotes"),
        (b"a: &x [*x]", 1, 8, "`*x` is not defined", ""),
        (b"a: !Ref b", 1, 4, "the tag `!Ref` means nothing", "remove"),
        (b"!!python/object:os.system {}", 1, 1, "the tag `!!python/object:os.system` means nothing", "remove"),
        (b"a: !!binary aGk=", 1, 4, "the tag `!!binary` means nothing", "remove"),
        (b"a: !!seq {}", 1, 4, "the tag `!!seq` means nothing", "remove"),
        (b"a: !!map []", 1, 4, "the tag `!!map` means nothing", "remove"),
        (b"a: !!int x", 1, 4, "`x` is not what `!!int` says", ""),
        (b"!x a: 1", 1, 1, "the tag `!x` means nothing", "remove"),
        (b"? [a]\n: b", 1, 3, "a key must be a word", ""),
        (b"a: {{ name }}", 1, 5, "a key must be a word", "template"),
        (b"a: &x [1]\n*x : 2", 2, 1, "a key must be a word", "*x"),
        (b": 1", 1, 1, "did not find expected key", "before the `:`"),
        (b"{: 1}", 1, 2, "did not find expected node content", "before a `:`"),
        (b"? \n: 1", 1, 2, "this key is empty", "write a name"),
        (b'"": 1', 1, 1, "this key is empty", "write a name"),
        (b"a: [-, b]", 1, 5, "a `-` alone between brackets", "quotes"),
        (b"a: {b: &x -}", 1, 8, "a `-` alone between brackets", "quotes"),
        (b"{-}", 1, 2, "a `-` alone between brackets", "quotes"),
        (b'a: "\\x01"', 1, 4, "the character U+0001", "remove"),
        (b'a: "\\uFFFE"', 1, 4, "the character U+FFFE", "remove"),
        (b'"\\x00": 1', 1, 1, "the character U+0000", "remove"),
        (b'a: "\\ud83d\\ude00"', 1, 7, "invalid Unicode character", "UTF-8"),
        (b'a: "\\q"', 1, 5, "unknown escape", "double a backslash"),
        (b"a: 1\nb: \x07", 2, 4, "the control character U+0007", "remove"),
        (b"a: 1\nb: \xe9", 2, 4, "the byte 0xe9 is not UTF-8", "UTF-8"),
        ("a: 1".encode("utf-16"), 1, 1, "UTF-16", "save it as UTF-8"),
        (b"a: 1\n...\n---\nb: 1\n---\n%YAML 1.2\n---\na: 1", 6, 1, "part of no document", "write `...`"),
        (b"a: [?x]", 1, 6, "touches a word", "quotes"),
        (b"{?x: 1}", 1, 3, "touches a word", "a space"),
        (b"a: 'x\nb: it''s'", 2, 1, "too far to the left", "quote"),
        (b"x:\n- a: 'x\n  b'\n", 3, 3, "too far to the left", "quote"),
        (b"a: {b: 1,\nc: 2}", 2, 1, "too far to the left", "bracket"),
        (b"x:\n  a: [b, {c: d,\n  e: f}\n  ]\n", 3, 3, "too far to the left", "bracket"),
        (b"x: &a\n- [b,\nc]", 3, 1, "too far to the left", "bracket"),
        (b"a: 1\n---\nx: &a\n  y: ['b\n  c']", 5, 3, "too far to the left", "bracket"),
        (b"%YAML 3.0\n---\na: 1", 1, 1, "incompatible YAML", "remove"),
        (b"a: !t!x 1", 1, 4, "undefined tag handle", "remove"),
        (b"- " * 65 + b"x", 1, 129, "nested deeper than 64 levels", ""),
        (b"[" * 50_000, 1, 65, "nested deeper than 64 levels", ""),
        (b"{a: " * 50_000, 1, 257, "nested deeper than 64 levels", ""),
    ],
)
def test_broken_texts(text: bytes, line: int, column: int, message: str, hint: str) -> None:
    assert parse_quickly(text) is None
    complaint = parse_carefully(text).complaints[0]
    assert message in complaint.message
    assert hint in complaint.hint
    assert (complaint.span.line + 1, complaint.span.column + 1) == (line, column)


def test_a_broken_document_hides_no_other() -> None:
    text = b"a: [\n---\nb: 1\nb: 2\n---\nc: 1\n...\n---\nd: '\n---\ne: 5\n"
    careful = parse_carefully(text)
    assert [(complaint.span.line + 1) for complaint in careful.complaints] == [2, 4, 10]
    assert [(document.line, document.data) for document in careful.documents] == [
        (3, {"b": 2}),
        (6, {"c": 1}),
        (11, {"e": 5}),
    ]


def test_places_of_keys_and_values() -> None:
    text = b"x: &a {k: [1, {n: v}]}\ny: *a\n"
    places = parse_carefully(text, (0,)).places[0]
    assert places.keys["x", "k"] == (0, 7, 1)
    assert places.values["x", "k", 1, "n"] == (0, 18, 1)
    # What came in by an alias has the place of the alias, and what is not there that of what should hold it.
    assert places.of_value(("y", "k", 0)) == (1, 3, 2)
    assert places.of_value(("x", "nope", "deeper")) == (0, 3, 4)


def test_aliases_may_not_multiply() -> None:
    bomb = b"a0: &a0 [x, x, x, x, x, x, x, x, x]\n" + b"".join(
        b"a%d: &a%d [%s]\n" % (number, number, b", ".join([b"*a%d" % (number - 1)] * 9)) for number in range(1, 9)
    )
    assert parse_quickly(bomb) is None
    (complaint,) = parse_carefully(bomb).complaints
    assert "aliases of this document stand for more than 1000 values" in complaint.message
    assert complaint.span.line == 3


def test_sizes_are_limited() -> None:
    limits = Limits(document_chars=100, file_bytes=1000)
    large = b"a: 1\n---\nb: " + b"x" * 100 + b"\n---\nc: 3\n"
    assert parse_quickly(large, limits) is None
    careful = parse_carefully(large, (), limits)
    assert [document.data for document in careful.documents] == [{"a": 1}, {"c": 3}]
    assert [(c.span.line, "larger than" in c.message) for c in careful.complaints] == [(1, True)]
    assert parse_quickly(b"#" * 1001, limits) is None
    assert "larger than" in parse_carefully(b"#" * 1001, (), limits).complaints[0].message


def test_documents_are_counted() -> None:
    limits = Limits(documents_per_file=3)
    text = b"---\na: 1\n" * 5
    assert parse_quickly(text, limits) is None
    careful = parse_carefully(text, (), limits)
    assert not careful.documents
    assert [complaint.span.line for complaint in careful.complaints] == [6]
    assert parse_quickly(text[:27], limits) is not None


def test_values_are_counted() -> None:
    limits = Limits(nodes_per_document=8, nodes_per_file=20)
    few = b"---\na: [1, 2, {b: c}]\n"
    assert parse_quickly(few * 3, limits) is not None
    assert parse_quickly(few * 5, limits) is None
    careful = parse_carefully(few * 5, (), limits)
    assert len(careful.documents) == 4
    assert [(c.span.line, "more than 20 values" in c.message) for c in careful.complaints] == [(8, True)]
    many = b"---\na: 1\n---\n- 1\n- [2, 3, 4, 5]\n- &x 6\n- *x\n- *x\n---\nb: 1\n"
    assert parse_quickly(many, limits) is None
    careful = parse_carefully(many, (), limits)
    assert [document.data for document in careful.documents] == [{"a": 1}, {"b": 1}]
    assert [(c.span.line, "more than 8 values" in c.message) for c in careful.complaints] == [(6, True)]


@pytest.mark.parametrize(
    "text",
    [
        b"---x\n" * 220_000,
        b"".join(b"%%TAG !a%d! x\n" % number for number in range(65_000)) + b"--- a\n",
        b"\n" * 1_048_000 + b"\x07" * 50,
        b"a: [" + b"x, " * 349_000 + b"]",
        b"---\n" * 262_000,
        b"a: 1\n" * 209_000,
    ],
)
def test_no_file_of_a_mebibyte_takes_long(text: bytes) -> None:
    """Each of these took between four seconds and forever, or hundreds of MiB."""
    began = process_time()
    assert parse_quickly(text) is None
    assert parse_carefully(text).complaints
    assert process_time() - began < 4


@pytest.mark.parametrize(
    ("bad", "escape"), [("\x85", "\\N"), ("\u2028", "\\L"), ("\u2029", "\\P"), ("\ufeff", "\\uFEFF")]
)
def test_what_two_versions_of_yaml_read_differently_is_refused(bad: str, escape: str) -> None:
    """Of `a: x<NEL>b: y` YAML 1.1 makes two keys, and YAML 1.2 one."""
    text = f"# comment\na: x{bad}b: y\n".encode()
    assert parse_quickly(text) is None
    complaint = parse_carefully(text).complaints[0]
    assert (complaint.span.line + 1, complaint.span.column + 1) == (2, 5)
    assert f"U+{ord(bad):04X}" in complaint.message
    assert escape in complaint.hint
    documents = parse_quickly(f'a: "x{escape}b: y"'.encode())
    assert documents is not None
    assert documents[0].data == {"a": f"x{bad}b: y"}


def test_errors_end_somewhere() -> None:
    text = b"---\na: [\n" * 5000
    complaints = parse_carefully(text).complaints
    assert len(complaints) == 101
    assert "more than 100 errors" in complaints[-1].message


@pytest.mark.parametrize("text", ["", "a", "\n", "a\r\nb\rc\x85d\u2028e\u2029\n\nf", "\r\n\r\n", "\n\r\n\r"])
def test_characters_are_placed_as_lines_are_split(text: str) -> None:

    for offset in range(len(text) + 1):
        if text[offset - 1 : offset + 1] == "\r\n":
            continue  # between the two there is no character
        *ended, begun = LINE_END.split(text[:offset])
        assert span_at(text, offset) == (len(ended), len(begun), 1)
        assert span_at(text, len(text), span_at(text, offset), offset) == span_at(text, len(text))
