"""Weights that were made anew under their name: what is kept of the old ones is told of, and older galleries open."""

import logging
import shutil
import sqlite3
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from likeness.cli import main
from likeness.commands.gallery.common import warn_outdated
from likeness.files.paths import find_weights
from likeness.gallery import Gallery, NewFace
from likeness.gallery.face_types import find_outdated
from likeness.gallery.merge import merge
from likeness.generator import Generator
from likeness.generators.weights_file import fingerprint
from likeness.toolkit.face_list import read_faces

Maker = Callable[..., NewFace]
NAME = "composite-256"


def without_fingerprints(folder: Path) -> None:
    """Make a gallery one of those from before fingerprints were kept."""
    database = sqlite3.connect(folder / "gallery.db")
    database.execute("ALTER TABLE faces DROP COLUMN weights_sha256")
    database.commit()
    database.close()


def add_three(gallery: Gallery, new_face: Maker) -> None:
    """Add a face of unknown weights, one of these, one of others of their name, and anna of those others."""
    now = fingerprint(find_weights(NAME))
    drawn = {"weights": NAME, "consent": "", "photo": None}
    gallery.add([new_face(1, seed=1, **drawn), new_face(2, seed=2, weights_sha256=now, **drawn)])
    gallery.add([new_face(3, seed=3, weights_sha256="b" * 64, **drawn)])
    gallery.add([new_face(4, name="anna", weights=NAME, weights_sha256="b" * 64)])


def test_those_of_other_weights_of_a_name_are_found_by_their_fingerprint(gallery: Gallery, new_face: Maker) -> None:
    add_three(gallery, new_face)
    gallery.add([new_face(5, latent=None, weights=NAME, weights_sha256="b" * 64)])
    assert [record.name for record in find_outdated(gallery.records(), find_weights(NAME))] == ["face 3", "anna"]
    assert find_outdated(gallery.records(), find_weights("faces-256")) == []
    # And a merged gallery knows it too.
    with Gallery.open(gallery.folder.parent / "all", create=True) as both:
        merge(both, [gallery.folder])
        assert [record.name for record in find_outdated(both.records(), find_weights(NAME))] == ["face 3", "anna"]


def test_a_gallery_from_before_fingerprints_opens_and_takes_new_faces(gallery: Gallery, new_face: Maker) -> None:
    gallery.add([new_face(1, weights=NAME)])
    gallery.close()
    without_fingerprints(gallery.folder)
    # Two programs at once: the first makes the column, and the other finds it.
    with Gallery.open(gallery.folder) as one, Gallery.open(gallery.folder) as other:
        one.add([new_face(2, weights=NAME, weights_sha256="b" * 64)])
        assert other.search(new_face(1).embedding)[0].record.weights_sha256 == ""
        assert other.search(new_face(2).embedding)[0].record.weights_sha256 == "b" * 64
        assert [record.name for record in find_outdated(other.records(), find_weights(NAME))] == ["face 2"]


def test_a_program_from_before_fingerprints_goes_on_with_a_gallery_of_now(gallery: Gallery, new_face: Maker) -> None:
    gallery.add([new_face(1)])
    gallery.close()
    database = sqlite3.connect(gallery.folder / "gallery.db")
    assert database.execute("PRAGMA user_version").fetchone() == (1,)
    names = "number, row, name, seed, weights, num_ws, w_dim, latent, picture, consent, added, photo"
    database.execute(
        f"INSERT INTO faces ({names}) VALUES (NULL, 1, 'old', NULL, 'toy', 0, 0, NULL, x'00', 'all', 'then', 'f')"
    )
    database.commit()
    database.close()
    with (gallery.folder / "embeddings.f32").open("ab") as rows:
        rows.write(new_face(2).embedding.tobytes())
    with Gallery.open(gallery.folder) as again:
        assert again.search(new_face(2).embedding)[0].name == "old"


def test_the_commands_tell_of_them_and_take_away_the_drawn_ones(
    tmp_path: Path, new_face: Maker, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LIKENESS_HOME", str(tmp_path))
    with Gallery.open(tmp_path / "gallery", create=True) as gallery:
        add_three(gallery, new_face)

    def told(*arguments: str) -> str:
        with pytest.raises(SystemExit) as end:
            main(["gallery", *arguments])
        assert not end.value.code
        return capsys.readouterr().err

    told_now = told("list")
    assert "2 faces were made with older weights called composite-256" in told_now
    assert "remove --outdated" in told_now
    assert "1 face was made" in told("list", "anna")
    assert "remove --outdated" not in told("list", "anna")
    assert told("list", "face 2") == ""
    told("remove", "--outdated")
    with Gallery.open(tmp_path / "gallery") as gallery:
        # Who agreed to be kept stays until somebody says their name.
        assert [record.name for record in gallery.records()] == ["face 1", "face 2", "anna"]


def test_weights_of_no_folder_are_named_to_take_theirs_away(
    tmp_path: Path, new_face: Maker, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LIKENESS_HOME", str(tmp_path))
    mine = tmp_path / "run" / "mine.safetensors"
    mine.parent.mkdir()
    shutil.copy(find_weights(NAME), mine)
    with Gallery.open(tmp_path / "gallery", create=True) as gallery:
        gallery.add([new_face(1, seed=1, weights="mine", weights_sha256="b" * 64, consent="", photo=None)])
        warn_outdated(gallery.records(), mine)
    assert f"remove --outdated --weights {mine}, then build" in capsys.readouterr().err
    for named, said in (
        ((), "0 faces were removed, 1 is left"),
        (("--weights", str(mine)), "1 face was removed, 0 are left"),
    ):
        with pytest.raises(SystemExit) as end:
            main(["gallery", "remove", "--outdated", *named])
        assert not end.value.code
        assert said in capsys.readouterr().out


def test_a_list_of_faces_says_that_a_latent_is_of_other_weights_of_the_name(
    tmp_path: Path,
    new_face: Maker,
    toy: Callable[..., Generator],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setenv("LIKENESS_HOME", str(tmp_path))
    with Gallery.open(tmp_path / "gallery", create=True) as gallery:
        add_three(gallery, new_face)
    generator = toy(4, 16)
    generator.info = replace(generator.info, weights=find_weights(NAME))
    with caplog.at_level(logging.WARNING):
        assert read_faces('"gallery:face 1" "gallery:face 2"', generator).shape == (2, 4, 16)
        assert caplog.text == ""
        assert read_faces("gallery:anna", generator).shape == (1, 4, 16)
    assert "'anna' in the gallery was made with other weights called composite-256" in caplog.text
