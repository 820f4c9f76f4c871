import threading
from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
import pytest

from likeness.outputs.gif import GifOutput
from likeness.picture import Picture

Maker = Callable[..., Picture]


def record(path: Path, pictures: list[Picture], fps: float) -> None:
    output = GifOutput(path, fps, offline=True)
    for index, picture in enumerate(pictures):
        output.show(picture, index / fps)
    output.close()


def delays(path: Path) -> list[int]:
    """Return each picture's delay in hundredths of a second, from the file's own bytes [GIF89a, section 23]."""
    file = path.read_bytes()
    blocks = [at for at in range(len(file) - 8) if file[at : at + 3] == b"\x21\xf9\x04" and file[at + 7] == 0]
    return [int.from_bytes(file[at + 4 : at + 6], "little") for at in blocks]


def pictures_of(path: Path) -> list[Picture]:
    with av.open(path) as file:
        return [frame.to_ndarray(format="rgb24") for frame in file.decode(video=0)]


@pytest.mark.parametrize(
    ("fps", "repeating"), [(30.0, [3, 4, 3]), (50.0, [2, 2, 2]), (25.0, [4, 4, 4]), (20.0, [5, 5, 5])]
)
def test_delays_add_up_to_the_rate_in_hundredths_of_a_second(
    tmp_path: Path, picture: Maker, fps: float, repeating: list[int]
) -> None:
    path = tmp_path / "a.gif"
    record(path, [picture(step=step) for step in range(31)], fps)
    found = delays(path)
    assert len(found) == 31
    assert sum(found[:30]) == 30 * 100 / fps
    assert found[:3] == repeating
    assert found[-1] == repeating[0], "the last one stands as long as the others, or each round has a hitch"


def test_above_fifty_a_second_pictures_are_left_out_since_nothing_plays_them(tmp_path: Path, picture: Maker) -> None:
    path = tmp_path / "a.gif"
    record(path, [picture(step=step) for step in range(61)], 60.0)
    found = delays(path)
    assert min(found) >= 2
    assert sum(found[:-1]) == 100


def test_it_loops_for_ever(tmp_path: Path, picture: Maker) -> None:
    path = tmp_path / "a.gif"
    record(path, [picture(step=step) for step in range(3)], 10.0)
    # The block that browsers read: a count of 0 is for ever.
    assert b"\x21\xff\x0bNETSCAPE2.0\x03\x01\x00\x00\x00" in path.read_bytes()


def test_colours_come_back(tmp_path: Path, picture: Maker) -> None:
    shown = [picture(step=step) for step in range(4)]
    path = tmp_path / "a.gif"
    record(path, shown, 10.0)
    for seen, each in zip(pictures_of(path), shown, strict=True):
        # 256 colours for 4,096; a palette made for another picture would be off by much more.
        assert np.abs(seen.astype(int) - each).mean() < 6


def test_live_a_late_picture_lets_the_one_before_stand_longer(tmp_path: Path, picture: Maker) -> None:
    path = tmp_path / "a.gif"
    output = GifOutput(path, 10.0, offline=False)
    for step, at in enumerate((0.0, 0.1, 0.5, 0.6)):
        output.show(picture(step=step), at)
    output.close()
    assert delays(path)[:3] == [10, 40, 10]


def test_the_same_pictures_give_the_same_bytes(tmp_path: Path, picture: Maker) -> None:
    shown = [picture(step=step) for step in range(5)]
    record(tmp_path / "a.gif", shown, 10.0)
    record(tmp_path / "b.gif", shown, 10.0)
    assert (tmp_path / "a.gif").read_bytes() == (tmp_path / "b.gif").read_bytes()


def test_live_a_slow_writer_leaves_pictures_out_and_the_rest_keep_their_times(
    tmp_path: Path, picture: Maker, monkeypatch: pytest.MonkeyPatch
) -> None:
    held, let = threading.Event(), threading.Event()

    def write_slowly(output: GifOutput, picture: Picture, frame: int) -> None:
        held.set()
        assert let.wait(20)
        write(output, picture, frame)

    write = GifOutput._write
    monkeypatch.setattr(GifOutput, "_write", write_slowly)
    path = tmp_path / "a.gif"
    output = GifOutput(path, 10.0, offline=False, room=2)
    output.show(picture(step=0), 0.0)
    assert held.wait(20)
    for step in range(1, 20):
        output.show(picture(step=step), step / 10)
    assert output.dropped == 17
    let.set()
    output.close()
    # Pictures 0, 1 and 2; the last one again at the end of the show, so that a round takes its two seconds.
    assert delays(path) == [10, 10, 170, 10]
