"""One code for shape, mattes and colours: joint components, and each block's regression on them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from likeness.generators.networks.composite_parts import block_layout
from likeness.training.layered_faces import LayeredFaces
from likeness.training.pca import Components, Matrix, principal_components, split_mirror

# The weight of each block in the joint code (standard deviation), and its number of even components. The face must have
# most of the code; hair and walls are drawn toward exemplars anyway.
SHARES = {
    "field": (1.2, 60),
    "edges": (1.0, 60),
    "skin": (1.6, 60),
    "hair": (0.8, 40),
    "backdrop": (0.3, 16),
    "skin_middle": (1.6, 140),
    "skin_fine": (1.2, 160),
}
OUTLINED = ("edges", "hair", "backdrop")  # blocks that a wrong cut spoils


@dataclass(frozen=True)
class JointCode:
    """Codes of the training faces, and the maps from codes to blocks, even and odd apart.

    Attributes:
        even, odd: whitened codes `[n, n_even]`, `[n, n_odd]`.
        parity: `[w_dim]`, true where a direction is odd, directions by falling variance.
        means: `[half size]` of each block.
        even_maps, odd_maps: `[n_even or n_odd, half size]` of each block.
        captured: share of each block's variance that the code explains.
    """

    even: Matrix
    odd: Matrix
    parity: npt.NDArray[np.bool_]
    means: dict[str, Matrix]
    even_maps: dict[str, Matrix]
    odd_maps: dict[str, Matrix]
    captured: dict[str, float]


def _variance(rows: Matrix, weights: Matrix) -> float:
    return float(np.einsum("n,nd,nd->", weights, rows, rows, optimize=True))


def _fit_regression(codes: Matrix, rows: Matrix, weights: Matrix) -> Matrix:
    """Return the least-squares map `[w, size]` from codes to rows; the ridge bounds it where weights are few."""
    weighed = codes * weights[:, None]
    gram = weighed.T @ codes + 1e-2 * np.eye(codes.shape[1], dtype=np.float32)
    return np.asarray(np.linalg.solve(gram, weighed.T @ rows), np.float32)


@dataclass(frozen=True)
class _Half:
    """One block's even or odd half with its own components and scaled scores."""

    rows: Matrix
    components: Components
    scores: Matrix


def _split_block(layered: LayeredFaces, name: str, weights: Matrix, seed: int) -> tuple[_Half, _Half]:
    share, count = SHARES[name]
    block = block_layout(layered.faces.shape[1])[name]
    even, odd = split_mirror(layered.blocks[name], block.odd_channels)
    of_even = principal_components(even, count, weights=weights, seed=seed)
    of_odd = principal_components(odd, max(8, count * 2 // 3), weights=weights, centred=True, seed=seed)
    total = float((of_even.spread**2).sum() + (of_odd.spread**2).sum())
    scale = np.float32(share / np.sqrt(total + 1e-12))
    return (
        _Half(even, of_even, of_even.project(even) * scale),
        _Half(odd, of_odd, of_odd.project(odd) * scale),
    )


def _whiten(scores: Matrix, count: int, weights: Matrix, *, centred: bool, seed: int) -> tuple[Matrix, Matrix]:
    """Return joint codes of unit variance `[n, count]` and the spread of each direction."""
    joint = principal_components(scores, count, weights=weights, centred=centred, seed=seed)
    return np.asarray(joint.project(scores) / np.maximum(joint.spread, 1e-6), np.float32), joint.spread


def fit_joint_code(layered: LayeredFaces, components: int, *, seed: int = 0) -> JointCode:
    """Fit the joint code [Cootes et al. 2001, sec. 3.3] and each block's regression on it.

    Args:
        components: `w_dim`, even and odd together; fewer where there are too few faces.
    """
    face = layered.weights / layered.weights.sum()
    outlined = layered.weights * (0.03 + layered.outline)
    outlined /= outlined.sum()
    both = layered.weights * (0.3 + 0.7 * layered.outline)
    both /= both.sum()
    by_block = {name: outlined if name in OUTLINED else face for name in SHARES}
    halves = {name: _split_block(layered, name, by_block[name], seed) for name in SHARES}
    even_scores = np.concatenate([halves[name][0].scores for name in SHARES], axis=1)
    odd_scores = np.concatenate([halves[name][1].scores for name in SHARES], axis=1)
    even, even_spread = _whiten(even_scores, components, both, centred=False, seed=seed)
    odd, odd_spread = _whiten(odd_scores, components, both, centred=True, seed=seed)
    spread = np.concatenate([even_spread, odd_spread])
    order = np.argsort(-spread, kind="stable")[:components]
    parity = order >= len(even_spread)
    even, odd = even[:, : int((~parity).sum())], odd[:, : int(parity.sum())]

    means, even_maps, odd_maps, captured = {}, {}, {}, {}
    for name, (of_even, of_odd) in halves.items():
        weights = by_block[name]
        centred = of_even.rows - of_even.components.mean
        means[name] = of_even.components.mean
        even_maps[name] = _fit_regression(even, centred, weights)
        odd_maps[name] = _fit_regression(odd, of_odd.rows, weights)
        total = _variance(centred, weights) + _variance(of_odd.rows, weights)
        left = _variance(centred - even @ even_maps[name], weights)
        left += _variance(of_odd.rows - odd @ odd_maps[name], weights)
        captured[name] = 1 - left / (total + 1e-12)
    return JointCode(even, odd, parity, means, even_maps, odd_maps, captured)


def draw_block(code: JointCode, name: str, faces: npt.NDArray[np.intp]) -> tuple[Matrix, Matrix]:
    """Return the even and odd halves of a block of some training faces, as the linear model draws them."""
    return (
        code.means[name] + code.even[faces] @ code.even_maps[name],
        code.odd[faces] @ code.odd_maps[name],
    )
