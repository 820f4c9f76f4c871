"""The audio analyser: sines land in their band, hits are counted once and in time, tempi are told, noise is neither."""

import numpy as np
import pytest
from tests.engine.sounds import RATE, Sound, click, hat, kick, placed, sine, times

from likeness.audio.analyser import HIGHEST_HZ, LOWEST_HZ, AudioAnalyser
from likeness.audio.features import BANDS, AudioFeatures
from likeness.audio.tempo_estimate import estimate_tempo

EDGES = np.geomspace(LOWEST_HZ, HIGHEST_HZ, BANDS + 1)
CHANCE = np.random.default_rng(1)


def analyse_track(track: Sound, rate: int = RATE) -> tuple[AudioAnalyser, list[AudioFeatures]]:
    analyser = AudioAnalyser(rate)
    return analyser, [
        analyser.analyse(track[k : k + analyser.hop]) for k in range(0, len(track) - analyser.hop + 1, analyser.hop)
    ]


@pytest.mark.parametrize("rate", [22_050, 44_100, 48_000, 96_000])
def test_a_hop_is_about_11_ms_at_any_rate(rate: int) -> None:
    assert 0.0075 < AudioAnalyser(rate).hop / rate < 0.0151


@pytest.mark.parametrize("band", range(1, BANDS))
def test_a_sine_is_loudest_in_its_own_band(band: int) -> None:
    middle = float(np.sqrt(EDGES[band] * EDGES[band + 1]))
    _, features = analyse_track(sine(middle, 0.5, 1.0))
    assert features[-1].bands[band] == pytest.approx(1.0, abs=0.02)
    assert max(features[-1].bands) == features[-1].bands[band]
    far = [value for other, value in enumerate(features[-1].bands) if abs(other - band) > 2]
    assert max(far, default=0) == 0


@pytest.mark.parametrize("drop_db", [6.0, 20.0, 60.0])
def test_what_gets_quieter_falls_by_its_decibels(drop_db: float) -> None:
    loud, quiet = sine(2500, 0.5, 1.0), sine(2500, 0.5 * 10 ** (-drop_db / 20), 0.2)
    _, features = analyse_track(np.concatenate((loud, quiet)))
    # Out of a range of 30 dB; the loudest of late has faded by 2 dB a second.
    expected = max(0.0, 1 - (drop_db - 2 * 0.2) / 30)
    assert features[-1].bands[5] == pytest.approx(expected, abs=0.02)
    assert features[-1].level == pytest.approx(expected, abs=0.02)


def test_silence_and_a_rooms_hum_are_silent() -> None:
    _, features = analyse_track(np.zeros(RATE * 2, np.float32))
    assert features[-1] == AudioFeatures()
    _, features = analyse_track((CHANCE.standard_normal(RATE * 2) * 3e-5).astype(np.float32))
    assert features[-1] == AudioFeatures()


@pytest.mark.parametrize("rate", [44_100, 48_000])
@pytest.mark.parametrize("make", [click, kick])
@pytest.mark.parametrize("bpm", [90.0, 128.0])
def test_each_hit_is_counted_once_and_in_time(make: object, bpm: float, rate: int) -> None:
    beats = times(bpm, 8.0)
    analyser, features = analyse_track(placed(make(rate), beats, 8.0, rate), rate)  # type: ignore[operator]
    told = [
        (k + 1) * analyser.hop / rate
        for k in range(1, len(features))
        if features[k].onsets[0] > features[k - 1].onsets[0]
    ]
    assert len(told) == len(beats)
    late = [after - beat for after, beat in zip(told, beats, strict=True)]
    assert min(late) > 0
    assert max(late) < 0.04
    assert np.mean(late) == pytest.approx(analyser.latency_s, abs=0.005)


def test_lows_and_highs_are_counted_apart() -> None:
    beats, offbeats = times(120, 10.0), [when + 0.25 for when in times(120, 10.0)][:-1]
    noise = (CHANCE.standard_normal(RATE * 10) * 1e-3).astype(np.float32)
    _, features = analyse_track(placed(kick(), beats, 10.0) + placed(hat(), offbeats, 10.0) + noise)
    whole, low, _, high = features[-1].onsets
    assert (low, high) == (len(beats), len(offbeats))
    assert whole == len(beats) + len(offbeats)


def test_steady_noise_and_steady_tones_begin_nothing() -> None:
    _, noise = analyse_track((CHANCE.standard_normal(RATE * 8) * 0.2).astype(np.float32))
    assert noise[-1].onsets[0] == 0
    assert noise[-1].tempo == 0
    _, tone = analyse_track(sine(440, 0.5, 8.0))
    assert tone[-1].onsets[0] <= 1


@pytest.mark.parametrize("make", [click, kick])
@pytest.mark.parametrize("bpm", [72.0, 90.0, 104.5, 120.0, 128.0, 150.0])
def test_the_tempo_is_told_within_a_tenth_of_a_beat_a_minute(make: object, bpm: float) -> None:
    _, features = analyse_track(placed(make(), times(bpm, 12.0), 12.0))  # type: ignore[operator]
    assert features[-1].tempo == pytest.approx(bpm, abs=0.1)


def test_a_tempo_far_from_120_may_be_told_by_half() -> None:
    _, features = analyse_track(placed(click(), times(174.0, 12.0), 12.0))
    assert features[-1].tempo == pytest.approx(87, abs=0.1)


def test_the_same_samples_give_the_same_answers_to_the_last_bit() -> None:
    track = placed(kick(), times(128, 4.0), 4.0) + (CHANCE.standard_normal(RATE * 4) * 0.01).astype(np.float32)
    assert analyse_track(track)[1] == analyse_track(track)[1]


def test_what_is_no_number_does_not_deafen() -> None:
    analyser = AudioAnalyser(RATE)
    analyser.analyse(np.full(analyser.hop, np.nan, np.float32))
    track = sine(1000, 0.5, 0.5)
    for k in range(0, len(track) - analyser.hop, analyser.hop):
        features = analyser.analyse(track[k : k + analyser.hop])
    assert features.level == pytest.approx(1.0, abs=0.02)


@pytest.mark.parametrize("hottest", [1e4, np.inf, -np.inf, np.finfo(np.float32).max])
def test_one_huge_sample_does_not_deafen(hottest: float) -> None:
    track = sine(1000, 0.5, 0.5)
    track[100] = hottest
    _, features = analyse_track(track)
    assert features[-1].level == pytest.approx(1.0, abs=0.1)
    assert max(features[-1].bands) > 0.5


@pytest.mark.parametrize("lag", [40.0, 46.875, 61.3])
def test_a_train_of_bumps_has_the_tempo_of_its_lag(lag: float) -> None:
    n = np.arange(750)
    phase = (n % lag + lag / 2) % lag - lag / 2
    envelope = np.exp(-(phase**2) / 2).astype(np.float32)
    assert estimate_tempo(envelope, 93.75) == pytest.approx(60 * 93.75 / lag, rel=2e-3)


def test_of_nothing_and_of_too_little_there_is_no_tempo() -> None:
    assert estimate_tempo(np.zeros(750, np.float32), 93.75) == 0
    assert estimate_tempo(np.ones(10, np.float32), 93.75) == 0
    assert estimate_tempo(np.random.default_rng(3).random(750).astype(np.float32), 93.75) == 0


def test_parts_of_the_spectrum_by_name_and_by_number() -> None:
    features = AudioFeatures((0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8), 0.9, (10, 1, 2, 3))
    assert [features.loudness(band) for band in ("level", "low", "mid", "high", "3")] == [0.9, 0.2, 0.5, 0.8, 0.4]
    assert [features.onset_count(band) for band in ("level", "low", "mid", "high", "1", "4", "7")] == [
        10,
        1,
        2,
        3,
        1,
        2,
        3,
    ]
