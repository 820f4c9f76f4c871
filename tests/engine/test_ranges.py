"""Ranges: what they accept, and how they are written in messages."""

import math

import pytest

from likeness.errors import LikenessError
from likeness.ranges import Range, parse_size


def test_a_range_holds_its_bounds_and_no_number_that_is_not_finite() -> None:
    rates = Range(1, 1000)
    assert all(number in rates for number in (1, 1000, 1.0, 59.94))
    assert all(number not in rates for number in (0, 0.999, 1001, -1, math.nan, math.inf, 10**400))
    assert math.inf not in Range(0)
    assert 0 in Range(0, 9)
    assert 0 not in Range(0, 9, above_low=True)


@pytest.mark.parametrize(
    ("allowed", "words"),
    [
        (Range(1, 1000, "px"), "1 to 1000 px"),
        (Range(0.5, 1.5), "0.5 to 1.5"),
        (Range(0, 60, "seconds", above_low=True), "more than 0, up to 60 seconds"),
        (Range(1), "1 or more"),
        (Range(0, above_low=True), "more than 0"),
        (Range(0, 2**63 - 1), "0 to 9223372036854775807"),
    ],
)
def test_a_range_is_told_in_words(allowed: Range, words: str) -> None:
    assert str(allowed) == words


def test_sizes_are_read_or_refused() -> None:
    assert parse_size("1920x1080") == (1920, 1080)
    assert parse_size("64X64") == (64, 64)
    for bad in ("x", "12", "0x0", "99999x99999", "-5x5", "9x9", "1" * 5000 + "x64", "", "64x64x64", "١٦x64"):
        with pytest.raises(LikenessError, match="WIDTHxHEIGHT, such as 512x512, each 16 to 16384 px"):
            parse_size(bad)
