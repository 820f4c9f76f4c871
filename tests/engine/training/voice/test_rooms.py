"""Speech varied: the times of its sounds go with it."""

import numpy as np
import pytest
from tests.engine.sounds import click, placed, sine

from likeness.training.voice.phonemes import Phoneme
from likeness.training.voice.rooms import Variation, add_noise, add_room, change_throat
from likeness.training.voice.speech import Utterance

RATE = 16_000


def test_another_throat_speaks_higher_and_faster_and_its_sounds_end_where_they_end() -> None:
    said = Utterance("it", RATE, placed(click(RATE), [0.6], 1.0, RATE), (Phoneme("t", 0.6, 0.64),))
    samples, phonemes = change_throat(said, 1.25)
    assert phonemes[0].start == pytest.approx(0.48)
    assert int(np.argmax(np.abs(samples) > 0.02)) / RATE == pytest.approx(0.48, abs=0.003)


def test_noise_is_as_loud_as_asked_for_and_a_room_does_not_delay() -> None:
    dice = np.random.default_rng(0)
    tone = sine(500, 0.4, 0.5, RATE)
    noise = add_noise(tone, RATE, -20.0, dice) - tone
    assert 20 * np.log10(noise.std() / tone.std()) == pytest.approx(-20.0, abs=0.5)
    wet = add_room(placed(click(RATE), [0.1], 0.5, RATE), RATE, 0.3, dice)
    assert int(np.argmax(np.abs(wet) > 0.02)) / RATE == pytest.approx(0.1, abs=0.003)


def test_the_same_dice_vary_alike() -> None:
    said = Utterance("it", RATE, sine(500, 0.4, 0.5, RATE), (Phoneme("aa", 0.0, 0.5),))
    one, other = (Variation(np.random.default_rng(4)).vary(said) for _ in range(2))
    assert np.array_equal(one.samples, other.samples)
    assert one.phonemes == other.phonemes
