"""Projection loss: pixels, masked pixels and perceptual features, and the weights of each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pickle import UnpicklingError

import torch
from torch import Tensor
from torch.nn import functional

from likeness.errors import LikenessError
from likeness.faces.mattes import face_region
from likeness.generators.perceptual import feature_distance, open_features, unit_features
from likeness.picture import resize_images

FeatureNet = Callable[[Tensor], Sequence[Tensor]]
"""Pictures `[batch, 3, H, W]` in [-1, 1] to maps of features `[batch, channels, h, w]`, differentiable."""

FEATURE_NETS = ("efficientnet", "vgg16")
# Where the perceptual loss of Zhang et al. 2018 reads VGG16: after the last ReLU of each of the five blocks.
VGG_TAPS = (3, 8, 15, 22, 29)
# Of the mask's highest value: what lies above it is compared close up. Of an aligned face, brows to chin.
NEAR = 0.9
# A smaller close-up says nothing, and VGG16's poolings leave no px of it.
LEAST_NEAR = 16


@dataclass(frozen=True)
class LossWeights:
    """How much each part of the loss weighs.

    Args:
        pixel: mean squared difference of the whole picture in [-1, 1].
        masked: the same where a mask says so; nothing without a mask.
        perceptual: of `likeness.generators.perceptual.perceptual_distance`.
        near: the same of a close-up of what the mask marks; nothing without a mask. Without it a search for 20
            faces left them 0.41 from their photos by identity, with it 0.34, and no farther by features.
        prior: mean square of the latent in standard deviations, and of what its layers differ in.
        noise: regularisation of optimised noise maps [Karras et al. 2020, app. D].
    """

    pixel: float = 2.0
    masked: float = 10.0
    perceptual: float = 1.0
    near: float = 1.0
    prior: float = 0.05
    noise: float = 1e5


def open_feature_net(name: str = "efficientnet", device: torch.device | str = "cpu") -> FeatureNet:
    """Open the perceptual network: "efficientnet", or "vgg16" if torchvision is installed.

    torchvision downloads VGG16's weights at first use (BSD code, ImageNet's pictures).

    Raises:
        LikenessError: there is no such network, or torchvision or the weights are absent.
    """
    if name == "efficientnet":
        return open_features(device)
    if name != "vgg16":
        raise LikenessError(f"no feature net {name!r}; there are: {', '.join(FEATURE_NETS)}")
    layers = _vgg16().to(device)
    mean = torch.tensor([0.485, 0.456, 0.406], device=device)[:, None, None]
    deviation = torch.tensor([0.229, 0.224, 0.225], device=device)[:, None, None]

    def extract(pictures: Tensor) -> list[Tensor]:
        x, maps = ((pictures + 1) / 2 - mean) / deviation, []
        for number, layer in enumerate(layers):
            # Its ReLUs work in place, over what a tap before them has kept.
            x = functional.relu(x) if isinstance(layer, torch.nn.ReLU) else layer(x)
            if number in VGG_TAPS:
                maps.append(x)
        return maps

    return extract


def _vgg16() -> torch.nn.Sequential:
    """Return VGG16's layers up to the last tap."""
    try:
        from torchvision.models import VGG16_Weights, vgg16  # type: ignore[import-not-found,unused-ignore]
    except ImportError as error:
        raise LikenessError("the feature net vgg16 needs torchvision: pip install it, or take efficientnet") from error
    except RuntimeError as error:
        # One that was built for another torch fails in the middle of its import.
        raise LikenessError(
            f"torchvision does not fit torch {torch.__version__} ({error}); install the one that goes with it, "
            "or take efficientnet"
        ) from error
    weights = VGG16_Weights.IMAGENET1K_V1
    try:
        network = vgg16(weights=weights)
    except OSError as error:
        raise LikenessError(
            f"torchvision cannot get VGG16's weights ({error}); put {weights.url} into "
            f"{torch.hub.get_dir()}/checkpoints, or take efficientnet"
        ) from error
    except (EOFError, RuntimeError, UnpicklingError) as error:
        raise LikenessError(
            f"the file of VGG16's weights in {torch.hub.get_dir()}/checkpoints is broken; take it away to have it "
            "fetched again, or take efficientnet"
        ) from error
    layers: torch.nn.Sequential = network.features[: VGG_TAPS[-1] + 1].eval().requires_grad_(False)
    return layers


def face_mask(size: int, device: torch.device | str = "cpu") -> Tensor:
    """Return where the face is in an aligned picture, `[1, 1, size, size]` in [0, 1], soft at its rim."""
    return torch.from_numpy(face_region(size))[None, None].to(device)


class _Comparison:
    """The distance of drawings from a target by features of a part of the picture.

    Attributes:
        last: the distance that was measured last, `[batch]`.
    """

    def __init__(
        self, feature_net: FeatureNet, crop: Callable[[Tensor], Tensor], weight: float, target: Tensor
    ) -> None:
        self._feature_net, self._crop, self._weight = feature_net, crop, weight
        self._wanted = unit_features(feature_net, crop(target))
        self.last = torch.zeros(len(target)).to(target)

    def measure(self, drawn: Tensor) -> Tensor:
        """Return the distance of `drawn` `[batch, 3, size, size]`, `[batch]`."""
        found = self._weight * feature_distance(unit_features(self._feature_net, self._crop(drawn)), self._wanted)
        self.last = found.detach()
        return found


class ProjectionLoss:
    """The distance of drawings from target pictures, whose features are computed once.

    Args:
        target: `[batch, 3, H, W]` in [-1, 1].
        size: height and width at which drawings come.
        mask: `[batch or 1, 1, H, W]`, 0 and above; what each pixel counts in the masked loss.
        feature_net: of the perceptual loss; None leaves it out.
        feature_size: height at which pictures enter the feature net. A 256 px drawing costs a third at 128 px.
        weights: of the parts.
    """

    def __init__(
        self,
        target: Tensor,
        size: int,
        mask: Tensor | None,
        feature_net: FeatureNet | None,
        feature_size: int,
        weights: LossWeights,
    ) -> None:
        self.target = resize_images(target, size)
        self._weights, self._feature_size = weights, min(size, feature_size)
        self._mask: Tensor | None = None
        self._comparisons: list[_Comparison] = []
        if mask is not None:
            shaped = resize_images(mask.to(self.target), size)
            self._mask = shaped / shaped.mean((1, 2, 3), keepdim=True).clamp_min(1e-8)
            self._box = _bound_mask(shaped)
        if feature_net is not None:
            self._compare(feature_net, self._shrink, weights.perceptual)
            if mask is not None and weights.near and min(self._crop_marked(self.target).shape[-2:]) >= LEAST_NEAR:
                self._compare(feature_net, self._crop_marked, weights.near)

    def distance(self, drawn: Tensor, turn: int | None = None) -> Tensor:
        """Return how far `drawn` `[batch, 3, size, size]` is, `[batch]`; differentiable.

        Args:
            drawn: by the generator.
            turn: number of a step in which the features of the whole picture are compared, or those of the close-up,
                in turns, for half of the time of both: the other distance is what it was last, and the gradient of
                the one counts for both. None compares both.
        """
        apart = (drawn - self.target).square()
        total = self._weights.pixel * apart.mean((1, 2, 3))
        if self._mask is not None:
            total = total + self._weights.masked * (apart * self._mask).mean((1, 2, 3))
        count = len(self._comparisons)
        for number, comparison in enumerate(self._comparisons):
            if turn is None:
                total = total + comparison.measure(drawn)
            elif turn % count == number:
                now = comparison.measure(drawn)
                total = total + count * now - (count - 1) * now.detach()
            else:
                total = total + comparison.last
        return total

    def _compare(self, feature_net: FeatureNet, crop: Callable[[Tensor], Tensor], weight: float) -> None:
        """Compare the features of what is cropped from now on."""
        self._comparisons.append(_Comparison(feature_net, crop, weight, self.target))

    def _shrink(self, pictures: Tensor) -> Tensor:
        """Return whole pictures at the size that the feature net sees."""
        return resize_images(pictures, self._feature_size)

    def _crop_marked(self, pictures: Tensor) -> Tensor:
        """Return what the mask marks, at its own size or at most as high as the feature net sees."""
        part = pictures[..., self._box[0], self._box[1]]
        height, width = part.shape[-2:]
        longest = max(height, width)
        if longest <= self._feature_size:
            return part
        size = (round(height * self._feature_size / longest), round(width * self._feature_size / longest))
        return functional.interpolate(part, size=size, mode="bilinear", align_corners=False, antialias=True)


def _bound_mask(mask: Tensor) -> tuple[slice, slice]:
    """Return the rows and columns that a mask `[batch, 1, H, W]` covers without its rim; all of them if it is empty."""
    inside = (mask > NEAR * mask.amax()).any(0)[0]
    rows, columns = (torch.nonzero(inside.any(axis)).flatten().tolist() for axis in (1, 0))
    if not rows:
        return slice(None), slice(None)
    return slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)
