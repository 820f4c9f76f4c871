"""Every profile of films: its codec, its frames at their times, its colours, and what is there before the end."""

from collections.abc import Callable
from pathlib import Path
from typing import get_args

import av
import numpy as np
import pytest
from tests.engine.outputs.film_sound import onsets, sound_of, spans
from tests.engine.outputs.films import decoded, decoded_until_broken, numbered, numbers, record
from tests.engine.sounds import click, placed, write_wav

from likeness.audio.file import AudioFile
from likeness.outputs.profiles import H264, PROFILES, Profile
from likeness.outputs.video import VideoOutput
from likeness.ranges import FilmProfile

# As a player reads them.
CODECS = {
    "h264": ("h264", "yuv420p"),
    "h265": ("hevc", "yuv420p"),
    "h265-10bit": ("hevc", "yuv420p10le"),
    "prores4444": ("prores", "yuv444p12le"),
    "vp9": ("vp9", "yuv420p"),
    "ffv1": ("ffv1", "bgr0"),
}
EVERY = [(profile, ending) for profile in PROFILES.values() for ending in profile.endings]


@pytest.fixture(params=EVERY, ids=lambda each: f"{each[0].name}{each[1]}")
def kind(request: pytest.FixtureRequest) -> tuple[Profile, str]:
    found: tuple[Profile, str] = request.param
    if found[0].encoders[0] not in av.codecs_available:
        pytest.skip(f"this PyAV has no {found[0].encoders[0]}")
    return found


def test_the_option_names_all_there_are() -> None:
    assert set(get_args(FilmProfile)) == set(PROFILES) == set(CODECS)


@pytest.mark.parametrize("offline", [True, False])
def test_each_frame_and_the_sound_are_at_their_times(tmp_path: Path, kind: tuple[Profile, str], offline: bool) -> None:
    profile, ending = kind
    path, at = tmp_path / f"v{ending}", [0.4, 1.2]
    audio = AudioFile(write_wav(tmp_path / "a.wav", placed(click(), at, 2.0)))
    output = VideoOutput(path, 25.0, offline=offline, room=60, sound=audio.open_sound(), profile=profile)
    for index, picture in enumerate(numbered(37)):
        output.show(picture, index / 25)
    output.close()
    audio.close()
    with av.open(str(path)) as film:
        codec = film.streams.video[0].codec_context
        assert (codec.name, codec.pix_fmt) == CODECS[profile.name]
    pictures, times = decoded(path)
    assert numbers(pictures) == list(range(37))
    # A MKV counts in milliseconds.
    assert [float(time) for time in times] == pytest.approx([n / 25 for n in range(37)], abs=0.0006)
    assert onsets(sound_of(path), at) == pytest.approx(at, abs=0.003)
    assert spans(path)["audio"] == pytest.approx((0.0, 37 / 25), abs=0.04)


def test_the_same_pictures_give_the_same_bytes(tmp_path: Path, kind: tuple[Profile, str]) -> None:
    profile, ending = kind
    chance = np.random.default_rng(1)
    pictures = [chance.integers(0, 255, (48, 64, 3), np.uint8) for _ in range(12)]
    for name in "ab":
        record(tmp_path / f"{name}{ending}", pictures, profile=profile)
    assert (tmp_path / f"a{ending}").read_bytes() == (tmp_path / f"b{ending}").read_bytes()


def test_what_is_there_before_the_end_can_be_played(
    tmp_path: Path, kind: tuple[Profile, str], eventually: Callable[[Callable[[], object]], None]
) -> None:
    """A kill leaves the file as it is."""
    profile, ending = kind
    path = tmp_path / f"v{ending}"
    output = VideoOutput(path, 30.0, offline=False, room=200, profile=profile)
    for index, picture in enumerate(numbered(70)):
        output.show(picture, index / 30)
    eventually(lambda: len(decoded_until_broken(path)[0]) >= 40)
    output.close()


@pytest.mark.parametrize("profile", [each for each in PROFILES.values() if not each.in_rgb], ids=lambda each: each.name)
def test_colours_come_back_by_the_matrix_that_the_file_names(tmp_path: Path, profile: Profile) -> None:
    colours = [(255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255), (0, 0, 0), (128, 128, 128), (200, 150, 120)]
    path = tmp_path / f"v{profile.endings[-1]}"
    record(path, [np.full((32, 32, 3), colour, np.uint8) for colour in colours], profile=profile)
    pictures, _ = decoded(path)
    for picture, colour in zip(pictures, colours, strict=True):
        assert np.abs(picture.astype(int) - colour).max() <= 5, colour
    with av.open(str(path)) as film:
        codec = film.streams.video[0].codec_context
        # ISO/IEC 23091-2: 1 is BT.709; a range of 1 is the narrow one.
        assert codec.colorspace == 1
        assert codec.color_range == 1


def test_ffv1_loses_nothing(tmp_path: Path) -> None:
    chance = np.random.default_rng(1)
    pictures = [chance.integers(0, 255, (48, 64, 3), np.uint8) for _ in range(5)]
    record(tmp_path / "v.mkv", pictures, profile=PROFILES["ffv1"])
    with av.open(str(tmp_path / "v.mkv")) as film:
        found = [frame.to_ndarray(format="rgb24") for frame in film.decode(video=0)]
    assert (np.stack(found) == np.stack(pictures)).all()


def test_without_asking_a_film_is_h264_in_a_size_that_it_has(tmp_path: Path) -> None:
    with av.open(str(record(tmp_path / "v.mp4", numbered(2)).path)) as film:
        assert film.streams.video[0].codec_context.name == "h264"
    assert H264.most_pixels is not None
    assert 7680 * 4320 < H264.most_pixels < 8192 * 4352 + 1
