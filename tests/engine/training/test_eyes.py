"""Eyes for a composite: what the command writes, and what is drawn then."""

from pathlib import Path

import pytest
import torch

from likeness.errors import TrainingError
from likeness.generators.families.composite import open_composite
from likeness.generators.networks.drawn_eyes import BAND
from likeness.generators.weights_file import WeightsHeader, read_header, read_weights, write_weights
from likeness.training.eyes import add_eyes

CPU = torch.device("cpu")


def test_eyes_are_drawn_and_the_person_stays(tiny_composite: Path, tmp_path: Path) -> None:
    out = tmp_path / "seeing.safetensors"
    written, before = add_eyes(tiny_composite, 1.0, out), read_header(tiny_composite)
    assert before is not None
    assert (written.sha256, written.arguments["eyes"]) == (before.sha256, 1.0)
    dull, crisp = (open_composite(path, CPU) for path in (tiny_composite, out))
    latent = dull.sample(range(2))
    changed = (dull.synthesize(latent) - crisp.synthesize(latent)).abs().amax((0, 1))
    size = changed.shape[-1]
    top, bottom, left, right = (round(part * size) for part in BAND)
    assert changed[top:bottom, left:right].max() > 0.1
    changed[top:bottom, left:right] = 0
    assert not changed.any()


def test_a_search_by_gradient_sees_none(tiny_composite: Path, tmp_path: Path) -> None:
    out = tmp_path / "seeing.safetensors"
    add_eyes(tiny_composite, 1.0, out)
    dull, crisp = (open_composite(path, CPU) for path in (tiny_composite, out))
    latent = dull.sample([3]).requires_grad_()
    assert torch.equal(dull.synthesize(latent), crisp.synthesize(latent))


def test_weights_of_another_family_are_refused(tiny_composite: Path, tmp_path: Path) -> None:
    header, tensors = read_weights(tiny_composite)
    write_weights(tmp_path / "other.safetensors", WeightsHeader("vae", {}, header.licence), tensors)
    with pytest.raises(TrainingError, match=r"is a vae; eyes are drawn for composites"):
        add_eyes(tmp_path / "other.safetensors", 1.0, tmp_path / "out.safetensors")
