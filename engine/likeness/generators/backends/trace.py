"""The synthesis as compilers need it: the stored noise alone, its weights fixed, one picture at a time."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from likeness.generator import NoiseMode
from likeness.generators.families.stylegan_base import Draw, StyleGenerator
from likeness.generators.networks.modulated_conv import ModulatedConv
from likeness.generators.networks.stylegan3 import StyleGAN3Layer


class ConstNoiseSynthesis(nn.Module):
    """The synthesis as a graph of tensors alone: the stored noise."""

    def __init__(self, synthesis: nn.Module) -> None:
        super().__init__()
        self.synthesis = synthesis

    def forward(self, *inputs: Tensor) -> Tensor:
        """Return the pictures of the synthesis's `inputs`."""
        image: Tensor = self.synthesis(*inputs)
        return image


def set_fixed_weights(synthesis: nn.Module, fixed: bool) -> None:
    """Keep the weights constant, so that a compiler can lay them out beforehand; or give the choice back."""
    for module in synthesis.modules():
        if isinstance(module, ModulatedConv | StyleGAN3Layer):
            module.fixed_weights = fixed


@contextmanager
def fixed_weights(synthesis: nn.Module) -> Iterator[None]:
    """Keep the weights constant inside."""
    set_fixed_weights(synthesis, True)
    try:
        yield
    finally:
        set_fixed_weights(synthesis, False)


def const_noise_only(draw: Draw) -> Draw:
    """Return what draws single pictures with the stored noise by `draw`, and leaves the others to the network."""

    def drawn(noise: NoiseMode, *inputs: Tensor) -> Tensor | None:
        return draw(*inputs) if noise == "const" and len(inputs[0]) == 1 else None

    return drawn


def warm_up(generator: StyleGenerator, draw: Draw) -> None:
    """Draw once, which compiles and allocates."""
    with torch.inference_mode():
        draw(*generator.inputs(generator.mean[None].contiguous()))


def compile_synthesis(generator: StyleGenerator) -> Draw:
    """Return the synthesis through torch.compile, for single pictures with the stored noise. A minute.

    Its epilogues (noise, bias, nonlinearity, gain, clamp) become one kernel each.
    """
    set_fixed_weights(generator.synthesis, True)
    draw = compile_module(ConstNoiseSynthesis(generator.synthesis))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch's compiler calls what torch calls deprecated
        warm_up(generator, draw)
    return draw


def compile_piece(piece: nn.Module, inputs: tuple[Tensor, ...]) -> Draw:
    """Return a piece of the synthesis through torch.compile, for single pictures with the stored noise."""
    draw = compile_module(piece)
    with warnings.catch_warnings(), torch.inference_mode():
        warnings.simplefilter("ignore")  # as above
        draw(*inputs)
    return const_noise_only(draw)


def compile_module(module: nn.Module) -> Draw:
    """Return what computes `module`, compiled at its first call."""
    made = torch.compile(module, dynamic=False, options={"freezing": True})

    def draw(*inputs: Tensor) -> Tensor:
        image: Tensor = made(*inputs)
        return image

    return draw
