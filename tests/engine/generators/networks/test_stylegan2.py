"""The pictures of StyleGAN2 are those of its makers, in every architecture."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.reference import stylegan2 as plain
from tests.reference.parity import Case, case, relative_error

from likeness.generators.networks.modulated_conv import StyleGAN2Settings
from likeness.generators.networks.ops import ACTIVATIONS
from likeness.generators.networks.stylegan2 import StyleGAN2

MADE = ["sg2_skip", "sg2_skip_cond", "sg2_odd_dims"]
IMAGES = [
    ("img_psi1", "w_psi1", "const"),
    ("img_psi07", "w_psi07", "const"),
    ("img_psi07_cut", "w_psi07_cut", "const"),
    ("img_w_plus", "w_plus", "const"),
    ("img_psi1_noise_none", "w_psi1", "none"),
    ("img_psi1_nofuse", "w_psi1", "const"),
]


def opened(made: Case) -> StyleGAN2:
    lr = made.kwargs["mapping_kwargs"].get("lr_multiplier", 0.01)
    return StyleGAN2(made.state, StyleGAN2Settings(lr_multiplier=lr))


@pytest.mark.parametrize("name", MADE)
def test_w_is_that_of_the_makers_code(name: str) -> None:
    made = case(name)
    mapping = opened(made).mapping
    w = mapping(made["z"], made["c"])
    cutoff = int(made["truncation_cutoff"])
    for key, arguments in (("w_psi1", ()), ("w_psi07", (0.7,)), ("w_psi07_cut", (0.7, cutoff))):
        assert (mapping.broadcast(w, *arguments) - made[key]).abs().max() < 1e-5


@pytest.mark.parametrize(("image", "w", "noise"), IMAGES)
@pytest.mark.parametrize("name", MADE)
def test_pictures_are_those_of_the_makers_code(name: str, image: str, w: str, noise: str) -> None:
    made = case(name)
    wanted = made[image]
    drawn = opened(made).synthesis(made[w][: len(wanted)], noise)
    assert relative_error(drawn, wanted) < 1e-4


@pytest.mark.parametrize("name", MADE)
def test_a_picture_alone_is_the_picture_in_a_batch(name: str) -> None:
    made = case(name)
    synthesis = opened(made).synthesis
    alone = torch.cat([synthesis(w[None]) for w in made["w_psi1"]])
    assert relative_error(alone, made["img_psi1"]) < 1e-4


@settings(max_examples=25, deadline=None)
@given(
    architecture=st.sampled_from(["orig", "skip", "resnet"]),
    resolution=st.sampled_from([4, 8, 16, 64]),
    act=st.sampled_from(sorted(ACTIVATIONS)),
    clamp=st.sampled_from([None, 0.7, 256.0]),
    noise=st.sampled_from(["const", "none"]),
    taps=st.sampled_from([(1.0, 3.0, 3.0, 1.0), (1.0, 1.0), (1.0, 2.0, 1.0), (1.0, 4.0, 5.0, 2.0, 1.0, 0.5)]),
    use_noise=st.booleans(),
    c_dim=st.sampled_from([0, 3]),
    batch=st.sampled_from([1, 2]),
    seed=st.integers(0, 99),
)
def test_every_architecture_draws_what_the_paper_says(
    architecture: str, resolution: int, act: str, clamp: float | None, noise: str, taps: tuple[float, ...],
    use_noise: bool, c_dim: int, batch: int, seed: int,
) -> None:  # fmt: skip
    shape = plain.Shape(resolution, architecture, c_dim=c_dim, taps=taps, use_noise=use_noise)
    state = plain.random_state(shape, seed)
    network = StyleGAN2(state, StyleGAN2Settings(0.01, act, act, clamp))
    z = torch.randn(batch, shape.z_dim, generator=torch.Generator().manual_seed(seed))
    labels = torch.eye(3)[:batch] if c_dim else None
    w = plain.mapping(state, z, labels, act=act)
    assert (network.mapping(z, labels) - w).abs().max() < 1e-5 * max(1.0, float(w.abs().max()))
    ws = network.mapping.broadcast(w)
    wanted = plain.synthesize(state, ws, noise, act, clamp)
    assert wanted.shape == (batch, 3, resolution, resolution)
    assert relative_error(network.synthesis(ws, noise), wanted) < 1e-4


def test_random_noise_differs_each_time_and_none_does_not() -> None:
    shape = plain.Shape()
    network = StyleGAN2(plain.random_state(shape), StyleGAN2Settings())
    ws = torch.randn(1, shape.num_ws, shape.w_dim, generator=torch.Generator().manual_seed(0))
    assert not torch.equal(network.synthesis(ws, "random"), network.synthesis(ws, "random"))
    assert torch.equal(network.synthesis(ws, "none"), network.synthesis(ws, "none"))


def test_a_gradient_reaches_the_latent_and_points_where_the_picture_changes() -> None:
    shape = plain.Shape(resolution=8)
    state = plain.random_state(shape)
    ws = torch.randn(1, shape.num_ws, shape.w_dim, generator=torch.Generator().manual_seed(1))
    target = torch.randn(1, 3, 8, 8, generator=torch.Generator().manual_seed(2))
    gradients = []
    for draw in (StyleGAN2(state, StyleGAN2Settings()).synthesis, lambda v: plain.synthesize(state, v)):
        moved = ws.clone().requires_grad_(True)
        (draw(moved) * target).sum().backward()
        gradients.append(moved.grad)
    assert relative_error(gradients[0], gradients[1]) < 1e-4


def test_bfloat16_stays_within_30_db() -> None:
    made = case("sg2_skip")
    network = opened(made)
    network.synthesis.set_dtype(torch.bfloat16)
    wanted = made["img_psi1"]
    error = (network.synthesis(made["w_psi1"]) - wanted).square().mean()
    peak = wanted.max() - wanted.min()
    assert 10 * torch.log10(peak.square() / error) > 30


@pytest.mark.parametrize(
    ("name", "tensor", "says"),
    [
        ("synthesis.b4.const", None, "missing"),
        ("synthesis.b8.conv0.weight", torch.zeros(2, 3, 3, 3), "wanted"),
        ("synthesis.b16.conv1.affine.weight", torch.zeros(5), "wanted"),
        ("mapping.fc0.weight", None, "fc0.weight"),
        ("mapping.fc1.weight", torch.zeros(20, 7), "wanted"),
        ("synthesis.b8.resample_filter", torch.zeros(1, 1), "filter"),
        ("synthesis.b16.torgb.weight", torch.zeros(0, 24, 1, 1), "empty"),
    ],
)
def test_a_wrong_tensor_is_named(name: str, tensor: torch.Tensor | None, says: str) -> None:
    state = plain.random_state(plain.Shape(resolution=16))
    if tensor is None:
        del state[name]
    else:
        state[name] = tensor
    with pytest.raises(ValueError, match=says):
        StyleGAN2(state, StyleGAN2Settings())


@pytest.mark.parametrize("factor", [1.0, 3e3, 1e-4])
def test_float16_draws_the_same_picture_however_large_the_weights_are(factor: float) -> None:
    # Demodulation takes the factor out again, but a sum of half precision would have overflowed, or vanished, before.
    made = case("sg2_skip")
    state = {
        name: tensor * factor if name.endswith(("conv0.weight", "conv1.weight")) else tensor
        for name, tensor in made.state.items()
    }
    network = StyleGAN2(
        state, StyleGAN2Settings(lr_multiplier=made.kwargs["mapping_kwargs"].get("lr_multiplier", 0.01))
    )
    wanted = network.synthesis(made["w_psi1"])
    network.synthesis.set_dtype(torch.float16)
    drawn = network.synthesis(made["w_psi1"])
    spread = wanted.max() - wanted.min()
    assert 10 * torch.log10(spread.square() / (drawn - wanted).square().mean()) > 45


def test_mixed_numbers_are_half_at_the_fine_sizes_alone() -> None:
    network = opened(case("sg2_skip"))
    network.synthesis.set_dtype(torch.float16, coarsest=32)
    types = {block.conv1.weight.dtype for block in network.synthesis.blocks}
    assert [block.conv1.weight.dtype for block in network.synthesis.blocks][:3] == [torch.float32] * 3
    assert types == {torch.float16, torch.float32}
    assert network.synthesis(case("sg2_skip")["w_psi1"]).dtype == torch.float32
