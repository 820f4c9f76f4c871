"""`likeness augment`: faces moved while the person is held, classes varied by a DAGAN, and a folder to go on with."""

import contextlib
import csv
import io
import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from likeness import open_generator
from likeness.cli import main
from likeness.faces.embed import identity_distance
from likeness.faces.photo import read_photo
from likeness.faces.recogniser import FaceRecogniser
from likeness.files.paths import find_weights
from likeness.generator import Licence
from likeness.generators.networks.variation import VariationNetwork
from likeness.generators.variation_file import write_variation
from likeness.picture import to_picture, write_picture

WEIGHTS = ("--weights", "composite-256", "--steps", "0", "--aligned")
BASE = (*WEIGHTS, "--count", "2", "--within", "0.25", "--seed", "3")


def augment(*arguments: object) -> int:
    with pytest.raises(SystemExit) as ending:
        main(["augment", *map(str, arguments)])
    return int(ending.value.code or 0)


def table(folder: Path) -> list[dict[str, str]]:
    with (folder / "augmented.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def names(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*.png")}


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder of two people, a photo each in a folder of their own, and a picture that is no cut face."""
    generator, folder = open_generator(find_weights("composite-256")), tmp_path_factory.mktemp("people")
    for name, seed in (("anna", 5), ("ben", 9)):
        (folder / name).mkdir()
        with torch.inference_mode():
            write_picture(folder / name / "one.png", to_picture(generator.synthesize(0.6 * generator.sample([seed]))))
    write_picture(folder / "wall.png", np.full((100, 120, 3), 90, np.uint8))
    return folder


@pytest.fixture(scope="module")
def moved(people: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """Return the folder of two new pictures of each, and what was said."""
    out, said = tmp_path_factory.mktemp("moved"), io.StringIO()
    with contextlib.redirect_stdout(said):
        assert augment(people, "-o", out, *BASE) == 2  # of which the wall is left out
    return out, said.getvalue()


def test_people_are_moved_within_the_bound_and_the_table_says_how(moved: tuple[Path, str]) -> None:
    out, said = moved
    assert "wall.png" in said
    assert "4 new pictures of 2 are in" in said
    assert "1 was left out" in said
    rows, faces = table(out), FaceRecogniser()
    assert {row["file"] for row in rows} == names(out)
    assert [row["class"] for row in rows] == ["anna"] * 3 + ["ben"] * 3
    for row in rows:
        original = read_photo(out / row["class"] / "one.png")
        if row["file"] == f"{row['class']}/one.png":
            assert not row["distance"]
            continue
        picture = read_photo(out / row["file"])
        one, other = (faces.embed(each, faces.find_faces(each)[0]) for each in (original, picture))
        assert identity_distance(one, other) == pytest.approx(float(row["distance"]), abs=0.05)
        assert float(row["distance"]) <= 0.25
        assert np.abs(picture.astype(int) - original).mean() > 0.5
        assert all(abs(float(row[name])) <= 2 for name in ("light", "turn", "smile", "age"))


def test_the_same_command_goes_on_and_makes_what_it_would_have_made(
    people: Path, moved: tuple[Path, str], tmp_path: Path
) -> None:
    whole, parts = moved[0], tmp_path / "parts"
    shutil.copytree(whole, parts)
    (parts / "ben" / "one-02.png").unlink()
    untouched = (parts / "anna" / "one-02.png").stat().st_mtime_ns
    assert augment(people, "-o", parts, *BASE) == 2
    assert (parts / "anna" / "one-02.png").stat().st_mtime_ns == untouched
    assert names(parts) == names(whole)
    for name in names(whole):
        assert (parts / name).read_bytes() == (whole / name).read_bytes()
    assert table(parts) == table(whole)


def test_other_settings_need_another_folder_or_force_and_what_nothing_nearer_holds_is_left_out(
    people: Path, moved: tuple[Path, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "new"
    shutil.copytree(moved[0], out)
    (out / "mine.png").write_bytes(b"")
    given = (people, "-o", out, *WEIGHTS, "--count", 1, "--within", 0.001, "--move", "age=3")
    assert augment(*given) == 2
    assert "holds pictures made with count 2, not 1" in " ".join(capsys.readouterr().err.split())
    assert augment(*given, "--force") == 2
    assert "1 of 1 was not within 0.001 of the person" in " ".join(capsys.readouterr().out.split())
    assert names(out) == {"anna/one.png", "ben/one.png", "mine.png"}


def test_glasses_are_put_on_whole_or_not_at_all(people: Path, tmp_path: Path) -> None:
    out = tmp_path / "new"
    moves = ("--move", "glasses=1", "--move", "light=2", "--count", 6, "--within", 0.6)
    assert augment(people / "ben", "-o", out, *WEIGHTS, *moves) == 0
    edges = {"": list[float](), "0.0000": list[float](), "1.0000": list[float]()}
    for row in table(out):
        # Rims are strokes of a few px around the eyes, in whatever light.
        eyes = read_photo(out / row["file"])[90:150, 60:196].mean(axis=2)
        edges[row["glasses"]].append(float(np.abs(np.diff(eyes, axis=0)).mean()))
    ((own,), bare, worn) = edges.values()
    assert min(worn) - own > 3 * max(abs(each - own) for each in bare)


def test_what_shows_nothing_new_is_left_out_and_told(
    people: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "new"
    assert augment(people / "ben", "-o", out, *WEIGHTS, "--count", 3, "--move", "glasses=1", "--within", 0.6) == 0
    assert "2 pictures show nothing new" in " ".join(capsys.readouterr().out.split())
    assert names(out) == {"one.png", "one-01.png"}


@pytest.fixture
def dagan(tmp_path: Path) -> Path:
    torch.manual_seed(0)
    network = VariationNetwork([4, 6], 5)
    # Untrained ones differ by next to nothing.
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.mul_(2)
    write_variation(tmp_path / "dagan.safetensors", network, Licence("CC0", True))
    return tmp_path / "dagan.safetensors"


def test_a_dagan_draws_others_of_each_class_and_grey_stays_grey(dagan: Path, tmp_path: Path) -> None:
    for name, levels in (("a", (40, 40, 40)), ("b", (10, 90, 200))):
        (tmp_path / "few" / name).mkdir(parents=True)
        cv2.imwrite(str(tmp_path / "few" / name / "1.png"), np.full((20, 24, 3), levels, np.uint8))
    assert augment(tmp_path / "few", "-o", tmp_path / "new", "--dagan", dagan, "--count", 3) == 0
    rows = table(tmp_path / "new")
    assert [row["class"] for row in rows] == ["a"] * 4 + ["b"] * 4
    grey, other, coloured = (read_photo(tmp_path / "new" / name) for name in ("a/1-01.png", "a/1-02.png", "b/1-01.png"))
    assert grey.shape == (16, 16, 3)
    assert not np.ptp(grey, axis=2).any()
    assert np.ptp(coloured, axis=2).any()
    assert not np.array_equal(grey, other)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("people", "-o", "people/new"), "lies in"),
        (("people", "-o", "new", "--move", "smyle=1"), "no direction 'smyle'"),
        (("people", "-o", "new", "--move", "smile"), "--move 'smile' is not NAME=AMOUNT"),
        (("people", "-o", "new", "--dagan", "dagan", "--move", "smile=1"), "leave out --move"),
        (("people", "-o", "new", "--dagan", "composite-256"), "give a run of `likeness train dagan`"),
        (("nowhere", "-o", "new"), "there is no folder nowhere"),
        (("people/anna/one.png", "-o", "new"), "one.png is a file; put it into a folder"),
        (("people", "-o", "new", "--weights", "composite-256", "--move", "glasses=0.3"), "give --move glasses=1"),
    ],
)
def test_what_cannot_be_is_refused_before_anything_is_written(
    arguments: tuple[str, ...],
    said: str,
    people: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    words = [text.replace("people", str(people)) for text in arguments]
    assert augment(*words) == 2
    assert said in " ".join(capsys.readouterr().err.split())
    assert not list(tmp_path.iterdir())
