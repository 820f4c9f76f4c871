"""Taps: the tempo of a hand that is late, slips, misses and stops."""

import random

import pytest

from likeness.tempo.taps import Taps


def played(times: list[float]) -> Taps:
    taps = Taps()
    for at in times:
        taps.add(at)
    return taps


def tempo(taps: Taps) -> float:
    assert taps.period_s is not None
    return 60.0 / taps.period_s


@pytest.mark.parametrize("bpm", [21.0, 60.0, 127.3, 174.0, 299.0])
def test_an_even_row_gives_its_tempo_from_the_third_tap_on(bpm: float) -> None:
    taps = Taps()
    assert [taps.add(5.0 + n * 60 / bpm) for n in range(5)] == [False, False, True, True, True]
    assert tempo(taps) == pytest.approx(bpm)
    assert taps.beat_at == pytest.approx(5.0 + 4 * 60 / bpm)


@pytest.mark.parametrize("seed", range(20))
def test_a_hand_that_jitters_is_read_within_two_percent(seed: int) -> None:
    chance = random.Random(seed)
    taps = played([n * 0.5 + chance.gauss(0, 0.015) for n in range(12)])
    assert tempo(taps) == pytest.approx(120, rel=0.02)
    # The beat is where the hand means it, closer than most of its taps.
    assert taps.beat_at == pytest.approx(5.5, abs=0.02)


def test_missed_taps_count_as_the_beats_that_they_are() -> None:
    beats = [0, 1, 3, 4, 5, 7, 8]
    assert tempo(played([n * 0.5 for n in beats])) == pytest.approx(120)


def test_one_tap_that_is_far_off_changes_nothing() -> None:
    times = [n * 0.5 for n in range(9)]
    times[4] += 0.18
    assert tempo(played(times)) == pytest.approx(120, rel=0.005)


def test_a_pad_that_bounces_is_one_tap() -> None:
    times = sorted([n * 0.5 for n in range(6)] + [n * 0.5 + 0.03 for n in range(6)])
    assert tempo(played(times)) == pytest.approx(120)


def test_a_pause_starts_anew() -> None:
    taps = played([n * 0.5 for n in range(8)])
    assert not taps.add(10.0)
    assert taps.period_s is None
    for n in range(1, 4):
        taps.add(10.0 + n * 0.4)
    assert tempo(taps) == pytest.approx(150)


@pytest.mark.parametrize("new", [90.0, 100.0, 140.0])
def test_another_tempo_without_a_pause_is_taken_after_a_few_taps(new: float) -> None:
    taps = played([n * 0.5 for n in range(12)])
    for n in range(1, 9):
        taps.add(5.5 + n * 60 / new)
    assert tempo(taps) == pytest.approx(new, rel=0.01)


def test_a_clock_that_runs_backwards_starts_anew() -> None:
    taps = played([10.0, 10.5, 11.0])
    assert not taps.add(3.0)
