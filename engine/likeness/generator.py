"""The one protocol behind which every generator family plays."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

from torch import Tensor

NoiseMode = Literal["const", "none", "random"]
# The names of layer groups, from the first layers to the last: shape and pose, light, features, skin.
GROUPS = ("coarse", "broad", "middle", "fine")


@dataclass(frozen=True)
class Licence:
    """What one may do with a set of weights.

    Args:
        name: as its owner calls it.
        paid_use: whether a paid night is allowed; None where nobody has said.
        notice: the lines that must go along.
    """

    name: str
    paid_use: bool | None = None
    notice: str = ""


@dataclass(frozen=True)
class GeneratorInfo:
    """What a show must know of a generator.

    Args:
        family: "composite", "stylegan2", ...
        num_ws, w_dim: the latent is `[batch, num_ws, w_dim]`; a family with z alone has `num_ws = 1`.
        resolution: native height and width in px.
        licence: of the weights.
        groups: layer ranges `[start, stop)` by name, from coarse to fine, for style mixing.
        weights: the file that it was opened from, by which its encoder is found; None where there was none.
    """

    family: str
    num_ws: int
    w_dim: int
    resolution: int
    licence: Licence
    groups: Mapping[str, tuple[int, int]]
    weights: Path | None = None


class Generator(Protocol):
    """A latent in, a picture out. All tensors live on the device that the generator was opened on."""

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
        """Return pictures `[batch, 3, H, W]` in [-1, 1]. Deterministic unless `noise` is "random"."""
        ...
