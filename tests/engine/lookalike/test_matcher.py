"""Whom visitors resemble: a generator's own people, or those of a gallery."""

import logging
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch

from likeness import open_generator
from likeness.files.paths import bundled_dir, find_weights
from likeness.gallery import Gallery, NewFace
from likeness.gallery.face_types import to_jpeg
from likeness.gallery.population import draw_face
from likeness.gallery.population_file import read_population, write_population
from likeness.generators.weights_file import fingerprint
from likeness.lookalike.face_reader import FaceReader
from likeness.lookalike.matcher import Matcher
from likeness.lookalike.vision_process import MatchRequest, VisionConfig


@pytest.fixture(scope="module")
def reader() -> FaceReader:
    return FaceReader(64)


@pytest.fixture(autouse=True)
def threads() -> Iterator[None]:
    """In its own process the matcher computes on one core; here the others get theirs back."""
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


def seen(reader: FaceReader, picture: np.ndarray) -> np.ndarray:
    face = reader.find_in_drawing(picture)
    assert face is not None
    return reader.embed(picture, face)


def test_the_first_visitor_is_matched_among_all_who_are_kept(tmp_path: Path, reader: FaceReader) -> None:
    weights = find_weights("composite-256")
    _, picture = draw_face(open_generator(weights, size=256), 612, 0.8)
    # A seed of the show's own, for it is nobody's here.
    matcher = Matcher(VisionConfig(weights, tmp_path / "none", seed=99_000), reader)
    answer = matcher.match(MatchRequest(7, 1, seen(reader, picture), False))
    assert (answer.generation, answer.visitor, answer.name) == (7, 1, "seed 612")
    assert answer.distance < 0.1
    assert answer.picture is not None
    assert np.array_equal(answer.picture, picture)
    assert answer.latent is not None
    assert answer.latent.shape == (4, 160)
    assert not matcher.drawing
    kept = read_population(bundled_dir("weights") / "populations" / "composite-256.safetensors")
    other = matcher.match(MatchRequest(7, 1, kept.embeddings[0], True))
    apart = np.linalg.norm(kept.embeddings - kept.embeddings[0], axis=1)
    assert other.name == f"seed {kept.seeds[int(apart.argmax())]}"
    assert other.distance == pytest.approx(float(apart.max()), abs=1e-5)


def test_without_a_population_of_these_weights_one_grows_face_by_face(
    tmp_path: Path, reader: FaceReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LIKENESS_HOME", str(tmp_path / "home"))
    weights = tmp_path / "mine.safetensors"
    shutil.copy(find_weights("composite-256"), weights)
    # Of other weights of this name.
    strange = read_population(bundled_dir("weights") / "populations" / "faces-256.safetensors")
    write_population(tmp_path / "populations" / "mine.safetensors", strange)
    matcher = Matcher(VisionConfig(weights, tmp_path / "none", population=4, seed=5), reader)
    turns = 0
    while matcher.drawing:
        matcher.draw_next()
        turns += 1
    assert turns == 5
    generator = open_generator(weights, size=256)
    people = {seed: seen(reader, draw_face(generator, seed, 0.8)[1]) for seed in (5, 6, 7, 8)}
    answer = matcher.match(MatchRequest(0, 1, people[6], False))
    assert answer.name == "seed 6"
    assert answer.distance == pytest.approx(0, abs=1e-6)
    other = matcher.match(MatchRequest(0, 1, people[6], True))
    assert other.distance == pytest.approx(max(np.linalg.norm(one - people[6]) for one in people.values()), abs=1e-6)


def test_weights_that_do_not_open_are_told_once_and_nobody_is_matched(
    tmp_path: Path, reader: FaceReader, caplog: pytest.LogCaptureFixture
) -> None:
    matcher = Matcher(VisionConfig(tmp_path / "gone.safetensors", tmp_path / "none"), reader)
    for _ in range(2):
        assert matcher.match(MatchRequest(0, 1, np.zeros(128, np.float32), False)).picture is None
    assert not matcher.drawing
    assert caplog.text.count("there is nobody to match visitors with: there is no weights file") == 1


def test_a_gallery_goes_before_the_population_and_strange_latents_are_left_alone(
    tmp_path: Path, reader: FaceReader, caplog: pytest.LogCaptureFixture
) -> None:
    weights = find_weights("composite-256")
    jpeg = to_jpeg(np.full((256, 256, 3), 90, np.uint8))
    # Kept before fingerprints were; by these very weights; by others of their name; by others.
    origins = [(weights.stem, ""), (weights.stem, fingerprint(weights)), (weights.stem, "b" * 64), ("another", "")]
    rows = [np.full(128, number, np.float32) for number in range(4)]
    with Gallery.open(tmp_path / "gallery", create=True) as gallery:
        gallery.add(
            NewFace(f"seed {seed}", row, jpeg, torch.ones(4, 160), name, seed, weights_sha256=sha256)
            for seed, (row, (name, sha256)) in enumerate(zip(rows, origins, strict=True))
        )
    matcher = Matcher(VisionConfig(weights, tmp_path / "gallery"), reader)
    assert not matcher.drawing
    with caplog.at_level(logging.WARNING):
        answers = [matcher.match(MatchRequest(0, 1, row, False)) for row in (*rows, rows[2])]
    assert [answer.name for answer in answers] == [f"seed {seed}" for seed in (0, 1, 2, 3, 2)]
    assert [answer.latent is not None for answer in answers] == [True, True, False, False, False]
    assert caplog.text.count("made with other weights called composite-256") == 1
    assert answers[0].picture is not None
    assert answers[0].picture.shape == (256, 256, 3)
    assert matcher.match(MatchRequest(0, 1, rows[0], True)).name == "seed 3"
