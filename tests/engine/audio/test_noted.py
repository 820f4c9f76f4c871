"""What a device heard, noted and played again."""

import pytest

from likeness.audio.features import SILENCE, AudioFeatures
from likeness.audio.noted import NotedAudio, note_features, pack_notes, round_features, unpack_notes
from likeness.errors import InputError

HEARD = AudioFeatures((0.123, 0.456, 0.789, 0.1, 0.2, 0.3, 0.4, 1.0), 0.555, (7, 3, 2, 1), tempo=120.0)


def test_a_note_says_what_modulators_read_to_the_last_digit_and_nothing_else() -> None:
    rounded = round_features(HEARD)
    note = note_features(rounded, {"low", "level", "7"})
    assert note == (56, 12, 46, 0, 0, 0, 0, 0, 100, 7, 3, 2, 1)
    packed = pack_notes([(3.25, note), (3.2671, (0, *note[1:]))])
    assert packed == [[0, 17], [56, 0], [12], [46], [0], [0], [0], [0], [0], [100], [7], [3], [2], [1]]
    (at, again), (later, quiet) = unpack_notes(3.25, packed)
    assert (at, later) == (3.25, 3.267)
    assert quiet.level == 0.0
    for band in ("low", "level", "7"):
        assert again.loudness(band) == rounded.loudness(band)
        assert again.onset_count(band) == rounded.onset_count(band)
    assert again.loudness("mid") == 0.0
    # Rounded once more it is the same: of a take that is played, another take is made.
    assert round_features(again) == again


STILL = [[0]] * 13


@pytest.mark.parametrize(
    "columns",
    [
        [],
        STILL,
        [[0], *STILL, [0]],
        [[0], [101], *STILL[1:]],
        [[0], [-1], *STILL[1:]],
        [[0], ["a"], *STILL[1:]],
        [[0], [0.5], *STILL[1:]],
        [[0, 1], [1, 2, 3], *STILL[1:]],
        [[], *STILL],
        [[0], 0, *STILL[1:]],
    ],
)
def test_what_is_no_note_is_refused(columns: list[object]) -> None:
    with pytest.raises(InputError, match="is no note of what was heard"):
        unpack_notes(0.0, columns)


def test_the_newest_note_counts_and_before_the_first_there_is_silence() -> None:
    first, second = AudioFeatures(level=0.1), AudioFeatures(level=0.2)
    source = NotedAudio([(0.5, first), (1.0, second)])
    # A frame may begin a ten-thousandth earlier than the take has it.
    times = (0.0, 0.49, 0.49995, 0.75, 1.0, 9.0)
    assert [source.features_at(at) for at in times] == [SILENCE, SILENCE, first, first, second, second]
