"""Glasses that a composite draws: bits of bare faces, who wears which, where they lie and what they hide."""

import math
from pathlib import Path
from typing import Any

import pytest
import torch

from likeness.errors import WeightsError
from likeness.generator import Bends
from likeness.generators.families.composite import CompositeGenerator, open_composite
from likeness.generators.networks.glasses import BAND
from likeness.generators.networks.glasses_drawing import CENTRE, Placement
from likeness.generators.networks.quiet_axis import FINE, MIDDLE, OFF, ON, PUT_ON
from likeness.generators.weights_file import WeightsHeader, read_weights, write_weights
from likeness.toolkit.mouth import move_bare
from likeness.training.glasses import MEASURED_ON, RIMS, glasses_directions

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def generator(tiny_composite: Path) -> CompositeGenerator:
    return open_composite(tiny_composite, CPU)


@pytest.fixture(scope="module")
def directions(tiny_composite: Path) -> dict[str, torch.Tensor]:
    header, tensors = read_weights(tiny_composite)
    return glasses_directions(header.arguments["glasses"], tensors["parity"])


def without(weights: Path, out: Path) -> CompositeGenerator:
    """Return the generator of the same weights before there were glasses."""
    header, tensors = read_weights(weights)
    plain = {name: value for name, value in header.arguments.items() if name != "glasses"}
    write_weights(out, WeightsHeader(header.family, plain, header.licence), tensors)
    return open_composite(out, CPU)


def test_a_bare_face_is_drawn_as_without_glasses_to_the_bit(
    tiny_composite: Path, generator: CompositeGenerator, tmp_path: Path
) -> None:
    before = without(tiny_composite, tmp_path / "before.safetensors")
    one, other = generator.sample([3, 4]), generator.sample([5, 6])
    mixed = torch.cat([one[:, :2], other[:, 2:3], one[:, 3:]], dim=1)
    for latent in (one, 3 * one, mixed, one.lerp(other, 0.4)):
        assert torch.equal(generator.synthesize(latent), before.synthesize(latent))


def test_of_two_faces_one_may_wear_them(generator: CompositeGenerator, directions: dict[str, torch.Tensor]) -> None:
    latent = generator.sample([3, 4])
    bare = generator.synthesize(latent)
    latent[1] += directions["glasses"][0]
    worn = generator.synthesize(latent)
    assert torch.equal(worn[0], bare[0])
    assert (worn[1] - bare[1]).abs().max() > 0.3


def test_they_change_the_picture_where_they_are_and_nowhere_else(
    generator: CompositeGenerator, directions: dict[str, torch.Tensor]
) -> None:
    latent = generator.sample([7])
    changed = (generator.synthesize(latent + directions["glasses"]) - generator.synthesize(latent)).abs().amax((0, 1))
    top, bottom, left, right = (round(part * 64) for part in BAND)
    inside = changed[top:bottom, left:right].clone()
    changed[top:bottom, left:right] = 0
    assert inside.max() > 0.3
    # What is left of the direction in the skin, a tenth of a grey level of 2 / 255.
    assert changed.max() < 0.1 * 2 / 255


def test_one_person_minus_bare_plus_glasses_is_another_with_them(
    generator: CompositeGenerator, directions: dict[str, torch.Tensor]
) -> None:
    glasses = generator.glasses
    assert glasses is not None
    a, i = generator.sample([1]), generator.sample([2])
    n = a + directions["glasses"]
    result = i - a + n
    assert glasses.opacity(result) == 1.0
    assert torch.allclose(glasses.take_off(result), i, atol=1e-4)
    # And back: whoever wears them takes them off by the same sum.
    assert glasses.opacity(n - n + i) == 0.0


@pytest.mark.parametrize("psi", [0.5, 0.7, 1.0, 1.5])
def test_the_direction_of_amount_1_puts_them_on_at_any_usual_truncation(
    generator: CompositeGenerator, directions: dict[str, torch.Tensor], psi: float
) -> None:
    glasses = generator.glasses
    assert glasses is not None
    assert (glasses.opacity(psi * (generator.sample(range(8)) + directions["glasses"])) == 1.0).all()
    assert (glasses.opacity(psi * generator.sample(range(8))) == 0.0).all()


def test_a_walk_to_a_wearer_fades_them_in_once_and_evenly(
    generator: CompositeGenerator, directions: dict[str, torch.Tensor]
) -> None:
    bare, worn = generator.sample([3])[0], generator.sample([8])[0] + directions["glasses"][0]
    walk = torch.stack([bare.lerp(worn, step / 100) for step in range(101)])
    assert generator.glasses is not None
    seen = generator.glasses.opacity(walk)
    steps = seen[1:] - seen[:-1]
    assert seen[0] == 0.0
    assert seen[-1] == 1.0
    assert (steps >= 0).all()
    # A smooth step is steepest in its middle, by 1.5.
    assert steps.max() < 1.6 * PUT_ON / (ON - OFF) / 100


def test_each_person_has_rims_of_their_own_and_can_be_given_others(
    generator: CompositeGenerator, directions: dict[str, torch.Tensor]
) -> None:
    glasses = generator.glasses
    assert glasses is not None
    latent = generator.sample(range(12))
    measures, dark = glasses.design(latent)
    assert len(measures.round(decimals=3).unique(dim=0)) > 6
    style = latent[:, FINE][:, glasses.even_index] @ glasses.styles.t()
    wanted = glasses.keys[0] - style[:, :2]
    heavy, around, darker = directions["rims"]
    same = latent + wanted[:, :1, None] * heavy + wanted[:, 1:, None] * around + 8 * darker
    measures, dark = glasses.design(same)
    assert torch.allclose(measures, measures[:1].expand_as(measures), atol=1e-4)
    assert (dark == 1.0).all()
    # The wire is mostly the first kind's, as far as neighbours leave it.
    first = torch.tensor(next(iter(RIMS.values())).flat())
    assert measures[0, 4] * MEASURED_ON == pytest.approx(float(first[4]), rel=0.05)


def test_wearing_is_a_matter_of_the_difference_of_two_layers(generator: CompositeGenerator) -> None:
    glasses = generator.glasses
    assert glasses is not None
    latent = torch.zeros(1, 4, 12)
    latent[:, FINE, glasses.even_index] = ON * math.sqrt(0.5) * glasses.axis
    latent[:, MIDDLE, glasses.even_index] = -ON * math.sqrt(0.5) * glasses.axis
    assert glasses.amount(latent) == pytest.approx(ON, rel=1e-5)
    # The same in both layers is a face like any other.
    latent[:, MIDDLE] = latent[:, FINE]
    assert glasses.amount(latent) == 0.0


@pytest.mark.parametrize(("turned", "larger", "shift"), [(0.0, 1.0, 0.0), (0.1, 1.0, 0.02), (-0.2, 1.1, -0.01)])
def test_they_lie_as_the_warp_turns_scales_and_moves_the_eyes(turned: float, larger: float, shift: float) -> None:
    """A field that turns the mean face as a whole, against the turn that it was made of."""
    axis = (torch.arange(64) + 0.5) / 64
    here = torch.stack(torch.meshgrid(axis, axis, indexing="xy"))
    cos, sin = larger * math.cos(turned), larger * math.sin(turned)
    x, y = here - 0.5
    source = torch.stack([cos * x - sin * y + 0.5 + shift, sin * x + cos * y + 0.5])
    places = torch.tensor([[0.4, 0.6], [0.45, 0.55]])[None, :, None]
    u, v = Placement(here[None]).find((source - here)[None], places)
    x, y = places[0, :, 0] - 0.5
    assert torch.allclose(u.flatten(), cos * x - sin * y + 0.5 + shift - CENTRE[0], atol=1e-5)
    assert torch.allclose(v.flatten(), sin * x + cos * y + 0.5 - CENTRE[1], atol=1e-5)


def test_a_search_finds_a_gradient_through_them(
    generator: CompositeGenerator, directions: dict[str, torch.Tensor]
) -> None:
    latent = (generator.sample([5]) + 0.4 * directions["glasses"]).requires_grad_()
    generator.synthesize(latent).square().mean().backward()
    assert latent.grad is not None
    assert latent.grad.isfinite().all()
    assert latent.grad.abs().max() > 0


@pytest.mark.parametrize(
    "broken",
    [{"worn": [1.0, 2.0]}, {"style": []}, {"rims": []}, {"rims": [{"name": "none"}]}],
    ids=["few numbers", "no style", "no rims", "no measures"],
)
def test_a_header_that_tells_too_little_of_them_is_refused(
    tiny_composite: Path, tmp_path: Path, broken: dict[str, Any]
) -> None:
    header, tensors = read_weights(tiny_composite)
    told = {**header.arguments, "glasses": {**header.arguments["glasses"], **broken}}
    write_weights(tmp_path / "broken.safetensors", WeightsHeader(header.family, told, header.licence), tensors)
    with pytest.raises(WeightsError, match="lacks what a composite needs"):
        open_composite(tmp_path / "broken.safetensors", CPU)


def test_a_mouth_is_moved_under_them_and_they_stay(
    generator: CompositeGenerator, directions: dict[str, torch.Tensor]
) -> None:
    bare = generator.sample([5])
    worn = bare + directions["glasses"]
    plain = generator.synthesize(bare)
    assert move_bare(generator, plain, lambda image: image) is plain
    shown = generator.synthesize(worn)
    seen: list[torch.Tensor] = []

    def blacken(image: torch.Tensor) -> torch.Tensor:
        seen.append(image)
        return torch.full_like(image, -1.0)

    moved = move_bare(generator, shown, blacken)
    # What is moved is the bare face, and over what became of it lie the same glasses.
    assert torch.allclose(seen[0], plain, atol=1e-2)
    changed = (moved + 1).amax((0, 1)) > 0.05
    assert changed.any()
    assert changed.sum() < 0.2 * changed.numel()
    assert ((shown - plain).abs().amax((0, 1))[changed] > 1e-3).float().mean() > 0.95
    assert move_bare(generator, shown, lambda image: image) is shown


def test_what_another_plugin_did_to_the_picture_stays_on_it(
    generator: CompositeGenerator, directions: dict[str, torch.Tensor]
) -> None:
    shown = generator.synthesize(generator.sample([5]) + directions["glasses"])
    darker = 0.9 * shown
    again = generator.put_on(generator.take_off(darker))
    top, bottom, left, right = (round(part * 64) for part in BAND)
    outside = torch.ones(64, 64, dtype=torch.bool)
    outside[top:bottom, left:right] = False
    assert torch.equal(again[..., outside], darker[..., outside])
    # Of another size it is no picture of these faces.
    small = torch.zeros(1, 3, 32, 32)
    assert generator.take_off(small) is small
    assert generator.put_on(small) is small


def test_a_bent_face_wears_them_where_its_eyes_have_gone(
    generator: CompositeGenerator, directions: dict[str, torch.Tensor]
) -> None:
    bare = generator.sample([5])
    lower = Bends(operations={"field": lambda field: field - torch.tensor([0.0, 3 / 64])[:, None, None]})
    rows = []
    for bends in (Bends(), lower):
        worn, plain = (generator.draw_bent(face, bends) for face in (bare + directions["glasses"], bare))
        changed = (worn - plain).abs().sum((0, 1))
        rows.append(float((changed.sum(1) * torch.arange(64)).sum() / changed.sum()))
    assert rows[1] - rows[0] == pytest.approx(3, abs=0.7)
