"""The recipe of styles: from pictures to one filter that plays, in one sitting or two."""

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from tests.engine.drawn_faces import write_faces
from tests.engine.training import toy

from likeness.errors import TrainingError
from likeness.files.paths import find_weights
from likeness.generators.filter_file import open_filter
from likeness.training.recipe import EXPORT
from likeness.training.run import RunFolder
from likeness.training.settings import Settings
from likeness.training.train import train

CPU = torch.device("cpu")
OWN = {"style_size": 64, "crop": 32, "width": 4, "inner": 6, "blocks": 1}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with six faces, and two styles: stripes and dots."""
    write_faces(tmp_path / "faces", 6)
    y, x = np.mgrid[:96, :96]
    stripes = np.where((x + y) % 12 < 6, 20, 230).astype(np.uint8)
    dots = np.where((x % 10 - 5) ** 2 + (y % 10 - 5) ** 2 < 9, 240, 60).astype(np.uint8)
    for name, picture in {"stripes": stripes, "dots": dots}.items():
        cv2.imwrite(str(tmp_path / f"{name}.png"), cv2.merge([picture, picture, 255 - picture]))
    return tmp_path


def settings(folder: Path, steps: int, **own: object) -> Settings:
    pictures = "\n".join(str(folder / f"{name}.png") for name in ("stripes", "dots"))
    wanted = {**OWN, "pictures": pictures, **own}
    return Settings(
        "style", str(folder / "faces"), size=64, batch=2, steps=steps, preview_s=1e6, precision="float32", own=wanted
    )


def test_a_run_ends_in_a_filter_with_a_style_for_each_picture(folder: Path) -> None:
    run = RunFolder.begin(folder / "run", settings(folder, 4))
    summary = train(run, "cpu")
    assert summary.complete
    assert summary.played_by == f"likeness play filter --set filter.file={run.path}"
    opened = open_filter(run.path / EXPORT, CPU)
    assert opened.info.styles == ("stripes", "dots")
    assert (opened.info.kind, opened.info.size) == ("style", 64)
    sheet = cv2.imread(str(next((run.path / "styles").glob("*.png"))))
    assert sheet.shape == (3 * 68 - 4, 8 * 68 - 4, 3)
    assert not (run.path / "grids").exists()


def test_learning_brings_pictures_nearer_to_the_styles(folder: Path) -> None:
    wanted = settings(folder, 40, crop=40, strength=5.0, style_size=128)
    run = RunFolder.begin(folder / "run", replace(wanted, learning_rate=1e-2))
    train(run, "cpu")
    losses = [entry["losses"]["style"] for entry in run.read_log() if "losses" in entry]
    assert losses[-1] < 0.85 * losses[0]


def test_the_same_run_in_two_sittings_learns_the_same(folder: Path) -> None:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        whole, halves = (RunFolder.begin(folder / name, settings(folder, 4)) for name in ("whole", "halves"))
        train(whole, "cpu")
        train(halves, "cpu", toy.stopped_after(2))
        assert halves.position()[0] == 2
        train(halves, "cpu")
    finally:
        torch.set_num_threads(threads)
    one, other = (open_filter(run.path / EXPORT, CPU).network.state_dict() for run in (whole, halves))
    assert all(torch.equal(tensor, other[name]) for name, tensor in one.items())


def test_faces_to_learn_on_are_drawn_by_weights_and_drawn_once(folder: Path) -> None:
    wanted = settings(folder, 2, drawn=5, weights=str(find_weights("composite-256")))
    run = RunFolder.begin(folder / "run", replace(wanted, source=str(folder / "run" / "content")))
    train(run, "cpu", toy.stopped_after(1))
    drawn = {path.name: path.stat().st_mtime_ns for path in (folder / "run" / "content").iterdir()}
    assert sorted(drawn) == [f"{seed:05d}.png" for seed in range(5)]
    train(run, "cpu")
    assert {path.name: path.stat().st_mtime_ns for path in (folder / "run" / "content").iterdir()} == drawn


@pytest.mark.parametrize(
    ("own", "message"),
    [
        ({"pictures": ""}, "wanted 1 to 64 styles"),
        ({"crop": 36}, "crop must be a multiple of 8 px, 36 came"),
        ({"crop": 128}, "crop is from 32 to 64, 128 came"),
        ({"width": 0}, "width is from 1 to 512, 0 came"),
        ({"features": "absent.pth"}, "there is no file absent.pth of features"),
    ],
)
def test_settings_out_of_range_are_one_line(folder: Path, own: dict[str, object], message: str) -> None:
    run = RunFolder.begin(folder / "run", settings(folder, 2, **own))
    with pytest.raises(TrainingError, match=message):
        train(run, "cpu")


def test_a_style_picture_that_is_gone_or_none_is_one_line(folder: Path) -> None:
    run = RunFolder.begin(folder / "run", settings(folder, 2))
    (folder / "dots.png").write_bytes(b"no picture")
    with pytest.raises(TrainingError, match=r"style picture cannot be read: .*dots\.png is no picture"):
        train(run, "cpu")
    (folder / "dots.png").unlink()
    with pytest.raises(TrainingError, match=r"there is no photo .*dots\.png"):
        train(run, "cpu")
