"""What a search is after: how far drawings are from a picture, by pixels, by marked pixels, and by looks."""

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

Eye = Callable[[Tensor], Sequence[Tensor]]
"""Pictures `[batch, 3, H, W]` in [-1, 1] to maps of features `[batch, channels, h, w]`, differentiable."""

EYES = ("efficientnet", "vgg16")
# Where the perceptual loss of Zhang et al. 2018 reads VGG16: after the last ReLU of each of the five blocks.
VGG_TAPS = (3, 8, 15, 22, 29)
# Of the mask's highest value: what lies above it is looked at closely. Of an aligned face, brows to chin.
NEAR = 0.9
# Fewer px say nothing, and VGG16's poolings leave none of them.
LEAST_NEAR = 16


@dataclass(frozen=True)
class LossWeights:
    """How much each part of the loss weighs.

    Args:
        pixel: mean squared difference of the whole picture in [-1, 1].
        masked: the same where a mask says so; nothing without a mask.
        perceptual: of `likeness.generators.perceptual.perceptual_distance`.
        near: the same of a close look at what the mask marks; nothing without a mask. Without it a search for 20
            faces left them 0.41 from their photos by identity, with it 0.34, and no farther by looks.
        prior: mean square of the latent in standard deviations, and of what its layers differ in.
        noise: regularisation of optimised noise maps [Karras et al. 2020, app. D].
    """

    pixel: float = 2.0
    masked: float = 10.0
    perceptual: float = 1.0
    near: float = 1.0
    prior: float = 0.05
    noise: float = 1e5


def open_feature_net(name: str = "efficientnet", device: torch.device | str = "cpu") -> Eye:
    """Return the network that looks: "efficientnet", or "vgg16" where torchvision is installed.

    torchvision gets VGG16's weights from the network when they are first asked for (BSD code, ImageNet's pictures).

    Raises:
        LikenessError: there is no such eye, or torchvision or the weights are absent.
    """
    if name == "efficientnet":
        return open_features(device)
    if name != "vgg16":
        raise LikenessError(f"no eye {name!r}; there are: {', '.join(EYES)}")
    layers = _vgg16().to(device)
    mean = torch.tensor([0.485, 0.456, 0.406], device=device)[:, None, None]
    deviation = torch.tensor([0.229, 0.224, 0.225], device=device)[:, None, None]

    def look(pictures: Tensor) -> list[Tensor]:
        x, maps = ((pictures + 1) / 2 - mean) / deviation, []
        for number, layer in enumerate(layers):
            # Its ReLUs work in place, over what a tap before them has kept.
            x = functional.relu(x) if isinstance(layer, torch.nn.ReLU) else layer(x)
            if number in VGG_TAPS:
                maps.append(x)
        return maps

    return look


def _vgg16() -> torch.nn.Sequential:
    """Return VGG16's layers up to the last tap."""
    try:
        from torchvision.models import VGG16_Weights, vgg16  # type: ignore[import-not-found,unused-ignore]
    except ImportError as error:
        raise LikenessError("the eye vgg16 needs torchvision: pip install it, or take efficientnet") from error
    except RuntimeError as error:
        # One that was built for another torch ends in the middle of its import.
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


class ProjectionLoss:
    """The pictures that are sought, looked at once.

    Args:
        target: `[batch, 3, H, W]` in [-1, 1].
        size: height and width at which drawings come.
        mask: `[batch or 1, 1, H, W]`, 0 and above; what each pixel counts in the masked loss.
        eye: of the perceptual loss; None leaves it out.
        eye_size: height at which the eye looks. A 256 px drawing seen at 128 px costs a third of one seen whole.
        balance: of the parts.
    """

    def __init__(
        self, target: Tensor, size: int, mask: Tensor | None, eye: Eye | None, eye_size: int, balance: LossWeights
    ) -> None:
        self.target = resized(target, size)
        self._balance, self._eye, self._eye_size = balance, eye, min(size, eye_size)
        self._mask: Tensor | None = None
        self._looks: tuple[Tensor, ...] = ()
        self._near_looks: tuple[Tensor, ...] = ()
        if mask is not None:
            shaped = resized(mask.to(self.target), size)
            self._mask = shaped / shaped.mean((1, 2, 3), keepdim=True).clamp_min(1e-8)
            self._box = _marked(shaped)
        if eye is not None:
            self._looks = unit_features(eye, resized(self.target, self._eye_size))
            if mask is not None and balance.near and min(self._near(self.target).shape[-2:]) >= LEAST_NEAR:
                self._near_looks = unit_features(eye, self._near(self.target))

    def distance(self, drawn: Tensor) -> Tensor:
        """Return how far `drawn` `[batch, 3, size, size]` is, `[batch]`; differentiable."""
        apart = (drawn - self.target).square()
        total = self._balance.pixel * apart.mean((1, 2, 3))
        if self._mask is not None:
            total = total + self._balance.masked * (apart * self._mask).mean((1, 2, 3))
        if self._eye is not None:
            seen = unit_features(self._eye, resized(drawn, self._eye_size))
            total = total + self._balance.perceptual * feature_distance(seen, self._looks)
            if self._near_looks:
                seen = unit_features(self._eye, self._near(drawn))
                total = total + self._balance.near * feature_distance(seen, self._near_looks)
        return total

    def _near(self, pictures: Tensor) -> Tensor:
        """What the mask marks, at its own size or as high as the eye looks."""
        part = pictures[..., self._box[0], self._box[1]]
        height, width = part.shape[-2:]
        longest = max(height, width)
        if longest <= self._eye_size:
            return part
        size = (round(height * self._eye_size / longest), round(width * self._eye_size / longest))
        return functional.interpolate(part, size=size, mode="bilinear", align_corners=False, antialias=True)


def _marked(mask: Tensor) -> tuple[slice, slice]:
    """The rows and columns that hold all of a mask `[batch, 1, H, W]` but its rim; everything where it is empty."""
    inside = (mask > NEAR * mask.amax()).any(0)[0]
    rows, columns = (torch.nonzero(inside.any(axis)).flatten().tolist() for axis in (1, 0))
    if not rows:
        return slice(None), slice(None)
    return slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)


def resized(pictures: Tensor, size: int) -> Tensor:
    """Return square `pictures` at `size` px, averaged on the way down."""
    if pictures.shape[-1] == size:
        return pictures
    return functional.interpolate(pictures, size=(size, size), mode="bilinear", align_corners=False, antialias=True)
