"""The photos of a folder: what editors, macOS and network drives leave beside them is no photo of the user's."""

from pathlib import Path, PurePosixPath

import pytest

from likeness.faces.photo_files import is_litter, list_photo_files, name_placeholder


@pytest.mark.parametrize(
    "path",
    [
        "x.jpg~", "deep/er/x.PNG~", "x.jpg.bak", "x.jpg.orig", "x.jpg.part", "#x.jpg#", ".#x.jpg", ".x.jpg.swp",
        "._x.jpg", "__MACOSX/x.jpg", "__MACOSX/deep/._x.jpg", "@eaDir/x.jpg/SYNOPHOTO_THUMB_M.jpg", ".trash/x.jpg",
        "Thumbs.db", "desktop.ini", ".DS_Store",
    ],
)  # fmt: skip
def test_what_stands_beside_photos_is_left_out(path: str) -> None:
    assert is_litter(PurePosixPath(path))


@pytest.mark.parametrize(
    "path", ["x.jpg", "X.JPG", "x", "a~b.jpg", "~x.jpg", "#1.jpg", "orig/x.jpg", "x.bak.jpg", "2.0/x.png"]
)
def test_photos_are_kept_whatever_they_are_called(path: str) -> None:
    assert not is_litter(PurePosixPath(path))


def test_a_hidden_folder_above_the_photos_hides_nothing(tmp_path: Path) -> None:
    folder = tmp_path / ".cache" / "photos"
    (folder / "sub").mkdir(parents=True)
    for name in ("b.jpg", "a.JPG", "a.JPG~", ".c.jpg", "sub/d.jpg"):
        (folder / name).touch()
    assert [path.name for path in list_photo_files(folder)] == ["a.JPG", "b.jpg"]
    assert [path.name for path in list_photo_files(folder, sub_folders=True)] == ["a.JPG", "b.jpg", "d.jpg"]


@pytest.mark.parametrize(
    ("raw", "says"),
    [
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 1\n", "Git LFS"),
        (b"/annex/objects/SHA256E-s1--4d7a.jpg\n", "git-annex"),
        (b"  \r\n<!doctype HTML><html></html>", "web page"),
        (b"<?xml version='1.0'?><Error><Code>AccessDenied</Code></Error>", "web page"),
    ],
)
def test_what_stands_in_the_place_of_a_download_is_named(raw: bytes, says: str) -> None:
    assert says in (name_placeholder(raw) or "")


@pytest.mark.parametrize("raw", [b"", b"words", b"\x89PNG\r\n", b"PK\x03\x04", b"<?xml version='1.0'?><svg></svg>"])
def test_other_files_are_no_placeholders(raw: bytes) -> None:
    assert name_placeholder(raw) is None
