"""Patterns against the examples of the OSC 1.0 specification."""

import time

import pytest

from likeness.errors import InputError
from likeness.inputs.osc.pattern import is_pattern, match_pattern

KNOWN = ["/walk/speed", "/walk/seed", "/walk/depth", "/master/blackout", "/a.b/c+d"]


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("/walk/s*", ["/walk/speed", "/walk/seed"]),
        ("/*/*", KNOWN),
        ("/*", []),
        ("/walk/see?", ["/walk/seed"]),
        ("/walk/?????", ["/walk/speed", "/walk/depth"]),
        ("/walk/[ds]e*", ["/walk/seed", "/walk/depth"]),
        ("/walk/[!s]*", ["/walk/depth"]),
        ("/walk/[a-d]*", ["/walk/depth"]),
        ("/{walk,master}/{seed,blackout}", ["/walk/seed", "/master/blackout"]),
        ("/a.b/c+[a-z]", ["/a.b/c+d"]),
        ("/aXb/c*", []),
        ("/walk[!x]seed", []),
    ],
)
def test_the_signs_of_the_specification(pattern: str, expected: list[str]) -> None:
    assert is_pattern(pattern)
    assert match_pattern(pattern, KNOWN) == expected


@pytest.mark.parametrize("pattern", ["/walk/[", "/walk/{a", "/walk/]", "/walk/[z-a]", "/walk/[]", "/*a*b*c*d*e"])
def test_broken_and_greedy_patterns_are_refused(pattern: str) -> None:
    with pytest.raises(InputError, match="pattern"):
        match_pattern(pattern, KNOWN)


def test_no_pattern_holds_the_input_up() -> None:
    began = time.perf_counter()
    match_pattern("/*a*a*a", ["/" + "a" * 60 + "b"] * 50)
    match_pattern("/" + "*" * 500, ["/" + "a" * 60] * 50)
    # Without the bound on stars the first took minutes with ten of them; this leaves a slow machine a hundredfold.
    assert time.perf_counter() - began < 5
