"""The base of the StyleGAN families: seeds, labels, mean and directions of W, behind the Generator protocol."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor

from likeness.errors import WeightsError
from likeness.generator import Bends, GeneratorInfo, Licence, NoiseMode
from likeness.generators.families.stepping import (
    SteppedSynthesis,
    add_swaps,
    draw_bent_synthesis,
    draw_synthesis_layers,
    names_of_swaps,
)
from likeness.generators.networks.mapping import MappingNetwork, one_hot
from likeness.generators.networks.ops import UnplayableError, check_square

# Enough for the strongest directions to stand; GANSpace takes a million for all 512 [Haerkoenen et al. 2020, sec. 2.1].
SAMPLES = 512
Draw = Callable[..., Tensor | None]
# Draws with some layers bent, called with the operations, the noise mode and `inputs`; None where it cannot.
DrawCut = Callable[..., Tensor | None]
# Sets of layers that are kept prepared: a knob that runs through the layers comes back to the last ones.
MOST_CUTS = 8
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


class Synthesis(SteppedSynthesis, Protocol):
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

    # The layer that has the first row of the latent.
    first_row = 1

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
        self._cut: Callable[[tuple[str, ...]], DrawCut] | None = None
        self._cuts: dict[tuple[str, ...], DrawCut] = {}
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

    def set_backend(self, draw: Draw | None, cut: Callable[[tuple[str, ...]], DrawCut] | None = None) -> None:
        """Draw by `draw` from now on, called with the noise mode and `inputs`; by the network where it returns None.

        With None the network draws everything. `cut` makes what draws with the layers of the names it is given bent.
        """
        self._draw, self._cut, self._cuts = draw, cut, {}

    @property
    def layers(self) -> Mapping[str, str]:
        """The layers in the order in which they are drawn, each with its layer group."""
        names = self.synthesis.layer_names
        # The first convolution has the first row of the latent, and what is before it has none.
        rows = [max(index - self.first_row, 0) for index in range(len(names))]
        group_of = {row: name for name, (start, stop) in self.info.groups.items() for row in range(start, stop)}
        return {name: group_of[row] for name, row in zip(names, rows, strict=True)}

    def prepare_bends(self, names: Sequence[str], batch: int = 1) -> None:
        """Have the backend draw up to each of the layers `names` and on from there. Seconds, a minute for "compile".

        Not on the render thread, which may draw meanwhile.
        """
        key = self._in_order(names)
        if self._cut is None or not key or key in self._cuts:
            return
        made = self._cut(key)
        with torch.inference_mode():
            made({}, "const", *self.inputs(self.mean[None].repeat(batch, 1, 1)))
        # Replaced as a whole, since the render thread reads it.
        self._cuts = {**dict(list(self._cuts.items())[-MOST_CUTS + 1 :]), key: made}

    def draw_layers(self, latent: Tensor, names: Sequence[str]) -> dict[str, Tensor]:
        """Return the activations of the layers `names`, unbent, `[batch, channels, h, w]` float32, by the network."""
        return draw_synthesis_layers(self.synthesis, "const", self.inputs(latent), names)

    def draw_bent(self, latent: Tensor, bends: Bends, noise: NoiseMode = "const") -> Tensor:
        """Return pictures as `synthesize` does, bent; by the backend where these layers are prepared and none mixed."""
        inputs = self.inputs(latent)
        operations = bends.operations
        if bends.swaps:
            operations = add_swaps(bends, self.draw_layers(latent, names_of_swaps(bends)))
        shares = {name: share for name, share in bends.shares.items() if share}
        if not shares:
            cut = self._cuts.get(self._in_order(tuple(operations)))
            drawn = None if cut is None else cut(operations, noise, *inputs)
            if drawn is not None:
                return to_rgb(drawn)
        other = bends.other
        beside = other.synthesis if shares and isinstance(other, StyleGenerator) else None
        return to_rgb(draw_bent_synthesis(self.synthesis, noise, inputs, operations, beside, shares))

    def _in_order(self, names: Sequence[str]) -> tuple[str, ...]:
        return tuple(name for name in self.synthesis.layer_names if name in names)

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
