"""Files of about a mebibyte, each made of one thing over and over: they cost the most per byte."""

from random import Random
from typing import Final

from tests.unit.loader.texts import vm

_SIZE: Final = 1 << 20
_HEAD: Final = vm().encode().removeprefix(b"---\n")
# What comes first, what is repeated (`#` is the number of the copy), and what comes last.
_SHAPES: Final[tuple[tuple[bytes, bytes, bytes], ...]] = (
    (b"[", b"a,", b"]"),
    (b"[", b"a: b,", b"]"),
    (b"[", b"&a x,", b"]"),
    (b"[", b"&a# x,", b"]"),
    (b"[&a x,", b"*a,", b"]"),
    (b"[", b"!a b,", b"]"),
    (b"[", b"!!int 1,", b"]"),
    (b"[", b"'',", b"]"),
    (b"{", b"k#: {},", b"}"),
    (b"", b"k#:\n", b""),
    (b"", b"? k#\n", b""),
    (b"", b"a: 1\n", b""),
    (b"", b"- a\n", b""),
    (b"", b"-\n", b""),
    (b"", b"- - - - a\n", b""),
    (b"", b"- |\n  a\n", b""),
    (b"", b"[" * 30 + b"]" * 30 + b"\n---\n", b""),
    (b"", b"--- a\n", b""),
    (b"", b"---\n", b""),
    (b"", b"---x\n", b""),
    (b"", b"...\n", b""),
    (b"", b"---\n[\n", b""),
    (b"", b"{{a}}\n---\n", b""),
    (b"", b"a:\n\t- b\n---\n", b""),
    (b"", b"%TAG !a#! x\n", b"--- a\n"),
    (b"", b"%FOO bar\n", b"--- a\n"),
    (b"", b"#\n", b""),
    (b"", b"\n", b"\x07" * 50),
    (b"", b"\n", b"\xff"),
    (b"", b"\x07\n", b""),
    (b"a: ", b"\x07", b""),
    (b"a: ", b"x", b""),
    (b"a: ", b"x ", b""),
    (b"a:", b" ", b"x"),
    (b"a: >\n", b" x\n", b""),
    (b"a: |\n", b"\n", b" x\n"),
    (b'a: "', b"\\x41", b'"'),
    (b'a: "', b"\\x01", b'"'),
    (b'a: "', b"\\\n", b'"'),
    (b"a: '", b"''", b"'"),
    (b"a: '", b"\n", b"'"),
    (b"", b"x", b": 1"),
    (b"a: ", b"9", b""),
    (b"a: 0x", b"f", b""),
    (b"a: 1.", b"0", b"e5"),
    (b"&", b"a", b" b"),
    (b"!<", b"%41", b"> b"),
    (b"", "\u2028".encode(), b""),
    (b"", "é".encode(), b""),
    (_HEAD + b"  disks: [", b"{},", b"]"),
    (_HEAD + b"  disks: [", b"{name: a},", b"]"),
    (_HEAD + b"  disks: [", b"{name: d#, volumeRef: {name: v#}},", b"]"),
    (_HEAD + b"  driftRules: [", b"a,", b"]"),
    (_HEAD + b"  driftRules: [", b"{path: memory.max, policy: Report},", b"]"),
    (_HEAD + b"  interfaces: [", b"{name: a, networkRef: {name: n}, mac: '52:54:00:00:00:01'},", b"]"),
    (_HEAD, b"  k#:\n", b""),
    (_HEAD, b"  memroy: {size: 1Gi}\n---\n" + _HEAD, b""),
    (_HEAD + b"  description: ", b"x", b""),
    (_HEAD + b"  restartedAt: '", b"1", b"'"),
    (_HEAD + b"  serial: {file: ", b"/a", b"}"),
    (_HEAD + b"  adopt: {uuid: ", b"a", b"}"),
    (_HEAD.replace(b"{name: web-1}", b"{name: web-1, labels: {"), b"k#: v,", b"}}"),
    (b"apiVersion: ", b"x", b"\nkind: Pool\n"),
    (b"apiVersion: xcp.dev/v1alpha1\nkind: ", b"x", b"\n"),
    (b"apiVersion: v1\nkind: List\nitems:\n", b"- {}\n", b""),
    (b"apiVersion: v1\nkind: List\nitems: [", b"a,", b"]"),
    (_HEAD.replace(b"web-1", b"w" * 400_000).replace(b"512Mi", b"q" * 200_000) + b"  ", b"k", b": 1\n"),
)


def heavy(chance: Random) -> bytes:
    """One of the shapes, whole or cut off."""
    first, again, last = chance.choice(_SHAPES)
    # The second is for a document; a file may have thousands, and as many seconds.
    size = _SIZE // 8 if b"---" in again else chance.choice((_SIZE, _SIZE, _SIZE // 4))
    room = size - len(first) - len(last)
    # Copies with a number are longer than the pattern.
    copies = room // (len(again) + 5 * again.count(b"#k") + (4 * again.count(b"#") if len(again) > 2 else 0))
    if len(again) > 2 and b"#" in again:
        body = b"".join(again.replace(b"#", b"%d" % number) for number in range(copies))
    else:
        body = again * copies
    whole = first + body + last
    return whole[: chance.randrange(len(whole))] if chance.random() < 0.15 else whole
