"""Quantities and durations are read back as they were written."""

from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as st

from xcp_reconciler.units import (
    UnitError,
    format_bytes,
    format_duration,
    format_kib,
    parse_bytes,
    parse_duration,
    parse_kib,
)

_SUFFIXES = ("", "k", "M", "G", "T", "Ki", "Mi", "Gi", "Ti")


@given(st.integers(min_value=0, max_value=2**63 - 1))
def test_bytes_come_back(number: int) -> None:
    """Every number of bytes has a text, no longer than its digits, that means it."""
    text = format_bytes(number)
    assert parse_bytes(text) == number
    assert len(text) <= len(str(number))
    assert format_bytes(parse_bytes(text)) == text


@given(st.integers(min_value=0, max_value=2**53 - 1))
def test_kib_come_back(number: int) -> None:
    """The same for memory."""
    assert parse_kib(format_kib(number)) == number


@given(st.integers(min_value=0, max_value=10**9))
def test_durations_come_back(seconds: int) -> None:
    """The same for time."""
    text = format_duration(seconds)
    assert parse_duration(text) == seconds
    assert format_duration(parse_duration(text)) == text


@given(st.integers(min_value=0, max_value=10**6), st.sampled_from(_SUFFIXES))
def test_the_canonical_text_has_the_fewest_digits(count: int, suffix: str) -> None:
    """No way of writing a quantity needs fewer digits than the canonical one."""
    canonical = format_bytes(parse_bytes(f"{count}{suffix}"))
    assert sum(map(str.isdigit, canonical)) <= len(str(count))


def _proposal(parse: Callable[[str], int], text: str) -> str | None:
    """What stands for a text: itself where it is valid, else what the refusal proposes."""
    try:
        parse(text)
    except UnitError as error:
        return error.nearest
    return text


@given(st.text(max_size=40))
def test_any_text_is_read_or_refused(text: str) -> None:
    """Nothing but UnitError comes out, and what it proposes is valid."""
    for parse in (parse_bytes, parse_kib, parse_duration):
        proposal = _proposal(parse, text)
        assert proposal is None or parse(proposal) >= 0


@given(st.from_regex(r"\s?[0-9]{1,5}(\.[0-9]{1,2})?\s?[kKmMgGtTbBiIhHsSdD]{0,4}", fullmatch=True))
def test_what_is_almost_right_gets_a_valid_proposal(text: str) -> None:
    """Typos of units are where proposals matter."""
    for parse in (parse_bytes, parse_kib, parse_duration):
        proposal = _proposal(parse, text)
        assert proposal is None or parse(proposal) >= 0
