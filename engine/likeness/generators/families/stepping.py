"""A synthesis drawn layer by layer: bent, mixed with a second one, or only as far as a layer; layers swapped."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Protocol

import torch
from torch import Tensor
from torch.nn import functional

from likeness.generator import Bend, BendableGenerator, Bends, NoiseMode
from likeness.generators.networks.ops import State


class SteppedSynthesis(Protocol):
    """A synthesis as its layers; `forward` is `begin`, each `step`, `end`.

    Attributes:
        layer_names: in the order in which they are drawn; the first is what `begin` gives.
    """

    layer_names: tuple[str, ...]

    @property
    def begin(self) -> Callable[..., State]:
        """What gives the state at the first layer, called with the inputs, of which the first is the latent."""
        ...

    def step(self, index: int, state: State, ws: Tensor, noise: NoiseMode) -> State:
        """Return the state at the layer of that `index` from the one at the layer before."""
        ...

    def end(self, state: State, ws: Tensor) -> Tensor:
        """Return the pictures of the state at the last layer."""
        ...


def bend_state(state: State, bend: Bend | None) -> State:
    """Return `state` with its features bent, computed in float32 and of the same type as before."""
    x = state[0]
    if bend is None or x is None:
        return state
    return (bend(x.float()).to(x.dtype), *state[1:])


def mix_states(state: State, other: State, share: float) -> State:
    """Return `state` with `share` in [0, 1] of `other`, straight between them."""
    pairs = zip(state, other, strict=True)
    return tuple(a if a is None or b is None else torch.lerp(a, b.to(a.dtype), share) for a, b in pairs)


def draw_bent_synthesis(
    synthesis: SteppedSynthesis,
    noise: NoiseMode,
    inputs: Sequence[Tensor],
    operations: Mapping[str, Bend],
    other: SteppedSynthesis | None = None,
    shares: Mapping[str, float] | None = None,
) -> Tensor:
    """Return the pictures of `inputs`, each layer mixed with the other's where asked for, then bent.

    Mixed is what both networks' layers make of the same state: with 1 at the coarse layers and 0 after them the
    coarse half of one network draws into the fine half of the other [Pinkney & Adler 2020, sec. 2, on activations in
    place of weights].
    """
    ws, shares = inputs[0], shares or {}
    state: State = ()
    share = 0.0
    for index, name in enumerate(synthesis.layer_names):
        share = shares.get(name, 0.0) if other is not None else 0.0
        before = state
        state = synthesis.step(index, before, ws, noise) if index else synthesis.begin(*inputs)
        if share and other is not None:
            beside = other.step(index, before, ws, noise) if index else other.begin(*inputs)
            state = mix_states(state, beside, share)
        state = bend_state(state, operations.get(name))
    image = synthesis.end(state, ws)
    if share and other is not None:
        image = torch.lerp(image, other.end(state, ws), share)
    return image


def draw_synthesis_layers(
    synthesis: SteppedSynthesis, noise: NoiseMode, inputs: Sequence[Tensor], names: Sequence[str]
) -> dict[str, Tensor]:
    """Return the features of the layers `names`, float32; what lies behind the last of them is not drawn."""
    found: dict[str, Tensor] = {}
    state: State = ()
    wanted = set(names)
    for index, name in enumerate(synthesis.layer_names):
        state = synthesis.step(index, state, inputs[0], noise) if index else synthesis.begin(*inputs)
        if name in wanted and state[0] is not None:
            found[name] = state[0].float().clone()
        if len(found) == len(wanted):
            break
    return found


def add_swaps(bends: Bends, layers: Mapping[str, Tensor]) -> Mapping[str, Bend]:
    """Return one operation for each layer that is swapped or bent.

    Args:
        bends: of which the swaps come first.
        layers: what each swapped layer gives, unbent.
    """
    operations = dict(bends.operations)
    for swap in bends.swaps:
        for name, beside in ((swap.first, swap.second), (swap.second, swap.first)):
            if name in layers and beside in layers:
                operations[name] = partial(_swap_and_bend, layers[beside], swap.amount, operations.get(name))
    return operations


def find_operations(generator: BendableGenerator, latent: Tensor, bends: Bends) -> Mapping[str, Bend]:
    """Return one operation for each layer of `latent` that is mixed, swapped or bent."""
    operations = dict(bends.operations)
    if bends.swaps:
        operations = dict(add_swaps(bends, generator.draw_layers(latent, names_of_swaps(bends))))
    shares = {name: share for name, share in bends.shares.items() if share}
    if bends.other is not None and shares:
        for name, other in bends.other.draw_layers(latent, tuple(shares)).items():
            operations[name] = partial(_mix_and_bend, other, shares[name], operations.get(name))
    return operations


def names_of_swaps(bends: Bends) -> tuple[str, ...]:
    """Return the layers that are swapped."""
    return tuple(name for swap in bends.swaps for name in (swap.first, swap.second))


def fit_layer(layer: Tensor, like: Tensor) -> Tensor:
    """Return `layer` [batch, C, h, w] of the shape of `like`: bilinear, its channels in turn until there are enough."""
    if layer.shape[2:] != like.shape[2:]:
        shrinks = layer.shape[2] > like.shape[2]
        size = like.shape[2:]
        layer = functional.interpolate(layer, size=size, mode="bilinear", align_corners=False, antialias=shrinks)
    channels = like.shape[1]
    return layer.repeat(1, -(-channels // layer.shape[1]), 1, 1)[:, :channels]


def _mix_and_bend(other: Tensor, share: float, bend: Bend | None, x: Tensor) -> Tensor:
    """Return `x` with `share` in [0, 1] of another generator's layer, bent."""
    mixed = torch.lerp(x, other, share)
    return mixed if bend is None else bend(mixed)


def _swap_and_bend(other: Tensor, amount: float, bend: Bend | None, x: Tensor) -> Tensor:
    swapped = torch.lerp(x, fit_layer(other, x), amount)
    return swapped if bend is None else bend(swapped)
