"""Parts of the composite network: its blocks, mirrored linear bands, and blends of exemplars."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

ROWS = 4  # latent layers: shape, broad, middle, fine
# Levels added to hair brightness (black is 0, white 2) so that its logarithm stays bounded;
# training measures strands with the same number.
HAIR_FLOOR = 0.12


# What the processors' int8 product takes at a time.
INT8_COLUMNS = 16

HAIR_PARTS = ("detail", "cover", "edges", "hair", "backdrop")


@dataclass(frozen=True)
class Block:
    """One thing drawn from one latent layer.

    Attributes:
        row: the latent layer.
        grid: pixels of the full frame at this block's resolution.
        top, left, height, width: the part of that grid which is drawn.
        channels: of the picture.
        odd_channels: channels that change sign in a mirror.
    """

    row: int
    grid: int
    top: int
    left: int
    height: int
    width: int
    channels: int
    odd_channels: tuple[int, ...] = ()

    @property
    def shape(self) -> tuple[int, int, int]:
        """Channels, height, width."""
        return self.channels, self.height, self.width


def block_layout(size: int) -> dict[str, Block]:
    """The blocks of a model of `size` px, a multiple of 64, in the order in which rows join them.

    Middle and fine skin are drawn only where faces have skin at all; the crop was read off
    the mean skin matte.
    """

    def full(row: int, divide: int, channels: int, odd: tuple[int, ...] = ()) -> Block:
        grid = size // divide
        return Block(row, grid, 0, 0, grid, grid, channels, odd)

    def face(row: int, divide: int, channels: int) -> Block:
        grid = size // divide
        unit = grid // 32
        return Block(row, grid, 3 * unit, 5 * unit, 28 * unit, 22 * unit, channels)

    return {
        "field": full(0, 4, 2, (0,)),
        "edges": full(0, 4, 2),
        "skin": full(1, 4, 3),
        "hair": full(1, 8, 3),
        "backdrop": full(1, 16, 3),
        "skin_middle": face(2, 2, 3),
        "skin_fine": face(3, 1, 1),
    }


def _mirror(even: Tensor, odd: Tensor, sign: Tensor | None = None) -> Tensor:
    """Full pictures `[..., width]` from the left halves of their even and odd parts."""
    right = (even - odd).flip(-1)
    return torch.cat([even + odd, right if sign is None else right * sign], dim=-1)


class Components(nn.Module):
    """The even or the odd components of one block, multiplied by a code.

    Args:
        tensors: of the weights file.
        name: of the block and its parity, such as "skin.even".
        dtype: in which they are kept and multiplied. In int8 they stay as the file has them, which a processor reads in
            half the time of bfloat16; the code is in bfloat16 then, and in float32 where a gradient is asked for.
    """

    kept: Tensor
    scale: Tensor
    ones: Tensor

    def __init__(self, tensors: Mapping[str, Tensor], name: str, dtype: torch.dtype) -> None:
        super().__init__()
        packed, scale = tensors[name].flatten(1), tensors[f"{name}_scale"].float()
        # Rows of pixels, columns of components: oneDNN multiplies this order in bfloat16 at
        # memory speed (0.8 ms for 10 million on one core; the other order 1.9 ms).
        if dtype == torch.int8:
            # The product of whole numbers takes six times as long where the columns are no multiple of this.
            rows = functional.pad(packed.t(), (0, -len(packed) % INT8_COLUMNS)).contiguous()
            self.register_buffer("scale", scale)
            self.register_buffer("ones", torch.ones(len(rows), dtype=torch.bfloat16))
        else:
            rows = (packed.float() * scale[:, None]).t().contiguous().to(dtype)
        self.register_buffer("kept", rows)
        # Made where a gradient is first asked for: a search asks hundreds of times, a show never.
        self._wide: Tensor | None = None

    def forward(self, code: Tensor) -> Tensor:
        """Return `[batch, pixels]` in float32 from a code `[batch, components]`."""
        if self.kept.dtype != torch.int8:
            return functional.linear(code.to(self.kept.dtype), self.kept).float()
        scaled = functional.pad(code * self.scale, (0, self.kept.shape[1] - code.shape[1]))
        # A network that was brought to float32 is to be exact.
        if scaled.requires_grad or self.ones.dtype != torch.bfloat16:
            if self._wide is None:
                self._wide = self.kept.float()
            return functional.linear(scaled, self._wide)
        return torch._weight_int8pack_mm(scaled.bfloat16(), self.kept, self.ones).float()


class MirrorBand(nn.Module):
    """All blocks of one latent layer, each from the left halves of its even and its odd parts.

    Args:
        tensors: of the weights file.
        blocks: this layer's blocks by name.
        dtype: in which components are kept and multiplied.
    """

    def __init__(self, tensors: Mapping[str, Tensor], blocks: Mapping[str, Block], dtype: torch.dtype) -> None:
        super().__init__()
        self.blocks = dict(blocks)
        self.even = nn.ModuleDict({name: Components(tensors, f"{name}.even", dtype) for name in blocks})
        self.odd = nn.ModuleDict({name: Components(tensors, f"{name}.odd", dtype) for name in blocks})
        for name, block in blocks.items():
            self.register_buffer(f"mean_{name}", tensors[f"{name}.mean"].float().flatten())
            sign = torch.ones(block.channels, 1, 1)
            sign[list(block.odd_channels)] = -1
            self.register_buffer(f"sign_{name}", sign)

    def forward(self, even_code: Tensor, odd_code: Tensor) -> dict[str, Tensor]:
        """Draw every block `[batch, *block.shape]` from codes `[batch, n_even]` and `[batch, n_odd]`."""
        drawn = {}
        for name, block in self.blocks.items():
            half = (-1, block.channels, block.height, block.width // 2)
            even = self.even[name](even_code) + getattr(self, f"mean_{name}")
            sign = getattr(self, f"sign_{name}") if block.odd_channels else None
            drawn[name] = _mirror(even.reshape(half), self.odd[name](odd_code).reshape(half), sign)
        return drawn


@dataclass(frozen=True)
class ExemplarChoice:
    """Which exemplars draw a face, and how much each.

    Attributes:
        index: `[batch, chosen]`.
        sign: of their odd halves, -1 for an exemplar's mirror image, `[batch, chosen]`.
        weight: `[batch, chosen]`, summing to one.
    """

    index: Tensor
    sign: Tensor
    weight: Tensor

    @property
    def power(self) -> Tensor:
        """The summed squares of the weights, `[batch]`."""
        return self.weight.square().sum(1)


class Exemplars(nn.Module):
    """What linear components blur, kept from some real faces and blended by nearness.

    Strands and pores do not line up from face to face, so their components are mush. Instead a
    soft nearest-neighbour blend of exemplars and their mirror images is drawn; divided by the root
    of the summed squared weights it keeps its contrast [Heitz & Neyret 2018, eq. 3].

    Args:
        tensors: of the weights file.
        prefix: of the tensors' names.
        parts: what each exemplar holds.
        sharpness: of the choice, per squared standard deviation.
        chosen: exemplars drawn at a time; reading all 96 took 2 ms more of a frame.
        left_out: numbers of exemplars that are never drawn.
    """

    query_even: Tensor
    query_odd: Tensor
    keys_even: Tensor
    keys_odd: Tensor

    def __init__(
        self,
        tensors: Mapping[str, Tensor],
        prefix: str,
        parts: tuple[str, ...],
        sharpness: float,
        chosen: int = 16,
        left_out: Sequence[int] = (),
    ) -> None:
        super().__init__()
        self.sharpness = sharpness
        kept = [number for number in range(len(tensors[f"{prefix}.keys_even"])) if number not in left_out]
        for name in ("query_even", "query_odd"):
            self.register_buffer(name, tensors[f"{prefix}.{name}"].float())
        for name in ("keys_even", "keys_odd"):
            self.register_buffer(name, tensors[f"{prefix}.{name}"].float()[kept])
        self.chosen = min(chosen, 2 * len(self.keys_even) - 1)
        self._half: dict[str, tuple[int, ...]] = {}
        for part in parts:
            for parity in ("even", "odd"):
                packed = tensors[f"{prefix}.{part}_{parity}"]
                scale = tensors[f"{prefix}.{part}_{parity}_scale"].float()
                self.register_buffer(f"{part}_{parity}", packed.flatten(1)[kept])
                self.register_buffer(f"{part}_{parity}_scale", scale[kept])
                self._half[part] = tuple(packed.shape[1:])

    def choose(self, even_code: Tensor, odd_code: Tensor) -> ExemplarChoice:
        """The exemplars nearest to a code `[batch, n_even]` and `[batch, n_odd]`.

        The weight of the first that is left out is taken off all, so none comes or goes with a jump.
        """
        even, odd = even_code @ self.query_even, odd_code @ self.query_odd
        apart = _squared_distance(even, self.keys_even)
        as_is = apart + _squared_distance(odd, self.keys_odd)
        mirrored = apart + _squared_distance(-odd, self.keys_odd)
        both = (-self.sharpness * torch.cat([as_is, mirrored], dim=1)).softmax(dim=1)
        top, place = both.topk(self.chosen + 1, dim=1)
        weight = top[:, :-1] - top[:, -1:]
        weight = weight / weight.sum(1, keepdim=True).clamp(min=1e-12)
        place, count = place[:, :-1], as_is.shape[1]
        return ExemplarChoice(place % count, 1 - 2 * (place // count).to(weight.dtype), weight)

    def draw(self, part: str, choice: ExemplarChoice, power: int = 1) -> Tensor:
        """The sum of one part by the weights' `power`, `[batch, channels, height, width]`."""
        weight = choice.weight**power
        even = self._sum(f"{part}_even", choice.index, weight)
        odd = self._sum(f"{part}_odd", choice.index, weight * choice.sign)
        half = (-1, *self._half[part])
        return _mirror(even.reshape(half), odd.reshape(half))

    def _sum(self, name: str, index: Tensor, weight: Tensor) -> Tensor:
        """Int8 rows at `index`, unpacked only where chosen, times `weight`."""
        kept: Tensor = getattr(self, name)
        # index_select copies whole rows; plain indexing took 20 times as long on int8.
        rows = kept.index_select(0, index.flatten()).reshape(*index.shape, -1).float()
        scale: Tensor = getattr(self, f"{name}_scale")[index]
        return torch.bmm((weight * scale)[:, None], rows)[:, 0]


def _squared_distance(points: Tensor, keys: Tensor) -> Tensor:
    """`[batch, keys]`, by subtraction: the product form loses what near neighbours differ in."""
    return (points[:, None, :] - keys).square().sum(dim=2)
