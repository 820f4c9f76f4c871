"""Official snapshots open with every tensor bit for bit, whatever protocol wrote them, and nothing in them runs."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from tests.reference import pickles
from tests.reference import stylegan2 as plain
from tests.reference.parity import case

from likeness.errors import WeightsError
from likeness.generators.readers.open_snapshot import open_snapshot

SMALL = plain.Shape(8, channel_max=4, w_dim=4, z_dim=4)


def written(path: Path, state: dict[str, torch.Tensor], kwargs: dict[str, Any], **options: Any) -> Path:
    path.write_bytes(pickles.official_pickle(state, kwargs, **options))
    return path


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
@pytest.mark.parametrize("name", ["sg2_skip_cond", "sg3_t"])
def test_every_tensor_comes_back_bit_for_bit(name: str, protocol: int, tmp_path: Path) -> None:
    made = case(name)
    path = written(tmp_path / "network.pkl", made.state, made.kwargs, protocol=protocol)
    found = open_snapshot(path)
    assert found is not None
    tensors = found.tensors()
    assert set(tensors) == set(made.state)
    assert all(torch.equal(tensors[key], made.state[key]) for key in made.state)


def test_the_source_code_inside_never_runs(tmp_path: Path) -> None:
    sentinel = tmp_path / "ran"
    path = written(tmp_path / "network.pkl", plain.random_state(SMALL), {}, sentinel=str(sentinel))
    assert str(sentinel).encode() in path.read_bytes()
    assert open_snapshot(path) is not None
    assert not sentinel.exists()


@pytest.mark.parametrize(
    ("kwargs", "attributes", "clamp"),
    [
        ({"synthesis_kwargs": {"channel_base": 1}}, {}, None),
        ({"synthesis_kwargs": {"conv_clamp": 128}}, {}, 128),
        ({"channel_base": 1, "channel_max": 4}, {}, 256),
        ({"channel_base": 1, "conv_clamp": None}, {}, None),
        ({"synthesis_kwargs": {}}, {"synthesis.b4.conv1": {"conv_clamp": 64.0}}, 64),
    ],
    ids=["nested", "given", "flat", "given-none", "remembered-by-the-layer"],
)
def test_the_clamp_is_that_of_the_code_that_wrote_the_file(
    kwargs: dict[str, Any], attributes: dict[str, Any], clamp: float | None, tmp_path: Path
) -> None:
    path = written(tmp_path / "network.pkl", plain.random_state(SMALL), kwargs, attributes=attributes)
    found = open_snapshot(path)
    assert found is not None
    assert found.arguments["conv_clamp"] == clamp


def test_mapping_arguments_are_kept(tmp_path: Path) -> None:
    kwargs = {"mapping_kwargs": {"num_layers": 2, "lr_multiplier": 0.02, "activation": "relu"}, "synthesis_kwargs": {}}
    found = open_snapshot(written(tmp_path / "network.pkl", plain.random_state(SMALL), kwargs))
    assert found is not None
    assert found.arguments["lr_multiplier"] == 0.02
    assert found.arguments["mapping_activation"] == "relu"


def test_a_snapshot_of_other_code_is_refused_by_its_class(tmp_path: Path) -> None:
    state = plain.random_state(SMALL)
    with pickles.official_names():
        import pickle

        other = pickles.Module("TriPlaneGenerator", {"_modules": {}}, "")
        (tmp_path / "other.pkl").write_bytes(pickle.dumps({"G_ema": other}))
        tree = pickles.module_tree(state, "", {})
        tree.state["_modules"]["mapping"].state["_modules"]["fc0"].meta["class_name"] = "EfficientNet"
        (tmp_path / "inside.pkl").write_bytes(pickle.dumps({"G_ema": tree}))
    with pytest.raises(WeightsError, match="TriPlaneGenerator"):
        open_snapshot(tmp_path / "other.pkl")
    with pytest.raises(WeightsError, match="EfficientNet"):
        open_snapshot(tmp_path / "inside.pkl")


def test_a_network_inside_itself_ends(tmp_path: Path) -> None:
    with pickles.official_names():
        import pickle

        tree = pickles.module_tree(plain.random_state(SMALL), "", {})
        modules = tree.state["_modules"]["mapping"].state["_modules"]
        loop: dict[str, Any] = {}
        inner = pickles.Module("FullyConnectedLayer", loop, "")
        members = {name: {} for name in ("_parameters", "_buffers")}
        # The dict is filled before the reduction is made, so that the pickle really holds a ring.
        loop.update(members, _modules=modules)
        modules["ring"] = inner
        try:
            data = pickle.dumps({"G_ema": tree})
        except RecursionError:
            pytest.skip("this Python does not pickle the ring")
        (tmp_path / "ring.pkl").write_bytes(data)
    with pytest.raises(WeightsError, match="networks"):
        open_snapshot(tmp_path / "ring.pkl")


@pytest.mark.parametrize("protocol", [2, 3, 4])
def test_tensorflow_variables_take_their_official_names(protocol: int, tmp_path: Path) -> None:
    made = case("tf_stylegan2_layout")
    path = tmp_path / "network.pkl"
    path.write_bytes(pickles.tensorflow_pickle(made.tf, made.meta["static_kwargs"], protocol))
    found = open_snapshot(path)
    assert found is not None
    tensors = found.tensors()
    weight = made.tf["synthesis/8x8/Conv0_up/weight"]
    # One number by hand: out 5, in 7, row 0, column 2 is that of row 2, column 0 before the flip.
    assert tensors["synthesis.b8.conv0.weight"][5, 7, 0, 2] == weight[2, 0, 7, 5]
    assert tensors["synthesis.b8.conv1.weight"][5, 7, 0, 2] == made.tf["synthesis/8x8/Conv1/weight"][0, 2, 7, 5]
    assert tensors["mapping.fc1.weight"][3, 4] == made.tf["mapping/Dense1/weight"][4, 3]
    assert np.array_equal(tensors["synthesis.b16.conv1.noise_const"], made.tf["synthesis/noise4"][0, 0])
    assert np.array_equal(tensors["synthesis.b4.conv1.affine.bias"], made.tf["synthesis/4x4/Conv/mod_bias"] + 1)


def test_the_architecture_orig_of_tensorflow_draws_the_last_picture_alone(tmp_path: Path) -> None:
    made = case("tf_stylegan2_layout")
    variables = {
        name.replace("synthesis/64x64/ToRGB/", "synthesis/ToRGB_lod0/"): value
        for name, value in made.tf.items()
        if "/ToRGB/" not in name or "64x64" in name
    }
    variables["synthesis/ToRGB_lod1/weight"] = np.zeros((1, 1, 32, 3), np.float32)
    variables["lod"] = np.float32(0)
    (tmp_path / "network.pkl").write_bytes(pickles.tensorflow_pickle(variables, made.meta["static_kwargs"]))
    found = open_snapshot(tmp_path / "network.pkl")
    assert found is not None
    assert {name for name in found.names() if name.endswith("torgb.weight")} == {"synthesis.b64.torgb.weight"}
