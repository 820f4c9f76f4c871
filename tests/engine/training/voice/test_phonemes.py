"""Phonemes: lips meet for m, the jaw falls for ah, silence rests, and every sound has a shape."""

import numpy as np

from likeness.audio.voice_network import CHANNELS
from likeness.training.voice.phonemes import CLOSURE, DIPHTHONGS, JAW, SHAPES, Phoneme, move_mouth


def test_every_shape_is_within_what_a_mouth_can_do() -> None:
    for name, shape in SHAPES.items():
        assert len(shape) == len(CHANNELS), name
        assert all(0.0 <= value <= 1.0 for value in shape), name
    assert {end for ends in DIPHTHONGS.values() for end in ends} <= set(SHAPES)
    assert (CHANNELS[JAW], CHANNELS[CLOSURE]) == ("jaw", "closure")


def test_lips_meet_in_the_middle_of_mama_and_open_for_its_vowels() -> None:
    said = [Phoneme("m", 0.0, 0.08), Phoneme("aa", 0.08, 0.24), Phoneme("m", 0.24, 0.30), Phoneme("ax", 0.30, 0.45)]
    moved = move_mouth(said, 45)
    assert moved[16, JAW] > 0.85
    assert moved[16, CLOSURE] < 0.05
    assert moved[27, CLOSURE] > 0.8
    assert np.abs(np.diff(moved[:, JAW])).max() < 0.2


def test_after_the_last_sound_the_mouth_rests() -> None:
    moved = move_mouth([Phoneme("aa", 0.0, 0.2)], 80)
    assert moved[-1, JAW] < 0.01
