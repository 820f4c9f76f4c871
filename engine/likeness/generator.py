"""The protocol that every generator family implements."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, Protocol, runtime_checkable

from torch import Tensor

from likeness.errors import LikenessError

NoiseMode = Literal["const", "none", "random"]
# The names of layer groups, from the first layers to the last: shape and pose, light, features, skin.
GROUPS = ("coarse", "broad", "middle", "fine")
# What is done to a layer's activations: a tensor in, another one of the same shape out, never in place.
Bend = Callable[[Tensor], Tensor]


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


@dataclass(frozen=True)
class Swap:
    """Two layers that give each other what they have, resized, channel by channel.

    Args:
        first, second: names of `BendableGenerator.layers`.
        amount: 0 as they are, 1 swapped, straight between.
    """

    first: str
    second: str
    amount: float


@dataclass(frozen=True)
class Bends:
    """What is done to a network's layers while it draws [Broad et al. 2021, sec. 3].

    For each layer in turn: what the layer gives is mixed with the second generator's, swapped, then bent.

    Args:
        operations: by layer, a name of `BendableGenerator.layers`.
        swaps: of layers, as they are without any of this; costs a second drawing up to the later one.
        other: a second generator whose layers have the same shapes, None where there is none.
        shares: by layer, how much of what it gives is the second generator's, in [0, 1]; both are given the same.
    """

    operations: Mapping[str, Bend] = field(default_factory=dict)
    swaps: Sequence[Swap] = ()
    other: "BendableGenerator | None" = None
    shares: Mapping[str, float] = field(default_factory=dict)


@runtime_checkable
class BendableGenerator(Protocol):
    """A generator whose layers can be reached while it draws. What is not bent costs nothing."""

    info: GeneratorInfo

    @property
    def mean(self) -> Tensor:
        """The mean latent `[num_ws, w_dim]`."""
        ...

    @property
    def layers(self) -> Mapping[str, str]:
        """The layers in the order in which they are drawn, each with its layer group."""
        ...

    def draw_layers(self, latent: Tensor, names: Sequence[str]) -> dict[str, Tensor]:
        """Return what the layers `names` give for `latent`, unbent, `[batch, channels, h, w]` each."""
        ...

    def draw_bent(self, latent: Tensor, bends: Bends, noise: NoiseMode = "const") -> Tensor:
        """Return images as `synthesize` does, bent. Layers that are not there are left out."""
        ...

    def prepare_bends(self, names: Sequence[str], batch: int = 1) -> None:
        """Make ready to bend just the layers `names` in `batch` images; takes as long as a backend's `prepare`.

        Not on the render thread. What is not prepared is drawn by the network as it is, slower and no less right.
        """
        ...


@runtime_checkable
class SilhouetteGenerator(Protocol):
    """A generator that knows where in its images the person is."""

    def draw_silhouette(self, latent: Tensor, bends: Bends | None = None) -> Tensor:
        """Return where the person is in the images of `synthesize`, or of `draw_bent` with `bends`.

        Opacities `[batch, 1, H, W]` in [0, 1].
        """
        ...


@runtime_checkable
class MirroredGenerator(Protocol):
    """A generator that knows the latent of a mirror image.

    Attributes:
        mirror_signs: times which a latent draws the mirror image, `[num_ws, w_dim]` of 1 and -1.
    """

    mirror_signs: Tensor

    def mirrored(self, latent: Tensor) -> Tensor:
        """Return the latents `[..., num_ws, w_dim]` that draw the mirror images."""
        ...


class SearchDrawing(Protocol):
    """Draws the latents of one search, which change little from step to step."""

    def __call__(self, latent: Tensor, *, exact: bool) -> Tensor:
        """Return images of a step's latents `[batch, num_ws, w_dim]`, with a gradient that leads to better ones.

        Args:
            latent: of this step.
            exact: as `synthesize` draws them for a search; else some of it may be of a step before. The first call
                is exact.
        """
        ...


@runtime_checkable
class SearchedGenerator(Protocol):
    """A generator that draws for a search in less time than `synthesize` and its gradient take."""

    def make_search_drawing(self) -> SearchDrawing:
        """Return what draws one search."""
        ...


@runtime_checkable
class RegionGenerator(Protocol):
    """A generator that knows where in its newest images face and hair are."""

    def draw_regions(self) -> Tensor | None:
        """Return where bare skin and where the person is in the newest images of `synthesize`.

        Returns:
            Opacities `[batch, 2, h, w]` in [0, 1] at the generator's native size; None before the first images.
        """
        ...


@runtime_checkable
class WearingGenerator(Protocol):
    """A generator whose faces wear what is drawn on top of them, such as glasses."""

    def take_off(self, image: Tensor) -> Tensor:
        """Return the newest images of `synthesize`, `[batch, 3, H, W]`, changed since or not, without what is worn.

        Where nothing is worn, or they are of another shape, they are returned themselves.
        """
        ...

    def put_on(self, image: Tensor) -> Tensor:
        """Return them with it again, drawn over what has been moved under it."""
        ...


def check_layers(generator: BendableGenerator, names: Sequence[str]) -> None:
    """Raise where one of `names` is no layer of `generator`.

    Raises:
        LikenessError: with the layers that there are.
    """
    layers = tuple(generator.layers)
    for name in names:
        if name not in layers:
            raise LikenessError(f"there is no layer {name!r}; these weights have {', '.join(layers)}")
