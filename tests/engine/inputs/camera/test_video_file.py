"""Videos as cameras: by their timestamps, upright, and whole."""

import time
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from likeness.errors import InputError
from likeness.inputs.camera.video_file import VideoFile


def write(path: Path, times: list[float], *, ratio: str = "", width: int = 64, height: int = 48) -> Path:
    """Write a film whose shades are 20, 40, 60, ... at `times` in seconds; the upper left quarter is white."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=25, options={"crf": "5"} | ({"aspect": ratio} if ratio else {}))
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        stream.time_base = stream.codec_context.time_base = Fraction(1, 1000)
        if ratio:
            stream.codec_context.sample_aspect_ratio = Fraction(ratio)
        for number, at in enumerate(times):
            picture = np.full((height, width, 3), 20 * (number + 1), np.uint8)
            picture[: height // 4, : width // 4] = 250
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            frame.pts, frame.time_base = round(at * 1000), Fraction(1, 1000)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


class Clock:
    """A clock that stands but while somebody waits, so that a busy machine changes nothing."""

    def __init__(self) -> None:
        self.at = 0.0

    def now(self) -> float:
        return self.at

    def wait(self, seconds: float) -> None:
        self.at += seconds


def read(video: VideoFile, clock: Clock) -> tuple[float, int]:
    """Return when the next picture came, and its number."""
    picture = video.read(clock.wait)
    assert picture is not None
    return clock.at, round(float(picture[-1, -1, 0]) / 20) - 1


def test_a_video_of_a_variable_rate_is_played_by_its_timestamps(tmp_path: Path) -> None:
    times, clock = [0.0, 0.05, 0.1, 0.6, 0.65, 1.0], Clock()
    video = VideoFile(write(tmp_path / "phone.mp4", times), 1280, clock.now)
    shown: dict[int, float] = {}
    while len(shown) < len(times):
        at, number = read(video, clock)
        shown.setdefault(number, at)
    video.close()
    assert list(shown) == list(range(len(times)))
    assert list(shown.values()) == pytest.approx(times, abs=2e-3)


def test_a_video_begins_again_after_its_last_picture_has_stood(tmp_path: Path) -> None:
    clock = Clock()
    video = VideoFile(write(tmp_path / "ramp.mp4", [number / 20 for number in range(10)]), 1280, clock.now)
    shown = [read(video, clock) for _ in range(25)]
    video.close()
    assert [number for _, number in shown] == [*range(10), *range(10), *range(5)]
    assert [at for at, _ in shown] == pytest.approx([number / 20 for number in range(25)], abs=0.03)


def test_who_reads_slowly_is_shown_the_picture_of_the_time(tmp_path: Path) -> None:
    clock = Clock()
    video = VideoFile(write(tmp_path / "ramp.mp4", [number / 20 for number in range(10)]), 1280, clock.now)
    shown = []
    for _ in range(4):
        shown.append(read(video, clock))
        clock.wait(0.12)
    video.close()
    assert shown[0] == (0.0, 0)
    assert all(number == int(at * 20 + 1e-6) for at, number in shown)
    assert shown[-1][1] >= 6


def test_a_picture_that_stands_long_is_handed_out_again_meanwhile(tmp_path: Path) -> None:
    video = VideoFile(write(tmp_path / "slides.mp4", [0.0, 30.0, 60.0]), 1280)
    waited: list[float] = []
    first = video.read(waited.append)
    assert video.read(waited.append) is first
    assert video.read(waited.append) is first
    assert max(waited) < 1
    video.close()


def test_anamorphic_video_is_stretched(tmp_path: Path) -> None:
    video = VideoFile(write(tmp_path / "pal.mp4", [0.0, 0.04], ratio="64/45", width=720, height=576), 1280)
    picture = video.read(time.sleep)
    assert picture is not None
    assert picture.shape == (576, 1024, 3)
    video.close()


@pytest.mark.parametrize(
    ("matrix", "corner"),
    [
        # As phones write it [ISO 14496-12, 6.2.2], and the corner that the upper left one comes to.
        ((0, 1, -1, 0), (0, -1)),
        ((-1, 0, 0, -1), (-1, -1)),
        ((0, -1, 1, 0), (-1, 0)),
    ],
)
def test_a_video_of_a_phone_that_was_turned_is_upright(
    tmp_path: Path, matrix: tuple[int, int, int, int], corner: tuple[int, int]
) -> None:
    path = write(tmp_path / "turned.mp4", [0.0, 0.04])
    film = bytearray(path.read_bytes())
    # The matrix follows 40 bytes of the track's header, whose name is before it.
    at = film.index(b"tkhd") + 4 + 40
    a, b, c, d = (round(value * 65536).to_bytes(4, "big", signed=True) for value in matrix)
    film[at : at + 36] = a + b + bytes(4) + c + d + bytes(12) + (1 << 30).to_bytes(4, "big")
    path.write_bytes(film)
    video = VideoFile(path, 1280)
    picture = video.read(time.sleep)
    video.close()
    assert picture is not None
    # OpenCV turns it by itself.
    capture = cv2.VideoCapture(str(path))
    _, reference = capture.read()
    capture.release()
    assert picture.shape == reference.shape
    assert np.abs(picture.astype(int) - reference[..., ::-1].astype(int)).max() < 30
    assert picture[corner][0] > 200
    assert (picture[[0, 0, -1, -1], [0, -1, 0, -1], 0] > 200).sum() == 1


def test_a_broken_middle_is_left_out_and_the_rest_is_played(tmp_path: Path) -> None:
    path = write(tmp_path / "broken.mp4", [number / 25 for number in range(10)])
    film = bytearray(path.read_bytes())
    middle = film.index(b"mdat") + 8 + 400
    film[middle : middle + 40] = bytes(40)
    path.write_bytes(film)
    video = VideoFile(path, 1280)
    assert all(video.read(time.sleep) is not None for _ in range(20))
    video.close()


def test_a_file_that_is_gone_at_its_end_is_told(tmp_path: Path) -> None:
    path = write(tmp_path / "short.mp4", [0.0, 0.04])
    video = VideoFile(path, 1280)
    path.unlink()

    def play_on() -> None:
        for _ in range(5):
            video.read(time.sleep)

    with pytest.raises(InputError, match="no video that can be read"):
        play_on()
    video.close()


def test_a_file_without_video_is_told(tmp_path: Path) -> None:
    with av.open(str(tmp_path / "sound.wav"), "w") as container:
        stream = container.add_stream("pcm_s16le", rate=8000, layout="mono")
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 800), np.int16), format="s16", layout="mono")
        frame.sample_rate = 8000
        container.mux(stream.encode(frame))
        container.mux(stream.encode())
    with pytest.raises(InputError, match="holds no video"):
        VideoFile(tmp_path / "sound.wav", 1280)
