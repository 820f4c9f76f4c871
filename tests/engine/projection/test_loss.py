"""VGG16 as the feature net: which layers it reads, and what is said if it is absent. torchvision is not needed."""

import sys
from collections.abc import Callable
from pathlib import Path
from pickle import UnpicklingError
from types import ModuleType, SimpleNamespace
from urllib.error import URLError

import pytest
import torch
from torch import nn
from torch.nn import functional

from likeness.errors import LikenessError
from likeness.generators.perceptual import feature_distance, unit_features
from likeness.projection.loss import LossWeights, ProjectionLoss, open_feature_net

# Channels of its convolutions, block by block; each block ends in a pooling [Simonyan and Zisserman 2015, table 1, D].
BLOCKS = ((64, 64), (128, 128), (256, 256, 256), (512, 512, 512), (512, 512, 512))


def layers() -> nn.Sequential:
    torch.manual_seed(0)
    built: list[nn.Module] = []
    channels = 3
    for block in BLOCKS:
        for wider in block:
            built += [nn.Conv2d(channels, wider, 3, padding=1), nn.ReLU(inplace=True)]
            channels = wider
        built.append(nn.MaxPool2d(2, 2))
    return nn.Sequential(*built)


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Return what stands in for torchvision: `make` gives VGG16, or fails as torchvision does."""

    def install(make: Callable[[], nn.Sequential]) -> None:
        models = ModuleType("torchvision.models")
        models.VGG16_Weights = SimpleNamespace(IMAGENET1K_V1=SimpleNamespace(url="https://models/vgg16.pth"))
        models.vgg16 = lambda weights: SimpleNamespace(features=make())
        monkeypatch.setitem(sys.modules, "torchvision", ModuleType("torchvision"))
        monkeypatch.setitem(sys.modules, "torchvision.models", models)

    return install


def by_hand(network: nn.Sequential, pictures: torch.Tensor) -> list[torch.Tensor]:
    """What stands before each pooling."""
    x = (pictures * 0.5 + 0.5 - torch.tensor([[[0.485]], [[0.456]], [[0.406]]])) / torch.tensor(
        [[[0.229]], [[0.224]], [[0.225]]]
    )
    seen = []
    for layer in network:
        if isinstance(layer, nn.MaxPool2d):
            seen.append(x)
            x = functional.max_pool2d(x, 2)
        elif isinstance(layer, nn.Conv2d):
            x = functional.conv2d(x, layer.weight, layer.bias, padding=1).clamp_min(0)
    return seen


def test_vgg16_looks_at_the_end_of_each_block(installed: Callable[..., None]) -> None:
    installed(layers)
    feature_net = open_feature_net("vgg16")
    pictures = torch.rand(2, 3, 32, 32, generator=torch.Generator().manual_seed(1)) * 2 - 1
    seen = feature_net(pictures)
    assert [tuple(each.shape[1:]) for each in seen] == [
        (64, 32, 32),
        (128, 16, 16),
        (256, 8, 8),
        (512, 4, 4),
        (512, 2, 2),
    ]
    for one, other in zip(seen, by_hand(layers(), pictures), strict=True):
        assert torch.allclose(one, other, atol=1e-5)
        assert not one.requires_grad


def test_vgg16_looks_at_pictures_of_16_px_too(installed: Callable[..., None]) -> None:
    installed(layers)
    assert open_feature_net("vgg16")(torch.zeros(1, 3, 16, 16))[-1].shape == (1, 512, 1, 1)


def test_a_search_follows_what_vgg16_sees(installed: Callable[..., None]) -> None:
    installed(layers)
    feature_net = open_feature_net("vgg16")
    target, start = torch.rand(2, 1, 3, 32, 32, generator=torch.Generator().manual_seed(2)) * 2 - 1
    goal = ProjectionLoss(target, 32, None, feature_net, 32, LossWeights(pixel=0, masked=0))
    drawn = start.requires_grad_()
    distance = goal.distance(drawn)
    distance.sum().backward()
    assert distance.item() == pytest.approx(
        feature_distance(unit_features(feature_net, start), unit_features(feature_net, target)).item()
    )
    assert drawn.grad is not None
    with torch.no_grad():
        nearer = goal.distance(start - 0.5 * drawn.grad / drawn.grad.norm())
    assert nearer.item() < distance.item()
    assert goal.distance(target).item() < 1e-6


def test_a_torchvision_that_is_absent_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torchvision.models", None)
    with pytest.raises(LikenessError, match=r"needs torchvision: pip install it, or take efficientnet"):
        open_feature_net("vgg16")
    with pytest.raises(LikenessError, match="no feature net 'vgg19'; there are: efficientnet, vgg16"):
        open_feature_net("vgg19")


def test_a_torchvision_for_another_torch_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # What the build for CUDA does beside a torch without.
    package = tmp_path / "torchvision"
    package.mkdir()
    (package / "__init__.py").write_text("raise RuntimeError('operator torchvision::nms does not exist')")
    for name in ("torchvision", "torchvision.models"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(LikenessError, match=r"does not fit torch .*nms does not exist.*or take efficientnet"):
        open_feature_net("vgg16")


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (URLError("Name or service not known"), r"Name or service not known.*put https://models/vgg16.pth into .*/hub"),
        (RuntimeError("failed finding central directory"), "is broken; take it away"),
        (UnpicklingError("<html>"), "is broken; take it away"),
    ],
)
def test_weights_that_cannot_be_had_are_told(installed: Callable[..., None], fault: Exception, said: str) -> None:
    def make() -> nn.Sequential:
        raise fault

    installed(make)
    with pytest.raises(LikenessError, match=said):
        open_feature_net("vgg16")


def marks(rows: slice, columns: slice) -> torch.Tensor:
    mask = torch.zeros(1, 1, 64, 64)
    mask[..., rows, columns] = 1
    return mask


def test_the_close_look_is_at_what_the_mask_marks_and_nothing_else() -> None:
    dice = torch.Generator().manual_seed(4)
    target, drawn = (torch.rand(1, 3, 64, 64, generator=dice) * 2 - 1 for _ in range(2))
    near = LossWeights(pixel=0, masked=0, perceptual=0, near=1)
    rows, columns = slice(20, 52), slice(16, 40)
    goal = ProjectionLoss(target, 64, marks(rows, columns), lambda x: [x], 64, near)
    cut = feature_distance(
        unit_features(lambda x: [x], drawn[..., rows, columns]),
        unit_features(lambda x: [x], target[..., rows, columns]),
    )
    assert torch.allclose(goal.distance(drawn), cut)
    elsewhere = drawn.clone()
    elsewhere[..., :20, :] = 0
    assert torch.equal(goal.distance(elsewhere), goal.distance(drawn))


@pytest.mark.parametrize("rows", [slice(0, 64), slice(0, 48)])
def test_the_close_up_is_no_higher_than_the_feature_net_sees(rows: slice) -> None:
    heights: list[tuple[int, int]] = []

    def feature_net(pictures: torch.Tensor) -> list[torch.Tensor]:
        heights.append((pictures.shape[-2], pictures.shape[-1]))
        return [pictures]

    ProjectionLoss(torch.zeros(1, 3, 64, 64), 64, marks(rows, slice(0, 40)), feature_net, 32, LossWeights())
    high = rows.stop - rows.start
    assert heights == [(32, 32), (32, round(40 * 32 / high))]


def test_what_is_too_small_is_not_looked_at_closely() -> None:
    heights: list[int] = []

    def feature_net(pictures: torch.Tensor) -> list[torch.Tensor]:
        heights.append(pictures.shape[-2])
        return [pictures]

    ProjectionLoss(torch.zeros(1, 3, 64, 64), 64, marks(slice(0, 64), slice(0, 12)), feature_net, 64, LossWeights())
    assert heights == [64]


def test_in_turns_one_distance_is_measured_and_counts_for_both_and_the_other_is_kept() -> None:
    dice = torch.Generator().manual_seed(5)
    target, before, now = (torch.rand(1, 3, 64, 64, generator=dice) * 2 - 1 for _ in range(3))
    mask = marks(slice(20, 52), slice(16, 40))

    def loss(perceptual: float, near: float) -> ProjectionLoss:
        weights = LossWeights(pixel=0, masked=0, perceptual=perceptual, near=near)
        return ProjectionLoss(target, 64, mask, lambda x: [x], 64, weights)

    both, alone = loss(1, 1), (loss(1, 0), loss(0, 1))
    for turn in (0, 1):
        both.distance(before)
        drawn, same = (now.clone().requires_grad_() for _ in range(2))
        distance, wanted = both.distance(drawn, turn), alone[turn].distance(same)
        assert torch.allclose(distance, wanted + alone[1 - turn].distance(before))
        distance.sum().backward()
        (2 * wanted).sum().backward()
        assert drawn.grad is not None
        assert same.grad is not None
        assert torch.allclose(drawn.grad, same.grad)


def test_an_empty_mask_marks_the_whole_picture() -> None:
    goal = ProjectionLoss(torch.zeros(1, 3, 32, 32), 32, torch.zeros(1, 1, 32, 32), lambda x: [x], 32, LossWeights())
    assert torch.isfinite(goal.distance(torch.ones(1, 3, 32, 32))).all()
