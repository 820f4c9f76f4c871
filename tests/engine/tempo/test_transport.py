"""The transport: the beat of every frame, exact offline, in hand live, led by a clock and left by it."""

from itertools import pairwise

import pytest

from likeness.tempo.midi_clock import ClockListener
from likeness.tempo.quantise import next_on_grid, schedule_arrival, to_beats, when_to_start
from likeness.tempo.transport import Moment, Transport

FPS = 60.0


class Stage:
    """A show that plays frames on a wall clock, and whose tempo parameter takes what the transport asks for."""

    def __init__(self, tempo: float = 120.0, listener: ClockListener | None = None) -> None:
        self.wall = 1000.0
        self.transport = Transport([listener] if listener else [], now=lambda: self.wall)
        self.tempo, self.index = tempo, 0
        self.moments: list[Moment] = []

    def play(self, seconds: float, meter: int = 4) -> Moment:
        for _ in range(round(seconds * FPS)):
            self.wall = 1000.0 + self.index / FPS
            self.moments.append(self.transport.advance(self.index / FPS, self.tempo, meter))
            self.index += 1
            self.tempo = self.transport.pop_tempo() or self.tempo
        return self.moments[-1]


def phase(beat: float) -> float:
    """How far from the nearest beat."""
    return beat - round(beat)


@pytest.mark.parametrize("fps", [24.0, 59.94, 60.0, 144.0])
def test_the_beat_is_a_product_and_no_sum_of_frames(fps: float) -> None:
    transport = Transport()
    for index in range(5000):
        moment = transport.advance(index / fps, 133.7)
        assert moment.beat == index / fps * 133.7 / 60
        assert moment.bar == moment.beat / 4


def test_another_tempo_bends_the_beat_and_does_not_break_it() -> None:
    stage = Stage(120.0)
    stage.play(1.0)
    stage.tempo = 60.0
    beat = stage.play(1.0).beat
    # The last frame of each second begins one frame before its end.
    assert beat == pytest.approx((59 / 60) * 2 + 60 / 60 * 1)
    assert all(0 < after.beat - before.beat <= 2 / FPS + 1e-9 for before, after in pairwise(stage.moments))


def test_a_stall_of_the_show_does_not_delay_the_music() -> None:
    transport = Transport()
    transport.advance(1.0, 120.0)
    assert transport.advance(3.5, 120.0).beat == 7.0


def test_taps_set_the_tempo_and_bring_the_beat_to_the_hand_without_a_leap() -> None:
    stage = Stage(120.0)
    stage.play(0.77)
    for _ in range(6):
        tapped_at = stage.wall
        stage.transport.tap()
        stage.play(0.45)
    stage.play(2.0)
    period = 27 / FPS
    assert stage.tempo == pytest.approx(60 / period)
    beats_on = (stage.moments[-1].at + 1000.0 - tapped_at) / period
    assert phase(stage.moments[-1].beat - beats_on) == pytest.approx(0, abs=1e-6)
    steps = [after.beat - before.beat for before, after in pairwise(stage.moments)]
    assert min(steps) > 0
    assert max(steps) <= 2 * stage.tempo / 60 / FPS + 1e-9


@pytest.mark.parametrize("beats", [0.3, -0.3, 0.02])
def test_a_nudge_moves_the_beat_by_what_was_asked_and_no_frame_leaps(beats: float) -> None:
    stage = Stage(120.0)
    stage.play(1.0)
    stage.transport.nudge(beats)
    moment = stage.play(2.0)
    assert moment.beat == pytest.approx(moment.at * 2 + beats)
    assert all(0 < after.beat - before.beat <= 4 / FPS + 1e-9 for before, after in pairwise(stage.moments))


@pytest.mark.parametrize("start", [0.1, 1.3, 2.6, 3.9, 5.2])
def test_doubling_keeps_every_old_beat_a_beat_and_the_one_a_one(start: float) -> None:
    stage = Stage(120.0)
    before = stage.play(start / 2)
    stage.transport.double()
    stage.play(0.5)
    assert stage.tempo == 240
    # Old beats come every half second from 0 on, and every second one of the new is one of them.
    old = stage.moments[-1].at * 2
    assert phase((stage.moments[-1].beat - 2 * old) / 4) == pytest.approx(0, abs=1e-9)
    assert stage.moments[-1].beat >= before.beat


def test_halving_undoes_doubling_on_the_beat() -> None:
    stage = Stage(120.0)
    stage.play(1.15)
    stage.transport.double()
    stage.play(0.3)
    stage.transport.halve()
    stage.play(1.0)
    assert stage.tempo == 120
    assert phase(stage.moments[-1].beat - stage.moments[-1].at * 2) == pytest.approx(0, abs=1e-9)


def test_doubling_beyond_the_range_of_the_tempo_does_nothing() -> None:
    stage = Stage(200.0)
    stage.play(1.0)
    stage.transport.double()
    moment = stage.play(1.0)
    assert (stage.tempo, moment.beat) == (200.0, pytest.approx(moment.at * 200 / 60))


@pytest.mark.parametrize(("pressed", "one"), [(5.3, 6), (5.9, 6), (6.1, 6), (6.5, 7)])
def test_resync_makes_the_next_beat_the_first_and_forgives_a_late_hand(pressed: float, one: int) -> None:
    stage = Stage(120.0)
    stage.play(pressed / 2)
    stage.transport.resync()
    stage.play(0.1)
    moment = stage.moments[-1]
    assert (moment.beat - (moment.at * 2 - one)) % 4 == pytest.approx(0, abs=1e-6) or (
        moment.beat - (moment.at * 2 - one)
    ) % 4 == pytest.approx(4, abs=1e-6)


def test_resync_knows_a_bar_of_three() -> None:
    stage = Stage(120.0)
    stage.play(2.2, meter=3)
    stage.transport.resync()
    stage.play(0.5, meter=3)
    # Pressed at beat 4.4: the fifth is the one.
    moment = stage.moments[-1]
    assert (moment.bar - (moment.at * 2 - 5) / 3) % 1 == pytest.approx(0, abs=1e-6)


def test_a_midi_clock_leads_and_after_its_loss_the_beat_goes_on_at_its_tempo() -> None:
    listener = ClockListener()
    stage = Stage(90.0, listener)
    stage.play(1.0)
    listener.start()
    period = 60 / 131 / 24
    for pulse in range(24 * 4):
        listener.clock(1000.0 + (stage.index - 1) / FPS + period)
        while (stage.index - 1) / FPS < 1.0 + pulse * period:
            stage.play(1 / FPS)
    # The pulses stand where the frames were, to a frame; their tempo is exact in the mean.
    assert stage.transport.leader == "MIDI clock"
    assert stage.tempo == pytest.approx(131, abs=2)
    assert 3.5 < stage.moments[-1].beat < 4.5
    led = stage.moments[-1].tempo
    stage.play(2.0)
    assert stage.transport.leader == ""
    assert stage.tempo == pytest.approx(led, abs=1.0)
    steps = [after.beat - before.beat for before, after in pairwise(stage.moments[-110:])]
    assert min(steps) > 0
    assert max(steps) < 1.1 * stage.tempo / 60 / FPS


def test_a_hand_on_the_tempo_is_overruled_while_a_clock_leads() -> None:
    listener = ClockListener()
    stage = Stage(120.0, listener)
    for _ in range(20):
        listener.clock(1000.0 + stage.index / FPS)
        stage.play(1 / FPS)
    leading = stage.tempo
    stage.tempo = 77.0
    for _ in range(10):
        listener.clock(1000.0 + stage.index / FPS)
        stage.play(1 / FPS)
    # A pulse a frame is 150 BPM.
    assert (leading, stage.tempo) == (pytest.approx(150, abs=0.3), pytest.approx(150, abs=0.3))


def test_a_led_beat_can_be_doubled_and_nudged_against_the_delay_of_a_room() -> None:
    listener = ClockListener()
    stage = Stage(120.0, listener)
    listener.start()
    for frame in range(120):
        if frame == 60:
            stage.transport.halve()
            stage.transport.nudge(0.1)
        listener.clock(1000.0 + stage.index / FPS)
        stage.play(1 / FPS)
    # The 120th pulse is number 119.
    assert stage.moments[-1].beat == pytest.approx(119 / 24 / 2 + 0.1, abs=1e-3)
    listener.start()
    listener.clock(1000.0 + stage.index / FPS)
    stage.play(1 / FPS)
    assert stage.moments[-1].beat == pytest.approx(0.1, abs=0.03)


def test_what_arrives_on_a_line_begins_earlier_by_its_way_and_by_the_latency() -> None:
    assert to_beats(0.5, 120.0) == 1.0
    assert when_to_start(16.0, travel=4.0, latency=to_beats(0.05, 120.0)) == pytest.approx(11.9)
    assert schedule_arrival(9.0, every=4.0, travel=2.0, latency=0.1) == (pytest.approx(9.9), 12.0)
    # The next bar cannot be reached any more: the one after it.
    assert schedule_arrival(10.0, every=4.0, travel=2.0, latency=0.1) == (pytest.approx(13.9), 16.0)


def test_a_line_that_was_reached_but_for_rounding_is_reached() -> None:
    assert next_on_grid(0.1 + 0.2 - 0.3 + 4.0, 4.0) == 4.0
    assert next_on_grid(4.001, 4.0) == 8.0
