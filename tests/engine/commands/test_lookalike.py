"""`likeness lookalike`: photos become films and a page."""

import re
from pathlib import Path
from urllib.parse import unquote

import av
import cv2
import numpy as np
import pytest
from tests.engine.drawn_faces import FACES

from likeness import open_generator
from likeness.cli import main
from likeness.files.paths import find_weights
from likeness.gallery import Gallery
from likeness.gallery.photo_encoder import PhotoEncoder
from likeness.gallery.population import draw_face
from likeness.picture import write_picture

QUICK = ("--size", "64x64", "--fps", "2", "--weights", "composite-256")


def lookalike(*arguments: str) -> int:
    with pytest.raises(SystemExit) as ending:
        main(["lookalike", *arguments])
    return int(ending.value.code or 0)


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Two of the generator's own people, seeds 5 and 6, at the psi of the bundled population."""
    generator = open_generator(find_weights("composite-256"))
    folder = tmp_path_factory.mktemp("photos")
    paths = folder / "five.png", folder / "six.png"
    for path, seed in zip(paths, (5, 6), strict=True):
        write_picture(path, draw_face(generator, seed, 0.8)[1])
    return paths


def test_a_photo_becomes_three_films_four_pictures_and_a_page_and_nothing_is_kept_elsewhere(
    photos: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    home, out = tmp_path / "home", tmp_path / "out"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.delenv("LIKENESS_HOME", raising=False)
    assert lookalike(str(photos[0]), "-o", str(out), *QUICK) == 0
    # The photo is a drawing of seed 5, who is among the generator's own people.
    assert "nearest seed 5 (0." in capsys.readouterr().out
    films = {f"five-{name}.mp4" for name in ("good-news", "bad-news", "smile")}
    stills = {f"five-{name}.jpg" for name in ("photo", "drawn", "nearest", "farthest")}
    assert {path.name for path in out.iterdir()} == {*films, *stills, "index.html"}
    assert list(home.iterdir()) == []
    for film in films:
        with av.open(str(out / film)) as video:
            stream = video.streams.video[0]
            assert (stream.width, stream.height, stream.average_rate) == (64, 64, 2)
    addresses = re.findall(r'(?:src|href|poster)="([^"]*)"', (out / "index.html").read_text())
    assert {unquote(address) for address in addresses} == films | stills


def test_two_photos_have_children_one_that_fails_is_named_and_the_status_is_1(
    photos: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out, grey, phone = tmp_path / "out", tmp_path / "grey.png", tmp_path / "phone.heic"
    assert lookalike(*map(str, photos), "-o", str(out), *QUICK) == 0
    assert (out / "children.mp4").is_file()
    assert (out / "child-4.jpg").is_file()
    write_picture(grey, np.full((200, 200, 3), 128, np.uint8))
    phone.write_bytes(b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(64))
    capsys.readouterr()
    other = tmp_path / "other"
    assert lookalike(str(grey), str(phone), str(photos[1]), "-o", str(other), *QUICK) == 1
    lines = capsys.readouterr().err.strip().splitlines()
    assert len(lines) == 2
    assert "no face is found" in lines[0]
    assert "export it as JPEG" in lines[1]
    assert (other / "six-smile.mp4").is_file()
    assert not (other / "children.mp4").exists()


def test_an_absent_gallery_is_refused_before_any_work_and_makes_no_folder(
    photos: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = tmp_path / "out" / "index.html"
    page.parent.mkdir()
    page.write_text("a page of mine")
    assert lookalike(str(photos[0]), "-o", str(page.parent), "--gallery", str(tmp_path / "none"), *QUICK) == 2
    assert "gallery" in capsys.readouterr().err
    assert list(tmp_path.rglob("*")) == [page.parent, page]


def test_whoever_is_in_the_gallery_finds_themselves_in_another_cut(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    if not FACES.is_dir():
        pytest.skip("no photos in shared/faces beside the repository")
    encoder = PhotoEncoder(find_weights("composite-256"), "", "nobody: synthetic")
    with Gallery.open(tmp_path / "gallery", create=True) as gallery:
        for number in range(6):
            photo = FACES / f"{number:04}.jpg"
            face = encoder.encode(photo.stem, photo, photo.read_bytes()).face
            if face is not None:
                gallery.add([face])
    picture = cv2.imread(str(FACES / "0003.jpg"))[6:250, 2:246]
    cv2.imwrite(str(tmp_path / "me.jpg"), cv2.resize(picture, (300, 300)), [cv2.IMWRITE_JPEG_QUALITY, 60])
    arguments = (str(tmp_path / "me.jpg"), "-o", str(tmp_path / "out"), "--gallery", str(tmp_path / "gallery"))
    assert lookalike(*arguments, *QUICK) == 0
    nearest, farthest = re.findall(r"(?:nearest|farthest) (\S+) \((\S+)\)", capsys.readouterr().out)
    assert nearest[0] == "0003"
    assert float(nearest[1]) < 0.3 < float(farthest[1])
