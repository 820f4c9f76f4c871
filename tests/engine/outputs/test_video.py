"""Films: each picture at its time, in its colours, the same bytes for the same pictures."""

import os
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from tests.engine.outputs.films import decoded, numbered, numbers, record

from likeness.errors import OutputError
from likeness.outputs.profiles import H264
from likeness.outputs.video import VideoOutput
from likeness.picture import Picture

Maker = Callable[..., Picture]


@pytest.mark.parametrize(
    ("fps", "rate"),
    [(30.0, Fraction(30)), (29.97, Fraction(30000, 1001)), (24.0, Fraction(24)), (12.5, Fraction(25, 2))],
)
@pytest.mark.parametrize("suffix", [".mp4", ".mov"])
def test_each_picture_is_one_frame_at_exactly_its_time(tmp_path: Path, suffix: str, fps: float, rate: Fraction) -> None:
    path = tmp_path / f"v{suffix}"
    record(path, numbered(70), fps)
    pictures, times = decoded(path)
    assert numbers(pictures) == list(range(70))
    assert times == [n / rate for n in range(70)]
    with av.open(path) as file:
        stream = file.streams.video[0]
        assert stream.average_rate == rate
        assert stream.frames == 70, "an ordinary file knows its length; one in fragments does not"
        assert stream.duration is not None
        assert stream.duration * stream.time_base == 70 / rate


@pytest.mark.parametrize("offline", [True, False])
def test_there_is_a_keyframe_a_second_and_h264_in_420(tmp_path: Path, offline: bool) -> None:
    path = tmp_path / "v.mp4"
    output = VideoOutput(path, 25.0, offline=offline, room=200)
    for index, picture in enumerate(numbered(80)):
        output.show(picture, index / 25)
    output.close()
    with av.open(path) as file:
        stream = file.streams.video[0]
        keys = [packet.pts * packet.time_base for packet in file.demux(stream) if packet.is_keyframe]
        assert keys == [0, 1, 2, 3]
        assert stream.codec.name == "h264"
        assert stream.codec_context.pix_fmt == "yuv420p"


def test_colours_come_back_by_the_matrix_that_the_file_names(tmp_path: Path) -> None:
    colours = [(255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255), (0, 0, 0), (128, 128, 128), (200, 150, 120)]
    path = tmp_path / "v.mp4"
    record(path, [np.full((32, 32, 3), colour, np.uint8) for colour in colours])
    pictures, _ = decoded(path)
    for picture, colour in zip(pictures, colours, strict=True):
        assert np.abs(picture.astype(int) - colour).max() <= 4, colour
    with av.open(path) as file:
        codec = file.streams.video[0].codec_context
        # ISO/IEC 23091-2: 1 is BT.709 in all three; a range of 1 is the narrow one.
        assert (codec.colorspace, codec.color_primaries, codec.color_trc, codec.color_range) == (1, 1, 1, 1)


@pytest.mark.parametrize(("width", "height"), [(33, 32), (32, 33), (33, 33), (1, 1)])
def test_an_odd_side_gets_its_last_line_twice_and_that_is_said(
    tmp_path: Path, picture: Maker, width: int, height: int, caplog: pytest.LogCaptureFixture
) -> None:
    shown = picture(width, height)
    path = tmp_path / "v.mp4"
    record(path, [shown] * 3)
    pictures, _ = decoded(path)
    assert pictures[0].shape == (height + height % 2, width + width % 2, 3)
    luma = pictures[-1].astype(int).sum(-1)
    if width % 2:
        assert np.abs(luma[:, -1] - luma[:, -2]).max() <= 30
    assert np.abs(pictures[-1][:height, :width].astype(int) - shown).mean() < 8
    assert f"v.mp4: films have even sides, so it is {width + width % 2}x{height + height % 2}" in caplog.text


def test_a_picture_of_another_size_is_fitted_into_the_frame(tmp_path: Path) -> None:
    path = tmp_path / "v.mp4"
    record(path, [np.full((64, 64, 3), 200, np.uint8), np.full((32, 16, 3), 200, np.uint8)])
    pictures, _ = decoded(path)
    assert pictures[1].shape == (64, 64, 3)
    assert pictures[1][:, 20:44].mean() == pytest.approx(200, abs=4)
    assert pictures[1][:, :12].mean() < 4


@pytest.mark.parametrize(
    "suffix",
    [
        ".mp4",
        ".mov",
        ".mkv",
    ],
)
def test_the_same_pictures_give_the_same_bytes(tmp_path: Path, picture: Maker, suffix: str) -> None:
    pictures = [picture(200, 120, step) for step in range(40)]
    first, second = tmp_path / f"a{suffix}", tmp_path / f"b{suffix}"
    record(first, pictures)
    record(second, pictures)
    assert first.read_bytes() == second.read_bytes()


def test_live_a_slow_show_repeats_and_a_fast_one_leaves_out_to_keep_the_walls_time(tmp_path: Path) -> None:
    path = tmp_path / "v.mp4"
    output = VideoOutput(path, 20.0, offline=False, room=200)
    at = [0.0, 0.05, 0.1, 0.3, 0.35, 0.355, 0.36, 0.4, 0.45]
    for time, picture in zip(at, numbered(len(at)), strict=True):
        output.show(picture, 100.0 + time)
    output.close()
    pictures, times = decoded(path)
    assert numbers(pictures) == [0, 1, 2, 2, 2, 2, 3, 4, 7, 8]
    assert times == [Fraction(n, 20) for n in range(10)]
    assert (output.repeated, output.dropped) == (3, 2)


def test_without_x264_another_encoder_takes_over_and_says_so(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "v.mp4"
    record(path, numbered(40), profile=replace(H264, encoders=("no-such-encoder", "mpeg4")))
    pictures, times = decoded(path)
    assert numbers(pictures) == list(range(40))
    assert times == [Fraction(n, 30) for n in range(40)]
    assert "no no-such-encoder; recording with mpeg4" in caplog.text


def test_without_any_encoder_it_says_which_there_are_and_where_one_is(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"choose --profile h264, .*or install PyAV"):
        VideoOutput(tmp_path / "v.mp4", 30.0, offline=True, profile=replace(H264, encoders=("no-such-encoder",)))
    assert not os.listdir(tmp_path)


@pytest.mark.parametrize("offline", [True, False])
@pytest.mark.parametrize(("frames", "fps"), [(7, 12), (13, 24), (16, 30), (30, 30), (31, 60)])
def test_every_frame_is_played_from_0_on_however_few_the_last_fragment_holds(
    frames: int, fps: int, offline: bool, tmp_path: Path
) -> None:
    output = VideoOutput(tmp_path / "v.mp4", fps, offline=offline)
    for number in range(frames):
        output.show(np.full((32, 32, 3), 8 * number, np.uint8), number / fps)
    output.close()
    with av.open(str(tmp_path / "v.mp4")) as film:
        shown = [(float(frame.time), int(frame.to_ndarray(format="rgb24").mean())) for frame in film.decode(video=0)]
    assert [time for time, _ in shown] == pytest.approx([number / fps for number in range(frames)])
    assert [level for _, level in shown] == pytest.approx([8 * number for number in range(frames)], abs=4)
