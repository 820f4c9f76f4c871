"""Ridge regression of codes to the target values of every block, where not all of the photo was seen."""

from __future__ import annotations

from collections.abc import Set

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from likeness.generators.networks.composite import CompositeNetwork
from likeness.generators.networks.composite_parts import ROWS, Block

Matrix = npt.NDArray[np.float32]

# How firmly a code holds to the mean face, and a layer's code to the joint one, against the photo.
JOINT_RIDGE = 0.02
LAYER_RIDGE = 0.005
# How much each block says about the joint code: shape and broad skin are seen best. Pores are
# left out: that cost nothing (0.03 dB) and saved 6 ms.
TRUST = {
    "field": 1.0,
    "edges": 0.5,
    "skin": 2.0,
    "hair": 0.7,
    "backdrop": 0.2,
    "skin_middle": 1.5,
}


def multiply(matrix: Matrix, vector: Matrix) -> Matrix:
    """Return the product of a matrix and a vector, by torch.

    numpy's own threads spin while they wait for one another: beside a busy neighbour on two cores
    a photo took four times as long, 240 ms. Torch's sleep.
    """
    product: Matrix = torch.mv(torch.from_numpy(matrix), torch.from_numpy(vector)).numpy()
    return product


def _fold(picture: Matrix, block: Block) -> tuple[Matrix, Matrix]:
    """Even and odd halves of `[channels, height, width]`, flat."""
    half = block.width // 2
    left, right = picture[:, :, :half], picture[:, :, half:][:, :, ::-1]
    if block.odd_channels:
        right = right.copy()
        right[list(block.odd_channels)] *= -1
    return np.asarray((left + right) / 2, np.float32).ravel(), np.asarray((left - right) / 2, np.float32).ravel()


def _unfold(even: Matrix, odd: Matrix, block: Block) -> Matrix:
    """The picture whose halves these are."""
    half = (block.channels, block.height, block.width // 2)
    right = (even - odd).reshape(half)[:, :, ::-1].copy()
    right[list(block.odd_channels)] *= -1
    return np.concatenate([(even + odd).reshape(half), right], axis=2)


class LinearModel:
    """The linear part of a network on half widths, and the inverses that fitting needs.

    Args:
        network: whose blocks are fitted.
        tensors: of its weights file.
    """

    def __init__(self, network: CompositeNetwork, tensors: dict[str, Tensor]) -> None:
        self.layout = network.layout
        parity = tensors["parity"].bool().numpy()
        self.even_index, self.odd_index = np.flatnonzero(~parity), np.flatnonzero(parity)
        self._maps: dict[str, tuple[Matrix, Matrix]] = {}
        self._scale: dict[str, np.float32] = {}
        grams = {}
        for name in self.layout:
            even, odd = (_unpack(tensors, f"{name}.{kind}") for kind in ("even", "odd"))
            # Full pictures have twice the energy of their halves.
            energy = 2 * float((even**2).sum() + (odd**2).sum()) / len(parity)
            self._maps[name] = even, odd
            self._scale[name] = np.float32(TRUST.get(name, 1.0) ** 2 / (energy + 1e-12))
            gram = np.zeros((len(parity), len(parity)), np.float32)
            gram[np.ix_(self.even_index, self.even_index)] = 2 * even @ even.T
            gram[np.ix_(self.odd_index, self.odd_index)] = 2 * odd @ odd.T
            grams[name] = gram * self._scale[name]
        self._grams = grams
        self._inverses: dict[tuple[str, ...], Matrix] = {}

    def _pull(self, name: str, rest: Matrix) -> Matrix:
        """Return the gradient of one block's fit with respect to the code, `[w_dim]`."""
        even, odd = _fold(rest, self.layout[name])
        pull = np.empty(len(self.even_index) + len(self.odd_index), np.float32)
        pull[self.even_index] = multiply(self._maps[name][0], even)
        pull[self.odd_index] = multiply(self._maps[name][1], odd)
        return 2 * self._scale[name] * pull

    def _draw_step(self, name: str, step: Matrix) -> Matrix:
        """Return what a step of the code adds to a block."""
        even = multiply(self._maps[name][0].T, step[self.even_index])
        odd = multiply(self._maps[name][1].T, step[self.odd_index])
        return _unfold(even, odd, self.layout[name])

    def _inverse(self, names: tuple[str, ...], ridge: float) -> Matrix:
        if names not in self._inverses:
            gram = np.sum([self._grams[name] for name in names], axis=0)
            self._inverses[names] = np.linalg.inv(gram + ridge * np.eye(len(gram), dtype=np.float32)).astype(np.float32)
        return self._inverses[names]

    def _descend(
        self,
        code: Matrix,
        home: Matrix,
        ridge: float,
        rests: dict[str, Matrix],
        seen: dict[str, Matrix],
        steps: int,
        last: bool,
    ) -> Matrix:
        """The code after some steps; `rests` are brought along in place, but not by the `last` step of all."""
        inverse = self._inverse(tuple(rests), ridge)
        for turn in range(steps):
            pull = np.sum([self._pull(name, rest) for name, rest in rests.items()], axis=0)
            step = multiply(inverse, pull + ridge * (home - code))
            code = code + step
            if last and turn == steps - 1:
                break
            for name, rest in rests.items():
                rest -= self._draw_step(name, step) * seen[name]
        return code

    def fit(self, layers: Matrix, rests: dict[str, Matrix], seen: dict[str, Matrix], steps: int) -> Matrix:
        """Codes `[4, w_dim]` that draw what is wanted.

        Args:
            layers: the codes drawn last, `[4, w_dim]`.
            rests: wanted minus drawn where seen, `[channels, height, width]` by block; changed in place.
            seen: how far each pixel counts, broadcast over channels.
            steps: of filling in what was not seen.
        """
        code = layers.mean(0)
        broad = {name: rest for name, rest in rests.items() if name in TRUST}
        self._rebase_residuals(rests.keys() & TRUST.keys(), code, layers, rests, seen)
        joint = self._descend(code, np.zeros_like(code), JOINT_RIDGE, broad, seen, steps, last=False)
        self._rebase_residuals(rests.keys() - TRUST.keys(), joint, layers, rests, seen)
        fitted = np.repeat(joint[None], ROWS, axis=0)
        for row in range(ROWS):
            own = {name: rest for name, rest in rests.items() if self.layout[name].row == row}
            if own:
                fitted[row] = self._descend(joint, joint, LAYER_RIDGE, own, seen, steps, last=True)
        return fitted.astype(np.float32)

    def step_layer(self, code: Matrix, home: Matrix, rests: dict[str, Matrix], seen: dict[str, Matrix]) -> Matrix:
        """Return one layer's code `[w_dim]` after a step from `code`, held near `home`.

        Args:
            code, home: `[w_dim]`.
            rests: wanted minus drawn where seen, of blocks of that layer alone.
            seen: how far each pixel counts.
        """
        return self._descend(code, home, LAYER_RIDGE, rests, seen, 1, last=True)

    def _rebase_residuals(
        self, names: Set[str], code: Matrix, layers: Matrix, rests: dict[str, Matrix], seen: dict[str, Matrix]
    ) -> None:
        """Turn rests against each layer's own drawing into rests against the drawing of one `code`, in place."""
        for name in names:
            apart = layers[self.layout[name].row] - code
            if apart.any():  # before the first round all layers are one
                rests[name] += self._draw_step(name, apart) * seen[name]


def _unpack(tensors: dict[str, Tensor], name: str) -> Matrix:
    """Components `[n, half size]` in float32."""
    packed = tensors[name].numpy().astype(np.float32)
    return np.asarray(packed.reshape(len(packed), -1) * tensors[f"{name}_scale"].numpy()[:, None], np.float32)
