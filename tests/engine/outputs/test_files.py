from pathlib import Path

import numpy as np
import pytest

from likeness.errors import OutputError
from likeness.outputs.files import open_file
from likeness.outputs.frames import FramesOutput
from likeness.outputs.gif import GifOutput
from likeness.outputs.video import VideoOutput


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("a.mp4", VideoOutput),
        ("a.MP4", VideoOutput),
        ("a.mov", VideoOutput),
        ("a.mkv", VideoOutput),
        ("a.gif", GifOutput),
        ("a.png", FramesOutput),
        ("f/%04d.png", FramesOutput),
        (".", FramesOutput),
    ],
)
def test_the_ending_chooses_the_output(tmp_path: Path, name: str, kind: type) -> None:
    output = open_file(tmp_path / name, 30.0, offline=True)
    output.close()
    assert type(output) is kind


@pytest.mark.parametrize(("name", "came"), [("a.webm", r"\.webm"), ("a", "without an ending")])
def test_an_unknown_ending_ends_with_those_there_are(tmp_path: Path, name: str, came: str) -> None:
    with pytest.raises(OutputError, match=rf"{came}.*\.mp4, \.mov, \.mkv, \.gif, \.png"):
        open_file(tmp_path / name, 30.0, offline=True)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["a.mp4", "a.gif", "a-%03d.png"])
def test_two_shows_that_record_to_one_name_get_two(tmp_path: Path, name: str) -> None:
    both = [open_file(tmp_path / name, 30.0, offline=False) for _ in range(2)]
    for output in both:
        output.show(np.zeros((32, 32, 3), np.uint8), 0.0)
        output.close()
    first, second = (output.path for output in both)
    assert first == tmp_path / name
    assert second == tmp_path / name.replace("a", "a-2", 1)
    assert len(list(tmp_path.iterdir())) == 2


def test_a_name_is_free_again_where_the_output_does_not_open(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("likeness.outputs.profiles.av.codecs_available", set())
    with pytest.raises(OutputError, match="no encoder"):
        open_file(tmp_path / "a.mp4", 30.0, offline=True)
    assert not list(tmp_path.iterdir())


def test_a_film_that_is_larger_than_its_codec_has_them_is_refused_at_once(tmp_path: Path) -> None:
    open_file(tmp_path / "a.mp4", 30.0, offline=True, size=(7680, 4320)).close()
    open_file(tmp_path / "a.png", 30.0, offline=True, size=(16384, 16384)).close()
    with pytest.raises(OutputError, match=r"16384x4096 px are more than h264 holds, up to 35\.7 million"):
        open_file(tmp_path / "a.mp4", 30.0, offline=True, size=(16384, 4096))
    with pytest.raises(OutputError, match=r"prores4444 goes into \.mov, \.mkv; name such a file"):
        open_file(tmp_path / "a.mp4", 30.0, offline=True, profile="prores4444")
    assert not list(tmp_path.iterdir())
