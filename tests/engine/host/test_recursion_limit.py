"""The recursion limit, which no plugin lowers while a show plays."""

import sys

import pytest

from likeness.host.recursion_limit import keep_recursion_limit


def test_nobody_can_lower_the_recursion_limit_while_a_show_plays(caplog: pytest.LogCaptureFixture) -> None:
    before = sys.getrecursionlimit()
    with keep_recursion_limit():
        sys.setrecursionlimit(50)
        assert sys.getrecursionlimit() == before
        sys.setrecursionlimit(before + 100)
        assert sys.getrecursionlimit() == before + 100
    sys.setrecursionlimit(before)
    assert "test_recursion_limit wants a recursion limit of 50" in caplog.text


def test_two_shows_leave_the_recursion_limit_free_whichever_ends_first() -> None:
    first, second, limit = keep_recursion_limit(), keep_recursion_limit(), sys.getrecursionlimit()
    first.__enter__()
    second.__enter__()
    first.__exit__(None, None, None)
    second.__exit__(None, None, None)
    sys.setrecursionlimit(limit - 1)
    try:
        assert sys.getrecursionlimit() == limit - 1
    finally:
        sys.setrecursionlimit(limit)
