"""VGG against a stack of torch's own modules, numbered as torchvision numbers them."""

import pytest
import torch
from torch import Tensor, nn

from likeness.generators.networks.vgg import DEVIATION, MEAN, VGG


def stack() -> nn.Sequential:
    """Return the beginning of a vgg13 with few channels: two convolutions, a pooling, two more, a pooling, one more."""
    layers: list[nn.Module] = []
    channels = 3
    for width in (4, 4, 0, 6, 6, 0, 8):
        if not width:
            layers.append(nn.AvgPool2d(2))
            continue
        layers += [nn.Conv2d(channels, width, 3, padding=1), nn.ReLU()]
        channels = width
    return nn.Sequential(*layers)


def state_of(layers: nn.Sequential) -> dict[str, Tensor]:
    return {f"features.{name}": tensor for name, tensor in layers.state_dict().items()}


def test_it_computes_what_the_numbered_modules_do() -> None:
    torch.manual_seed(0)
    layers = stack()
    images = torch.rand(1, 3, 16, 16) * 2 - 1
    maps = VGG(state_of(layers) | {"classifier.0.weight": torch.ones(1)})(images)
    x = ((images + 1) / 2 - torch.tensor(MEAN).view(1, 3, 1, 1)) / torch.tensor(DEVIATION).view(1, 3, 1, 1)
    # relu1_1, relu2_1 and relu3_1 are the modules 1, 6 and 11.
    for found, last in zip(maps, (1, 6, 11), strict=True):
        assert torch.allclose(found, layers[: last + 1](x), atol=1e-5)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda state: {}, "wanted layers features.0.weight"),
        (lambda state: state | {"features.2.weight": torch.ones(4, 5, 3, 3)}, r"features.2.weight is \[4, 5, 3, 3\]"),
        (lambda state: state | {"features.0.weight": torch.ones(4, 3, 7, 7)}, r"wanted \[n, 3, 3, 3\]"),
        (lambda state: {name: x for name, x in state.items() if name != "features.2.bias"}, "features.2.bias"),
    ],
)
def test_what_is_no_vgg_is_refused_in_words(change: object, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        VGG(change(state_of(stack())))  # type: ignore[operator]  # one of the functions above
