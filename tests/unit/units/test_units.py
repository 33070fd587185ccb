"""Quantities and durations: what they mean, how they are written, and what is proposed instead of a wrong one."""

import pytest

from xcp_reconciler.units import (
    UnitError,
    format_bytes,
    format_duration,
    format_kib,
    parse_bytes,
    parse_duration,
    parse_kib,
)

GIB = 2**30


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("0", 0),
        ("4096", 4096),
        ("1k", 1000),
        ("1Ki", 1024),
        ("2Gi", 2 * GIB),
        ("1.5Gi", 3 * GIB // 2),
        (".5Gi", GIB // 2),
        ("+1M", 10**6),
        ("1e9", 10**9),
        ("1E9", 10**9),
        ("12.5e1", 125),
        ("1E", 10**18),
        ("7Ei", 7 * 2**60),
        ("5.", 5),
    ],
)
def test_quantities_mean_bytes(text: str, number: int) -> None:
    assert parse_bytes(text) == number


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0, "0"),
        (1000, "1k"),
        (1023, "1023"),
        (1024, "1Ki"),
        (1024000, "1000Ki"),
        (10**9, "1G"),
        (2 * GIB, "2Gi"),
        (3 * GIB // 2, "1536Mi"),
    ],
)
def test_the_fewest_digits_win_and_binary_among_equals(number: int, text: str) -> None:
    assert format_bytes(number) == text


def test_memory_is_counted_in_kib() -> None:
    assert parse_kib("512Mi") == 512 * 1024
    assert format_kib(512 * 1024) == "512Mi"
    assert parse_kib("128M") == 125_000


@pytest.mark.parametrize(
    ("text", "problem", "nearest"),
    [
        ("512MB", "is not a quantity", "512M"),
        ("512 MiB", "is not a quantity", "512Mi"),
        ("512mib", "is not a quantity", "512Mi"),
        ("16gi", "is not a quantity", "16Gi"),
        ("20g", "is not a quantity", "20G"),
        ("3bytes", "is not a quantity", "3"),
        ("500m", "is a part of a byte", "500Mi"),
        ("1.3Ki", "is not a whole number of bytes", "1332"),
        ("1e30", "is more than 64 bits can count", "8191Pi"),
        ("-1", "is negative", None),
        ("much", "is not a quantity", None),
        ("", "is not a quantity", None),
        ("1" * 400, "is not a quantity", None),
        ("\u0661Gi", "is not a quantity", None),
    ],
)
def test_a_wrong_size_is_refused_with_what_was_meant(text: str, problem: str, nearest: str | None) -> None:
    with pytest.raises(UnitError, match=problem) as caught:
        parse_bytes(text)
    assert caught.value.nearest == nearest
    assert len(str(caught.value)) < 120


@pytest.mark.parametrize(
    ("text", "nearest"),
    [
        ("512", "512Mi"),
        ("1e9", "976563Ki"),
        ("100M", "97657Ki"),
        ("1GB", "1Gi"),
        ("1.3Ki", "2Ki"),
        ("0.1 G", "104858Ki"),
    ],
)
def test_memory_is_whole_kib_and_proposed_in_binary(text: str, nearest: str) -> None:
    with pytest.raises(UnitError) as caught:
        parse_kib(text)
    assert caught.value.nearest == nearest


@pytest.mark.parametrize(
    ("text", "seconds", "canonical"),
    [
        ("60s", 60, "1m"),
        ("2m", 120, "2m"),
        ("1h30m", 5400, "90m"),
        ("0s", 0, "0s"),
        ("90s", 90, "90s"),
        ("1h", 3600, "1h"),
    ],
)
def test_durations_mean_seconds(text: str, seconds: int, canonical: str) -> None:
    assert parse_duration(text) == seconds
    assert format_duration(seconds) == canonical


@pytest.mark.parametrize(
    ("text", "nearest"),
    [
        ("90", "90s"),
        ("1.5h", "90m"),
        ("500ms", "1s"),
        ("1d", "24h"),
        ("5 min", "5m"),
        ("-1s", None),
        ("", None),
        ("1m1h", None),
    ],
)
def test_a_wrong_duration_is_refused_with_what_was_meant(text: str, nearest: str | None) -> None:
    with pytest.raises(UnitError) as caught:
        parse_duration(text)
    assert caught.value.nearest == nearest
