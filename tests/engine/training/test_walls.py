"""Walls cut from photos: nothing of the person is left, what is seen stays, and weights that draw before them."""

from pathlib import Path

import numpy as np
import pytest
import torch

from likeness import open_generator
from likeness.errors import TrainingError
from likeness.generators.families.composite import CompositeGenerator, open_composite
from likeness.generators.weights_file import read_header
from likeness.training.walls import SIZE, add_walls, cut_wall, share_out

PERSON = np.s_[80:, 70:186]


def draw_photo() -> tuple[np.ndarray, np.ndarray]:
    """Return somebody bright red before a wall of grey stripes, 256 px BGR, and where they stand."""
    photo = np.full((256, 256, 3), 100, np.uint8)
    photo[:, ::16] = photo[:, 1::16] = photo[:, 2::16] = photo[:, 3::16] = 180
    person = np.zeros((256, 256), np.float32)
    photo[PERSON], person[PERSON] = (0, 0, 255), 1
    return photo, person


def test_a_wall_is_kept_and_the_person_before_it_is_not() -> None:
    wall = cut_wall(*draw_photo())
    assert wall.shape == (SIZE, SIZE, 3)
    # Stripes, also near the person and where they stood, and nothing red anywhere.
    assert wall[:20].std() > 0.1
    assert wall[60:, 30:34].std() > 0.02
    assert np.abs(wall[..., 0] - wall[..., 2]).max() < 0.05
    # Without its blur.
    assert abs(wall.mean()) < 0.02


def test_who_fills_the_picture_leaves_no_wall() -> None:
    photo, person = draw_photo()
    with pytest.raises(TrainingError, match="less than 12% of the picture is a wall"):
        cut_wall(photo, np.ones_like(person))


def test_faces_call_up_each_wall_equally_often() -> None:
    rng = np.random.default_rng(0)
    faces = rng.standard_normal((4000, 3)).astype(np.float32)
    # All from one place, as photos that are alike.
    keys = share_out(rng.standard_normal((8, 3)).astype(np.float32) * 0.05 + 2, faces)
    nearest = ((faces[:, None] - keys) ** 2).sum(2).argmin(1)
    assert np.bincount(nearest, minlength=8).min() > 4000 / 8 / 3


def test_a_composite_is_given_walls_and_keeps_its_tensors_and_faces(tiny_composite: Path, tmp_path: Path) -> None:
    photos = sorted((tiny_composite.parent / "faces").iterdir())[:6]
    generator = open_generator(tiny_composite)
    assert isinstance(generator, CompositeGenerator)
    out = tmp_path / "walled.safetensors"
    written, before = add_walls(generator, photos, out), read_header(tiny_composite)
    assert before is not None
    assert written.sha256 == before.sha256
    walled, bare = (open_composite(path, torch.device("cpu")) for path in (out, tiny_composite))
    latent = bare.sample([3])
    changed = (walled.synthesize(latent) - bare.synthesize(latent)).abs().amax(1, keepdim=True)
    regions = bare.draw_regions()
    assert regions is not None
    person = regions[:, 1:]
    assert changed[person < 0.1].mean() > 0.001
    assert changed[person > 0.999].max() < 0.002
    # A search for a face sees none.
    sought = walled.synthesize(latent.clone().requires_grad_())
    assert (sought - bare.synthesize(latent)).abs().max() < 0.02
    # A walk crosses from wall to wall without a jump.
    walk = torch.lerp(bare.sample([3]), bare.sample([4]), torch.linspace(0, 1, 200)[:, None, None])
    assert walled.walls is not None
    steps = walled.walls(walk).diff(dim=0).abs().mean((1, 2, 3))
    assert steps.max() < 0.02


def test_too_few_walls_are_told_with_what_was_left_out(tiny_composite: Path, tmp_path: Path) -> None:
    generator = open_generator(tiny_composite)
    assert isinstance(generator, CompositeGenerator)
    photos = sorted((tiny_composite.parent / "faces").iterdir())[:2]
    with pytest.raises(TrainingError, match="of 2 photos show a wall; give five or more"):
        add_walls(generator, photos, tmp_path / "out.safetensors")
    assert not (tmp_path / "out.safetensors").exists()
