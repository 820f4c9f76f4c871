import inspect
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from likeness.errors import OutputError
from likeness.outputs.video import VideoOutput
from likeness.picture import Picture

Maker = Callable[..., Picture]
Eventually = Callable[[Callable[[], object]], None]


def record(path: Path, pictures: list[Picture], fps: float = 30.0, offline: bool = True) -> VideoOutput:
    output = VideoOutput(path, fps, offline=offline)
    for index, picture in enumerate(pictures):
        output.show(picture, index / fps)
    output.close()
    return output


def decoded(path: Path) -> tuple[list[Picture], list[Fraction]]:
    """Return the pictures and their times, turned back to RGB by the standard's matrix and not by our settings."""
    pictures, times = [], []
    with av.open(path) as file:
        for frame in file.decode(video=0):
            planes = frame.to_ndarray(format="yuv444p").astype(float)
            y, u, v = (planes[0] - 16) / 219, (planes[1] - 128) / 224, (planes[2] - 128) / 224
            # ITU-R BT.709-6, items 3.2 to 3.5.
            red, blue = y + 1.5748 * v, y + 1.8556 * u
            green = (y - 0.2126 * red - 0.0722 * blue) / 0.7152
            pictures.append((np.stack([red, green, blue], -1).clip(0, 1) * 255).round().astype(np.uint8))
            times.append(frame.pts * frame.time_base)
    return pictures, times


def coded(number: int) -> np.ndarray:
    """Return eight stripes, light where the bit is set: what an encoder cannot blur into another number."""
    bits = number >> np.arange(8) & 1
    return np.tile(np.repeat(bits * 200 + 20, 8)[None, :, None], (32, 1, 3)).astype(np.uint8)


def numbered(count: int) -> list[Picture]:
    return [coded(number) for number in range(count)]


def numbers(pictures: list[Picture]) -> list[int]:
    stripes = [picture.reshape(32, 8, 8, 3).mean((0, 2, 3)) > 120 for picture in pictures]
    return [int((bits * 2 ** np.arange(8)).sum()) for bits in stripes]


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
def test_an_odd_side_gets_its_last_line_twice(tmp_path: Path, picture: Maker, width: int, height: int) -> None:
    shown = picture(width, height)
    path = tmp_path / "v.mp4"
    record(path, [shown] * 3)
    pictures, _ = decoded(path)
    assert pictures[0].shape == (height + height % 2, width + width % 2, 3)
    luma = pictures[-1].astype(int).sum(-1)
    if width % 2:
        assert np.abs(luma[:, -1] - luma[:, -2]).max() <= 30
    assert np.abs(pictures[-1][:height, :width].astype(int) - shown).mean() < 8


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


def test_after_a_kill_all_but_the_last_second_is_there(tmp_path: Path) -> None:
    path = tmp_path / "v.mp4"
    show = subprocess.Popen([sys.executable, "-c", SHOW_ON, str(path)], stdout=subprocess.PIPE, text=True)
    assert show.stdout
    shown = 0
    try:
        while shown < 100:  # 3.3 seconds
            line = show.stdout.readline()
            assert line, "the show ended on its own"
            shown = int(line)
        show.send_signal(signal.SIGKILL)
        rest, _ = show.communicate(timeout=30)
        shown = max([shown, *map(int, rest.split())])
    finally:
        show.kill()
        show.wait()
    pictures, times = decoded(path)
    assert len(pictures) >= shown - 30
    assert numbers(pictures) == list(range(len(pictures)))
    assert times == [Fraction(n, 30) for n in range(len(pictures))]


SHOW_ON = f"""
import sys
from pathlib import Path
import numpy as np
from likeness.clock import RealClock
from likeness.outputs.video import VideoOutput
{inspect.getsource(coded)}
output, clock = VideoOutput(Path(sys.argv[1]), 30, offline=False), RealClock(30)
for shown in range(256):
    tick = clock.tick()
    # Times of a show that is never late, so that the test can count; the waiting is real.
    output.show(coded(shown), shown / 30)
    print(shown + 1, flush=True)
"""


def test_a_disk_that_fills_up_ends_in_an_output_error_and_keeps_what_was_written(tmp_path: Path) -> None:
    path = tmp_path / "v.mp4"
    limit = 300_000
    run = subprocess.run(
        [sys.executable, "-c", SHOW_UNTIL_FULL, str(path), str(limit)], capture_output=True, text=True, timeout=100
    )
    assert run.returncode == 0, run.stderr
    told = run.stdout.splitlines()
    assert told[0].startswith("OutputError: video")
    assert "the file is as large as this system allows" in told[0]
    assert told[1] == "closed"
    pictures, _ = decoded_until_broken(path)
    assert 0 < path.stat().st_size <= limit
    assert len(pictures) >= 15
    assert "Traceback" not in run.stderr


# A limit on the size of files fails the same write with another number, and needs no right to mount a small disk.
SHOW_UNTIL_FULL = """
import resource, signal, sys
from pathlib import Path
import numpy as np
from likeness.errors import OutputError
from likeness.outputs.video import VideoOutput
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
limit = int(sys.argv[2])
output = VideoOutput(Path(sys.argv[1]), 30, offline=True)
rng = np.random.default_rng(0)
resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
try:
    for index in range(1000):
        output.show(rng.integers(0, 255, (64, 64, 3), dtype=np.uint8), index / 30)
except OutputError as error:
    print(f"OutputError: {error}")
output.close()
print("closed")
"""


def decoded_until_broken(path: Path) -> tuple[list[Picture], bool]:
    pictures: list[Picture] = []
    try:
        with av.open(path) as file:
            pictures.extend(frame.to_ndarray(format="rgb24") for frame in file.decode(video=0))
    except av.error.FFmpegError:
        return pictures, True
    return pictures, False


def test_a_real_disk_without_room_says_that_it_is_full(tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=200k", "tmpfs", str(disk)]
    try:
        mounted = subprocess.run(mount, capture_output=True).returncode == 0
    except FileNotFoundError:
        mounted = False
    if not mounted:
        pytest.skip("mounting a small disk needs root")
    try:
        rng = np.random.default_rng(0)
        output = VideoOutput(disk / "v.mp4", 30.0, offline=True)

        def play() -> None:
            for index in range(1000):
                output.show(rng.integers(0, 255, (64, 64, 3), dtype=np.uint8), index / 30)

        with pytest.raises(OutputError, match=r"v\.mp4 cannot be written: the disk is full; free some space"):
            play()
        output.close()
        assert len(decoded_until_broken(disk / "v.mp4")[0]) >= 15
    finally:
        subprocess.run(["umount", str(disk)], check=True)


def test_absent_folders_are_made_and_a_recording_without_pictures_leaves_no_file(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b" / "v.mp4"
    record(path, [])
    assert path.parent.is_dir()
    assert not path.exists()


@pytest.mark.parametrize("name", ["file/v.mp4", "folder.mp4"])
def test_a_place_that_cannot_be_written_is_refused_at_once(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").write_text("")
    (tmp_path / "folder.mp4").mkdir()
    with pytest.raises(OutputError, match=r"cannot be written: .*(choose|give)"):
        VideoOutput(tmp_path / name, 30.0, offline=True)


def test_without_x264_another_encoder_takes_over_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("likeness.outputs.video.ENCODERS", ("no-such-encoder", "mpeg4"))
    path = tmp_path / "v.mp4"
    record(path, numbered(40))
    pictures, times = decoded(path)
    assert numbers(pictures) == list(range(40))
    assert times == [Fraction(n, 30) for n in range(40)]
    assert "no no-such-encoder; recording with mpeg4" in caplog.text


def test_without_any_encoder_it_says_where_one_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("likeness.outputs.video.ENCODERS", ("no-such-encoder",))
    with pytest.raises(OutputError, match="install PyAV"):
        VideoOutput(tmp_path / "v.mp4", 30.0, offline=True)
    assert not os.listdir(tmp_path)


def test_the_picture_on_the_disk_is_never_more_than_a_second_old(tmp_path: Path, eventually: Eventually) -> None:
    path = tmp_path / "v.mp4"
    output = VideoOutput(path, 30.0, offline=False, room=200)
    for index, picture in enumerate(numbered(60)):
        output.show(picture, index / 30)
    eventually(lambda: len(decoded_until_broken(path)[0]) >= 30)
    output.close()


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
