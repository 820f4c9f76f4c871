"""The governor: an even rate that the machine holds, changed at bars and cues alone, and not to and fro."""

import math
from collections.abc import Callable
from itertools import pairwise

import pytest

from likeness.show.governor import FIRST_RISE_S, FrameWork, Governor, find_divisor, list_divisors, mean_interval
from likeness.tempo.transport import Moment

Draw = Callable[[float], float]


class Machine:
    """Plays a governed show whose frames take as long as `draw` says, on a clock that only counts."""

    def __init__(self, wanted: float = 60.0, *, strict: bool = False, tempo: float = 120.0, meter: int = 4) -> None:
        self.governor = Governor(wanted, strict=strict)
        self.at = 0.0
        self.tempo, self.meter = tempo, meter
        # Each change: when it came, and the rate from there.
        self.changes: list[tuple[float, float]] = []

    def play(self, seconds: float, draw: Draw, *, display_s: float = 0.0, cue_at: float = math.inf) -> None:
        """Play on; `display_s` is how long a picture waits for its display at least, beside the drawing."""
        end, cued = self.at + seconds, False
        while self.at < end:
            moment = Moment(self.at, self.at * self.tempo / 60, self.tempo, self.meter)
            cue = not cued and self.at >= cue_at
            cued |= cue
            spent = draw(self.at)
            self.governor.add(FrameWork(self.at, spent, 0.001))
            if self.governor.step(moment, cue=cue):
                self.changes.append((self.at, self.governor.fps))
            self.at += max(spent + 0.001 + display_s, 1 / self.governor.fps)

    @property
    def rates(self) -> list[float]:
        return [rate for _, rate in self.changes]


def takes(seconds: float) -> Draw:
    return lambda at: seconds


@pytest.mark.parametrize(
    ("spent_s", "rate"), [(0.012, 60), (0.020, 30), (0.035, 20), (0.050, 15), (0.070, 12), (0.3, 12)]
)
def test_the_rate_is_the_highest_whole_part_that_the_machine_holds(spent_s: float, rate: float) -> None:
    machine = Machine()
    machine.play(30, takes(spent_s))
    assert machine.governor.fps == rate
    assert machine.rates == ([] if rate == 60 else [rate])


def test_it_changes_where_a_bar_begins_and_never_between_and_says_so_once(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    machine = Machine(tempo=100.0, meter=3)
    machine.play(20, takes(0.02))
    machine.play(60, takes(0.004))
    assert machine.rates == [30, 60]
    for at, _ in machine.changes:
        # A bar takes 1.8 s; the first frame of one begins within a frame of it.
        assert at % 1.8 < 1 / 15
    assert len(caplog.records) == 2
    assert "60 frames per second are more than this machine draws; an even 30 from here" in caplog.text


def test_a_cue_is_as_good_as_a_bar() -> None:
    # A bar of 6.4 s: without the cue it would change at 6.4.
    machine = Machine(tempo=150.0, meter=16)
    machine.play(6, takes(0.02), cue_at=4.0)
    assert machine.changes[0] == (pytest.approx(4.0, abs=0.03), 30)


def test_where_a_bar_takes_very_long_a_beat_will_do() -> None:
    # A bar of 48 s, of beats of 3 s.
    machine = Machine(tempo=20.0, meter=16)
    machine.play(10, takes(0.02))
    assert machine.changes[0] == (pytest.approx(3.0, abs=0.03), 30)


def test_one_stall_or_a_hung_plugin_is_no_reason() -> None:
    machine = Machine()
    machine.play(40, lambda at: 1.0 if 10 < at < 10.1 or 30 < at < 30.1 else 0.01)
    assert machine.changes == []


def test_stalls_that_no_rate_would_hold_lower_it_no_further() -> None:
    machine = Machine()
    # 50 ms fit into a quarter of 60, and every tenth frame takes 0.3 s, which fits into none.
    machine.play(60, lambda at: 0.3 if int(at * 15) % 10 == 0 else 0.05)
    assert machine.rates == [15]


def test_it_comes_back_when_the_neighbour_is_quiet_again() -> None:
    machine = Machine()
    machine.play(10, takes(0.02))
    assert machine.governor.fps == 30
    quiet = machine.at
    machine.play(30, takes(0.008))
    back, rate = machine.changes[-1]
    assert rate == 60
    assert back - machine.changes[0][0] >= FIRST_RISE_S
    assert back - quiet < 2 * FIRST_RISE_S


def test_a_frame_that_nearly_fits_changes_nothing_to_and_fro() -> None:
    machine = Machine()
    # 14 ms of 16.7: too full to rise to, and held where it plays.
    machine.play(120, takes(0.014))
    assert machine.changes == []
    machine.play(10, takes(0.02))
    machine.play(300, takes(0.014))
    assert machine.rates == [30]


def test_a_rise_that_is_not_held_waits_longer_each_time() -> None:
    machine = Machine()
    # Draws fast enough, and the display holds the show up at 60 alone: that shows only when it is tried.
    for _ in range(6000):
        machine.play(0.1, takes(0.005), display_s=0.014 if machine.governor.fps == 60 else 0.0)
    tries = [at for at, rate in machine.changes if rate == 60]
    waits = [later - earlier for earlier, later in pairwise(tries)]
    assert 3 <= len(tries) <= 7
    assert all(later > 1.5 * earlier for earlier, later in pairwise(waits))


def test_strict_holds_the_wanted_rate() -> None:
    machine = Machine(strict=True)
    machine.play(30, takes(0.05))
    assert machine.governor.fps == 60
    assert machine.changes == []


def test_a_display_that_is_a_little_slower_than_the_show_is_no_reason() -> None:
    machine = Machine()
    machine.play(60, takes(0.004), display_s=1 / 59 - 0.005)
    assert machine.changes == []


def test_the_divisor_leaves_a_tenth_of_the_frame_free() -> None:
    assert [find_divisor(60, ms / 1e3) for ms in (14.9, 15.1, 29.9, 30.1, 44.9, 45.1, 500)] == [1, 2, 2, 3, 3, 4, 5]


def test_no_rate_becomes_less_than_twelve_frames_a_second() -> None:
    assert [list_divisors(fps) for fps in (60, 50, 40, 30, 25, 24, 23.9, 5)] == [
        [1, 2, 3, 4, 5],
        [1, 2, 3, 4],
        [1, 2, 3],
        [1, 2],
        [1, 2],
        [1, 2],
        [1],
        [1],
    ]
    machine = Machine(wanted=14.0)
    machine.play(30, takes(0.2))
    assert machine.changes == []


def test_the_mean_interval_leaves_the_longest_out() -> None:
    works = [FrameWork(at, 0.0, 0.0) for at in (0.0, 0.1, 0.2, 0.3, 9.0)]
    assert mean_interval(works) == pytest.approx(0.1)
