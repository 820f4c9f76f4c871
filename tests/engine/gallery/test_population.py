"""A generator's own people: looked at once, found again by their own pictures, those that are shipped too."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from likeness import open_generator
from likeness.errors import WeightsError
from likeness.files.paths import bundled_dir, find_weights
from likeness.gallery import Gallery
from likeness.gallery.photo_encoder import PhotoReader
from likeness.gallery.population import add_population, build_population, draw_face
from likeness.gallery.population_file import find_population, read_population
from likeness.generator import Generator
from likeness.generators.weights_file import WeightsHeader, declare_latents, read_header, shared_latents, write_weights

SHIPPED = ("faces-256", "composite-256")


@pytest.fixture(scope="module")
def eye() -> PhotoReader:
    return PhotoReader()


@pytest.fixture(scope="module")
def generator() -> Generator:
    return open_generator(find_weights("composite-256"))


@pytest.mark.parametrize("name", SHIPPED)
def test_the_shipped_people_are_of_the_shipped_weights_and_say_what_one_may_do(name: str) -> None:
    weights, path = find_weights(name), bundled_dir("weights") / "populations" / f"{name}.safetensors"
    header, kept = read_header(weights), read_population(path)
    assert header is not None
    # Weights whose refiner was learnt anew play the latents of those before, and have their people.
    shared = shared_latents(header)
    sha256 = header.sha256 if shared is None else shared.sha256
    assert (kept.weights, kept.weights_sha256, kept.licence) == (name, sha256, header.licence)
    assert len(kept) >= 900
    assert path.stat().st_size < 400_000
    # Different people, each at the length that dlib's network gives its faces.
    apart = np.linalg.norm(kept.embeddings[:100, None] - kept.embeddings[None, :100], axis=2)
    assert float(apart[~np.eye(100, dtype=bool)].min()) > 0.2
    assert 1.2 < float(np.linalg.norm(kept.embeddings, axis=1).mean()) < 1.8


@pytest.mark.parametrize("name", SHIPPED)
def test_whoever_is_among_the_shipped_people_finds_themselves(name: str, eye: PhotoReader) -> None:
    weights = find_weights(name)
    kept, generator = find_population(weights), open_generator(weights, size=256)
    assert kept is not None
    for seed in (0, 417, 999):
        _, picture = draw_face(generator, seed, kept.psi)
        apart = np.linalg.norm(kept.embeddings - eye.read(picture, "drawn").embedding, axis=1)
        assert int(kept.seeds[int(apart.argmin())]) == seed
        # A processor that draws in other numbers draws a little otherwise.
        assert float(apart.min()) < 0.1 < float(np.partition(apart, 1)[1])


def test_people_that_are_known_are_drawn_and_not_looked_at_again(gallery: Gallery, generator: Generator) -> None:
    looked_at = build_population(generator, [3, 4])
    known = replace(looked_at, embeddings=np.stack([np.full(128, 0.1, np.float32), looked_at.embeddings[1]]))
    assert add_population(gallery, generator, [3, 4, 5], known=known) == (3, 0)
    three = gallery.search(known.embeddings[0])[0]
    assert (three.name, three.distance, three.record.weights) == ("seed 3", 0.0, "composite-256")
    assert three.latent is not None
    assert np.array_equal(three.latent.numpy(), draw_face(generator, 3, 0.8)[0].numpy())
    assert gallery.search(looked_at.embeddings[1])[0].name == "seed 4"
    # Truncated otherwise they look otherwise.
    with Gallery.open(gallery.folder.parent / "other", create=True) as other:
        add_population(other, generator, [3], psi=0.6, known=known)
        assert other.search(looked_at.embeddings[0])[0].distance < 0.5


def test_drawings_that_show_nobody_are_no_population(toy: Callable[..., Generator]) -> None:
    done: list[int] = []
    with pytest.raises(WeightsError, match="none of 2 drawings of toy shows a face"):
        build_population(toy(), [1, 2], progress=done.append)
    assert done == [1, 2]


def test_populations_are_not_taken_for_weights(tmp_path: Path) -> None:
    path = bundled_dir("weights") / "populations" / "faces-256.safetensors"
    with pytest.raises(WeightsError, match="of no family that opens here"):
        open_generator(path)
    assert find_weights("faces-256").parent == bundled_dir("weights")


def test_weights_that_play_the_latents_of_others_have_their_people(tmp_path: Path) -> None:
    base = find_weights("composite-256")
    header = read_header(base)
    assert header is not None
    write_weights(tmp_path / "twin.safetensors", WeightsHeader("composite", declare_latents(base, header)), {})
    found = find_population(tmp_path / "twin.safetensors")
    assert found is not None
    assert (found.weights, found.weights_sha256) == ("composite-256", header.sha256)
    write_weights(tmp_path / "other.safetensors", WeightsHeader("composite"), {})
    assert find_population(tmp_path / "other.safetensors") is None
