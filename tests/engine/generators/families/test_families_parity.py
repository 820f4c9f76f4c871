"""Every layout that performers own opens as a generator that draws what its makers' code draws."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from tests.reference import pickles
from tests.reference import stylegan2 as plain
from tests.reference import tensorflow as tf
from tests.reference.parity import case, relative_error
from torch import nn

from likeness.generator import Generator
from likeness.generators.families.registry import open_family

CPU = torch.device("cpu")


def opened(path: Path) -> Generator:
    generator = open_family(path, CPU)
    assert generator is not None
    return generator


@pytest.fixture
def written(tmp_path: Path) -> Callable[[str, bytes], Path]:
    def write(name: str, data: bytes) -> Path:
        (tmp_path / name).write_bytes(data)
        return tmp_path / name

    return write


@pytest.mark.parametrize("name", ["sg2_skip", "sg2_skip_cond", "sg2_odd_dims", "sg3_t", "sg3_r"])
def test_an_official_snapshot_draws_the_makers_pictures(name: str, written: Callable[[str, bytes], Path]) -> None:
    made = case(name)
    generator = opened(written("network.pkl", pickles.official_pickle(made.state, made.kwargs)))
    labels = made["c"] if made["c"].shape[1] else None
    assert (generator.map_z(made["z"], labels) - made["w_psi1"]).abs().max() < 1e-5
    cut = generator.map_z(made["z"], labels, truncation_psi=0.7, truncation_cutoff=int(made["truncation_cutoff"]))
    assert (cut - made["w_psi07_cut"]).abs().max() < 1e-5
    image = generator.synthesize(made["w_psi1"])
    assert image.shape == (3, 3, image.shape[2], image.shape[3])
    assert relative_error(image, made["img_psi1"].expand_as(image)) < 1e-4
    quiet = generator.synthesize(made["w_psi1"][:1], "none")
    assert relative_error(quiet, made["img_psi1_noise_none"].expand_as(quiet)) < 1e-4
    assert torch.equal(generator.mean[0], made.state["mapping.w_avg"])
    assert generator.info.num_ws == made.meta["num_ws"]
    assert generator.info.licence.paid_use is None
    assert "non-commercial" in generator.info.licence.notice


def test_a_rosinality_checkpoint_draws_its_pictures(written: Callable[[str, bytes], Path]) -> None:
    made = case("rosinality_64")
    content = {"g_ema": made.state, "latent_avg": made["latent_avg"]}
    generator = opened(written("550000.pt", pickles.saved(content)))
    ws = generator.map_z(made["z"])
    assert (ws[:, 0] - made["w"]).abs().max() < 1e-5
    assert (generator.map_z(made["z"], truncation_psi=0.7)[:, 0] - made["w_psi07"]).abs().max() < 1e-5
    assert relative_error(generator.synthesize(ws), made["img_psi1"]) < 1e-4
    assert relative_error(generator.synthesize(made["w_plus"]), made["img_w_plus"]) < 1e-4
    index = int(made["inject_index"])
    mixed = torch.cat([ws[:1, :index], ws[1:2, index:]], dim=1)
    assert relative_error(generator.synthesize(mixed), made["img_mix"]) < 1e-4


def test_a_rosinality_checkpoint_without_a_mean_gets_one(written: Callable[[str, bytes], Path]) -> None:
    made = case("rosinality_64")
    generator = opened(written("550000.pt", pickles.saved({"g_ema": made.state})))
    w = generator.map_z(torch.randn(4000, 64, generator=torch.Generator().manual_seed(5)))[:, 0]
    assert (generator.mean[0] - w.mean(0)).abs().max() < 6 * w.std(0).max() / 4000**0.5


def test_a_tensorflow_snapshot_draws_the_makers_pictures(written: Callable[[str, bytes], Path]) -> None:
    made = case("tf_stylegan2_layout")
    generator = opened(written("stylegan2.pkl", pickles.tensorflow_pickle(made.tf, made.meta["static_kwargs"])))
    assert (generator.map_z(made["z"]) - made["w_psi1"]).abs().max() < 1e-5
    assert (generator.map_z(made["z"], truncation_psi=0.7) - made["w_psi07"]).abs().max() < 1e-5
    assert relative_error(generator.synthesize(made["w_psi1"]), made["img_psi1"]) < 1e-4


@pytest.mark.parametrize(("resolution", "fused_scale"), [(16, "auto"), (16, True), (16, False), (128, "auto")])
def test_the_stylegan_of_2018_draws_what_its_code_says(
    resolution: int, fused_scale: object, written: Callable[[str, bytes], Path]
) -> None:
    variables = tf.stylegan1_variables(resolution)
    generator = opened(written("karras2019.pkl", pickles.tensorflow_pickle(variables, {"fused_scale": fused_scale})))
    z = torch.randn(2, 8, generator=torch.Generator().manual_seed(0))
    ws = generator.map_z(z)
    assert (ws[:, 0] - torch.stack([tf.stylegan1_w(variables, row) for row in z])).abs().max() < 1e-5
    fused_from = {"auto": 128, True: 0, False: 1 << 20}[fused_scale]
    wanted = torch.stack([tf.stylegan1_image(variables, w, resolution, fused_from) for w in ws])
    assert relative_error(generator.synthesize(ws), wanted) < 1e-4
    assert not torch.equal(generator.synthesize(ws, "none"), generator.synthesize(ws))


def test_the_stylegan_of_2018_has_18_layers_at_1024_px() -> None:
    names = tf.stylegan1_variables(1024, channels=1).keys()
    assert sum(name.endswith("StyleMod/weight") for name in names) == 18


def test_labels_of_the_stylegan_of_2018_stand_beside_z(written: Callable[[str, bytes], Path]) -> None:
    variables = tf.stylegan1_variables(8, labels=3)
    generator = opened(written("cond.pkl", pickles.tensorflow_pickle(variables, {})))
    z = torch.randn(1, 8, generator=torch.Generator().manual_seed(0))
    label = torch.tensor([[0.0, 1.0, 0.0]])
    assert (generator.map_z(z, label)[0, 0] - tf.stylegan1_w(variables, z[0], label[0])).abs().max() < 1e-5


@pytest.mark.parametrize("fused", [True, False])
def test_progressive_growing_draws_what_its_code_says(fused: bool, written: Callable[[str, bytes], Path]) -> None:
    variables = tf.progan_variables(32, fused)
    generator = opened(written("karras2018.pkl", pickles.tensorflow_pickle(variables, {}, components=False)))
    latent = generator.sample([1, 2])
    wanted = torch.stack([tf.progan_image(variables, z, 32) for z in latent[:, 0]])
    assert relative_error(generator.synthesize(latent), wanted) < 1e-4
    assert generator.info.num_ws == 1


def tutorial(z_dim: int = 10, width: int = 4, kernel: int = 4) -> nn.Sequential:
    """The DCGAN of PyTorch's own tutorial, with random running means."""
    layers: list[nn.Module] = []
    widths = [width * 8, width * 4, width * 2, width]
    channels = z_dim
    for i, out in enumerate(widths):
        up = (kernel, 2, (kernel - 1) // 2, kernel % 2) if i else (4, 1, 0, 0)
        layers += [nn.ConvTranspose2d(channels, out, *up, bias=False), nn.BatchNorm2d(out), nn.ReLU()]
        channels = out
    layers += [nn.ConvTranspose2d(channels, 3, kernel, 2, (kernel - 1) // 2, kernel % 2, bias=False), nn.Tanh()]
    model = nn.Sequential(*layers)
    generator = torch.Generator().manual_seed(0)
    for module in model:
        if isinstance(module, nn.BatchNorm2d):
            module.running_mean.copy_(torch.randn(module.num_features, generator=generator))
            module.running_var.copy_(torch.rand(module.num_features, generator=generator) + 0.5)
            module.weight.data.copy_(torch.randn(module.num_features, generator=generator))
            module.bias.data.copy_(torch.randn(module.num_features, generator=generator))
    return model.eval()


@pytest.mark.parametrize("kernel", [4, 5, 3, 2])
@pytest.mark.parametrize("zipped", [True, False])
def test_a_dcgan_state_dict_draws_what_the_model_draws(
    kernel: int, zipped: bool, written: Callable[[str, bytes], Path]
) -> None:
    model = tutorial(kernel=kernel)
    state = {f"module.main.{name}": value for name, value in model.state_dict().items()}
    generator = opened(written("netG.pth", pickles.saved({"epoch": 3, "netG": state}, zipped)))
    assert generator.info.family == "dcgan"
    assert (generator.info.w_dim, generator.info.resolution) == (10, 64)
    latent = generator.sample([3, 4])
    with torch.no_grad():
        wanted = model(latent[:, 0, :, None, None])
    assert relative_error(generator.synthesize(latent), wanted) < 1e-4


def test_a_wgan_that_begins_with_a_linear_layer_opens(written: Callable[[str, bytes], Path]) -> None:
    first = nn.Sequential(nn.Linear(7, 6 * 16), nn.BatchNorm1d(6 * 16), nn.ReLU())
    rest = nn.Sequential(nn.ConvTranspose2d(6, 5, 4, 2, 1), nn.ReLU(), nn.ConvTranspose2d(5, 3, 4, 2, 1), nn.Tanh())
    first[1].running_mean.copy_(torch.arange(96) / 96)
    first.eval()
    state = {f"first.{k}": v for k, v in first.state_dict().items()}
    state.update({f"rest.{k}": v for k, v in rest.state_dict().items()})
    generator = opened(written("wgan.pth", pickles.saved(state)))
    latent = generator.sample([1])
    with torch.no_grad():
        wanted = rest(first(latent[:, 0]).reshape(1, 6, 4, 4))
    assert relative_error(generator.synthesize(latent), wanted) < 1e-4


def test_a_vae_opens_by_its_decoder(written: Callable[[str, bytes], Path]) -> None:
    from likeness.generators.networks.vae import VAE

    vae = VAE(6, [8, 4])
    generator = opened(written("vae.pt", pickles.saved(vae.state_dict())))
    assert generator.info.family == "vae"
    assert generator.info.resolution == 16


def test_tensors_that_are_no_generator_are_left_to_others(written: Callable[[str, bytes], Path]) -> None:
    path = written("classifier.pth", pickles.saved(nn.Sequential(nn.Conv2d(3, 8, 3), nn.Conv2d(8, 4, 3)).state_dict()))
    assert open_family(path, CPU) is None


def test_a_seed_is_the_face_of_the_makers_scripts_and_does_not_depend_on_the_batch(
    written: Callable[[str, bytes], Path],
) -> None:
    shape = plain.Shape()
    state = plain.random_state(shape)
    generator = opened(written("network.pkl", pickles.official_pickle(state, {})))
    z = torch.from_numpy(np.random.RandomState(85).randn(1, shape.z_dim)).to(torch.float32)
    assert (generator.sample([85])[0, 0] - plain.mapping(state, z)[0]).abs().max() < 1e-5
    assert torch.equal(generator.sample([1, 85, 2**32 + 85])[1:], generator.sample([85, 85]))
    assert generator.sample([]).shape == (0, shape.num_ws, shape.w_dim)


def test_directions_are_the_principal_ones_one_standard_deviation_long(written: Callable[[str, bytes], Path]) -> None:
    generator = opened(written("network.pkl", pickles.official_pickle(plain.random_state(plain.Shape()), {})))
    directions = generator.directions
    assert directions.shape == (20, generator.info.num_ws, 20)
    flat = directions[:, 0]
    lengths = flat.norm(dim=1)
    assert (lengths[:-1] >= lengths[1:] - 1e-6).all()
    fresh = generator.sample(range(1000, 3000))[:, 0]
    along = (fresh - fresh.mean(0)) @ (flat[0] / lengths[0])
    assert along.std() == pytest.approx(float(lengths[0]), rel=0.1)
    gram = flat @ flat.T
    assert (gram - torch.diag(gram.diag())).abs().max() < 1e-4 * gram.max()


def test_a_plane_can_be_moved_while_it_plays(written: Callable[[str, bytes], Path]) -> None:
    made = case("sg3_r")
    generator = opened(written("sg3.pkl", pickles.official_pickle(made.state, made.kwargs)))
    latent = generator.sample([1])
    still = generator.synthesize(latent)
    generator.move(x=0.25)
    moved = generator.synthesize(latent)
    inside = slice(20, 44)
    shifted = still[:, :, inside, inside]
    # A quarter of the picture to the right; the rims come from beyond the picture.
    assert relative_error(moved[:, :, inside, 36:60], still[:, :, inside, 20:44]) < 0.3
    assert relative_error(moved[:, :, inside, inside], shifted) > 0.5
    generator.move()
    assert relative_error(generator.synthesize(latent), still) < 1e-5
