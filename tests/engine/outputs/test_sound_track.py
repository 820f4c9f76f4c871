"""Films with sound: what sounds at a time sounds there in the film, from the first frame to the last."""

from pathlib import Path

import av
import numpy as np
import pytest
from tests.engine.outputs.film_sound import RATE, onsets, sound_of, spans
from tests.engine.outputs.films import decoded, numbered, numbers
from tests.engine.sounds import click, placed, write_wav

from likeness.audio.device import AudioInput
from likeness.audio.file import AudioFile
from likeness.audio.heard_sound import DeviceSound, HeardSound
from likeness.outputs.video import VideoOutput
from likeness.picture import Picture

CLICKS = [0.5, 1.7, 2.9]


def record(
    path: Path, wav: Path, pictures: list[Picture], fps: float, *, offline: bool = True, at: float = 0.0
) -> None:
    audio = AudioFile(wav)
    output = VideoOutput(path, fps, offline=offline, room=len(pictures), sound=audio.open_sound())
    for index, picture in enumerate(pictures):
        output.show(picture, at + index / fps)
    output.close()
    audio.close()


def wav_of(folder: Path, at: list[float], seconds: float, rate: int = RATE, channels: int = 2) -> Path:
    return write_wav(folder / f"{rate}.wav", placed(click(rate), at, seconds, rate), rate, channels)


@pytest.mark.parametrize("suffix", [".mp4", ".mov", ".mkv"])
@pytest.mark.parametrize(("rate", "channels"), [(48_000, 2), (44_100, 1)])
def test_a_click_is_in_the_film_at_its_time_and_both_begin_and_end_together(
    tmp_path: Path, suffix: str, rate: int, channels: int
) -> None:
    path = tmp_path / f"v{suffix}"
    record(path, wav_of(tmp_path, CLICKS, 4.0, rate, channels), numbered(88), 25.0)
    track = sound_of(path)
    assert onsets(track, CLICKS) == pytest.approx(CLICKS, abs=0.003)
    # As loud as in the file.
    assert np.abs(track).max() == pytest.approx(np.abs(click(rate)).max(), rel=0.3)
    assert np.abs(track[round(1.2 * RATE) : round(1.6 * RATE)]).max() < 0.01
    pictures, times = decoded(path)
    assert numbers(pictures) == list(range(88))
    # A MKV counts in milliseconds.
    assert [float(time) for time in times] == pytest.approx([n / 25 for n in range(88)], abs=0.0006)
    places = spans(path)
    assert abs(places["audio"][0] - places["video"][0]) < 0.001
    assert abs(places["audio"][1] - 88 / 25) < 1 / 25


def test_the_container_says_that_both_begin_at_0_and_how_long_they_are(tmp_path: Path) -> None:
    path = tmp_path / "v.mp4"
    record(path, wav_of(tmp_path, CLICKS, 4.0), numbered(88), 25.0)
    with av.open(str(path)) as film:
        for stream in (film.streams.video[0], film.streams.audio[0]):
            assert stream.time_base is not None
            assert stream.duration is not None
            assert float((stream.start_time or 0) * stream.time_base) == 0
            assert float(stream.duration * stream.time_base) == pytest.approx(88 / 25, abs=0.001)


def test_the_same_pictures_and_sound_give_the_same_bytes(tmp_path: Path) -> None:
    wav = wav_of(tmp_path, CLICKS, 4.0)
    for name in ("a.mp4", "b.mp4"):
        record(tmp_path / name, wav, numbered(60), 25.0)
    assert (tmp_path / "a.mp4").read_bytes() == (tmp_path / "b.mp4").read_bytes()


@pytest.mark.parametrize("offline", [True, False])
@pytest.mark.parametrize(("frames", "fps"), [(1, 10), (7, 12), (13, 24), (31, 60), (3, 1), (30, 29.97)])
def test_however_few_frames_there_are_sound_and_picture_end_together(
    tmp_path: Path, frames: int, fps: float, offline: bool
) -> None:
    path = tmp_path / "v.mp4"
    record(path, wav_of(tmp_path, [0.05], 0.5), numbered(frames), fps, offline=offline)
    pictures, times = decoded(path)
    assert numbers(pictures) == list(range(frames))
    assert [float(time) for time in times] == pytest.approx([n / fps for n in range(frames)], abs=1e-3)
    places = spans(path)
    assert places["audio"] == pytest.approx((0.0, frames / fps), abs=1e-3)
    assert onsets(sound_of(path), [0.05]) == pytest.approx([0.05], abs=0.003)


def test_live_a_film_has_the_sound_of_the_moment_at_which_it_begins(tmp_path: Path) -> None:
    path = tmp_path / "v.mp4"
    record(path, wav_of(tmp_path, CLICKS, 4.0), numbered(60), 25.0, offline=False, at=0.9)
    assert onsets(sound_of(path), [0.8, 2.0]) == pytest.approx([0.8, 2.0], abs=0.003)


def test_a_device_is_in_the_film_at_its_time_and_where_it_was_lost_is_silence(tmp_path: Path) -> None:
    """The device's clock runs; the show began 5 s after it, the film 1 s later, and from 2 to 3 s nothing is heard."""
    heard, path = HeardSound(), tmp_path / "v.mp4"
    clicks = placed(click(), [6.5, 7.5, 9.5], 12.0)
    output = VideoOutput(path, 25.0, offline=False, room=200, sound=DeviceSound(heard, lambda: 5.0))
    for start in range(5 * RATE, 11 * RATE, 480):
        if not 7 * RATE <= start < 8 * RATE:
            heard.add(np.stack([clicks[start : start + 480]] * 2), start / RATE, after_gap=start == 8 * RATE)
    for index, picture in enumerate(numbered(100)):
        output.show(picture, 1.0 + index / 25)
    output.close()
    track = sound_of(path)
    assert onsets(track, [0.5, 3.5]) == pytest.approx([0.5, 3.5], abs=0.003)
    assert np.abs(track[round(1.1 * RATE) : round(1.9 * RATE)]).max() < 0.001


def test_a_slow_film_waits_for_the_sound_of_the_frame_that_it_shows(tmp_path: Path) -> None:
    """At a frame a second a frame's picture comes a second before its last sound."""
    heard, path = HeardSound(), tmp_path / "v.mkv"
    clicks = placed(click(), [0.9, 2.6], 6.0)
    output = VideoOutput(path, 1.0, offline=False, room=10, sound=DeviceSound(heard, lambda: 0.0))
    for index, picture in enumerate(numbered(5)):
        output.show(picture, float(index))
        for start in range(index * RATE, (index + 1) * RATE, 480):
            heard.add(np.stack([clicks[start : start + 480]] * 2), start / RATE)
    output.close()
    assert onsets(sound_of(path), [0.9, 2.6]) == pytest.approx([0.9, 2.6], abs=0.003)


def test_a_device_that_is_silent_for_ever_does_not_hold_the_picture_up(tmp_path: Path) -> None:
    path, audio = tmp_path / "v.mkv", AudioInput("absent")
    output = VideoOutput(path, 25.0, offline=False, room=100, sound=audio.open_sound())
    for index, picture in enumerate(numbered(50)):
        output.show(picture, index / 25)
    output.close()
    assert len(decoded(path)[0]) == 50
    assert not sound_of(path).any()
    assert spans(path)["audio"][1] == pytest.approx(2.0, abs=0.04)


@pytest.mark.long
@pytest.mark.timeout(900)
def test_an_hour_begins_and_ends_within_a_frame(tmp_path: Path) -> None:
    at = [1.0, 1800.0, 3598.5]
    record(tmp_path / "v.mp4", wav_of(tmp_path, at, 3600.0, channels=1), numbered(200) * 45, 2.5)
    assert onsets(sound_of(tmp_path / "v.mp4"), at) == pytest.approx(at, abs=0.003)
    places = spans(tmp_path / "v.mp4")
    assert places["audio"] == pytest.approx((0.0, 3600.0), abs=0.001)
    assert places["video"] == pytest.approx((0.0, 3600.0), abs=0.001)
