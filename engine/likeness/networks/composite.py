"""Draw a composite face: mirrored linear bands, level-set mattes, hair exemplars, one warp.

The picture is three layers in a mean frame, `skin` over `hair` (with clothes) over `backdrop`.
Each layer's edge is a drawn signed distance [Leventon et al. 2000], so an average of two
silhouettes is a silhouette and not a double contour; shape is a backward warp field at the end
[Cootes et al. 2001]. Every component is even or odd under mirroring, so all are stored and
multiplied on half the width [Sirovich & Kirby 1990].
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

ROWS = 4  # latent layers: shape, broad, middle, fine
# Levels added to hair brightness (black is 0, white 2) so that its logarithm stays bounded;
# training measures strands with the same number.
HAIR_FLOOR = 0.12


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
    the mean skin matte (less than 2 % outside).
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


def _dequantise(tensors: Mapping[str, Tensor], name: str) -> Tensor:
    """Float components `[n, ...]` from int8 and one scale for each."""
    packed = tensors[name].float()
    scale = tensors[f"{name}_scale"].float()
    return packed * scale.reshape(-1, *[1] * (packed.ndim - 1))


def _mirror(even: Tensor, odd: Tensor, sign: Tensor | None = None) -> Tensor:
    """Full pictures `[..., width]` from the left halves of their even and odd parts."""
    right = (even - odd).flip(-1)
    return torch.cat([even + odd, right if sign is None else right * sign], dim=-1)


class MirrorBand(nn.Module):
    """All blocks of one latent layer as two matrix products.

    Args:
        tensors: of the weights file.
        blocks: this layer's blocks by name.
        dtype: in which components are kept and multiplied.
    """

    def __init__(self, tensors: Mapping[str, Tensor], blocks: Mapping[str, Block], dtype: torch.dtype) -> None:
        super().__init__()
        self.blocks = dict(blocks)
        means, evens, odds = [], [], []
        for name in blocks:
            means.append(tensors[f"{name}.mean"].float().flatten())
            evens.append(_dequantise(tensors, f"{name}.even").flatten(1))
            odds.append(_dequantise(tensors, f"{name}.odd").flatten(1))
        # Rows of pixels, columns of components: oneDNN multiplies this order in bfloat16 at
        # memory speed (0.8 ms for 10 million on one core; the other order 1.9 ms).
        self.register_buffer("mean", torch.cat(means))
        self.register_buffer("even", torch.cat(evens, 1).t().contiguous().to(dtype))
        self.register_buffer("odd", torch.cat(odds, 1).t().contiguous().to(dtype))
        for name, block in blocks.items():
            sign = torch.ones(block.channels, 1, 1)
            sign[list(block.odd_channels)] = -1
            self.register_buffer(f"sign_{name}", sign)

    def forward(self, even_code: Tensor, odd_code: Tensor) -> dict[str, Tensor]:
        """Draw every block `[batch, *block.shape]` from codes `[batch, n_even]` and `[batch, n_odd]`."""
        even = functional.linear(even_code.to(self.even.dtype), self.even).float() + self.mean
        odd = functional.linear(odd_code.to(self.odd.dtype), self.odd).float()
        drawn = {}
        start = 0
        for name, block in self.blocks.items():
            half = (-1, block.channels, block.height, block.width // 2)
            stop = start + block.channels * block.height * (block.width // 2)
            sign = getattr(self, f"sign_{name}") if block.odd_channels else None
            drawn[name] = _mirror(even[:, start:stop].reshape(half), odd[:, start:stop].reshape(half), sign)
            start = stop
        return drawn


class HairExemplars(nn.Module):
    """Strands and silhouettes of real heads of hair, blended by nearness in the hair's own plane.

    Hair does not line up from head to head, so its components are blur. Instead a soft
    nearest-neighbour blend of exemplars and their mirror images is drawn, divided by the root of
    the summed squared weights so that contrast survives the blend [Heitz & Neyret 2018, eq. 3].
    """

    def __init__(self, tensors: Mapping[str, Tensor], sharpness: float, dtype: torch.dtype) -> None:
        super().__init__()
        self.sharpness = sharpness
        for name in ("query_even", "query_odd", "keys_even", "keys_odd"):
            self.register_buffer(name, tensors[f"exemplar.{name}"].float())
        for part in ("detail", "edges", "cover"):
            for parity in ("even", "odd"):
                packed = _dequantise(tensors, f"exemplar.{part}_{parity}")
                self.register_buffer(f"{part}_{parity}", packed.flatten(1).t().contiguous().to(dtype))
                self._half = {**getattr(self, "_half", {}), part: tuple(packed.shape[1:])}

    def blend(self, even_code: Tensor, odd_code: Tensor) -> tuple[Tensor, Tensor]:
        """Weights `[batch, exemplars]` of the exemplars and of their mirror images, summing to one."""
        even = even_code @ self.query_even
        odd = odd_code @ self.query_odd
        apart = torch.cdist(even, self.keys_even, compute_mode="donot_use_mm_for_euclid_dist").square()
        as_is = torch.cdist(odd, self.keys_odd, compute_mode="donot_use_mm_for_euclid_dist").square()
        mirrored = torch.cdist(-odd, self.keys_odd, compute_mode="donot_use_mm_for_euclid_dist").square()
        nearness = -self.sharpness * torch.cat([apart + as_is, apart + mirrored], dim=1)
        as_is, mirrored = nearness.softmax(dim=1).chunk(2, dim=1)
        return as_is, mirrored

    def _draw(self, part: str, as_is: Tensor, mirrored: Tensor) -> Tensor:
        even_part, odd_part = getattr(self, f"{part}_even"), getattr(self, f"{part}_odd")
        even = functional.linear((as_is + mirrored).to(even_part.dtype), even_part).float()
        odd = functional.linear((as_is - mirrored).to(odd_part.dtype), odd_part).float()
        half = (-1, *self._half[part])
        return _mirror(even.reshape(half), odd.reshape(half))

    def forward(self, even_code: Tensor, odd_code: Tensor) -> tuple[Tensor, Tensor]:
        """Log-brightness detail `[batch, 1, size, size]` and edge corrections `[batch, 2, size/2, size/2]`."""
        as_is, mirrored = self.blend(even_code, odd_code)
        detail = self._draw("detail", as_is, mirrored)
        # `cover` holds squared coverage. The floor keeps noise down where no exemplar has hair.
        power = self._draw("cover", as_is.square(), mirrored.square()).clamp(min=0) + 0.05
        gain = functional.interpolate(power.rsqrt(), size=detail.shape[-2:], mode="bilinear", align_corners=False)
        return detail * gain, self._draw("edges", as_is, mirrored)


@dataclass(frozen=True)
class Layers:
    """The picture's parts in the mean frame, all `[batch, channels, size, size]`.

    Attributes:
        skin, hair, backdrop: colours, about [-1, 1].
        mattes: opacity in [0, 1] of skin over hair, and of both over the backdrop.
        field: warp in picture widths, x first, `[batch, 2, size / 4, size / 4]`.
    """

    skin: Tensor
    hair: Tensor
    backdrop: Tensor
    mattes: Tensor
    field: Tensor

    def flat(self) -> Tensor:
        """The layers laid over each other, still in the mean frame."""
        person = torch.lerp(self.hair, self.skin, self.mattes[:, :1])
        return torch.lerp(self.backdrop, person, self.mattes[:, 1:])


class CompositeNetwork(nn.Module):
    """The whole drawing; the same code on CPU, CUDA and MPS, no sync.

    Args:
        tensors: of a composite weights file.
        size: native height and width in px, a multiple of 64.
        sharpness: of the choice among hair exemplars, per squared standard deviation.
        softness: width of the skin's and the hair's edge in native px.
        unsharp: strength of the last sharpening, which makes up for the warp's interpolation.
        dtype: in which components are kept; bfloat16 halves the memory traffic that bounds the speed.
    """

    def __init__(
        self,
        tensors: Mapping[str, Tensor],
        *,
        size: int,
        sharpness: float = 3.0,
        softness: tuple[float, float] = (1.2, 1.8),
        edge_reach: float = 16.0,
        unsharp: float = 0.3,
        dtype: torch.dtype = torch.bfloat16,
    ) -> None:
        super().__init__()
        self.size = size
        self.unsharp = unsharp
        self.layout = block_layout(size)
        parity = tensors["parity"].bool()
        self.w_dim = len(parity)
        self.register_buffer("even_index", torch.nonzero(~parity).flatten())
        self.register_buffer("odd_index", torch.nonzero(parity).flatten())
        self.bands = nn.ModuleList()
        for row in range(ROWS):
            blocks = {name: block for name, block in self.layout.items() if block.row == row}
            # The field moves every pixel: bfloat16 made slow glides tremble by 0.02 px.
            self.bands.append(MirrorBand(tensors, blocks, torch.float32 if row == 0 else dtype))
        self.exemplars = HairExemplars(tensors, sharpness, dtype)
        steepness = torch.tensor([edge_reach / width for width in softness])
        self.register_buffer("steepness", steepness.reshape(1, 2, 1, 1))

    def blocks(self, latent: Tensor) -> dict[str, Tensor]:
        """The linear part alone: every block of `block_layout` from `latent` `[batch, 4, w_dim]`."""
        even, odd = latent[..., self.even_index], latent[..., self.odd_index]
        drawn: dict[str, Tensor] = {}
        for row, band in enumerate(self.bands):
            drawn.update(band(even[:, row], odd[:, row]))
        return drawn

    def layers(self, latent: Tensor) -> Layers:
        """Draw the parts of `latent` `[batch, 4, w_dim]` in the mean frame."""
        drawn = self.blocks(latent)
        even, odd = latent[..., self.even_index], latent[..., self.odd_index]
        detail, edge_step = self.exemplars(even[:, 0], odd[:, 0])
        # Everything smooth goes up together, twice by two: fewer calls than layer by layer.
        quarter, half = self.size // 4, self.size // 2
        hair = _resized(drawn["hair"], quarter)
        backdrop = _resized(drawn["backdrop"], quarter)
        stack = _resized(torch.cat([drawn["skin"], drawn["edges"], hair, backdrop], dim=1), half)
        stack = stack + self._placed("skin_middle", drawn, edge_step)
        stack = _resized(stack, self.size)
        skin, edges, hair, backdrop = stack.split([3, 2, 3, 3], dim=1)
        fine = self.layout["skin_fine"]
        skin = skin + functional.pad(drawn["skin_fine"], _padding(fine))
        floor = 1 + HAIR_FLOOR
        hair = (hair + floor) * detail.clamp(-1.5, 1.2).exp() - floor
        return Layers(skin, hair, backdrop, torch.sigmoid(edges * self.steepness), drawn["field"])

    def _placed(self, name: str, drawn: dict[str, Tensor], edge_step: Tensor) -> Tensor:
        """What the half-size level adds: middle skin and the exemplars' edges, zero elsewhere."""
        skin = functional.pad(drawn[name], _padding(self.layout[name]))
        return functional.pad(torch.cat([skin, edge_step], dim=1), (0, 0, 0, 0, 0, 6))

    def forward(self, latent: Tensor, size: int | None = None) -> Tensor:
        """Draw `latent` `[batch, 4, w_dim]` as `[batch, 3, size, size]` in [-1, 1]."""
        size = size or self.size
        parts = self.layers(latent)
        return self.develop(parts.flat(), parts.field, size)

    def develop(self, flat: Tensor, field: Tensor, size: int) -> Tensor:
        """Warp the mean-frame picture to its shape and sharpen it."""
        step = 2 * _resized(field, size).permute(0, 2, 3, 1)
        axis = (torch.arange(size, device=flat.device, dtype=flat.dtype) * 2 + 1) / size - 1
        grid = torch.stack(torch.meshgrid(axis, axis, indexing="xy"), dim=-1)
        picture = functional.grid_sample(
            flat, grid + step, mode="bilinear", padding_mode="reflection", align_corners=False
        )
        reach = max(1, size // self.size)
        soft = functional.avg_pool2d(picture, 2 * reach + 1, stride=1, padding=reach, count_include_pad=False)
        return (picture + self.unsharp * (picture - soft)).clamp(-1, 1)


def _resized(picture: Tensor, size: int) -> Tensor:
    if picture.shape[-1] == size:
        return picture
    return functional.interpolate(picture, size=(size, size), mode="bilinear", align_corners=False)


def _padding(block: Block) -> tuple[int, int, int, int]:
    """Left, right, top, bottom around a cropped block."""
    right = block.grid - block.left - block.width
    return block.left, right, block.top, block.grid - block.top - block.height
