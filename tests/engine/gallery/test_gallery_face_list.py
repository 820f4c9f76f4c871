"""Faces of the gallery and saved faces by name, in a performer's list."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from likeness.errors import GalleryError, WeightsError
from likeness.gallery import Gallery, NewFace
from likeness.generator import Generator
from likeness.toolkit.face_list import GalleryName, parse_faces, read_faces
from likeness.toolkit.latent_file import write_latent

Maker = Callable[..., NewFace]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LIKENESS_HOME", str(tmp_path))
    return tmp_path


def test_names_stand_among_seeds_and_files() -> None:
    listed = parse_faces('7 gallery:anna "gallery:Bert Brecht" c.safetensors')
    assert listed == [7, GalleryName("anna"), GalleryName("Bert Brecht"), Path("c.safetensors")]


def test_a_name_is_the_mean_of_the_faces_that_have_it(
    home: Path, toy: Callable[..., Generator], new_face: Maker
) -> None:
    one, two = new_face(1, name="Anna M"), new_face(2, name="Anna M")
    with Gallery.open(home / "gallery", create=True) as gallery:
        gallery.add([one, two, new_face(3)])
    assert one.latent is not None
    assert two.latent is not None
    assert torch.allclose(read_faces('"gallery:Anna M"', toy(4, 16))[0], (one.latent + two.latent) / 2)


def test_no_gallery_nobody_of_that_name_and_another_generator_are_told_apart(
    home: Path, toy: Callable[..., Generator], new_face: Maker
) -> None:
    with pytest.raises(GalleryError, match="no gallery"):
        read_faces("gallery:anna", toy(4, 16))
    with Gallery.open(home / "gallery", create=True) as gallery:
        gallery.add([new_face(1, name="anna")])
    with pytest.raises(GalleryError, match="no face 'bert'"):
        read_faces("gallery:bert", toy(4, 16))
    with pytest.raises(WeightsError, match=r"\[4, 16\].*\[14, 16\]"):
        read_faces("gallery:anna", toy(14, 16))


def test_a_saved_face_is_found_by_its_name_and_a_file_here_goes_first(
    home: Path, toy: Callable[..., Generator], monkeypatch: pytest.MonkeyPatch
) -> None:
    here = home / "elsewhere"
    here.mkdir()
    monkeypatch.chdir(here)
    write_latent(home / "faces" / "anna.safetensors", torch.ones(4, 16))
    assert torch.equal(read_faces("anna.safetensors", toy(4, 16))[0], torch.ones(4, 16))
    write_latent(here / "anna.safetensors", torch.zeros(4, 16))
    assert torch.equal(read_faces("anna.safetensors", toy(4, 16))[0], torch.zeros(4, 16))
    with pytest.raises(WeightsError, match=r"no file bert\.safetensors"):
        read_faces("bert.safetensors", toy(4, 16))
