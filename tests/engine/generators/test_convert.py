"""Converted weights draw the same pictures bit for bit, and a file says what it is."""

import hashlib
import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors import safe_open
from tests.reference import pickles
from tests.reference import tensorflow as tf
from tests.reference.parity import case

from likeness.errors import WeightsError
from likeness.generator import Generator, Licence
from likeness.generators.convert import convert_weights, inspect_weights
from likeness.generators.families.registry import open_family
from likeness.generators.networks.dcgan import Decoder
from likeness.generators.weights_file import read_weights
from likeness.host.host import Host

KINDS = ["sg2_skip", "sg2_skip_cond", "sg2_odd_dims", "sg3_t", "sg3_r", "rosinality_64", "tf_stylegan2_layout",
         "stylegan1", "progan", "dcgan"]  # fmt: skip


def file_of(kind: str, folder: Path) -> Path:
    """Write a file of that kind in its makers' layout."""
    path = folder / f"{kind}.pkl"
    if kind == "stylegan1":
        path.write_bytes(pickles.tensorflow_pickle(tf.stylegan1_variables(16), {"blur_filter": [1, 2, 1]}))
    elif kind == "progan":
        path.write_bytes(pickles.tensorflow_pickle(tf.progan_variables(16, True), {}, components=False))
    elif kind == "dcgan":
        torch.manual_seed(0)
        # More than ten layers, so that the order of the names as text is not that of the layers.
        state = {
            name.replace("norms.", "main.2").replace("layers.", "main.1"): value
            for name, value in Decoder(5, [4, 4, 4]).state_dict().items()
        }
        order = [f"main.{n}" for n in ("10", "20", "11", "21", "12", "22", "13")]
        state = {n: state[n] for o in order for n in state if n.startswith(o + ".")}
        path.write_bytes(pickles.saved(state))
    elif kind.startswith("tf"):
        made = case(kind)
        path.write_bytes(pickles.tensorflow_pickle(made.tf, made.meta["static_kwargs"]))
    elif kind.startswith("rosinality"):
        made = case(kind)
        path.write_bytes(pickles.saved({"g_ema": made.state, "latent_avg": made["latent_avg"]}))
    else:
        made = case(kind)
        path.write_bytes(pickles.official_pickle(made.state, made.kwargs))
    return path


def pictures(generator: Generator) -> list[torch.Tensor]:
    latent = generator.sample([1, 2])
    return [latent, generator.synthesize(latent), generator.synthesize(latent[:1], "none"), generator.mean]


@pytest.mark.parametrize("kind", KINDS)
def test_converted_weights_draw_the_same_pictures_bit_for_bit(kind: str, tmp_path: Path) -> None:
    path = file_of(kind, tmp_path)
    before = Host().open_generator(path, "cpu")
    header = convert_weights(path, tmp_path / "out.safetensors")
    after = Host().open_generator(tmp_path / "out.safetensors", "cpu")
    assert replace(after.info, weights=before.info.weights) == before.info
    assert header.family == before.info.family
    assert all(torch.equal(a, b) for a, b in zip(pictures(before), pictures(after), strict=True))


def test_the_header_is_plain_json_with_family_arguments_licence_and_hash(tmp_path: Path) -> None:
    licence = Licence("CC0-1.0", True, "made by me")
    convert_weights(file_of("sg2_odd_dims", tmp_path), tmp_path / "out.safetensors", licence)
    with safe_open(str(tmp_path / "out.safetensors"), framework="pt") as file:
        header = json.loads(file.metadata()["likeness"])
    assert header["family"] == "stylegan2"
    assert header["arguments"]["lr_multiplier"] == 0.02
    assert header["licence"] == {"name": "CC0-1.0", "paid_use": True, "notice": "made by me"}
    assert len(header["sha256"]) == 64
    assert Host().open_generator(tmp_path / "out.safetensors", "cpu").info.licence == licence


def test_info_says_family_layout_and_hash(tmp_path: Path) -> None:
    path = file_of("sg2_skip_cond", tmp_path)
    found = inspect_weights(path)
    made = case("sg2_skip_cond")
    assert (found.family, found.layout) == ("stylegan2", "StyleGAN2 (official, PyTorch)")
    assert (found.resolution, found.num_ws, found.w_dim) == (64, 10, 64)
    assert found.numbers == sum(tensor.numel() for tensor in made.state.values())
    assert found.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert found.licence.paid_use is None


def test_nothing_is_written_where_the_file_is_broken(tmp_path: Path) -> None:
    path = tmp_path / "broken.pkl"
    path.write_bytes(file_of("dcgan", tmp_path).read_bytes()[:-400])
    with pytest.raises(WeightsError, match=r"broken\.pkl"):
        convert_weights(path, tmp_path / "out.safetensors")
    assert not (tmp_path / "out.safetensors").exists()
    with pytest.raises(WeightsError, match="safetensors"):
        convert_weights(file_of("dcgan", tmp_path), tmp_path / "out.pkl")
    with pytest.raises(WeightsError, match="no weights file"):
        inspect_weights(tmp_path / "absent.pkl")


def test_a_converted_file_that_claims_another_family_is_refused(tmp_path: Path) -> None:
    convert_weights(file_of("dcgan", tmp_path), tmp_path / "out.safetensors")
    header, tensors = read_weights(tmp_path / "out.safetensors")
    from dataclasses import replace

    from likeness.generators.weights_file import write_weights

    write_weights(tmp_path / "wrong.safetensors", replace(header, family="stylegan3"), tensors)
    with pytest.raises(WeightsError, match=r"wrong.safetensors"):
        Host().open_generator(tmp_path / "wrong.safetensors", "cpu")
    generator = open_family(tmp_path / "out.safetensors", torch.device("cpu"))
    assert generator is not None
    assert generator.info.family == "dcgan"
