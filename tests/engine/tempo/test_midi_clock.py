"""MIDI clock: pulses to beats, through jitter, loss, tempo changes, and wherever the song is put."""

import math
import random
from itertools import pairwise
from statistics import fmean

import pytest

from likeness.tempo.midi_clock import LOST_S, ClockListener

PULSES = 24


class Sender:
    """A sequencer and its cable: pulses at exact times, heard late by up to `jitter_s`; looked at every 60th second."""

    def __init__(self, bpm: float = 120.0, jitter_s: float = 0.0, seed: int = 1) -> None:
        self.listener = ClockListener()
        self.bpm, self.jitter_s = bpm, jitter_s
        self.at = 100.0
        self.chance = random.Random(seed)
        self.beats: list[tuple[float, float, float]] = []
        self._waiting: list[float] = []
        self._frame = self.at

    def pulses(self, count: int, heard: bool = True) -> None:
        for _ in range(count):
            if heard:
                self._waiting.append(self.at + self.chance.uniform(0, self.jitter_s))
            self.at += 60 / self.bpm / PULSES
            while self._frame < self.at:
                self._look()

    def _look(self, free: float = 0.0) -> None:
        while self._waiting and self._waiting[0] <= self._frame:
            self.listener.clock(self._waiting.pop(0))
        led = self.listener.read(self._frame, free, 4)
        if led is not None:
            self.beats.append((self._frame, led.beat, led.tempo))
        self._frame += 1 / 60


def test_a_start_puts_the_first_pulse_on_the_first_beat() -> None:
    sender = Sender(bpm=133.0)
    sender.listener.start()
    sender.pulses(24 * 8)
    for at, beat, tempo in sender.beats:
        assert beat == pytest.approx((at - 100.0) * 133 / 60, abs=1e-6)
        assert tempo == pytest.approx(133)
    assert sender.listener.running


@pytest.mark.parametrize("seed", range(5))
def test_the_jitter_of_our_polling_is_filtered_and_the_beat_never_runs_back(seed: int) -> None:
    sender = Sender(bpm=120.0, jitter_s=0.004, seed=seed)
    sender.listener.start()
    sender.pulses(24 * 32)
    settled = [row for row in sender.beats if row[0] > 104.0]
    # The mean of the jitter, 2 ms, is a delay that nobody can see from here.
    errors = [beat / 2 - (at - 100.0 - 0.002) for at, beat, _ in settled]
    # What comes in is uniform over 4 ms: 1.15 ms RMS.
    assert math.sqrt(fmean(error * error for error in errors)) < 0.0005
    assert all(abs(tempo - 120) < 0.5 for _, _, tempo in settled)
    assert all(after[1] > before[1] for before, after in pairwise(sender.beats))


def test_a_turned_tempo_knob_is_followed_without_losing_a_pulse() -> None:
    sender = Sender(bpm=120.0)
    sender.listener.start()
    sender.pulses(24 * 8)
    sender.bpm = 140.0
    sender.pulses(24 * 16)
    at, beat, tempo = sender.beats[-1]
    assert tempo == pytest.approx(140, abs=0.1)
    # 8 beats at 120 are 4 s.
    assert beat == pytest.approx(8 + (at - 104.0) * 140 / 60, abs=0.01)


def test_half_the_tempo_is_followed_too() -> None:
    sender = Sender(bpm=160.0)
    sender.listener.start()
    sender.pulses(24 * 8)
    sender.bpm = 80.0
    sender.pulses(24 * 12)
    assert sender.beats[-1][2] == pytest.approx(80, abs=0.2)


def test_song_position_and_continue_go_to_that_place() -> None:
    sender = Sender(bpm=120.0)
    sender.listener.start()
    sender.pulses(24 * 4)
    sender.listener.stop()
    sender.listener.song_position(64)
    sender.listener.continue_()
    began = sender.at
    sender.pulses(24 * 2)
    at, beat, _ = sender.beats[-1]
    # 64 sixteenths are 16 beats.
    assert beat == pytest.approx(16 + (at - began) * 2, abs=1e-3)


def test_continue_alone_goes_on_where_the_stop_was() -> None:
    sender = Sender(bpm=120.0)
    sender.listener.start()
    sender.pulses(24 * 4)
    sender.listener.stop()
    sender.at += 0.3
    sender.listener.continue_()
    sender.pulses(24 * 4)
    assert sender.beats[-1][1] == pytest.approx(8, abs=0.06)


def test_after_a_stop_the_tempo_is_still_heard() -> None:
    sender = Sender(bpm=120.0)
    sender.listener.start()
    sender.pulses(24 * 2)
    sender.listener.stop()
    sender.pulses(24 * 2)
    assert not sender.listener.running
    assert sender.beats[-1][1] == pytest.approx(4, abs=0.05)


def test_loss_is_told_once_and_pulses_that_come_back_are_taken_up(caplog: pytest.LogCaptureFixture) -> None:
    sender = Sender(bpm=120.0)
    sender.pulses(24 * 2)
    sender.pulses(24 * 4, heard=False)
    lost = [record for record in caplog.records if "lost; the beat goes on at 120.0 BPM" in record.message]
    assert len(lost) == 1
    assert sender.beats[-1][0] < 101.0 + LOST_S + 0.05
    known = len(sender.beats)
    sender.pulses(24 * 2)
    assert len(sender.beats) > known


def test_a_clock_that_never_said_where_it_is_goes_on_from_the_shows_beat() -> None:
    listener = ClockListener()
    for pulse in range(12):
        listener.clock(10.0 + pulse / 48)
    led = listener.read(10.0 + 11 / 48, 57.3, 4)
    assert led is not None
    # To the nearest pulse of 57.3, 1375 / 24, and eleven on.
    assert led.beat == pytest.approx((1375 + 11) / 24)
    assert not led.moved


def test_a_flood_of_pulses_fills_no_memory() -> None:
    listener = ClockListener()
    for _ in range(100_000):
        listener.clock(1.0)
    listener.read(1.0, 0.0, 4)
    assert len(listener._inbox) == 0
    for _ in range(100_000):
        listener.clock(2.0)
    assert len(listener._inbox) <= 1024
