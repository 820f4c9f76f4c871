"""The protocol that every generator family implements."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol, runtime_checkable

from torch import Tensor

NoiseMode = Literal["const", "none", "random"]
# The names of layer groups, from the first layers to the last: shape and pose, light, features, skin.
GROUPS = ("coarse", "broad", "middle", "fine")


@dataclass(frozen=True)
class Licence:
    """The licence of a set of weights.

    Args:
        name: as its owner calls it.
        paid_use: whether a paid show is allowed; None where that is not known.
        notice: the text that must accompany the weights.
    """

    name: str
    paid_use: bool | None = None
    notice: str = ""


@dataclass(frozen=True)
class GeneratorInfo:
    """The facts about a generator that a show needs.

    Args:
        family: "composite", "stylegan2", ...
        num_ws, w_dim: the latent is `[batch, num_ws, w_dim]`; a family that has only z uses `num_ws = 1`.
        resolution: native height and width in px.
        licence: of the weights.
        groups: layer ranges `[start, stop)` by name, from coarse to fine, for style mixing.
        weights: the file that it was opened from, by which its encoder is found; None without a file.
        latents: name of the weights whose latents these play and whose directions they share; "" for their own.
    """

    family: str
    num_ws: int
    w_dim: int
    resolution: int
    licence: Licence
    groups: Mapping[str, tuple[int, int]]
    weights: Path | None = None
    latents: str = ""

    @property
    def names(self) -> tuple[str, ...]:
        """The names under which directions lie: that of the weights' file, then of those whose latents they play."""
        own = () if self.weights is None else (self.weights.stem,)
        return (*own, self.latents) if self.latents else own


class Generator(Protocol):
    """Latents in, images out. All tensors live on the device that the generator was opened on."""

    info: GeneratorInfo

    @property
    def mean(self) -> Tensor:
        """The mean latent `[num_ws, w_dim]`, toward which truncation draws."""
        ...

    @property
    def directions(self) -> Tensor:
        """The family's latent directions `[n, num_ws, w_dim]`, strongest first, each one standard deviation long."""
        ...

    def sample(self, seeds: Sequence[int]) -> Tensor:
        """Return latents `[len(seeds), num_ws, w_dim]`; each depends on its seed alone, not on the batch."""
        ...

    def map_z(self, z: Tensor, labels: Tensor | None = None) -> Tensor:
        """Return the latents `[batch, num_ws, w_dim]` of normal noise `z` [batch, z_dim]."""
        ...

    def synthesize(self, latent: Tensor, noise: NoiseMode = "const") -> Tensor:
        """Return images `[batch, 3, H, W]` in [-1, 1]. Deterministic unless `noise` is "random"."""
        ...


@runtime_checkable
class WarpedGenerator(Protocol):
    """A generator whose images are drawn on one mean face and warped to each face's shape.

    Attributes:
        warp: of the newest images: for each place, how far from it its colour came from on the mean face, in image
            widths, x first, `[batch, 2, h, w]`; None before the first ones.
    """

    warp: Tensor | None


@runtime_checkable
class SilhouetteGenerator(Protocol):
    """A generator that knows where in its images the person is."""

    def draw_silhouette(self, latent: Tensor) -> Tensor:
        """Return where the person is in the images of `synthesize`: opacities `[batch, 1, H, W]` in [0, 1]."""
        ...
