"""The sound of a device on the clock of the show, though its own clock drifts and its blocks come when they come."""

import numpy as np
import pytest
from tests.engine.sounds import RATE, sine

from likeness.audio.heard_sound import DRIFT, KEPT, HeardSound, stretch
from likeness.audio.sound import Sound

BLOCK = 512


def impulse(sound: Sound) -> int:
    return int(np.argmax(np.abs(sound[0])))


@pytest.mark.parametrize("ppm", [-300.0, 0.0, 80.0, 300.0])
def test_a_drifting_device_whose_blocks_come_late_by_chance_stays_within_5_ms(ppm: float) -> None:
    heard, chance = HeardSound(), np.random.default_rng(2)
    # What the device calls a second is a little more or less.
    true_rate = RATE * (1 + ppm * 1e-6)
    apart = []
    for number in range(6000):  # 64 s
        block = np.zeros((2, BLOCK), np.float32)
        block[:, 0] = 1.0 + number
        first = number * BLOCK / true_rate
        heard.add(block, 100.0 + first + chance.exponential(0.004))
        if number % 100 == 99:
            wanted = round(first * RATE)
            near = heard.read(100.0, wanted - RATE // 20, RATE // 10)
            apart.append((impulse(np.where(near > number + 0.6, near, 0)) - RATE // 20) / RATE)
    assert np.abs(apart[3:]).max() < 0.005


def test_sound_without_drift_is_kept_bit_by_bit() -> None:
    heard, track = HeardSound(), sine(440, 0.5, 2.0)
    for start in range(0, len(track) - BLOCK, BLOCK):
        heard.add(np.stack([track[start : start + BLOCK]] * 2), 3.0 + start / RATE)
    assert (heard.read(3.0, 0, 40_000)[1] == track[:40_000]).all()
    assert (heard.read(3.5, -RATE // 2, 40_000)[1] == track[:40_000]).all()
    assert heard.end(3.0) == len(track) // BLOCK * BLOCK - (0 if len(track) % BLOCK else BLOCK)


def test_lost_blocks_leave_silence_of_their_length_and_what_follows_is_in_place() -> None:
    heard = HeardSound()
    ones = np.ones((2, BLOCK), np.float32)
    for number in (*range(10), *range(40, 50)):
        heard.add(ones, number * BLOCK / RATE, after_gap=number == 40)
    level = heard.read(0.0, -100, 50 * BLOCK + 300)[0]
    assert not level[:100].any()
    assert (level[100 : 100 + 10 * BLOCK] == 1).all()
    assert not level[100 + 10 * BLOCK : 100 + 40 * BLOCK].any()
    assert (level[100 + 40 * BLOCK : 100 + 50 * BLOCK] == 1).all()
    assert not level[100 + 50 * BLOCK :].any()


def test_a_loss_that_nobody_told_is_made_up_for_within_a_second() -> None:
    heard = HeardSound()
    for number in (*range(100), *range(200, 300)):
        heard.add(np.full((2, BLOCK), number, np.float32), number * BLOCK / RATE)
    assert heard.read(0.0, 299 * BLOCK + BLOCK // 2, 1)[0, 0] == pytest.approx(299, abs=1)


def test_what_is_older_than_what_is_kept_is_silence_and_before_the_first_block_too() -> None:
    heard = HeardSound()
    assert not heard.read(0.0, 0, 100).any()
    assert heard.end(0.0) == 0
    for number in range(KEPT // 4096 + 10):
        heard.add(np.ones((2, 4096), np.float32), number * 4096 / RATE)
    assert not heard.read(0.0, 0, 4096).any()
    assert heard.read(0.0, 20 * 4096, 4096).all()


def test_a_stretched_sine_is_a_sine() -> None:
    sound = np.stack([sine(1000, 0.5, BLOCK / RATE)] * 2)
    longer = stretch(sound, BLOCK + 1)
    places = np.arange(BLOCK + 1) * (BLOCK - 1) / BLOCK / RATE
    assert np.abs(longer[0, 2:-2] - 0.5 * np.sin(2 * np.pi * 1000 * places)[2:-2]).max() < 0.001
    assert longer.dtype == np.float32
    assert DRIFT < RATE // 100
