"""Clocks: exact offline, forgiving live."""

import pytest

from likeness.show.clock import LONGEST_DT_S, FixedClock, RealClock


class Wall:
    """A wall clock that sleeps at once and loses `stall_s` where told to."""

    def __init__(self) -> None:
        self.now_s = 100.0

    def now(self) -> float:
        return self.now_s

    def sleep(self, seconds: float) -> None:
        assert seconds >= 0
        self.now_s += seconds


def test_the_fixed_clock_counts_exactly() -> None:
    clock = FixedClock(30)
    ticks = [clock.tick() for _ in range(91)]
    assert ticks[0].dt == 0.0
    assert ticks[90].at == 3.0
    assert {tick.dt for tick in ticks[1:]} == {1 / 30}


def test_the_real_clock_keeps_its_rate_over_time() -> None:
    wall = Wall()
    clock = RealClock(50, wall.now, wall.sleep)
    for _ in range(501):
        tick = clock.tick()
        wall.now_s += 0.004
    assert tick.at == pytest.approx(10.0)


def test_the_rate_may_change_between_two_frames() -> None:
    wall = Wall()
    clock = RealClock(60, wall.now, wall.sleep)
    for _ in range(10):
        before = clock.tick().at
    clock.fps = 15
    assert [clock.tick().at - before for _ in range(3)] == pytest.approx([1 / 15, 2 / 15, 3 / 15])


def test_motion_keeps_its_speed_at_a_rate_below_ten() -> None:
    wall = Wall()
    clock = RealClock(4, wall.now, wall.sleep)
    clock.tick()
    assert [clock.tick().dt for _ in range(4)] == pytest.approx([0.25] * 4)


def test_a_stall_is_not_caught_up_with_a_burst_or_a_leap() -> None:
    wall = Wall()
    clock = RealClock(50, wall.now, wall.sleep)
    clock.tick()
    wall.now_s += 3.0
    late = clock.tick()
    assert late.dt == LONGEST_DT_S
    assert clock.tick().at - late.at == pytest.approx(1 / 50)
