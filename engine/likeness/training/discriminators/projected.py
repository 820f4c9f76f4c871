"""The projected discriminator: four small heads on frozen features that random layers mixed [Sauer et al. 2021]."""

import math
from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.parametrizations import spectral_norm

from likeness.training.discriminators.diffaugment import diffaugment

Features = Callable[[Tensor], tuple[Tensor, ...]]
# Of the maps of `likeness.generators.perceptual.EfficientNetLite`, at strides 4, 8, 16 and 32.
CHANNELS = (24, 40, 112, 320)
# Their standard deviations over photographs of faces at 128 px, which differ by a fifth from 64 to 256 px.
FEATURE_DEVIATIONS = (8.6, 7.9, 7.3, 2.9)
SLOPE = 0.2


class RandomMixing(nn.Module):
    """Cross-channel and cross-scale mixing by layers that are drawn once and never trained [Sauer et al. 2021, 4.2].

    Args:
        channels: of the feature maps, finest first, each of half the size of the one before.
        width: channels of the finest map that comes out; each next has twice as many.
        seed: of the layers, which are kept in the state dict.
        levels: that the maps are divided by; 1 where None.
    """

    def __init__(self, channels: Sequence[int], width: int, seed: int, levels: Sequence[float] | None = None) -> None:
        super().__init__()
        self.widths = tuple(width << level for level in range(len(channels)))
        source = torch.Generator().manual_seed(seed)
        for level, (have, want) in enumerate(zip(channels, self.widths, strict=True)):
            divisor = levels[level] if levels else 1.0
            self.register_buffer(f"cross{level}", _random_kernel(source, want, have, 1) / divisor)
            if level:
                self.register_buffer(f"scale{level}", _random_kernel(source, self.widths[level - 1], want, 3))

    def forward(self, maps: Sequence[Tensor]) -> list[Tensor]:
        """Return the mixed maps, finest first, of `maps` [batch, channels, h, w], finest first."""
        mixed = [functional.conv2d(x, self.get_buffer(f"cross{level}").to(x.dtype)) for level, x in enumerate(maps)]
        for level in range(len(mixed) - 1, 0, -1):
            finer = mixed[level - 1]
            coarse = functional.conv2d(mixed[level], self.get_buffer(f"scale{level}").to(finer.dtype), padding=1)
            up = functional.interpolate(coarse, size=finer.shape[2:], mode="bilinear", align_corners=False)
            mixed[level - 1] = (finer + up) * math.sqrt(0.5)
        return mixed


class Head(nn.Sequential):
    """A small discriminator of one map: convolutions with spectral norm that halve its size, then one logit a place.

    Args:
        channels: of the map.
        halvings: how often its size is halved.
        most: channels at the widest.
    """

    def __init__(self, channels: int, halvings: int, most: int) -> None:
        layers: list[nn.Module] = []
        for _ in range(halvings):
            wider = min(channels * 2, most)
            layers += [_convolution(channels, wider, 4, stride=2), nn.LeakyReLU(SLOPE)]
            channels = wider
        if not halvings:  # else the coarsest head would be linear
            layers += [_convolution(channels, channels, 3), nn.LeakyReLU(SLOPE)]
        super().__init__(*layers, _convolution(channels, 1, 3))


class ProjectedDiscriminator(nn.Module):
    """Score pictures at four scales and in many places; only the heads are trained.

    The features are not among the parameters, nor in the state dict.

    Args:
        features: frozen, from pictures in [-1, 1] to maps at strides 4, 8, 16 and 32; on the same device.
        channels: of those maps.
        size: height and width in px to which pictures are scaled for the features; as they are where None.
        width: channels of the finest mixed map; the paper has 64.
        policy: of DiffAugment; empty for none.
        seed: of the random mixing.
        levels: that the feature maps are divided by, such as `FEATURE_DEVIATIONS`; 1 where None.
    """

    def __init__(
        self,
        features: Features,
        *,
        channels: Sequence[int] = CHANNELS,
        size: int | None = None,
        width: int = 64,
        policy: Sequence[str] = ("colour", "translation", "cutout"),
        seed: int = 0,
        levels: Sequence[float] | None = None,
    ) -> None:
        super().__init__()
        # In a tuple, or nn.Module would register it, to be trained and saved.
        self._features = (features,)
        self.size, self.policy = size, tuple(policy)
        self.mixing = RandomMixing(channels, width, seed, levels)
        last = len(channels) - 1
        self.heads = nn.ModuleList(
            Head(have, last - level, width << last) for level, have in enumerate(self.mixing.widths)
        )

    def project(self, images: Tensor, augment: bool = True) -> list[Tensor]:
        """Return the mixed features of `images` [batch, 3, H, W] in [-1, 1], changed by DiffAugment where asked.

        They do not depend on the trained heads: one call serves the discriminator's step and, with its gradient, the
        generator's step after it.
        """
        if augment:
            images = diffaugment(images, self.policy)
        if self.size is not None and tuple(images.shape[2:]) != (self.size, self.size):
            shrinks = min(images.shape[2:]) > self.size
            images = functional.interpolate(
                images, size=(self.size, self.size), mode="bilinear", align_corners=False, antialias=shrinks
            )
        mixed: list[Tensor] = self.mixing(self._features[0](images))
        return mixed

    def score(self, mixed: Sequence[Tensor]) -> tuple[Tensor, ...]:
        """Return each head's logits [batch, 1, h, w] of maps that `project` returned."""
        return tuple(head(x) for head, x in zip(self.heads, mixed, strict=True))

    def forward(self, images: Tensor, augment: bool = True) -> tuple[Tensor, ...]:
        """Return the logits [batch, 1, h, w] of the four heads, for `losses.hinge_discriminator` and its pendant."""
        return self.score(self.project(images, augment))


def _random_kernel(source: torch.Generator, out: int, into: int, kernel: int) -> Tensor:
    """Return a random convolution that keeps the variance of its input [He et al. 2015, without their activation]."""
    return torch.randn(out, into, kernel, kernel, generator=source) / math.sqrt(into * kernel * kernel)


def _convolution(channels: int, out: int, kernel: int, stride: int = 1) -> nn.Module:
    module: nn.Module = spectral_norm(nn.Conv2d(channels, out, kernel, stride, padding=1))
    return module
