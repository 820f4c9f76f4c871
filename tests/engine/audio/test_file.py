"""Audio files: features of what sounds in a frame, whatever the rate of the file, and silence past its end."""

from pathlib import Path

import av
import numpy as np
import pytest
from tests.engine.sounds import click, placed, sine, times, write_wav

from likeness.audio.features import AudioFeatures
from likeness.audio.file import AudioFile
from likeness.errors import InputError

FPS = 60


def features_of(path: Path, seconds: float) -> list[AudioFeatures]:
    audio = AudioFile(path)
    try:
        return [audio.features_at(frame / FPS) for frame in range(round(seconds * FPS))]
    finally:
        audio.close()


@pytest.mark.parametrize(("rate", "channels"), [(48_000, 1), (44_100, 2), (22_050, 1)])
def test_an_onset_is_told_within_a_frame_of_where_it_sounds(tmp_path: Path, rate: int, channels: int) -> None:
    beats = times(110, 6.0)
    frames = features_of(write_wav(tmp_path / "a.wav", placed(click(rate), beats, 6.0, rate), rate, channels), 6.0)
    told = [k / FPS for k in range(1, len(frames)) if frames[k].onsets[0] > frames[k - 1].onsets[0]]
    assert len(told) == len(beats)
    # The analyser's mean delay is made up for; what is left is a hop either way, and the frame.
    assert all(-0.016 < after - beat < 0.016 + 1 / FPS for after, beat in zip(told, beats, strict=True))


def test_two_hearings_are_the_same_and_after_the_end_is_silence(tmp_path: Path) -> None:
    path = write_wav(tmp_path / "a.wav", sine(900, 0.5, 1.0))
    first, second = features_of(path, 3.0), features_of(path, 3.0)
    assert first == second
    assert first[30].level > 0.9
    assert first[-1].level == 0


@pytest.mark.parametrize(
    ("content", "said"), [(None, "is not there"), (b"", "cannot be read"), (b"no sound at all" * 100, "cannot be read")]
)
def test_what_cannot_be_heard_is_one_line(tmp_path: Path, content: bytes | None, said: str) -> None:
    path = tmp_path / "a.wav"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InputError, match=said):
        AudioFile(path)


def test_a_film_without_sound_is_called_so(tmp_path: Path) -> None:
    path = tmp_path / "film.mp4"
    with av.open(str(path), "w") as film:
        stream = film.add_stream("mpeg4", rate=25)
        stream.width = stream.height = 64
        stream.pix_fmt = "yuv420p"
        film.mux(stream.encode(av.VideoFrame.from_ndarray(np.zeros((64, 64, 3), np.uint8))))
        film.mux(stream.encode())
    with pytest.raises(InputError, match=r"film.mp4 has no sound that can be read, only video; give"):
        AudioFile(path)


@pytest.mark.parametrize("rate", [20, 400, 768_000])
def test_a_file_of_an_unusual_rate_is_read(tmp_path: Path, rate: int) -> None:
    path = write_wav(tmp_path / "a.wav", np.full(rate * 2, 0.5, np.float32), rate)
    assert len(features_of(path, 1.0)) == FPS
