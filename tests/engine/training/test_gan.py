"""The style-based GAN: what it exports is what it shows, and both discriminators teach it."""

from collections.abc import Sequence
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import torch
from tests.engine.drawn_faces import write_faces
from tests.reference.parity import relative_error
from torch import Tensor

from likeness.errors import TrainingError
from likeness.generators.families.registry import open_family
from likeness.training.compute import Compute
from likeness.training.gan import GANRecipe
from likeness.training.recipe import EXPORT, RunProgress
from likeness.training.run import RunFolder
from likeness.training.settings import Settings
from likeness.training.train import train

TINY = {"channel_base": 256, "channel_max": 16, "z_dim": 8, "w_dim": 12, "head_width": 4, "seen": 32}


def recipe(size: int = 16, precision: str = "float32", batch: int = 8, **own: Any) -> GANRecipe:
    torch.manual_seed(0)
    settings = Settings("gan", "", size=size, batch=batch, steps=100, own={**TINY, **own})
    return GANRecipe(settings, Compute("cpu", precision))


def photographs(count: int = 8, size: int = 16) -> Tensor:
    """Bright discs before dark walls, nowhere alike."""
    source = torch.Generator().manual_seed(1)
    place = torch.linspace(-1, 1, size)
    radius = torch.rand(count, 1, 1, generator=source) * 0.4 + 0.4
    disc = (place[:, None].square() + place[None].square()).sqrt() < radius
    colour = torch.rand(count, 3, 1, 1, generator=source)
    return torch.where(disc[:, None], colour, colour - 1).contiguous(memory_format=torch.channels_last)


def go(
    made: GANRecipe, batches: Sequence[Tensor], steps: int, first: int = 0, length: int = 100
) -> list[dict[str, float]]:
    rows = []
    for step in range(first, first + steps):
        torch.manual_seed(step)
        losses = made.step(batches, RunProgress(step, step * sum(map(len, batches)), step / length))
        rows.append({name: float(value) for name, value in losses.items()})
    return rows


@pytest.mark.parametrize("own", [{"light": True}, {"light": False, "mapping_layers": 3}])
def test_exported_weights_draw_what_the_run_shows(tmp_path: Path, own: dict[str, Any]) -> None:
    made = recipe(beginning=120, **own)
    go(made, [photographs()], 17)
    made.export(tmp_path)
    generator = open_family(tmp_path / EXPORT, torch.device("cpu"))
    assert generator is not None
    z = torch.randn(3, made.z_dim)
    with torch.no_grad():
        wanted = made.draw(z)
        assert wanted.shape == (3, 3, 16, 16)
        assert relative_error(generator.synthesize(generator.map_z(z)), wanted) < 1e-5


def test_the_beginning_listens_then_draws_photographs_from_their_codes() -> None:
    made = recipe(beginning=10_000)
    photos = photographs()
    rows = go(made, [photos], 60)
    assert [set(row) for row in rows[:11]] == [{"photos"}] * 10 + [{"pairs"}]  # a tenth of 100 steps
    pairs = [row["pairs"] for row in rows[10:]]
    flat = (photos - photos.mean((0, 2, 3), keepdim=True)).abs().mean()
    assert pairs[0] > 2 * flat  # four sizes of a grey picture
    assert min(pairs[-5:]) < 0.4 * pairs[0]


def test_a_light_run_begins_without_a_checkerboard() -> None:
    with torch.no_grad():
        first = recipe().draw(torch.randn(2, 8))
    places = first.unfold(2, 2, 2).unfold(3, 2, 2)
    assert torch.equal(places, places[..., :1, :1].expand_as(places))
    assert 0 < first.std() < 0.3


@pytest.mark.parametrize("discriminator", ["projected", "ada"])
@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_both_discriminators_teach_the_generator(discriminator: str, precision: str) -> None:
    made = recipe(discriminator=discriminator, precision=precision, beginning=0)
    before = [p.detach().clone() for p in made.networks()["generator"].parameters()]
    rows = go(made, [photographs()], 3)
    assert all(torch.tensor(list(row.values())).isfinite().all() for row in rows)
    assert {"discriminator", "generator"} <= set(rows[0])
    assert ("penalty" in rows[0]) == (discriminator == "ada")
    after = made.networks()["generator"].parameters()
    assert all(not torch.equal(p, q) for p, q in zip(before, after, strict=True))
    assert all(p.grad is None for p in made.networks()["generator"].parameters())


def test_micro_batches_teach_as_one_batch_does() -> None:
    # Of the discriminator's first step: what it sees of photographs and drawings is the same up to the random changes,
    # so without any the losses agree; the drawings differ by their noise alone.
    photos = photographs(16)
    whole, split = (recipe(discriminator="ada", beginning=0, batch=16) for _ in range(2))
    one, two = go(whole, [photos], 1)[0], go(split, list(photos.chunk(4)), 1)[0]
    assert one["discriminator"] == pytest.approx(two["discriminator"], rel=0.3)
    assert one["penalty"] == pytest.approx(two["penalty"], rel=0.3)


def test_the_path_length_penalty_is_taken_every_fourth_step() -> None:
    made = recipe(beginning=0, path_length=2.0)
    rows = go(made, [photographs()], 5)
    assert ["path_length" in row for row in rows] == [True, False, False, False, True]
    assert made.state()["path_mean"] > 0


def test_a_recipe_that_takes_its_state_back_goes_on_bit_by_bit() -> None:
    one, other = (recipe(discriminator="ada", beginning=96) for _ in range(2))
    go(one, [photographs()], 13)
    for name, network in one.networks().items():
        other.networks()[name].load_state_dict(network.state_dict())
    for name, optimizer in one.optimizers().items():
        other.optimizers()[name].load_state_dict(deepcopy(optimizer.state_dict()))
    other.load(deepcopy(one.state()))
    assert go(one, [photographs()], 3, first=13) == go(other, [photographs()], 3, first=13)
    assert torch.equal(one.draw(torch.ones(1, 8)), other.draw(torch.ones(1, 8)))


def test_the_game_begins_after_three_quarters_at_the_latest_and_is_not_left_again() -> None:
    made = recipe()
    assert "pairs" in go(made, [photographs()], 1, first=74)[0]
    assert "discriminator" in go(made, [photographs()], 1, first=75)[0]
    assert "discriminator" in go(made, [photographs()], 1, first=76, length=1000)[0]  # given ten times the steps


def test_the_average_follows_at_the_half_life_of_the_paper() -> None:
    made = recipe(beginning=0, half_life=1000.0)
    go(made, [photographs()], 1)
    fast, slow = (made.networks()[name].get_parameter("synthesis.b4.const") for name in ("generator", "average"))
    before = slow.clone()
    made.step([photographs()], RunProgress(5000, 40_000, 0.9))
    kept = 0.5 ** (8 / 1000)  # 40,000 images are past the ramp
    assert torch.allclose(slow, before * kept + fast * (1 - kept), atol=1e-6)


@pytest.mark.parametrize(
    ("own", "says"),
    [({"discriminator": "wgan"}, "'wgan' came"), ({"mixing": 2.0}, "mixing"), ({"channels": 3}, "channel_base")],
)
def test_settings_that_make_no_sense_are_named(own: dict[str, Any], says: str) -> None:
    with pytest.raises(TrainingError, match=says):
        recipe(**own)


def test_the_loop_trains_it_to_weights_that_play(tmp_path: Path) -> None:
    write_faces(tmp_path / "faces", 24, 16)
    settings = Settings("gan", str(tmp_path / "faces"), size=16, batch=4, steps=12, preview_s=1e6, own=TINY)
    train(RunFolder.begin(tmp_path / "run", settings), "cpu")
    generator = open_family(tmp_path / "run" / EXPORT, torch.device("cpu"))
    assert generator is not None
    image = generator.synthesize(generator.sample([1]))
    assert image.shape == (1, 3, 16, 16)
    assert image.isfinite().all()


def test_a_run_that_ends_by_time_hears_enough_photographs_however_long_reading_took() -> None:
    torch.manual_seed(0)
    made = GANRecipe(Settings("gan", "", size=16, batch=64, time_s=60.0, own=TINY), Compute("cpu", "float32"))
    for step in range(16):
        assert "photos" in made.step([photographs(64)], RunProgress(step, step * 64, 0.5))
    assert "pairs" in made.step([photographs(64)], RunProgress(16, 1024, 0.5))


def test_the_measure_is_small_for_its_own_drawings_and_large_for_photographs() -> None:
    made = recipe(beginning=0)
    with torch.no_grad():
        own = made.draw(torch.randn(16, 8, generator=torch.Generator().manual_seed(0))).clamp(-1, 1)
        near, far = made.measure(own)["kernel"], made.measure(photographs(16))["kernel"]
        assert made.measure(own[:1]) == {}
    assert near < 0.1 * far
