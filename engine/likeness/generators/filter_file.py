"""Filter files: image-to-image networks in the program's weights format, opened without running what is in them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from likeness.errors import WeightsError, nearest
from likeness.generator import Licence
from likeness.generators.devices import multiplies_bfloat16
from likeness.generators.networks.filter_network import (
    CELL,
    INNER,
    MOST_STYLES,
    MULTIPLE,
    OUTER,
    FilterNetwork,
    draw_grain,
)
from likeness.generators.weights_file import WeightsHeader, is_of_family, read_count, read_weights, write_weights

FAMILY = "filter"
# Between a filter's name and that of one of its styles: `prints:woodcut`.
SEPARATOR = ":"
LONGEST_NAME = 60
GRAIN_SEED = 0
GRAIN_STEPS = (0.6180339887, 0.7548776662)  # parts of the sides, of the golden ratio in one and in two dimensions
STYLE_NAME = re.compile(r"[\w][\w .()+-]*")


@dataclass(frozen=True)
class FilterInfo:
    """The facts about a filter.

    Args:
        kind: how it was trained, "style" or "cycle".
        styles: names of its styles, in the order of its tables.
        size: px of the pictures that it was trained on, at which its strokes are as wide as they were learnt.
        licence: of the file.
    """

    kind: str
    styles: tuple[str, ...]
    size: int
    licence: Licence


class Filter:
    """A filter that plays; one thread at a time.

    Args:
        network: placed already.
        info: the facts about it.
    """

    def __init__(self, network: FilterNetwork, info: FilterInfo) -> None:
        self.network, self.info = network.eval().requires_grad_(False), info
        self._grain = torch.empty(0, 0, 0, 0)

    def shares_of(self, style: str) -> tuple[float, ...]:
        """Return the shares of the style of that name: 1 for it, 0 for the others.

        Raises:
            WeightsError: the file has no such style; the nearest are named.
        """
        if style not in self.info.styles:
            raise WeightsError(f"the filter has no style {style!r}; {nearest(style, self.info.styles)}")
        return tuple(float(name == style) for name in self.info.styles)

    def shares_at(self, position: float) -> tuple[float, ...]:
        """Return the shares at a position in [0, 1] along the styles: 0 is the first, 1 the last, halves in between."""
        place = min(max(position, 0.0), 1.0) * (len(self.info.styles) - 1)
        return tuple(max(0.0, 1.0 - abs(place - number)) for number in range(len(self.info.styles)))

    def row(self, shares: Sequence[float]) -> Tensor:
        """Return shares of each style, which sum to 1, as `draw` takes them, `[1, styles]`; no device sync."""
        weight = self.network.enter.weight
        # Filled on the device: a tensor made of a list is copied there, and the show waits for it.
        filled = [torch.full((1, 1), share, dtype=weight.dtype, device=weight.device) for share in shares]
        return torch.cat(filled, dim=1)

    def draw(self, images: Tensor, row: Tensor, turn: int = 0) -> Tensor:
        """Return pictures filtered; deterministic, no device sync.

        Args:
            images: `[batch, 3, H, W]` in [-1, 1], of any height and width from 8 px.
            row: of the styles' shares, as `row` returns it.
            turn: number of the grain; another one sets the strokes anew, as in a film that is drawn frame by frame.

        Returns:
            Pictures of the same shape in [-1, 1], float32.
        """
        height, width = images.shape[2:]
        below, right = -height % MULTIPLE, -width % MULTIPLE
        if below or right:
            images = functional.pad(images, (0, right, 0, below), mode="replicate")
        grain = self._draw_grain(images.shape[2], images.shape[3], turn)
        drawn: Tensor = self.network(images, row, grain)
        return drawn[:, :, :height, :width].clamp(-1.0, 1.0).float()

    def _draw_grain(self, height: int, width: int, turn: int) -> Tensor:
        """Return the grain of that number: one drawn for the size and kept, moved by as much as the number says."""
        shape, weight = (height // CELL, width // CELL), self.network.enter.weight
        if self._grain.shape[2:] != shape:
            drawn = draw_grain(height, width, dice=torch.Generator().manual_seed(GRAIN_SEED))
            self._grain = drawn.to(weight.device, weight.dtype, memory_format=torch.channels_last)
        if turn == 0:
            return self._grain
        # By golden ratios of the sides: no two of the next hundreds are alike.
        down, right = (round(turn * ratio * side) % side for ratio, side in zip(GRAIN_STEPS, shape, strict=True))
        return self._grain.roll((down, right), (2, 3))


def write_filter(path: Path, network: FilterNetwork, info: FilterInfo) -> WeightsHeader:
    """Write a filter in half precision, by which no picture changes visibly; the old file stays until it is whole.

    Raises:
        WeightsError: the disk refuses.
    """
    arguments = {
        "kind": info.kind,
        "styles": list(info.styles),
        "size": info.size,
        "widths": list(network.widths),
        "blocks": len(network.first),
    }
    tensors = {name: tensor.half() for name, tensor in network.state_dict().items()}
    return write_weights(path, WeightsHeader(FAMILY, arguments, info.licence), tensors)


def is_filter(path: Path) -> bool:
    """Return whether a file says that it is a filter; whether it is a whole one is not looked at."""
    return is_of_family(path, FAMILY)


def open_filter(path: Path, device: torch.device) -> Filter:
    """Open a filter on the device, in the number type that is fastest there.

    Raises:
        WeightsError: it is absent, broken, changed since it was written, or no filter.
    """
    header, tensors = read_weights(path)
    if header.family != FAMILY:
        raise WeightsError(f"{path} holds weights of the family {header.family}, not a filter; play it with --weights")
    try:
        info, widths, blocks = _read_arguments(header)
        _check_tensors(tensors, widths, blocks, len(info.styles))
        network = FilterNetwork(widths, blocks, len(info.styles))
        network.load_state_dict({name: tensor.float() for name, tensor in tensors.items()})
    except (KeyError, TypeError, ValueError, RuntimeError) as error:
        line = " ".join(str(error).split())[:300]
        raise WeightsError(f"{path} is a broken filter ({line}); train or copy it again") from error
    return Filter(_place(network, device), info)


def _read_arguments(header: WeightsHeader) -> tuple[FilterInfo, tuple[int, int], int]:
    """Return what a header says.

    Raises:
        KeyError, TypeError, ValueError: something is absent or out of range.
    """
    arguments: Mapping[str, Any] = header.arguments
    styles = check_style_names(arguments["styles"])
    cells, half = (read_count(width, OUTER, "widths") for width in arguments["widths"])
    blocks = read_count(arguments["blocks"], INNER, "blocks")
    size = read_count(arguments["size"], (MULTIPLE, 4096), "size")
    return FilterInfo(str(arguments["kind"]), styles, size, header.licence), (cells, half), blocks


def check_style_names(names: object) -> tuple[str, ...]:
    """Return names of styles that can be told apart and typed.

    Raises:
        ValueError: they are not; naming what was wanted.
    """
    if not isinstance(names, list | tuple) or not 1 <= len(names) <= MOST_STYLES:
        raise ValueError(f"wanted 1 to {MOST_STYLES} styles")
    for name in names:
        if not isinstance(name, str) or len(name) > LONGEST_NAME or not STYLE_NAME.fullmatch(name):
            raise ValueError(f"{name!r:.80} is no name of a style; wanted letters and digits, at most {LONGEST_NAME}")
    if len(set(names)) < len(names):
        raise ValueError(f"two styles have one name: {', '.join(names)}")
    return tuple(names)


def _check_tensors(tensors: Mapping[str, Tensor], widths: tuple[int, int], blocks: int, styles: int) -> None:
    """Refuse a header that asks for more than the file holds, and numbers that would show as black or as noise.

    Raises:
        KeyError, ValueError: a tensor is absent, of another shape, or holds numbers that are not finite.
    """
    wanted = {"down.weight": (widths[1], widths[0], 3, 3), "gains.0": (styles, widths[0])}
    for name, shape in wanted.items():
        if tuple(tensors[name].shape) != shape:
            raise ValueError(f"{name} is {list(tensors[name].shape)}, its header says {list(shape)}")
    if sum(name.startswith("first.") for name in tensors) != 2 * blocks:
        raise ValueError(f"it holds another number of blocks than {blocks}")
    for name, tensor in tensors.items():
        if not tensor.is_floating_point() or not bool(tensor.isfinite().all()):
            raise ValueError(f"{name} holds numbers that are not finite")


def _place(network: FilterNetwork, device: torch.device) -> FilterNetwork:
    """Return the network on the device, in bfloat16 where that is multiplied in hardware."""
    half = device.type == "cuda" or (device.type == "cpu" and multiplies_bfloat16())
    dtype = torch.bfloat16 if half else torch.float32
    return network.to(device, dtype, memory_format=torch.channels_last)  # type: ignore[call-overload,no-any-return]
