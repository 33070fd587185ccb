"""Whatever is in a file, loading it ends, in documents or in diagnostics, and says where."""

from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.properties.yaml_texts import manifests
from xcp_reconciler.loader.cached import decode, encode
from xcp_reconciler.loader.documents import Input
from xcp_reconciler.loader.load import load
from xcp_reconciler.loader.parse import parse_carefully, parse_quickly
from xcp_reconciler.report.diagnostics import render_all


@given(st.lists(manifests, min_size=1, max_size=3))
@settings(max_examples=400, deadline=2000)
@example([b"[" * 50_000])
@example([b"- " * 50_000])
@example([b"{a: " * 50_000])
@example([b"? " * 50_000])
@example([b"\xff\xfe\x00"])
@example([b"\xef\xbb\xbf\x00\x80"])
@example([b"&a [&b [*a, *b]]"])
def test_any_bytes_load_or_are_explained(contents: list[bytes]) -> None:
    """No exception, and every diagnostic can be shown and lies in its file."""
    inputs = [Input(f"{number}.yaml", content) for number, content in enumerate(contents)]
    loaded = load(inputs)
    lines = {source.name: len(source.content) + 1 for source in inputs}
    for diagnostic in loaded.diagnostics:
        assert 0 <= diagnostic.place.line <= lines[diagnostic.place.file]
        assert diagnostic.message
    assert bool(loaded.diagnostics) == bool(render_all(loaded.diagnostics))
    assert load(inputs) == loaded


@given(manifests)
@settings(max_examples=300, deadline=2000)
def test_both_ways_of_reading_agree(content: bytes) -> None:
    """What the quick way accepts, the careful one reads alike and without a complaint; what it refuses has one."""
    quick = parse_quickly(content)
    careful = parse_carefully(content, range(1000))
    if quick is None:
        assert careful.complaints
    else:
        assert not careful.complaints
        assert repr(careful.documents) == repr(quick)


@given(manifests)
@settings(max_examples=200, deadline=2000)
def test_a_cached_file_is_the_file(content: bytes) -> None:
    """What comes back from the cache is what went in; damaged entries are not there."""
    documents = parse_quickly(content)
    if documents is None:
        return
    payload = encode(documents)
    assert repr(decode(payload)) == repr(documents)
    assert decode(payload[:-1]) is None
    assert decode(payload.replace(b"documents", b"Documents", 1)) is None
