"""When an installation plays, by clocks that move, jump and change to summer time."""

import time
from collections.abc import Iterator
from datetime import datetime

import pytest

from likeness.errors import LikenessError
from likeness.tools.guard.schedule import parse_schedule

# 2026-03-29 is the Sunday on which Amsterdam goes from 2:00 to 3:00; 2026-10-25 that on which 3:00 becomes 2:00.
ZONE = "Europe/Amsterdam"


@pytest.fixture(autouse=True)
def zone(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", ZONE)
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def level(schedule: str, moment: str) -> float:
    """Return the brightness at an ISO time; one without an offset is that of the zone."""
    return parse_schedule(schedule).level(datetime.fromisoformat(moment).timestamp())


@pytest.mark.parametrize(
    ("clock", "expected"),
    [("09:59:59", 0.0), ("10:00:00", 1.0), ("17:29:59", 1.0), ("17:30:00", 0.4), ("17:59:59", 0.4), ("18:00:00", 0.0)],
)
def test_a_day_opens_dims_and_closes(clock: str, expected: float) -> None:
    assert level("10:00-18:00, dim after 17:30", f"2026-11-29T{clock}") == expected


def test_hours_past_midnight_belong_to_the_day_on_which_they_began() -> None:
    friday = "fri 20:00-02:00, dim to 10% after 1:00"
    # 2026-11-27 is a Friday.
    clocks = ["27T19:59", "27T20:00", "28T00:59", "28T01:00", "28T02:00", "27T01:00", "28T20:00"]
    assert [level(friday, f"2026-11-{clock}") for clock in clocks] == [0.0, 1.0, 1.0, 0.1, 0.0, 0.0, 0.0]


def test_days_may_have_hours_of_their_own() -> None:
    week = "tue-fri 10:00-18:00; sat-sun, mon 11:00-24:00"
    # From Monday, 2026-11-23.
    at_ten = [level(week, f"2026-11-{day}T10:30") for day in range(23, 30)]
    assert at_ten == [0.0, 1.0, 1.0, 1.0, 1.0, 0.0, 0.0]
    assert [level(week, f"2026-11-{day}T23:59") for day in (23, 24, 29)] == [1.0, 0.0, 1.0]


def test_round_the_clock_is_never_dark() -> None:
    assert {level("6:00-6:00", f"2026-11-29T{hour:02}:00") for hour in range(24)} == {1.0}


def test_an_hour_that_comes_twice_closes_once() -> None:
    # It closes at the first 2:30, and the second 2:00 opens nothing again.
    moments = ["01:59+02:00", "02:29+02:00", "02:31+02:00", "02:10+01:00", "02:40+01:00"]
    levels = [level("20:00-2:30", f"2026-10-25T{moment}") for moment in moments]
    assert levels == [1.0, 1.0, 0.0, 0.0, 0.0]


def test_an_hour_that_never_comes_closes_in_time() -> None:
    # 2:30 is not on the clock that night, which shows 3:00 after 1:59.
    levels = [level("20:00-2:30", f"2026-03-29T{moment}") for moment in ("01:59+01:00", "03:59+02:00")]
    assert levels == [1.0, 0.0]


def test_a_clock_that_jumps_is_followed_at_once() -> None:
    schedule = parse_schedule("10:00-18:00")
    noon = datetime.fromisoformat("2026-11-29T12:00").timestamp()
    assert [schedule.level(at) for at in (noon, noon + 8 * 3600, noon - 8 * 3600, noon)] == [1.0, 0.0, 0.0, 1.0]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "is no schedule"),
        ("10-18", "is no schedule"),
        ("10:00-18:00, dim", "is no schedule"),
        ("10:00-25:00", "25:00 is no time of day"),
        ("10:00-18:60", "18:60 is no time of day"),
        ("abc 10:00-18:00", "days are mon"),
        ("10:00-18:00, dim after 9:00", "between the opening and the closing"),
        ("10:00-18:00, dim after 18:00", "between the opening and the closing"),
        ("10:00-18:00, dim to 0% after 17:00", "dim to 1% to 100%"),
        ("10:00-18:00; ", "is no schedule"),
    ],
)
def test_what_is_no_schedule_is_refused_with_the_reason(text: str, words: str) -> None:
    with pytest.raises(LikenessError, match=words):
        parse_schedule(text)
