"""`likeness project`: photos become latents, and their search a video."""

from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from likeness import open_generator
from likeness.cli import main
from likeness.files.paths import find_weights
from likeness.picture import to_picture, write_picture
from likeness.toolkit.latent_file import read_latent


def project(*arguments: str) -> int:
    with pytest.raises(SystemExit) as ending:
        main(["project", *arguments])
    return int(ending.value.code or 0)


def frames(path: Path) -> list[NDArray[np.float64]]:
    with av.open(str(path)) as video:
        return [frame.to_ndarray(format="rgb24").astype(float) for frame in video.decode(video=0)]


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    generator = open_generator(find_weights("composite-256"))
    folder = tmp_path_factory.mktemp("photos")
    paths = folder / "five.png", folder / "six.png"
    for path, seed in zip(paths, (5, 6), strict=True):
        write_picture(path, to_picture(generator.synthesize(0.6 * generator.sample([seed]))))
    return paths


def test_a_chain_is_a_loop_over_all_faces(photos: tuple[Path, Path], tmp_path: Path) -> None:
    options = ("--chain", "--aligned", "--steps", "6", "--every", "2")
    assert project(*map(str, photos), "-o", str(tmp_path), *options) == 0
    seen = frames(tmp_path / "chain.mp4")
    # The start, and three frames for each face.
    assert len(seen) == 7
    apart = np.abs(seen[0] - seen[3]).mean()
    assert np.abs(seen[0] - seen[-1]).mean() < 0.1 * apart
    for name in ("five", "six"):
        latent = read_latent(tmp_path / f"{name}.safetensors", 4, 160)
        assert latent.abs().max() > 0.1
        assert cv2.imread(str(tmp_path / f"{name}.png")).shape == (256, 256, 3)
        assert cv2.imread(str(tmp_path / f"{name}-beside.png")).shape == (256, 3 * 256 + 2 * 4, 3)


def test_each_photo_gets_its_own_video_and_what_is_no_photo_is_told(
    photos: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "text.jpg").write_text("no picture")
    out = tmp_path / "out"
    options = ("--start", "mean", "--steps", "5", "--every", "2")
    assert project(str(photos[0]), str(tmp_path / "text.jpg"), "-o", str(out), *options) == 2
    told = capsys.readouterr()
    assert "text.jpg is no picture" in told.err
    assert "five: 5 steps" in told.out
    # Steps 0, 2, 4, and the last one.
    assert len(frames(out / "five.mp4")) == 4
    assert not list(out.glob("text*"))


def test_nothing_is_written_over_a_photo(photos: tuple[Path, Path], capsys: pytest.CaptureFixture[str]) -> None:
    before = photos[0].read_bytes()
    assert project(str(photos[0]), "-o", str(photos[0].parent), "--aligned") == 2
    assert "would be lost" in capsys.readouterr().err
    assert photos[0].read_bytes() == before


def test_no_photo_at_all_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert project("-o", str(tmp_path)) == 2
    assert "no photo" in capsys.readouterr().err
