"""`likeness edit`: faces moved along directions, alone, pasted back, and as strips."""

from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from likeness import open_generator
from likeness.cli import main
from likeness.encoders.open_encoder import open_encoder_for
from likeness.files.paths import find_direction, find_weights
from likeness.picture import to_picture, to_tensor, write_picture
from likeness.toolkit.latent_file import read_direction

WEIGHTS = ("--weights", "composite-256")


def edit(*arguments: object) -> int:
    with pytest.raises(SystemExit) as ending:
        main(["edit", *map(str, arguments), *WEIGHTS])
    return int(ending.value.code or 0)


FACE = np.s_[60:220, 70:186]


def read(path: Path) -> NDArray[np.float64]:
    return cv2.imread(str(path))[..., ::-1].astype(float)


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    generator = open_generator(find_weights("composite-256"))
    folder = tmp_path_factory.mktemp("photos")
    faces = {seed: to_picture(generator.synthesize(0.6 * generator.sample([seed]))) for seed in (5, 9)}
    canvas = np.full((500, 600, 3), 70, np.uint8)
    canvas[120:376, 180:436] = faces[5]
    pictures = {"five": faces[5], "nine": faces[9], "scene": canvas, "empty": np.full((120, 120, 3), 90, np.uint8)}
    for name, picture in pictures.items():
        write_picture(folder / f"{name}.png", picture)
    return {name: folder / f"{name}.png" for name in pictures}


def test_an_edited_face_is_the_encoders_latent_and_the_directions(photos: dict[str, Path], tmp_path: Path) -> None:
    out = tmp_path / "out.png"
    assert edit(photos["five"], "-d", "smile=2", "-d", "age=-1", "-o", out, "--aligned", "--steps", 0) == 0
    generator = open_generator(find_weights("composite-256"))
    target = to_tensor(np.asarray(read(photos["five"]), np.uint8))
    latent = open_encoder_for(generator).encode(target)
    for name, amount in (("smile", 2), ("age", -1)):
        latent = latent + amount * read_direction(find_direction(name, "composite-256"), 4, 160)
    with torch.inference_mode():
        wanted = to_picture(generator.synthesize(latent))
    assert np.abs(read(out) - wanted).max() <= 1


def test_a_search_comes_nearer_to_the_photo_than_the_guess(photos: dict[str, Path], tmp_path: Path) -> None:
    apart = []
    for steps in (0, 30):
        out = tmp_path / f"{steps}.png"
        assert edit(photos["nine"], "-d", "smile=0", "-o", out, "--aligned", "--steps", steps) == 0
        # Of the face: what is behind it is one of some walls, and no search finds which.
        apart.append(np.abs(read(out) - read(photos["nine"]))[FACE].mean())
    assert apart[1] < 0.9 * apart[0]


def test_a_pasted_face_changes_the_face_alone(photos: dict[str, Path], tmp_path: Path) -> None:
    out = tmp_path / "out.png"
    assert edit(photos["scene"], "-d", "smile=3", "-o", out, "--paste", "--steps", 0) == 0
    changed = np.abs(read(out) - read(photos["scene"])).mean(axis=2)
    assert changed.shape == (500, 600)
    assert changed[240:340, 250:370].mean() > 3
    assert not changed[:100].any()
    assert not changed[:, :150].any()


def test_an_amount_that_does_nothing_is_told(
    photos: dict[str, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for move, said in (
        ("glasses=0.3", "five.png: glasses=0.3 does nothing"),
        # Which beard, of somebody who has none.
        ("beards=2", "five.png: nothing changes that could be seen"),
    ):
        assert edit(photos["five"], "-d", move, "-o", tmp_path / "o.png", "--aligned", "--steps", 0) == 0
        assert said in " ".join(capsys.readouterr().out.split())


def test_strips_of_several_photos_are_one_sheet_and_a_picture_without_a_face_is_left_out(
    photos: dict[str, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "strip.png"
    given = (photos["scene"], photos["empty"])
    assert edit(*given, "-d", "smile=3", "-o", out, "--strip", "--steps", 0) == 2
    height, width, _ = read(out).shape
    assert (height // 256, width // 256) == (1, 6)
    first, last = (read(out)[:256, left : left + 256] for left in (width - 5 * 260 + 4, width - 256))
    assert np.abs(first - last).mean() > 1
    said = capsys.readouterr().err
    assert "no face is found in" in said
    assert "nearly of one brightness" in said


def test_several_photos_go_into_a_folder(photos: dict[str, Path], tmp_path: Path) -> None:
    given = (photos["five"], photos["nine"], "--aligned", "--steps", 0)
    assert edit(*given, "-d", "smile=1", "-o", tmp_path / "faces") == 0
    assert sorted(path.name for path in (tmp_path / "faces").iterdir()) == ["five.png", "nine.png"]


def test_eyes_that_are_told_need_no_detector(photos: dict[str, Path], tmp_path: Path) -> None:
    assert (
        edit(photos["empty"], "-d", "smile=1", "-o", tmp_path / "o.png", "--eyes", "110,140,180,140", "--steps", 0) == 0
    )


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (
            ("five", "-d", "smyle=2", "-o", "o.png"),
            "no direction 'smyle'; there are: age, ",
        ),
        (("five", "-d", "smile", "-o", "o.png"), "is not NAME=AMOUNT"),
        (("five", "-d", "smile=1", "-o", "folder"), "must end in .png"),
        (("five", "nine", "-d", "smile=1", "-o", "o.png"), "is one file for 2 photos"),
        (("five", "-d", "smile=1", "-o", "o.png", "--paste", "--strip"), "leave out --strip"),
        (("five", "-d", "smile=1", "-o", "o.png", "--eyes", "1,2,3"), "is not X,Y,X,Y"),
        (("-d", "smile=1", "-o", "o.png"), "no photo to edit"),
        (("five", "-o", "o.png"), "as -d smile=2"),
    ],
)
def test_what_cannot_be_is_refused_before_anything_is_drawn(
    arguments: tuple[str, ...],
    said: str,
    photos: dict[str, Path],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert edit(*(photos.get(text, text) for text in arguments)) == 2
    assert said in " ".join(capsys.readouterr().err.split())
    assert not list(tmp_path.iterdir())


def test_a_photo_is_not_written_over(photos: dict[str, Path], capsys: pytest.CaptureFixture[str]) -> None:
    assert edit(photos["five"], "-d", "smile=1", "-o", photos["five"], "--force") == 2
    assert "is the photo itself" in capsys.readouterr().err
