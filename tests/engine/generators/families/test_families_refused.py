"""Files that are broken, or of a kind that is not played, are refused in one line that says what they are."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from tests.reference import pickles
from tests.reference import stylegan2 as plain
from tests.reference import tensorflow as tf
from tests.reference.parity import case

from likeness.errors import WeightsError
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


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda state: state.pop("synthesis.b8.conv1.weight"), "missing"),
        (lambda state: state.update({"synthesis.b8.conv1.weight": torch.zeros(3, 3, 3)}), "wanted"),
        (lambda state: state.update({"mapping.fc1.bias": torch.zeros(7)}), "wanted"),
    ],
)
def test_a_broken_snapshot_is_refused_with_its_path(
    change: Callable[[plain.State], object], says: str, written: Callable[[str, bytes], Path]
) -> None:
    state = plain.random_state(plain.Shape(8))
    change(state)
    path = written("broken.pkl", pickles.official_pickle(state, {}))
    with pytest.raises(WeightsError, match=says) as caught:
        open_family(path, CPU)
    assert str(caught.value).startswith(str(path))


@pytest.mark.parametrize(
    "kwargs",
    [
        {"synthesis_kwargs": {"conv_clamp": "high"}},
        {"mapping_kwargs": {"lr_multiplier": -1}},
        {"mapping_kwargs": {"activation": ["x"]}},
        {"mapping_kwargs": {"activation": "x"}},
    ],
)
def test_nonsense_arguments_are_refused(kwargs: dict[str, object], written: Callable[[str, bytes], Path]) -> None:
    path = written("odd.pkl", pickles.official_pickle(plain.random_state(plain.Shape(8)), kwargs))
    with pytest.raises(WeightsError, match=r"argument|activation"):
        open_family(path, CPU)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x08\0\0\0\0\0\0\0{}      ",
        b"\xff" * 8 + b"{}",
        b"\0\0\0\x40\0\0\0\0" + b"{" * 100,
        (200_000).to_bytes(8, "little") + b'{"a":' + b"[" * 199_995,
        (60).to_bytes(8, "little") + b'{"synthesis.b4.const":{"dtype":"F32","shape":[9,9],"data_of',
    ],
    ids=["empty", "nothing", "huge-header", "long-header", "nested-header", "cut-header"],
)
def test_a_broken_safetensors_file_is_refused_in_one_line_or_left_alone(
    data: bytes, written: Callable[[str, bytes], Path]
) -> None:
    path = written("weights.safetensors", data)
    try:
        assert open_family(path, CPU) is None
    except WeightsError as error:
        said = str(error)
        assert said.startswith(str(path))
        assert "\n" not in said


def test_a_header_of_nested_lists_in_our_own_format_is_refused(written: Callable[[str, bytes], Path]) -> None:
    text = b'{\\"format\\": ' + b"[" * 100_000
    header = b'{"__metadata__":{"likeness":"' + text + b'"}}'
    path = written("weights.safetensors", len(header).to_bytes(8, "little") + header)
    with pytest.raises(WeightsError, match="broken header"):
        open_family(path, CPU)


def test_a_small_file_cannot_ask_for_a_huge_picture(written: Callable[[str, bytes], Path]) -> None:
    chain = {f"main.{i}.weight": torch.ones(1, 1, 2, 2) for i in range(40)}
    path = written("chain.pth", pickles.saved(chain))
    assert open_family(path, CPU) is None
    variables = tf.progan_variables(8, fused=True)
    for size in (16 << i for i in range(12)):
        for part in ("Conv0_up", "Conv1"):
            variables[f"{size}x{size}/{part}/weight"] = np.ones((3, 3, 5, 5), np.float32)
            variables[f"{size}x{size}/{part}/bias"] = np.ones(5, np.float32)
    path = written("deep.pkl", pickles.tensorflow_pickle(variables, {}, components=False))
    with pytest.raises(WeightsError, match="blocks of"):
        open_family(path, CPU)
    state = plain.random_state(plain.Shape(8))
    state["synthesis.b8.resample_filter"] = torch.ones(500, 500)
    path = written("filter.pkl", pickles.official_pickle(state, {}))
    with pytest.raises(WeightsError, match="taps at most"):
        open_family(path, CPU)
    made = case("sg3_t")
    path = written("input.pkl", pickles.official_pickle(made.state, {**made.kwargs, "first_stopband": 4000.0}))
    with pytest.raises(WeightsError, match="should be"):
        open_family(path, CPU)


@pytest.mark.parametrize("average", ["zeros", "not a number"])
def test_an_average_that_was_never_kept_is_that_of_many_faces(
    average: str, written: Callable[[str, bytes], Path], caplog: pytest.LogCaptureFixture
) -> None:
    state = plain.random_state(plain.Shape(8))
    state["mapping.w_avg"] = torch.full_like(state["mapping.w_avg"], 0.0 if average == "zeros" else float("nan"))
    with caplog.at_level("INFO"):
        generator = opened(written("network.pkl", pickles.official_pickle(state, {})))
    faces = generator.sample(range(2000))[:, 0]
    assert (generator.mean[0] - faces.mean(0)).abs().max() < 0.2 * faces.std(0).max()
    assert generator.mean.abs().max() > 0
    assert "average latent" in caplog.text


def test_a_network_of_oblong_pictures_is_named(written: Callable[[str, bytes], Path]) -> None:
    state = plain.random_state(plain.Shape(32))
    for name, tensor in state.items():
        if name.endswith(("b4.const", "noise_const")):
            state[name] = tensor[..., : tensor.shape[-1] // 2]
    path = written("oblong.pkl", pickles.official_pickle(state, {}))
    with pytest.raises(WeightsError, match=r"not square \(16 x 32 px\)"):
        open_family(path, CPU)
    made = case("sg3_t")
    path = written("oblong3.pkl", pickles.official_pickle(made.state, {**made.kwargs, "img_resolution": [32, 64]}))
    with pytest.raises(WeightsError, match=r"not square \(64 x 32 px\)"):
        open_family(path, CPU)


@pytest.mark.parametrize(("channels", "says"), [(12, "SWAGAN"), (6, "6 channels"), (2, "2 channels")])
def test_a_network_of_other_channels_is_named(channels: int, says: str, written: Callable[[str, bytes], Path]) -> None:
    state = plain.random_state(plain.Shape(8, img_channels=channels))
    path = written("network.pkl", pickles.official_pickle(state, {}))
    with pytest.raises(WeightsError, match=says):
        open_family(path, CPU)


def test_a_swagan_checkpoint_is_named(written: Callable[[str, bytes], Path]) -> None:
    made = case("rosinality_64")
    state = {
        name: tensor.repeat_interleave(4, dim=1)
        if name.startswith("to_rgb") and "modulation" not in name and not name.endswith("kernel")
        else tensor
        for name, tensor in made.state.items()
    }
    with pytest.raises(WeightsError, match="SWAGAN"):
        open_family(written("swagan.pt", pickles.saved({"g_ema": state})), CPU)
