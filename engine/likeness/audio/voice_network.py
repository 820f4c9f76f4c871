"""Voice network: a small recurrent network from voice features to the shape of a mouth, in numpy alone."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

# What the mouth does, each about 0 to 1: how far the jaw is open, how far the corners are drawn apart, how much the
# lips are shut, how much they are pushed forward, how far they bare the teeth, how high the tongue's tip is.
CHANNELS = ("jaw", "width", "closure", "rounding", "teeth", "tongue")
# Names of the tensors in a weights file, as those of `torch.nn.GRU`.
TENSORS = (
    "mean", "scale", "input.weight", "input.bias",
    "gru.weight_ih_l0", "gru.weight_hh_l0", "gru.bias_ih_l0", "gru.bias_hh_l0", "output.weight", "output.bias",
)  # fmt: skip


class VoiceNetwork:
    """A gated recurrent unit [Cho et al. 2014] between two layers, step by step. One thread; 30 us a step.

    Nothing is read ahead: a row depends on the features up to its own, and its shapes are those of `delay` rows
    before, by when a mouth's shape can be heard.

    Args:
        tensors: by the names of `TENSORS`.

    Attributes:
        hidden: its memory, replaced at each step.

    Raises:
        KeyError: a tensor is absent.
        ValueError: the tensors do not fit each other.
    """

    def __init__(self, tensors: Mapping[str, Floats]) -> None:
        arrays = [np.ascontiguousarray(tensors[name], np.float32) for name in TENSORS]
        self._mean, self._scale, self._first, self._first_bias = arrays[:4]
        self._in, self._across, self._in_bias, self._across_bias, self._last, self._last_bias = arrays[4:]
        self._size = self._across.shape[1]
        if self._in.shape[0] != 3 * self._size or self._last.shape != (len(CHANNELS), self._size):
            raise ValueError(f"a network of {self._in.shape} to {self._last.shape} is no voice network")
        self.hidden = np.zeros(self._size, np.float32)

    def step(self, features: Floats) -> Floats:
        """Return the shapes `[6]` after one more row of features `[13]`; unbounded, about [0, 1]."""
        inner = np.tanh(self._first @ ((features - self._mean) * self._scale) + self._first_bias)
        size, comes, stays = self._size, self._in @ inner + self._in_bias, self._across @ self.hidden
        stays += self._across_bias
        gates = 1.0 / (1.0 + np.exp(-np.clip(comes[: 2 * size] + stays[: 2 * size], -30.0, 30.0)))
        reset, update = gates[:size], gates[size:]
        fresh = np.tanh(comes[2 * size :] + reset * stays[2 * size :])
        self.hidden = (fresh + update * (self.hidden - fresh)).astype(np.float32)
        shapes: Floats = self._last @ self.hidden + self._last_bias
        return shapes
