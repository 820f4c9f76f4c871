"""Make-up that a composite draws: bits of bare faces, where it lies, what it leaves out, and whose it is."""

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from likeness.errors import WeightsError
from likeness.generators.families.composite import CompositeGenerator, open_composite
from likeness.generators.networks.composite_layers import Layers
from likeness.generators.networks.makeup import MakeUp
from likeness.generators.networks.quiet_axis import FINE, MIDDLE, PUT_ON
from likeness.generators.weights_file import WeightsHeader, read_weights, write_weights
from likeness.toolkit.latent_file import read_direction
from likeness.training.glasses import glasses_directions
from likeness.training.makeup import PAINTS, add_makeup, write_makeup_directions

CPU = torch.device("cpu")
SIZE = 256
RED = list(PAINTS).index("red")
SKIN, TEETH = (0.6, 0.45, 0.38), (0.8, 0.8, 0.76)
# Places of the mean face, x and y in px of 256.
LOWER_LIP, BETWEEN, LID, CHEEK, FOREHEAD, CHIN = (128, 201), (128, 193), (94, 116), (80, 162), (128, 60), (128, 225)


@pytest.fixture(scope="module")
def weights(tiny_composite: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the tiny composite with make-up beside its glasses, its directions in the same folder."""
    out = tmp_path_factory.mktemp("makeup") / "painted.safetensors"
    add_makeup(tiny_composite, out)
    write_makeup_directions(out, "painted", out.parent)
    return out


@pytest.fixture(scope="module")
def generator(weights: Path) -> CompositeGenerator:
    return open_composite(weights, CPU)


@pytest.fixture(scope="module")
def worn(weights: Path) -> Tensor:
    return read_direction(weights.parent / "makeup.safetensors", 4, 12)


def own(generator: CompositeGenerator) -> MakeUp:
    assert generator.makeup is not None
    return generator.makeup


# Drawn on a face that needs no weights: a flat one of 256 px, its latent two numbers.


@pytest.fixture(scope="module")
def makeup() -> MakeUp:
    told = {"worn": [1.0, 0.0], "kind": [0.0, 1.0], "paints": [vars(paint) for paint in PAINTS.values()]}
    return MakeUp(told, torch.arange(2), SIZE)


def wearing(makeup: MakeUp, kind: int = RED) -> Tensor:
    latent = torch.zeros(1, 4, 2)
    latent[:, FINE, 0], latent[:, MIDDLE, 0] = PUT_ON, -PUT_ON
    latent[:, FINE, 1] = makeup.keys[kind]
    return latent


def flat_face() -> Tensor:
    return (2 * torch.tensor(SKIN) - 1)[None, :, None, None].expand(1, 3, SIZE, SIZE).clone()


def parts(field: Tensor | None = None, mattes: Tensor | None = None) -> Layers:
    field = torch.zeros(1, 2, SIZE // 4, SIZE // 4) if field is None else field
    mattes = torch.ones(1, 2, SIZE, SIZE) if mattes is None else mattes
    colours = torch.zeros(1, 3, SIZE, SIZE)
    return Layers(colours, colours, colours, mattes, field)


def at(picture: Tensor, place: tuple[int, int]) -> Tensor:
    return (picture[0, :, place[1], place[0]] + 1) / 2


def test_a_bare_face_is_drawn_as_without_it_to_the_bit(tiny_composite: Path, generator: CompositeGenerator) -> None:
    before = open_composite(tiny_composite, CPU)
    one, other = generator.sample([3, 4]), generator.sample([5, 6])
    mixed = torch.cat([one[:, :2], other[:, 2:3], one[:, 3:]], dim=1)
    for latent in (one, 3 * one, mixed, one.lerp(other, 0.4)):
        assert torch.equal(generator.synthesize(latent), before.synthesize(latent))


def test_of_two_faces_one_may_wear_it(generator: CompositeGenerator, worn: Tensor) -> None:
    latent = generator.sample([3, 4])
    bare = generator.synthesize(latent)
    latent[1] += worn
    painted = generator.synthesize(latent)
    assert torch.equal(painted[0], bare[0])
    assert (painted[1] - bare[1]).abs().max() > 0.2


def test_one_person_minus_bare_plus_make_up_is_another_with_it(generator: CompositeGenerator, worn: Tensor) -> None:
    makeup = own(generator)
    a, i = generator.sample([1]), generator.sample([2])
    n = a + worn
    result = i - a + n
    assert makeup.opacity(result) == 1.0
    assert torch.allclose(makeup.take_off(result), i, atol=1e-4)
    # And back: whoever wears it takes it off by the same sum.
    assert makeup.opacity(n - n + i) == 0.0


@pytest.mark.parametrize("psi", [0.5, 0.7, 1.0, 1.5])
def test_the_direction_of_amount_1_puts_it_on_at_any_usual_truncation(
    generator: CompositeGenerator, worn: Tensor, psi: float
) -> None:
    makeup = own(generator)
    assert (makeup.opacity(psi * (generator.sample(range(8)) + worn)) == 1.0).all()
    assert (makeup.opacity(psi * generator.sample(range(8))) == 0.0).all()


def test_it_and_glasses_know_nothing_of_each_other(generator: CompositeGenerator, weights: Path, worn: Tensor) -> None:
    header, tensors = read_weights(weights)
    glasses = glasses_directions(header.arguments["glasses"], tensors["parity"])["glasses"][0]
    assert generator.glasses is not None
    bare = generator.sample([5])
    assert generator.glasses.amount(bare + worn).abs() < 1e-4
    assert own(generator).amount(bare + glasses).abs() < 1e-4
    # Make-up is under the glasses, and stays when they are taken off.
    painted = generator.synthesize(bare + worn)
    assert torch.allclose(generator.take_off(generator.synthesize(bare + worn + glasses)), painted, atol=1e-2)


def test_lips_become_red_lids_dark_and_cheeks_rosy_and_all_else_stays(makeup: MakeUp) -> None:
    before = flat_face()
    drawn = makeup.make_up(before, wearing(makeup), parts())
    lips, lid, cheek = at(drawn, LOWER_LIP), at(drawn, LID), at(drawn, CHEEK)
    assert lips[0] > 2 * lips[1]
    assert lid.sum() < 0.85 * sum(SKIN)
    assert (cheek[0] - cheek[1]) > (SKIN[0] - SKIN[1]) + 0.02
    for place in (FOREHEAD, CHIN):
        assert torch.equal(at(drawn, place), at(before, place))


def test_bared_teeth_stay_white(makeup: MakeUp) -> None:
    before = flat_face()
    before[:, :, 189:198, 112:145] = (2 * torch.tensor(TEETH) - 1)[:, None, None]
    drawn = makeup.make_up(before, wearing(makeup), parts())
    assert torch.allclose(at(drawn, BETWEEN), torch.tensor(TEETH), atol=0.02)
    assert at(drawn, LOWER_LIP)[0] > 2 * at(drawn, LOWER_LIP)[1]


def test_hair_before_a_cheek_and_a_lid_has_no_colour_on_it(makeup: MakeUp) -> None:
    mattes = torch.ones(1, 2, SIZE, SIZE)
    mattes[:, 0, :, : SIZE // 2] = 0
    before = flat_face()
    drawn = makeup.make_up(before, wearing(makeup), parts(mattes=mattes))
    assert torch.equal(drawn[:, :, :180, : SIZE // 2 - 4], before[:, :, :180, : SIZE // 2 - 4])
    assert not torch.equal(drawn[:, :, :180, SIZE // 2 :], before[:, :, :180, SIZE // 2 :])


def test_a_mirrored_face_has_mirrored_make_up(makeup: MakeUp) -> None:
    picture = flat_face()
    picture[..., : SIZE // 2] *= 0.8
    field = torch.zeros(1, 2, SIZE // 4, SIZE // 4)
    field[:, 0] = torch.linspace(-0.01, 0.02, SIZE // 4)
    field[:, 1] = torch.linspace(0.01, 0.0, SIZE // 4)[:, None]
    mirrored = field.flip(3) * torch.tensor([-1.0, 1.0])[None, :, None, None]
    drawn = makeup.make_up(picture, wearing(makeup), parts(field))
    other = makeup.make_up(picture.flip(3), wearing(makeup), parts(mirrored))
    assert torch.allclose(drawn.flip(3), other, atol=1e-4)


def test_it_goes_where_the_warp_takes_the_face(makeup: MakeUp) -> None:
    # Every place shows what lies 8 px to its left: the face is 8 px farther to the right.
    field = torch.zeros(1, 2, SIZE // 4, SIZE // 4)
    field[:, 0] = -8 / SIZE
    moved, rested = (makeup.make_up(flat_face(), wearing(makeup), parts(each)) for each in (field, None))
    apart = (moved.roll(-8, 3) - rested)[..., 60:190].abs()
    # Blush is looked up in fewer places.
    assert apart.max() < 0.01
    assert apart[:, :, 180:].max() < 1e-3


def test_kinds_lead_from_natural_to_bold_and_differ(makeup: MakeUp) -> None:
    lips = torch.stack(
        [at(makeup.make_up(flat_face(), wearing(makeup, kind), parts()), LOWER_LIP) for kind in range(len(PAINTS))]
    )
    apart = torch.cdist(lips, lips) + torch.eye(len(lips))
    assert apart.min() > 0.05
    changed = (lips - torch.tensor(SKIN)).norm(dim=1)
    assert changed[0] == changed.min()


def test_lips_of_who_is_in_the_dark_do_not_glow(makeup: MakeUp) -> None:
    bright = flat_face()
    dark = (bright + 1) * 0.3 - 1
    light = [float(at(makeup.make_up(face, wearing(makeup), parts()), LOWER_LIP).mean()) for face in (bright, dark)]
    assert light[1] < 0.7 * light[0]


def test_a_search_finds_a_gradient_through_it(generator: CompositeGenerator, worn: Tensor) -> None:
    latent = (generator.sample([5]) + 0.4 * worn).requires_grad_()
    generator.synthesize(latent).square().mean().backward()
    assert latent.grad is not None
    assert latent.grad.isfinite().all()
    assert latent.grad.abs().max() > 0


@pytest.mark.parametrize(
    "broken",
    [{"worn": [1.0, 2.0]}, {"kind": [1.0]}, {"paints": []}, {"paints": [{"name": "none"}]}, {"paints": 3}],
    ids=["few numbers", "few of the kind", "no paints", "no colours", "no list"],
)
def test_a_header_that_tells_too_little_of_it_is_refused(weights: Path, tmp_path: Path, broken: dict[str, Any]) -> None:
    header, tensors = read_weights(weights)
    told = {**header.arguments, "makeup": {**header.arguments["makeup"], **broken}}
    write_weights(tmp_path / "broken.safetensors", WeightsHeader(header.family, told, header.licence), tensors)
    with pytest.raises(WeightsError, match="lacks what a composite needs"):
        open_composite(tmp_path / "broken.safetensors", CPU)


def test_a_colour_of_two_numbers_is_refused(makeup: MakeUp) -> None:
    paints = [{**vars(PAINTS["red"]), "lips": (1.0, 0.0)}]
    with pytest.raises(ValueError, match="a colour of make-up is 3 numbers"):
        MakeUp({"worn": [1.0, 0.0], "kind": [0.0, 1.0], "paints": paints}, torch.arange(2), SIZE)
