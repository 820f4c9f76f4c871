"""Times as people write them, and how far a run is."""

import pytest

from likeness.errors import TrainingError
from likeness.training.schedule import MARGIN, Schedule, fade_out, format_time, parse_time


@pytest.mark.parametrize(
    ("text", "seconds"), [("90m", 5400), ("1h30m", 5400), ("45s", 45), ("600", 600), ("2d", 172800), ("0.5h", 1800)]
)
def test_times_are_read_as_people_write_them(text: str, seconds: float) -> None:
    assert parse_time(text) == seconds


@pytest.mark.parametrize("text", ["", "soon", "5x", "-3m", "0s", "3m and more", "m"])
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(TrainingError, match="is no time; write 90m"):
        parse_time(text)


def test_times_are_told_as_people_say_them() -> None:
    assert [format_time(seconds) for seconds in (-3, 45, 720, 5400, 36000)] == [
        "0 s",
        "45 s",
        "12 min",
        "90 min",
        "10 h 0 min",
    ]


def test_a_time_keeps_room_for_what_comes_after_the_last_step() -> None:
    now = [100.0]
    schedule = Schedule(None, 1000.0, spent_s=200.0, started_at=90.0, now=lambda: now[0])
    schedule.reserve(80.0)
    whole = 1000.0 - 80.0 * MARGIN
    assert schedule.progress(5) == pytest.approx(210.0 / whole)
    assert schedule.left_s(5, 1.0) == pytest.approx(790.0)
    now[0] += whole
    assert schedule.progress(5) == 1.0


def test_steps_do_not_look_at_the_clock() -> None:
    now = [0.0]
    schedule = Schedule(200, None, now=lambda: now[0])
    now[0] = 1e6
    assert schedule.progress(50) == 0.25
    assert schedule.left_s(50, 3.0) == pytest.approx(50.0 + schedule.finish_s)


def test_the_rate_fades_by_half_a_cosine_over_the_last_third() -> None:
    assert [fade_out(progress) for progress in (0.0, 0.5, 2 / 3, 5 / 6, 1.0)] == pytest.approx([1, 1, 1, 0.5, 0])
