"""The features of styles: those that come with the program, and VGG weights that somebody brings along."""

from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor

from likeness.errors import TrainingError
from likeness.generators.perceptual import open_features
from likeness.training.filters.style_features import open_style_features

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def images() -> Tensor:
    return torch.rand(1, 3, 64, 48, generator=torch.Generator().manual_seed(1)) * 2 - 1


def test_maps_get_coarser_and_are_never_negative(images: Tensor) -> None:
    maps = open_style_features(None, CPU)(images)
    assert [features.shape[2] for features in maps] == [61, 32, 32, 16, 8, 4]
    assert all(float(features.min()) >= 0 for features in maps)


def test_the_widened_features_are_those_that_the_network_narrows(images: Tensor) -> None:
    network = open_features()
    widened = network.widened_features(images, (1, 2, 4))
    x = torch.nn.functional.relu6(network.stem(images * 127.5 / 128 + 0.5 / 128))
    assert torch.equal(widened[0], x)
    for number, block in enumerate(network.blocks[:5]):
        if number in (1, 2, 4):
            found = widened[1 + (1, 2, 4).index(number)]
            assert torch.equal(found, torch.nn.functional.relu6(block.expand(x)))  # type: ignore[operator, union-attr]  # a block's
        x = block(x)
    # The third map of `early_features` is the end of block 4.
    assert torch.equal(network.early_features(images)[2], x)


@pytest.mark.parametrize("ending", [".safetensors", ".pth"])
def test_vgg_weights_are_read_as_safetensors_and_as_a_state_dict(tmp_path: Path, images: Tensor, ending: str) -> None:
    state = {"features.0.weight": torch.randn(4, 3, 3, 3), "features.0.bias": torch.zeros(4)}
    state |= {"features.3.weight": torch.randn(5, 4, 3, 3), "features.3.bias": torch.zeros(5)}
    file = tmp_path / f"vgg{ending}"
    save_file(state, file) if ending == ".safetensors" else torch.save(state, file)
    maps = open_style_features(file, CPU)(images)
    assert [tuple(features.shape) for features in maps] == [(1, 4, 64, 48), (1, 5, 32, 24)]


@pytest.mark.parametrize("ending", [".safetensors", ".pth"])
def test_another_file_is_refused_in_one_line(tmp_path: Path, ending: str) -> None:
    file = tmp_path / f"odd{ending}"
    for content in (b"", b"nothing of that kind", b"\x80\x02cos\nsystem\n(S'true'\ntR."):
        file.write_bytes(content)
        with pytest.raises(TrainingError, match="is no VGG that gives features"):
            open_style_features(file, CPU)
    with pytest.raises(TrainingError, match="there is no file"):
        open_style_features(tmp_path / "absent.pth", CPU)
