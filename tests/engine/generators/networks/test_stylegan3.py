"""The pictures of StyleGAN3 are those of its makers, in both configurations, moved and turned."""

import math

import pytest
import torch
from tests.reference.parity import Case, case, relative_error

from likeness.generators.networks.ops import Tensors
from likeness.generators.networks.stylegan3 import (
    StyleGAN3,
    StyleGAN3Settings,
    plan_bands,
    plane_transform,
    read_layer_names,
)

MADE = ["sg3_t", "sg3_r"]


def opened(made: Case) -> StyleGAN3:
    return StyleGAN3(made.state, StyleGAN3Settings(64))


@pytest.mark.parametrize("name", MADE)
def test_w_is_that_of_the_makers_code(name: str) -> None:
    made = case(name)
    mapping = opened(made).mapping
    w = mapping(made["z"])
    for key, arguments in (("w_psi1", ()), ("w_psi07", (0.7,)), ("w_psi07_cut", (0.7, 8))):
        assert (mapping.broadcast(w, *arguments) - made[key]).abs().max() < 1e-5


@pytest.mark.parametrize("picture", ["psi1", "psi07", "psi07_cut"])
@pytest.mark.parametrize("name", MADE)
def test_pictures_are_those_of_the_makers_code(name: str, picture: str) -> None:
    made = case(name)
    wanted = made[f"img_{picture}"]
    synthesis = opened(made).synthesis
    ws = made[f"w_{picture}"][: len(wanted)]
    assert relative_error(synthesis(ws), wanted) < 1e-4
    assert relative_error(torch.cat([synthesis(w[None]) for w in ws]), wanted) < 1e-4


@pytest.mark.parametrize("name", MADE)
def test_every_layer_takes_its_own_w(name: str) -> None:
    made = case(name)
    assert relative_error(opened(made).synthesis(made["w_plus"]), made["img_w_plus"]) < 1e-4


@pytest.mark.parametrize("name", MADE)
def test_the_input_plane_is_that_of_the_makers_code_and_follows_a_transform(name: str) -> None:
    made = case(name)
    synthesis = opened(made).synthesis
    w = made["w_psi1"][:1]
    assert relative_error(synthesis.input(w[:, 0]), made["input_features"]) < 1e-4
    assert relative_error(synthesis(w, made["transform"]), made["img_psi1_transform"]) < 1e-4


def test_the_transform_undoes_the_motion() -> None:
    x, y, degrees = 0.25, -0.1, 30.0
    cos, sin = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    motion = torch.tensor([[cos, sin, x], [-sin, cos, y], [0, 0, 1]])
    assert torch.allclose(plane_transform(x, y, degrees) @ motion, torch.eye(3), atol=1e-6)


def test_a_quarter_turn_of_configuration_r_turns_the_picture() -> None:
    made = case("sg3_r")
    synthesis = opened(made).synthesis
    w = made["w_psi07"][:1]
    straight = torch.rot90(synthesis(w, plane_transform(0, 0, 0)), 1, (2, 3))
    turned = synthesis(w, plane_transform(0, 0, 90))
    other_way = torch.rot90(straight, 2, (2, 3))
    # 1x1 kernels and radial filters leave no direction; only the last filters, critically sampled, have one.
    errors = sorted([relative_error(turned, straight), relative_error(turned, other_way)])
    assert errors[0] < 0.2 * errors[1]


def test_the_bands_are_those_of_the_published_layers() -> None:
    # The widths in the layers' names of the published 1024 px networks: L0_36, L1_36, L2_52, ..., L14_1024.
    sizes = [band.size for band in plan_bands(StyleGAN3Settings(1024), 14)]
    assert sizes == [36, 36, 52, 52, 84, 148, 148, 276, 276, 532, 1044, 1044, 1044, 1024, 1024]


def test_layers_are_taken_by_number_not_by_name() -> None:
    names = {f"L{i}_36_8.weight": torch.zeros(1) for i in (10, 2, 0, 1, 3, 4, 5, 6, 7, 8, 9)}
    assert list(read_layer_names(Tensors(names))) == [f"L{i}_36_8" for i in range(11)]


def test_arguments_that_do_not_fit_the_layers_are_named() -> None:
    made = case("sg3_t")
    with pytest.raises(ValueError, match="L0_36_32"):
        StyleGAN3(made.state, StyleGAN3Settings(64, margin_size=12))
    with pytest.raises(ValueError, match="without a gap"):
        StyleGAN3({k: v for k, v in made.state.items() if "L4_" not in k}, StyleGAN3Settings(64))


def test_bfloat16_stays_within_25_db() -> None:
    made = case("sg3_t")
    synthesis = opened(made).synthesis
    synthesis.set_dtype(torch.bfloat16)
    wanted = made["img_psi1"]
    error = (synthesis(made["w_psi1"]) - wanted).square().mean()
    assert 10 * torch.log10((wanted.max() - wanted.min()).square() / error) > 25
