"""A population's file: exact enough, of its weights alone, and refused where it is something else."""

import logging
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from likeness.errors import WeightsError
from likeness.gallery.population_file import Population, find_population, read_population, write_population
from likeness.generator import Licence
from likeness.generators.weights_file import WeightsHeader, read_weights, write_weights


def made_up(count: int = 40, sha256: str = "a" * 64) -> Population:
    dice = np.random.default_rng(count)
    rows = dice.normal(0, 0.13, (count, 128)).astype(np.float32)
    return Population("mine", sha256, 0.8, np.arange(5, 5 + count), rows, Licence("MIT", True, "Copyright somebody"))


@pytest.fixture
def weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a weights file whose folder is not the user's own."""
    monkeypatch.setenv("LIKENESS_HOME", str(tmp_path / "home"))
    path = tmp_path / "run" / "mine.safetensors"
    write_weights(path, WeightsHeader("toy"), {"a": torch.ones(3)})
    return path


def of(weights: Path) -> Population:
    return made_up(sha256=read_weights(weights)[0].sha256)


def test_what_is_written_comes_back_to_within_a_step(tmp_path: Path) -> None:
    wrote = made_up()
    write_population(tmp_path / "p.safetensors", wrote)
    read = read_population(tmp_path / "p.safetensors")
    assert (read.weights, read.weights_sha256, read.psi, read.licence) == ("mine", "a" * 64, 0.8, wrote.licence)
    assert read.seeds.tolist() == wrote.seeds.tolist()
    assert read.embeddings.dtype == np.float32
    # Half a step of 1/32767 of the largest number, and what float32 rounds.
    largest = float(np.abs(wrote.embeddings).max())
    assert float(np.abs(read.embeddings - wrote.embeddings).max()) <= 0.51 * largest / 32767
    assert np.array_equal(read.embedding(7), read.embeddings[2])  # type: ignore[arg-type]
    assert read.embedding(4) is None


def test_a_population_is_found_beside_its_weights_and_the_users_own_goes_first(weights: Path, tmp_path: Path) -> None:
    assert find_population(weights) is None
    beside, own = weights.parent / "populations", tmp_path / "home" / "weights" / "populations"
    write_population(beside / "mine.safetensors", of(weights))
    found = find_population(weights)
    assert found is not None
    assert len(found) == 40
    write_population(own / "mine.safetensors", replace(of(weights), psi=0.5))
    found = find_population(weights)
    assert found is not None
    assert found.psi == 0.5


def test_one_of_other_weights_and_a_broken_one_are_passed_by(
    weights: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    own = tmp_path / "home" / "weights" / "populations" / "mine.safetensors"
    write_population(own, made_up())
    assert find_population(weights) is None
    write_population(weights.parent / "populations" / "mine.safetensors", of(weights))
    assert find_population(weights) is not None
    own.write_bytes(own.read_bytes()[:-9])
    with caplog.at_level(logging.WARNING):
        assert find_population(weights) is not None
    assert "not a whole safetensors file" in caplog.text
    # Trained on under the same name: nobody's faces are these any more.
    write_weights(weights, WeightsHeader("toy"), {"a": torch.zeros(3)})
    assert find_population(weights) is None


def test_what_is_no_population_is_refused_in_one_line(weights: Path, tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="is no population; make one with: likeness gallery population"):
        read_population(weights)
    path = tmp_path / "p.safetensors"
    write_population(path, made_up())
    header, tensors = read_weights(path)
    seeds, rows = tensors["seeds"], tensors["embeddings"]
    for about, wrong, told in (
        ({"embedder": "sface"}, {}, "embeddings of sface"),
        ({"step": None}, {}, "no population that can be read"),
        ({"step": float("nan")}, {}, "embeddings"),
        ({}, {"seeds": seeds // 2}, "different whole numbers"),
        ({}, {"embeddings": rows[:, :64].clone()}, r"\[40, 64\] of 40 seeds"),
        ({}, {"embeddings": rows[1:].clone()}, r"\[39, 128\] of 40 seeds"),
        ({}, {"seeds": seeds[:0].clone(), "embeddings": rows[:0].clone()}, "of 0 seeds"),
    ):
        write_weights(path, replace(header, arguments={**header.arguments, **about}), {**tensors, **wrong})
        with pytest.raises(WeightsError, match=told):
            read_population(path)
    write_weights(path, header, {"seeds": seeds})
    with pytest.raises(WeightsError, match="embeddings"):
        read_population(path)
