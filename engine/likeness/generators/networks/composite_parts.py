"""Parts of the composite network: its blocks, mirrored linear bands, and blends of exemplars."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate

import torch
from torch import Tensor, nn

from likeness.generators.networks.byte_rows import RUN, ByteRows, is_quick

ROWS = 4  # latent layers: shape, broad, middle, fine
# Levels added to hair brightness (black is 0, white 2) so that its logarithm stays bounded;
# training measures strands with the same number.
HAIR_FLOOR = 0.12


# What an exemplar of hair and one of skin hold, and by which power of their weights it is drawn: `cover` is squared.
HAIR_PARTS = {"detail": 1, "cover": 2, "edges": 1, "hair": 1, "backdrop": 1}
SKIN_PARTS = {"detail": 1}


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


def _unfold(left: Tensor, right: Tensor, shape: tuple[int, ...], sign: Tensor | None = None) -> Tensor:
    """Full pictures `[batch, *shape]` from their left halves and the mirror images of their right ones, flat runs."""
    half = (-1, *shape[:-1], shape[-1] // 2)
    length = math.prod(half[1:])
    left, right = left[:, :length].reshape(half), right[:, :length].reshape(half).flip(-1)
    return torch.cat([left, right if sign is None else right * sign], dim=-1)


class MirrorBands(nn.Module):
    """All blocks, each from the left halves of its even and its odd components.

    Args:
        tensors: of the weights file.
        blocks: by name, in the order of their latent layers.
        parity: of each of the latent's columns, true for odd.
        dtype: in which components are multiplied on a graphics card.
    """

    even_index: Tensor
    odd_index: Tensor
    mean: Tensor

    def __init__(
        self, tensors: Mapping[str, Tensor], blocks: Mapping[str, Block], parity: Tensor, dtype: torch.dtype
    ) -> None:
        super().__init__()
        self.blocks = dict(blocks)
        self.dtype = dtype
        self.register_buffer("even_index", torch.nonzero(~parity).flatten())
        self.register_buffer("odd_index", torch.nonzero(parity).flatten())
        self.even, self.odd = (
            ByteRows([(tensors[f"{name}.{kind}"], tensors[f"{name}.{kind}_scale"]) for name in blocks])
            for kind in ("even", "odd")
        )
        ends = list(accumulate(runs * RUN for runs in self.even.runs))
        self._begins = dict(zip(blocks, [0, *ends], strict=False))
        mean = torch.zeros(ends[-1])
        for name, block in blocks.items():
            begin = self._begins[name]
            mean[begin : begin + math.prod(block.shape) // 2] = tensors[f"{name}.mean"].float().flatten()
            if block.odd_channels:
                sign = torch.ones(block.channels, 1, 1)
                sign[list(block.odd_channels)] = -1
                self.register_buffer(f"sign_{name}", sign)
        self.register_buffer("mean", mean)
        self._places = [_places_of_rows(rows) for rows in (self.even, self.odd)]
        self._row_of_run = torch.cat(
            [torch.full((runs,), block.row) for runs, block in zip(self.even.runs, blocks.values(), strict=True)]
        )
        # Made where bytes cannot be summed as they are: for a gradient, or on a graphics card.
        self._matrices: dict[tuple[str, bool], Tensor] = {}

    def forward(self, latent: Tensor, rows: range) -> dict[str, Tensor]:
        """Draw the blocks of some layers, `[batch, *block.shape]` each, from `latent` `[batch, 4, w_dim]`."""
        chosen = {name: block for name, block in self.blocks.items() if block.row in rows}
        first, end = self._runs_of(chosen)
        codes = latent.index_select(2, self.even_index), latent.index_select(2, self.odd_index)
        if is_quick(latent):
            row_of_run = self._row_of_run[first:end]
            even, odd = (
                table.sum(places[first:end].expand(len(latent), -1, -1), code.index_select(1, row_of_run)).flatten(1)
                for table, places, code in zip((self.even, self.odd), self._places, codes, strict=True)
            )
        else:
            even, odd = (
                torch.cat([self._multiply(name, code[:, block.row], odd) for name, block in chosen.items()], dim=1)
                for code, odd in zip(codes, (False, True), strict=True)
            )
        even = even + self.mean[first * RUN : end * RUN]
        # Split, not sliced: the gradient of each slice would be as long as all of it.
        runs = dict(zip(self.blocks, self.even.runs, strict=True))
        lengths = [runs[name] * RUN for name in chosen]
        halves = zip((even + odd).split(lengths, dim=1), (even - odd).split(lengths, dim=1), strict=True)
        drawn = {}
        for (name, block), (left, right) in zip(chosen.items(), halves, strict=True):
            sign = getattr(self, f"sign_{name}") if block.odd_channels else None
            drawn[name] = _unfold(left, right, block.shape, sign)
        return drawn

    def _runs_of(self, chosen: Mapping[str, Block]) -> tuple[int, int]:
        """Return the first run of these blocks, which lie side by side, and the end of their last."""
        runs = dict(zip(self.blocks, self.even.runs, strict=True))
        first = self._begins[next(iter(chosen))] // RUN
        return first, first + sum(runs[name] for name in chosen)

    def _multiply(self, name: str, code: Tensor, odd: bool) -> Tensor:
        """Return the even or odd part of a block by a product of floats, as long as its runs."""
        key = (name, odd)
        matrix = self._matrices.get(key)
        if matrix is None or matrix.device != code.device:
            # Of the warp bfloat16 has too few bits: slow glides would go in steps.
            exact = code.device.type == "cpu" or self.blocks[name].row == 0
            with torch.inference_mode(False):  # a gradient may go through it later
                rows = (self.odd if odd else self.even).unpack(list(self.blocks).index(name))
                matrix = self._matrices[key] = rows.to(torch.float32 if exact else self.dtype)
        return torch.matmul(code.to(matrix.dtype), matrix).float()


def _places_of_rows(rows: ByteRows) -> Tensor:
    """Return where all rows of each run lie, `[runs, rows]`: the tables have as many rows each."""
    first = torch.cat([rows.first_rows(table) for table in range(len(rows.runs))])
    return (first[:, None] + torch.arange(rows.counts[0])).int()


@dataclass(frozen=True)
class ExemplarChoice:
    """Which exemplars draw a face, and how much each.

    Attributes:
        index: `[batch, chosen]` int32.
        weight: `[batch, chosen]`, summing to one.
        odd_weight: that of their odd halves: of an exemplar's mirror image the negative.
    """

    index: Tensor
    weight: Tensor
    odd_weight: Tensor

    def chunk(self, count: int) -> list[ExemplarChoice]:
        """The choices of as many equal parts of the batch."""
        parts = (each.chunk(count) for each in (self.index, self.weight, self.odd_weight))
        return [ExemplarChoice(*part) for part in zip(*parts, strict=True)]

    def detach(self) -> ExemplarChoice:
        """The same choice without its gradient."""
        return ExemplarChoice(self.index, self.weight.detach(), self.odd_weight.detach())

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
        parts: what each exemplar holds, and by which power of the weights it is drawn.
        parity: of each of the latent's columns, true for odd.
        sharpness: of the choice, per squared standard deviation.
        chosen: exemplars drawn at a time; reading all 96 took 2 ms more of a frame.
        left_out: numbers of exemplars that are never drawn.
        mirrored: whether their mirror images are drawn too. A face in the middle is as near to an exemplar as to its
            mirror image and gets both: hair is even then, and a wall would be a kaleidoscope.

    Attributes:
        count: of the exemplars.
    """

    query: Tensor
    keys: Tensor

    def __init__(
        self,
        tensors: Mapping[str, Tensor],
        prefix: str,
        parts: Mapping[str, int],
        parity: Tensor,
        sharpness: float,
        chosen: int = 16,
        left_out: Sequence[int] = (),
        mirrored: bool = True,
    ) -> None:
        super().__init__()
        self.sharpness = sharpness
        own = {name.removeprefix(f"{prefix}."): tensor for name, tensor in tensors.items() if name.startswith(prefix)}
        kept = [number for number in range(len(own["keys_even"])) if number not in left_out]
        self.count = len(kept)
        even, odd = (own[f"keys_{kind}"].float()[kept] for kind in ("even", "odd"))
        # An exemplar's mirror image has the odd half of its key turned.
        keys = [torch.cat([even, odd], 1), torch.cat([even, -odd], 1)]
        self.register_buffer("keys", torch.cat(keys if mirrored else keys[:1]))
        query = torch.zeros(len(parity), self.keys.shape[1])
        query[~parity, : even.shape[1]] = own["query_even"].float()
        query[parity, even.shape[1] :] = own["query_odd"].float()
        self.register_buffer("query", query)
        self.chosen = min(chosen, len(self.keys) - 1)
        self._parts = dict(parts)
        self._shapes = {part: (*own[f"{part}_even"].shape[1:-1], 2 * own[f"{part}_even"].shape[-1]) for part in parts}
        halves = [f"{part}_{kind}" for part in parts for kind in ("even", "odd")]
        self.rows = ByteRows([(own[half][kept], own[f"{half}_scale"][kept]) for half in halves])
        self._plans: dict[tuple[str, ...], tuple[Tensor, Tensor]] = {}

    def choose(self, code: Tensor) -> ExemplarChoice:
        """The exemplars nearest to a code `[batch, w_dim]`.

        The weight of the first that is left out is taken off all, so none comes or goes with a jump.
        """
        # By subtraction: the product form loses what near neighbours differ in.
        apart = ((code @ self.query)[:, None] - self.keys).square().sum(2)
        top, place = (-self.sharpness * apart).softmax(dim=1).topk(self.chosen + 1, dim=1)
        weight = top[:, :-1] - top[:, -1:]
        weight = weight / weight.sum(1, keepdim=True).clamp(min=1e-12)
        place = place[:, :-1]
        return ExemplarChoice((place % self.count).int(), weight, torch.where(place < self.count, weight, -weight))

    def draw(self, parts: tuple[str, ...], choice: ExemplarChoice) -> dict[str, Tensor]:
        """The weighted sums of some parts, `[batch, channels, height, width]` each."""
        first, kind = self._plan(parts, choice.index.device)
        weights = torch.stack([choice.weight, choice.odd_weight], dim=1)
        weights = torch.cat([weights, weights * choice.weight[:, None]], dim=1)
        sums = self.rows.sum(first[:, None] + choice.index[:, None], weights.index_select(1, kind)).flatten(1)
        even, odd = sums.chunk(2, dim=1)
        lengths = [-(-math.prod(self._shapes[part]) // (2 * RUN)) * RUN for part in parts]
        halves = zip((even + odd).split(lengths, dim=1), (even - odd).split(lengths, dim=1), strict=True)
        return {part: _unfold(*half, self._shapes[part]) for part, half in zip(parts, halves, strict=True)}

    def _plan(self, parts: tuple[str, ...], device: torch.device) -> tuple[Tensor, Tensor]:
        """Where each run of the first exemplar's parts lies, and by which kind of weight it is summed; made once."""
        plan = self._plans.get(parts)
        if plan is None or plan[0].device != device:
            first, kind = [], []
            with torch.inference_mode(False):  # a gradient may go through it later
                for odd in (0, 1):
                    for part in parts:
                        places = self.rows.first_rows(2 * list(self._parts).index(part) + odd)
                        first.append(places)
                        kind.append(torch.full_like(places, 2 * (self._parts[part] - 1) + odd))
                plan = self._plans[parts] = torch.cat(first).to(device), torch.cat(kind).to(device)
        return plan
