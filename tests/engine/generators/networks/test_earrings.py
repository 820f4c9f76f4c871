"""Earrings that a composite draws: bits of faces without, where they hang, what hides them, and whose they are."""

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from likeness.errors import WeightsError
from likeness.files.paths import find_weights
from likeness.generators.families.composite import open_composite
from likeness.generators.networks.composite_layers import Layers
from likeness.generators.networks.earrings import LOBE, Earrings
from likeness.generators.networks.quiet_axis import FINE, MIDDLE, PUT_ON
from likeness.generators.weights_file import WeightsHeader, read_weights, write_weights
from likeness.toolkit.latent_file import read_direction
from likeness.training.earrings import KINDS, add_earrings, write_earring_directions

CPU = torch.device("cpu")
SIZE = 256
W_DIM = 160
EDGE = 60  # px from the left and the right at which the flat face below ends
STUD, HOOP = 0, len(KINDS) - 1


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return bundled weights without earrings; those that tests train are too short for them."""
    header, tensors = read_weights(find_weights("composite-256"))
    told = {name: value for name, value in header.arguments.items() if name != "earrings"}
    out = tmp_path_factory.mktemp("plain") / "plain.safetensors"
    write_weights(out, WeightsHeader(header.family, told, header.licence), tensors)
    return out


@pytest.fixture(scope="module")
def weights(plain: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return them with earrings, their directions in the same folder."""
    out = tmp_path_factory.mktemp("earrings") / "adorned.safetensors"
    add_earrings(plain, out)
    write_earring_directions(out, "adorned", out.parent)
    return out


@pytest.fixture(scope="module")
def earrings() -> Earrings:
    told = {"worn": [1.0, 0.0], "kind": [0.0, 1.0], "kinds": [vars(kind) for kind in KINDS.values()]}
    return Earrings(told, torch.arange(2), SIZE)


def wearing(earrings: Earrings, kind: int = HOOP) -> Tensor:
    latent = torch.zeros(1, 4, 2)
    latent[:, FINE, 0], latent[:, MIDDLE, 0] = PUT_ON, -PUT_ON
    latent[:, FINE, 1] = earrings.keys[kind]
    return latent


def parts(field: Tensor | None = None, hair: int = 0) -> Layers:
    """Return a face that ends upright at `EDGE`, with so many px of hair beside its left side."""
    mattes = torch.zeros(1, 2, SIZE, SIZE)
    mattes[:, :, :, EDGE : SIZE - EDGE] = 1
    mattes[:, 1, :, EDGE - hair : EDGE] = 1
    colours = torch.zeros(1, 3, SIZE, SIZE)
    return Layers(colours, colours, colours, mattes, torch.zeros(1, 2, 64, 64) if field is None else field)


def changed(earrings: Earrings, kind: int, like: Layers) -> Tensor:
    """Return which px of a grey picture are others with earrings, `[SIZE, SIZE]`."""
    before = torch.zeros(1, 3, SIZE, SIZE)
    return (earrings.hang(before, wearing(earrings, kind), like) != before).any(1)[0]


def test_a_face_without_is_drawn_as_before_to_the_bit(plain: Path, weights: Path) -> None:
    before, generator = open_composite(plain, CPU), open_composite(weights, CPU)
    one, other = generator.sample([3, 4]), generator.sample([5, 6])
    mixed = torch.cat([one[:, :2], other[:, 2:3], one[:, 3:]], dim=1)
    for latent in (one, 3 * one, mixed):
        assert torch.equal(generator.synthesize(latent), before.synthesize(latent))


def test_one_person_minus_without_plus_with_is_another_with_them(weights: Path) -> None:
    generator = open_composite(weights, CPU)
    earrings = generator.earrings
    assert earrings is not None
    a, i = generator.sample([1]), generator.sample([2])
    n = a + read_direction(weights.parent / "earrings.safetensors", 4, W_DIM)
    assert earrings.opacity(i - a + n) == 1.0
    assert torch.allclose(earrings.take_off(i - a + n), i, atol=1e-4)
    assert earrings.opacity(n - n + i) == 0.0


def test_of_two_faces_one_may_wear_them(earrings: Earrings) -> None:
    latent = torch.cat([torch.zeros(1, 4, 2), wearing(earrings)])
    one = parts()
    both = Layers(*(torch.cat([x, x]) for x in (one.skin, one.hair, one.backdrop, one.mattes, one.field)))
    before = torch.zeros(2, 3, SIZE, SIZE)
    drawn = earrings.hang(before, latent, both)
    assert torch.equal(drawn[0], before[0])
    assert not torch.equal(drawn[1], before[1])


def test_a_stud_sits_within_the_edge_on_both_sides_and_a_hoop_hangs_below(earrings: Earrings) -> None:
    stud, hoop = (changed(earrings, kind, parts()) for kind in (STUD, HOOP))
    rows, columns = torch.nonzero(stud[:, : SIZE // 2], as_tuple=True)
    assert EDGE < columns.float().mean() < EDGE + 6
    assert abs(float(rows.float().mean()) - LOBE) < 1.5
    assert torch.nonzero(hoop)[:, 0].float().mean() > LOBE + 5
    assert torch.equal(hoop, hoop.flip(1))
    # Through a hoop one sees what is behind it.
    assert not hoop[round(LOBE + KINDS["large gold hoop"].high), EDGE + 3]


@pytest.mark.parametrize(("hair", "seen"), [(0, True), (2, True), (12, False)])
def test_hair_beside_an_ear_hides_the_one_and_not_the_other(earrings: Earrings, hair: int, seen: bool) -> None:
    hoop = changed(earrings, HOOP, parts(hair=hair))
    assert bool(hoop[:, : SIZE // 2].any()) is seen
    assert hoop[:, SIZE // 2 :].any()


def test_they_go_where_the_warp_takes_the_face(earrings: Earrings) -> None:
    # Every place shows what lies 8 px to its left and 4 px above: the face is farther to the right and lower.
    field = torch.zeros(1, 2, 64, 64)
    field[:, 0], field[:, 1] = -8 / SIZE, -4 / SIZE
    before = torch.zeros(1, 3, SIZE, SIZE)
    moved, rested = (earrings.hang(before, wearing(earrings), parts(each)) for each in (field, None))
    assert torch.allclose(moved.roll((-4, -8), (2, 3)), rested, atol=1e-3)


def test_a_search_finds_a_gradient_through_them(weights: Path) -> None:
    generator = open_composite(weights, CPU)
    worn = read_direction(weights.parent / "earrings.safetensors", 4, W_DIM)
    latent = (generator.sample([5]) + 0.4 * worn).requires_grad_()
    generator.synthesize(latent).square().mean().backward()
    assert latent.grad is not None
    assert latent.grad.isfinite().all()


@pytest.mark.parametrize(
    "broken",
    [{"worn": [1.0, 2.0]}, {"kind": [1.0]}, {"kinds": []}, {"kinds": [{"name": "none"}]}],
    ids=["few numbers", "few of the kind", "no kinds", "no measures"],
)
def test_a_header_that_tells_too_little_of_them_is_refused(
    weights: Path, tmp_path: Path, broken: dict[str, Any]
) -> None:
    header, tensors = read_weights(weights)
    told = {**header.arguments, "earrings": {**header.arguments["earrings"], **broken}}
    write_weights(tmp_path / "broken.safetensors", WeightsHeader(header.family, told, header.licence), tensors)
    with pytest.raises(WeightsError, match="lacks what a composite needs"):
        open_composite(tmp_path / "broken.safetensors", CPU)
