"""The directions that go with the default weights: whole, of these weights, and found by their names."""

from pathlib import Path

import pytest
import torch

from likeness.errors import WeightsError
from likeness.files.paths import bundled_dir, find_direction, find_weights
from likeness.generators.weights_file import read_header, shared_latents
from likeness.toolkit.latent_file import read_about, read_directions

WEIGHTS = "composite-256"


def shipped() -> list[Path]:
    return sorted((bundled_dir("weights") / "directions" / WEIGHTS).glob("*.safetensors"))


def test_a_smile_an_age_a_sex_and_a_colour_of_hair_are_there() -> None:
    assert {path.stem for path in shipped()} >= {"smile", "age", "sex", "hair", "principal"}


@pytest.mark.parametrize("path", shipped(), ids=lambda path: path.stem)
def test_each_is_of_these_weights_and_says_what_one_may_do_with_it(path: Path) -> None:
    header, about = read_header(find_weights(WEIGHTS)), read_about(path)
    assert header is not None
    assert about["weights_sha256"] == header.sha256
    assert about["licence"] == header.licence.name
    assert about["name"] == path.stem == find_direction(path.stem, WEIGHTS).stem
    bank = read_directions(path, 4, 160)
    assert bool((bank.flatten(1).norm(dim=1) > 0.5).all())
    assert path.stat().st_size < 50_000


def test_those_of_attributes_are_nearly_at_right_angles() -> None:
    rows = torch.stack([read_directions(find_direction(name, WEIGHTS), 4, 160).flatten() for name in ("age", "hair")])
    rows = rows / rows.norm(dim=1, keepdim=True)
    assert abs(float(rows[0] @ rows[1])) < 0.7


def test_directions_are_not_taken_for_weights() -> None:
    assert find_weights(WEIGHTS).parent == bundled_dir("weights")
    assert not {path.stem for path in bundled_dir("weights").glob("*.safetensors")} & {"smile", "age", "sex", "hair"}


def test_weights_of_the_same_latent_have_the_same_directions() -> None:
    # faces-256 refines the pictures of composite-256, whose codes it plays.
    for path in shipped():
        assert find_direction(path.stem, "faces-256").read_bytes() == path.read_bytes()


def test_weights_that_play_the_latents_of_others_have_their_directions() -> None:
    assert find_direction("smile", "nobody", WEIGHTS) == find_direction("smile", WEIGHTS)
    assert find_direction("smile", "faces-256", WEIGHTS).parent.name == "faces-256"
    with pytest.raises(WeightsError, match="no direction 'smle' of nobody; nearest: smile"):
        find_direction("smle", "nobody", WEIGHTS)


def test_the_faces_at_512_px_play_the_latents_of_the_shipped_ones_at_256() -> None:
    # Those of the faces-256 that were shipped first, whose refiner has been learnt anew since.
    shared, first = (shared_latents(read_header(find_weights(name))) for name in ("faces-512", "faces-256"))
    assert shared is not None
    assert shared.weights == "faces-256"
    assert shared == first
