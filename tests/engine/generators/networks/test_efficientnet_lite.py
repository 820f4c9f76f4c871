import pytest
import torch

from likeness.generators.networks.efficientnet_lite import CHANNELS, STRIDES, EfficientNetLite
from likeness.generators.perceptual import open_features, weights_path


@pytest.fixture(scope="module")
def network() -> EfficientNetLite:
    return open_features()


def test_it_gives_what_the_publishers_code_gives(network: EfficientNetLite) -> None:
    # Six pooled features of this picture and the sum of all, printed by efficientnet-lite-pytorch 0.1.0, whose batch
    # normalisations are not folded.
    ramp = torch.linspace(-1, 1, 96)
    picture = torch.stack([ramp[:, None].expand(96, 96), ramp[None].expand(96, 96), torch.outer(ramp, ramp)])
    pooled = network.pooled(picture[None])[0]
    published = torch.tensor([4.8361, 4.4928, 4.2140, 3.9220, 3.7678, 3.7638])
    torch.testing.assert_close(pooled[[245, 897, 113, 1167, 1157, 1260]], published, rtol=1e-4, atol=1e-4)
    assert float(pooled.sum()) == pytest.approx(187.0936, rel=1e-5)


@pytest.mark.parametrize("size", [(64, 64), (100, 76), (33, 47)])
def test_the_maps_have_the_sizes_that_they_promise(network: EfficientNetLite, size: tuple[int, int]) -> None:
    for features, channels, stride in zip(network(torch.zeros(2, 3, *size)), CHANNELS, STRIDES, strict=True):
        assert features.shape == (2, channels, *(-(-length // stride) for length in size))


def test_gradients_reach_the_picture_and_not_the_weights(network: EfficientNetLite) -> None:
    picture = torch.rand(1, 3, 64, 64, requires_grad=True)
    network(picture)[1].square().mean().backward()
    assert picture.grad is not None
    assert picture.grad.abs().sum() > 0
    assert all(parameter.grad is None for parameter in network.parameters())


def test_a_file_that_lacks_a_tensor_is_refused() -> None:
    state = torch.load(weights_path(), weights_only=True)
    del state["_blocks.3._bn1.weight"]
    with pytest.raises(KeyError, match=r"_blocks.3._bn1"):
        EfficientNetLite().load_published(state)
