"""The WGAN: weights that play as they were trained, and its settings."""

from pathlib import Path

import pytest
import torch
from tests.engine.drawn_faces import write_faces

from likeness.errors import TrainingError
from likeness.generators.families.registry import open_family
from likeness.training.compute import Compute
from likeness.training.run import RunFolder
from likeness.training.settings import Settings
from likeness.training.train import train
from likeness.training.wgan import WGANRecipe

TINY = {"z_dim": 6, "width": 4}


def recipe(**own: float) -> WGANRecipe:
    torch.manual_seed(0)
    settings = Settings("wgan", "", size=16, batch=4, steps=1, own={**TINY, **own})
    return WGANRecipe(settings, Compute("cpu", "float32"))


def test_a_run_ends_in_weights_that_draw_as_its_average_does(tmp_path: Path) -> None:
    write_faces(tmp_path / "faces", 12, 16)
    settings = Settings(
        "wgan", str(tmp_path / "faces"), size=16, batch=4, steps=6, licence="CC0", paid_use=True, own=TINY
    )
    assert train(RunFolder.begin(tmp_path / "run", settings), "cpu").complete
    generator = open_family(tmp_path / "run" / "weights.safetensors", torch.device("cpu"))
    assert generator is not None
    assert (generator.info.family, generator.info.w_dim, generator.info.resolution) == ("dcgan", 6, 16)
    assert generator.info.licence.paid_use
    trained = WGANRecipe(settings, Compute("cpu", "float32"))
    state = torch.load(RunFolder.open(tmp_path / "run").checkpoints()[-1], weights_only=True)
    for name, network in trained.networks().items():
        network.load_state_dict(state["networks"][name])
    z = torch.randn(3, 6)
    torch.testing.assert_close(generator.synthesize(z[:, None]), trained.draw(z), rtol=1e-3, atol=1e-4)


def test_half_precision_learns_with_a_scaled_loss() -> None:
    torch.manual_seed(0)
    settings = Settings("wgan", "", size=16, batch=4, steps=1, own=TINY)
    wgan = WGANRecipe(settings, compute := Compute("cpu", "float16"))
    before = [p.detach().clone() for p in wgan.networks()["generator"].parameters()]
    from likeness.training.recipe import RunProgress

    for step in range(3):
        losses = wgan.step([torch.rand(4, 3, 16, 16) * 2 - 1], RunProgress(step, 4 * step, 0.1))
    assert all(bool(loss.isfinite()) for loss in losses.values())
    after = wgan.networks()["generator"].parameters()
    assert any(not torch.equal(a, b) for a, b in zip(before, after, strict=True))
    assert compute.state()["scale"] > 1


@pytest.mark.parametrize(("own", "line"), [({"z_dim": 0}, "z_dim is from 1"), ({"knob": 3}, "no setting 'knob'")])
def test_settings_of_its_own_are_checked(own: dict[str, float], line: str) -> None:
    with pytest.raises(TrainingError, match=line):
        recipe(**own)
