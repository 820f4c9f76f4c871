"""Notes of what a device heard, in whole numbers, as a take keeps them; and a source that plays them again."""

import math
from bisect import bisect_right
from collections.abc import Sequence, Set
from dataclasses import replace

from likeness.audio.features import BANDS, SILENCE, AudioFeatures, Band, find_part
from likeness.audio.sound import SoundReader
from likeness.errors import InputError

# Of the loudness: what a fader shows of it, and half of what a note of a loud minute would take in three digits.
LEVELS = 100
# Of a note; a broken take must not fill the memory.
NUMBERS, MOST_NOTES = 1 + BANDS + len(SILENCE.onsets), 10_000
MS = 1000
# Times in a take have four digits.
ROUNDING_S = 1e-4

Note = tuple[int, ...]
"""The level and the eight bands in hundredths, then the four counts of onsets."""


def round_features(features: AudioFeatures) -> AudioFeatures:
    """Return the features as a note of them will say them, so that a show and its take are moved alike."""
    bands = tuple(round(band * LEVELS) / LEVELS for band in features.bands)
    return replace(features, bands=bands, level=round(features.level * LEVELS) / LEVELS)


def note_features(features: AudioFeatures, read: Set[Band]) -> Note:
    """Return a note of the features; what nobody reads is 0, which takes nearly nothing in a packed take.

    Args:
        features: rounded.
        read: the bands whose loudness modulators read; onsets are all there.
    """
    kept = {number for band in read - {"level"} for number in range(*find_part(band))}
    bands = (round(band * LEVELS) if number in kept else 0 for number, band in enumerate(features.bands))
    return (round(features.level * LEVELS) if "level" in read else 0, *bands, *features.onsets)


class NotedAudio:
    """Plays notes again: the features of the newest note at each moment. It has no sound.

    Args:
        notes: each with its time, in seconds since the show's start, in order.
    """

    noted = True

    def __init__(self, notes: Sequence[tuple[float, AudioFeatures]]) -> None:
        self._times = [at - ROUNDING_S for at, _ in notes]
        self._features = [features for _, features in notes]

    def features_at(self, at: float) -> AudioFeatures:
        """Return the features of the last note by then; silence before the first."""
        place = bisect_right(self._times, at) - 1
        return self._features[place] if place >= 0 else SILENCE

    def open_sound(self) -> SoundReader | None:
        """Return None."""
        return None

    def close(self) -> None:
        """Do nothing."""


def pack_notes(notes: Sequence[tuple[float, Note]]) -> list[list[int]]:
    """Return notes by columns: when each was made, in ms after the first, then each of its numbers over time.

    A column that stands still is one number long. Noted by rows, with a line for each frame, a take takes two and a
    half times as much.

    Args:
        notes: at least one, each with its time in seconds.
    """
    began = notes[0][0]
    # Rounded down, so that no note comes after its frame.
    times = [math.floor(round((at - began) * MS, 3)) for at, _ in notes]
    columns = [list(column) for column in zip(*(note for _, note in notes), strict=True)]
    return [times, *(column if len({*column}) > 1 else column[:1] for column in columns)]


def unpack_notes(began: float, columns: Sequence[object]) -> list[tuple[float, AudioFeatures]]:
    """Return the features that `pack_notes` has packed, with their times in seconds.

    Args:
        began: when the first was made, in seconds.
        columns: what it returned.

    Raises:
        InputError: it did not.
    """
    packed = [column for column in columns if isinstance(column, list) and all(type(each) is int for each in column)]
    times = packed[0] if packed else []
    fits = len(packed) == len(columns) == 1 + NUMBERS and all(len(column) in (1, len(times)) for column in packed)
    numbers = [number for column in packed for number in column]
    loud = [number for column in packed[1 : 2 + BANDS] for number in column]
    if not fits or not 0 < len(times) <= MOST_NOTES or min(numbers) < 0 or max(loud) > LEVELS:
        raise InputError(f"{list(columns)!r:.80} is no note of what was heard")
    whole = [column * len(times) if len(column) == 1 else column for column in packed[1:]]
    return [(began + at / MS, _read(note)) for at, *note in zip(times, *whole, strict=True)]


def _read(note: Sequence[int]) -> AudioFeatures:
    bands, (whole, low, mid, high) = note[1 : 1 + BANDS], note[1 + BANDS :]
    return AudioFeatures(tuple(number / LEVELS for number in bands), note[0] / LEVELS, (whole, low, mid, high))
