"""`likeness gallery`, as somebody types it."""

import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import cv2
import pytest
import torch

from likeness import open_generator
from likeness.cli import main
from likeness.files.paths import find_weights
from likeness.gallery import Gallery, NewFace
from likeness.gallery.face_types import to_jpeg
from likeness.gallery.population_file import find_population
from likeness.picture import to_picture
from likeness.toolkit.latent_file import read_latent

Maker = Callable[..., NewFace]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, root: Path) -> Path:
    monkeypatch.setenv("LIKENESS_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    return tmp_path / "home" / "gallery"


def run(*arguments: str) -> int:
    """Return the exit status."""
    try:
        main(["gallery", *arguments])
    except SystemExit as end:
        return int(end.code or 0)
    return 0


@pytest.fixture
def kept(home: Path, new_face: Maker) -> Path:
    """Return a gallery of anna twice, bert, and a drawn face."""
    with Gallery.open(home, create=True) as gallery:
        gallery.add([new_face(1, name="anna"), new_face(2, name="anna"), new_face(3, name="bert")])
        gallery.add([new_face(4, name="seed 7", seed=7, consent="", photo=None)])
    return home


def test_a_gallery_is_built_and_a_drawn_face_finds_itself_in_it(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("build", "--from-model", "2") == 0
    assert "2 faces are new; 2 are in" in capsys.readouterr().out
    with Gallery.open(home) as gallery:
        picture = next(iter(gallery.faces())).jpeg
    Path("me.jpg").write_bytes(picture)
    assert run("search", "me.jpg", "-k", "2", "-o", "found.png") == 0
    first, second, _ = capsys.readouterr().out.splitlines()
    assert "seed 0 " in first
    assert float(first.split()[0]) < 0.2 < float(second.split()[0])
    assert cv2.imread("found.png").shape == (256, 3 * 256 + 2 * 4, 3)
    assert run("search", "me.jpg", "-k", "1", "--farthest") == 0
    assert "seed 1 " in capsys.readouterr().out


def test_a_population_is_made_for_any_weights_and_found_by_their_name(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mine = tmp_path / "mine.safetensors"
    shutil.copy(find_weights("composite-256"), mine)
    assert find_population(mine) is None
    assert run("population", str(mine), "--count", "2", "--first-seed", "7", "--psi", "0.7") == 0
    assert "2 faces are in" in capsys.readouterr().out
    made = find_population(mine)
    assert made is not None
    assert (made.seeds.tolist(), made.psi, made.weights) == ([7, 8], 0.7, "mine")
    assert run("population", str(mine), "-o", str(mine / "p.safetensors"), "--count", "1") == 2
    assert "could not be written" in capsys.readouterr().err


def test_a_photo_is_refused_without_consent_and_no_gallery_is_made(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("add", "anna.jpg", "--name", "anna") == 2
    assert '--consent "Anna agreed' in capsys.readouterr().err
    assert not home.exists()


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere every file's name is text")
def test_a_photo_whose_name_is_no_text_is_kept_by_what_can_be_read_of_it(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    generator = open_generator(find_weights("composite-256"))
    photo = tmp_path / os.fsdecode(b"zo\xeb.jpg")
    photo.write_bytes(to_jpeg(to_picture(generator.synthesize(0.7 * generator.sample([5])))))
    assert run("add", str(photo), "--consent", "agreed", "--no-latents") == 0
    assert "1 face is new" in capsys.readouterr().out
    with Gallery.open(home) as gallery:
        assert [record.name for record in gallery.records()] == ["zo\N{REPLACEMENT CHARACTER}"]


def test_the_list_tells_the_consent_and_where_a_face_is_from(kept: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("list") == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split()[:2] == ["1", "anna"]
    assert '"agreed, form 1"' in lines[0]
    assert "toy seed 7" in lines[3]
    assert lines[4].startswith("4 faces")
    assert run("list", "anna") == 0
    assert capsys.readouterr().out.splitlines()[2].startswith("2 faces")


def test_faces_are_removed_by_name_and_by_number(kept: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("remove", "anna", "--number", "4") == 0
    assert "3 faces were removed, 1 is left" in capsys.readouterr().out
    with Gallery.open(kept) as gallery:
        assert [record.name for record in gallery.records()] == ["bert"]
    assert run("remove", "anne") == 2
    assert "no face 'anne'" in capsys.readouterr().err
    assert run("remove", "--number", "1") == 2
    assert "no face number 1" in capsys.readouterr().err


def test_galleries_are_merged(kept: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("merge", str(kept), "--gallery", str(tmp_path / "all")) == 0
    assert "4 faces are new; 4 are in" in capsys.readouterr().out
    assert run("merge", str(tmp_path / "nowhere")) == 2
    assert "no gallery in" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("search", "absent.jpg"), "no photo absent.jpg"),
        (("add", "absent", "--consent", "all"), "no photo and no folder"),
        (("add", ".", "--consent", "all"), "no photos in"),
        (("add", ".", "--consent", "all", "--shard", "3/2"), "2/8"),
        (("build", "--from-model", "0"), "--from-model. Give 1 to"),
        (("population", "--count", "0"), "--count. Give 1 to"),
        (("population", "nobodys"), "no weights 'nobodys'"),
        (("merge",), "no gallery to merge"),
    ],
)
def test_what_cannot_be_done_is_told_in_one_line(
    arguments: tuple[str, ...], told: str, kept: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(*arguments) == 2
    error = capsys.readouterr().err.strip()
    assert told in error
    assert "Traceback" not in error


def test_nothing_is_searched_where_no_gallery_is(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("search", "absent.jpg") == 2
    assert "build --from-model" in capsys.readouterr().err
    assert not home.exists()


def test_group_means_are_saved_faces(
    home: Path, tmp_path: Path, faces: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    names = [path.name for path in sorted(faces.glob("*.jpg"))[:11]]
    ages = ["8"] * 5 + ["70", "72", "70", "72", "70", ""]
    lines = [f"{name},{age}" for name, age in zip(names, ages, strict=True)]
    Path("labels.csv").write_text("\n".join(["file,age", *lines]), encoding="utf-8")
    asked = ("means", str(faces), "--labels", "labels.csv")
    assert run(*asked, "--by", "age", "--group", "child=8", "--group", "old=70,72", "-o", "means") == 0
    assert "5 photos -> means/child.safetensors" in capsys.readouterr().out
    child, old = (read_latent(tmp_path / "means" / f"{name}.safetensors", 4, 160) for name in ("child", "old"))
    assert (child - old).norm() > 1
    # Mirrored twins take out the sides: what is odd cancels.
    from likeness import open_generator
    from likeness.files.paths import find_weights

    generator = open_generator(find_weights("composite-256"))
    assert (generator.mirrored(child) - child).norm() < 0.1 * child.norm()  # type: ignore[attr-defined]  # a composite
    assert torch.isfinite(old).all()
    for wrong, told in (
        (("--by", "aeg"), "no column 'aeg'; nearest: age"),
        (("--by", "age", "--group", "x=99"), "no age '99'"),
        (("--by", "age", "--group", "few=70"), "has 3 photos"),
        (("--by", "age", "--group", "few"), "NAME=VALUE"),
    ):
        assert run(*asked, *wrong, "-o", "means") == 2
        assert told in capsys.readouterr().err
