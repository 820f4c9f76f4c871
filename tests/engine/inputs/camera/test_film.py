"""A film as a render's camera: the picture of each frame's time, whatever the rates, and again from the start."""

from pathlib import Path

import av
import numpy as np
import pytest

from likeness.errors import InputError
from likeness.inputs.camera.film import FilmCamera


@pytest.fixture
def film(tmp_path: Path) -> Path:
    """Ten pictures at 10 a second, the first black, each 20 levels brighter."""
    path = tmp_path / "film.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=10)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for number in range(10):
            picture = np.full((48, 64, 3), 20 * number, np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode())
    return path


def play(film: Path, fps: float, frames: int) -> list[int | None]:
    """Return for each frame which of the film's pictures came with it."""
    at = 0.0
    camera = FilmCamera(film, lambda: at)
    numbers: list[int | None] = []
    for index in range(frames):
        at = index / fps
        image = camera.newest()
        numbers.append(None if image is None else round(float(image.picture.mean()) / 20))
        assert image is None or image.at == at
    assert not camera.live
    camera.close()
    return numbers


def test_each_frame_has_the_picture_of_its_time(film: Path) -> None:
    assert play(film, 10, 10) == list(range(10))
    assert play(film, 20, 6) == [0, None, 1, None, 2, None]
    assert play(film, 5, 5) == [0, 2, 4, 6, 8]


def test_a_film_that_ends_begins_again(film: Path) -> None:
    assert play(film, 10, 23)[8:] == [8, 9, *range(10), 0, 1, 2]


def test_what_is_no_video_is_refused(tmp_path: Path) -> None:
    (tmp_path / "words.mp4").write_text("no film")
    with pytest.raises(InputError, match="no video that can be read"):
        FilmCamera(tmp_path / "words.mp4", lambda: 0.0)
