"""The base of the StyleGAN families: seeds, labels, mean and directions of W, behind the Generator protocol."""

from collections.abc import Callable, Sequence
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor

from likeness.errors import WeightsError
from likeness.generator import GeneratorInfo, Licence, NoiseMode
from likeness.generators.networks.mapping import MappingNetwork, one_hot
from likeness.generators.networks.ops import UnplayableError, check_square

# Enough for the strongest directions to stand; GANSpace takes a million for all 512 [Haerkoenen et al. 2020, sec. 2.1].
SAMPLES = 512
Draw = Callable[..., Tensor | None]
LAST_SEED = 2**32
GROUPS = {"coarse": (0, 4), "middle": (4, 8), "fine": (8, 1 << 30)}


def layer_groups(num_ws: int) -> dict[str, tuple[int, int]]:
    """Return the layer ranges of Karras et al. 2019, sec. 3.1, as far as there are layers."""
    ranges = {name: (start, min(stop, num_ws)) for name, (start, stop) in GROUPS.items()}
    return {name: (start, stop) for name, (start, stop) in ranges.items() if start < stop}


def to_rgb(image: Tensor) -> Tensor:
    """Return `image` [batch, C, H, W] with three channels: grey three times, alpha left out."""
    if image.shape[1] == 1:
        return image.expand(-1, 3, -1, -1)
    return image[:, :3]


def check_channels(count: int) -> None:
    """Raise where a network draws something else than grey or colour, with or without alpha.

    Raises:
        UnplayableError: with what it is, where that is known.
    """
    if count not in (1, 3, 4):
        kind = " (wavelets, as SWAGAN does)" if count == 12 else ""
        raise UnplayableError(f"it draws {count} channels{kind}, wanted 1, 3 or 4")


def check_picture(shape: Sequence[int]) -> None:
    """Raise where `shape` is not that of square pictures `[batch, 1, 3 or 4, H, H]`.

    Raises:
        ValueError: with what came.
    """
    if len(shape) != 4:
        raise ValueError(f"it draws {list(shape)}, wanted pictures [batch, 3, H, H]")
    check_channels(shape[1])
    check_square(shape, shape[2])


def draw_official_noise(seed: int, z_dim: int) -> tuple[np.random.RandomState, Tensor]:
    """Return z [z_dim] of a seed as the makers' scripts draw it, so that a performer's numbers are the same faces."""
    state = np.random.RandomState(seed % LAST_SEED)
    return state, torch.from_numpy(state.randn(z_dim)).to(torch.float32)


class Synthesis(Protocol):
    """A synthesis network: the height and width of its pictures in px, their channels, and what it computes in."""

    resolution: int
    img_channels: int

    @property
    def precisions(self) -> tuple[str, ...]:
        """The names of `likeness.generators.backends.choose.PRECISIONS` that `set_precision` takes."""
        ...

    def set_precision(self, precision: str) -> None:
        """Compute in `precision` from now on; "float32" after another one is exact again."""
        ...


class StyleGenerator:
    """A mapping network before a synthesis that plays in W+; see `likeness.generator.Generator`.

    Args:
        family: name in `info`.
        mapping, synthesis: on `device` already.
        licence: of the weights.
        device: on which to draw.

    Raises:
        ValueError: where it draws no picture.
    """

    def __init__(
        self,
        family: str,
        mapping: MappingNetwork,
        synthesis: Synthesis,
        licence: Licence,
        device: torch.device,
    ) -> None:
        self._mapping, self._device = mapping, device
        self.synthesis: Any = synthesis
        check_channels(synthesis.img_channels)
        self._draw: Draw | None = None
        num_ws = mapping.num_ws
        self.info = GeneratorInfo(family, num_ws, mapping.w_dim, synthesis.resolution, licence, layer_groups(num_ws))
        self._directions: Tensor | None = None

    @property
    def z_dim(self) -> int:
        """Width of z."""
        return self._mapping.z_dim

    @property
    def c_dim(self) -> int:
        """Number of classes; 0 where there are no labels."""
        return self._mapping.c_dim

    @property
    def mean(self) -> Tensor:
        """The mean latent `[num_ws, w_dim]`."""
        return self._mapping.w_avg[None].expand(self.info.num_ws, -1)

    @property
    def directions(self) -> Tensor:
        """Principal directions of W `[n, num_ws, w_dim]` [Haerkoenen et al. 2020]; found when first asked for."""
        if self._directions is None:
            w = self.sample(range(SAMPLES))[:, 0]
            _, spread, basis = torch.linalg.svd(w - w.mean(0), full_matrices=False)
            count = min(self.info.w_dim, SAMPLES - 1)
            steps = basis[:count] * (spread[:count, None] / (SAMPLES - 1) ** 0.5)
            self._directions = steps[:, None].repeat(1, self.info.num_ws, 1)
        return self._directions

    def sample(self, seeds: Sequence[int]) -> Tensor:
        """Return latents `[len(seeds), num_ws, w_dim]`: z as the makers' scripts draw it, a class drawn after it."""
        if not len(seeds):
            return torch.zeros(0, self.info.num_ws, self.info.w_dim, device=self._device)
        rows, classes = [], []
        for seed in seeds:
            state, z = draw_official_noise(int(seed), self.z_dim)
            rows.append(z)
            classes.append(int(state.randint(self.c_dim)) if self.c_dim else 0)
        labels = one_hot(classes, self.c_dim) if self.c_dim else None
        # One by one: a matrix product's rounding depends on how many rows it has.
        found = [self._map_to_w(z[None], None if labels is None else labels[i : i + 1]) for i, z in enumerate(rows)]
        return self._mapping.broadcast(torch.cat(found))

    def map_z(
        self,
        z: Tensor,
        labels: Tensor | None = None,
        truncation_psi: float = 1.0,
        truncation_cutoff: int | None = None,
    ) -> Tensor:
        """Return the latents `[batch, num_ws, w_dim]` of normal noise `z` [batch, z_dim].

        Args:
            labels: [batch, c_dim], one-hot or a blend of classes; the first class where None.
            truncation_psi: 1 as drawn, 0 the mean.
            truncation_cutoff: layers that it holds for, counted from the coarsest; all where None.

        Raises:
            WeightsError: where a width does not fit.
        """
        if z.ndim != 2 or z.shape[1] != self.z_dim:
            raise WeightsError(f"z is {list(z.shape)}, wanted [batch, {self.z_dim}]")
        if labels is not None and self.c_dim and tuple(labels.shape) != (len(z), self.c_dim):
            raise WeightsError(f"labels are {list(labels.shape)}, wanted [{len(z)}, {self.c_dim}]")
        if labels is None and self.c_dim:
            labels = one_hot([0] * len(z), self.c_dim)
        return self._mapping.broadcast(self._map_to_w(z, labels), truncation_psi, truncation_cutoff)

    def inputs(self, latent: Tensor) -> tuple[Tensor, ...]:
        """Return what the synthesis takes for `latent`, as tensors alone."""
        return (latent,)

    def set_backend(self, draw: Draw | None) -> None:
        """Draw by `draw` from now on, called with the noise mode and `inputs`; by the network where it returns None.

        With None the network draws everything.
        """
        self._draw = draw

    def synthesize(self, latent: Tensor, noise: NoiseMode = "const") -> Tensor:
        """Return pictures `[batch, 3, H, W]`, nominally in [-1, 1]: what overshoots is for the output to cut."""
        if self._draw is not None and not latent.requires_grad:
            drawn = self._draw(noise, *self.inputs(latent))
            if drawn is not None:
                return to_rgb(drawn)
        return to_rgb(self.draw(noise, *self.inputs(latent)))

    def draw(self, noise: NoiseMode, *inputs: Tensor) -> Tensor:
        """Return what the network itself draws of its `inputs`, `[batch, C, H, W]`."""
        image: Tensor = self.synthesis(*inputs, noise)
        return image

    def _map_to_w(self, z: Tensor, labels: Tensor | None) -> Tensor:
        on_device = None if labels is None else labels.to(self._device, torch.float32)
        w: Tensor = self._mapping(z.to(self._device, torch.float32), on_device if self.c_dim else None)
        return w
