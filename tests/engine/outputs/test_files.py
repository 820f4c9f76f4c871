from pathlib import Path

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
