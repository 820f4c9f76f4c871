"""The synthesis cut at the layers that are bent: a backend draws the pieces, torch bends between them.

What is bent changes from frame to frame and where it is bent does not, so a piece is built once for a layer and every
operation plays through it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from likeness.generator import Bend, NoiseMode
from likeness.generators.families.stepping import bend_state
from likeness.generators.families.stylegan_base import Draw, DrawCut
from likeness.generators.networks.ops import State

# Makes what draws a module, of the module and one example of its inputs.
BuildPiece = Callable[[nn.Module, tuple[Tensor, ...]], Draw]


@dataclass(frozen=True)
class Packing:
    """A state between two layers as one tensor `[batch, n]` float32, since backends hand on one.

    Args:
        shapes: of each tensor without its batch; None for one that is absent there.
        dtypes: as the network takes them.
    """

    shapes: tuple[tuple[int, ...] | None, ...]
    dtypes: tuple[torch.dtype, ...]

    @classmethod
    def of(cls, state: State) -> "Packing":
        """Return how `state` is packed."""
        shapes = tuple(None if tensor is None else tuple(tensor.shape[1:]) for tensor in state)
        return cls(shapes, tuple(torch.float32 if tensor is None else tensor.dtype for tensor in state))

    def pack(self, state: State) -> Tensor:
        """Return `state` as one tensor."""
        return torch.cat([tensor.float().flatten(1) for tensor in state if tensor is not None], dim=1)

    def unpack(self, packed: Tensor) -> State:
        """Return the state that `packed` holds, views where the type is the same."""
        state: list[Tensor | None] = []
        start = 0
        for shape, dtype in zip(self.shapes, self.dtypes, strict=True):
            if shape is None:
                state.append(None)
                continue
            stop = start + torch.Size(shape).numel()
            state.append(packed[:, start:stop].reshape(-1, *shape).to(dtype))
            start = stop
        return tuple(state)


class Piece(nn.Module):
    """The layers after one cut up to the next, as a module of tensors alone, with the stored noise.

    Args:
        synthesis: the whole network.
        layers: indices of the layers, `[start, stop)`; 0 is where the network begins.
        before: the packing of what comes in, None for the first piece.
        after: of what goes out, None for the last one, which gives the pictures.
    """

    def __init__(
        self, synthesis: nn.Module, layers: tuple[int, int], before: Packing | None, after: Packing | None
    ) -> None:
        super().__init__()
        self.synthesis: Any = synthesis
        self.layers, self.before, self.after = layers, before, after

    def forward(self, *inputs: Tensor) -> Tensor:
        """Return the packed state at the last layer, or the pictures; the state comes last among the inputs."""
        start, stop = self.layers
        ws = inputs[0]
        if self.before is None:
            state: State = self.synthesis.begin(*inputs)
            start = 1
        else:
            state = self.before.unpack(inputs[-1])
        for index in range(start, stop):
            state = self.synthesis.step(index, state, ws, "const")
        if self.after is not None:
            return self.after.pack(state)
        image: Tensor = self.synthesis.end(state, ws)
        return image


def cut_synthesis(synthesis: nn.Module, inputs: tuple[Tensor, ...], names: Sequence[str], build: BuildPiece) -> DrawCut:
    """Return what draws `synthesis` with the layers `names` bent, each piece built by `build`.

    Args:
        inputs: one example of them.
        names: in the order in which they are drawn.
    """
    network: Any = synthesis
    order: tuple[str, ...] = network.layer_names
    stops = [order.index(name) + 1 for name in names]
    draws: list[Draw] = []
    packings: list[Packing] = []
    before, start = None, 0
    with torch.inference_mode():
        state: State = network.begin(*inputs)
        for stop in (*stops, len(order)):
            given = inputs if before is None else (*inputs, before.pack(state))
            for index in range(max(start, 1), stop):
                state = network.step(index, state, inputs[0], "const")
            after = Packing.of(state) if len(packings) < len(stops) else None
            draws.append(build(Piece(synthesis, (start, stop), before, after), given))
            if after is not None:
                packings.append(after)
            before, start = after, stop

    def draw(operations: Mapping[str, Bend], noise: NoiseMode, *inputs: Tensor) -> Tensor | None:
        packed: tuple[Tensor, ...] = ()
        for name, piece, packing in zip(names, draws, packings, strict=False):
            made = piece(noise, *inputs, *packed)
            if made is None:
                return None
            packed = (packing.pack(bend_state(packing.unpack(made), operations.get(name))),)
        return draws[-1](noise, *inputs, *packed)

    return draw
