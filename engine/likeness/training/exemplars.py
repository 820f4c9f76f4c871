"""Choose heads of hair that stand for all, and keep what the linear model misses of them."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from likeness.faces import bands
from likeness.faces.mattes import signed_distance
from likeness.networks.composite import block_layout
from likeness.training.joint import JointCode, drawn
from likeness.training.layers import LayeredFaces, hair_of
from likeness.training.pca import Matrix, join_mirror, split_mirror

# Directions of the hair's plane, even and odd, and their weight: silhouettes first, then colour.
PLANE = (("edges", 14, 7, 1.0), ("hair", 8, 4, 0.7))


@dataclass(frozen=True)
class Exemplars:
    """Heads of hair with their places in the hair's plane.

    Attributes:
        faces: their indices in the training set.
        query_even, query_odd: from codes to the hair's plane.
        keys_even, keys_odd: their places there.
        parts: halves for the network by tensor name, `[n, channels, height, width / 2]`.
    """

    faces: npt.NDArray[np.intp]
    query_even: Matrix
    query_odd: Matrix
    keys_even: Matrix
    keys_odd: Matrix
    parts: dict[str, Matrix]


def _plane(code: JointCode, parity: str) -> Matrix:
    """Axes `[w, k]` of a code along which hair differs most."""
    axes = []
    for name, even_count, odd_count, weight in PLANE:
        maps = code.even_maps[name] if parity == "even" else code.odd_maps[name]
        left, values, _ = np.linalg.svd(maps, full_matrices=False)
        scale = values / (values[0] if parity == "even" else np.linalg.svd(code.even_maps[name])[1][0])
        count = even_count if parity == "even" else odd_count
        axes.append(weight * left[:, :count] * scale[:count])
    return np.concatenate(axes, axis=1).astype(np.float32)


def _choose(places: Matrix, merit: Matrix, count: int, seed: int) -> npt.NDArray[np.intp]:
    """One member of each k-means cell: near its centre, and of high merit."""
    rng = np.random.default_rng(seed)
    centres = places[rng.choice(len(places), count, replace=False)]
    for _ in range(30):
        apart = ((places[:, None] - centres[None]) ** 2).sum(2)
        cell = apart.argmin(1)
        centres = np.stack([places[cell == j].mean(0) if (cell == j).any() else centres[j] for j in range(count)])
    apart = ((places[:, None] - centres[None]) ** 2).sum(2)
    cell = apart.argmin(1)
    chosen = []
    for j in range(count):
        members = np.flatnonzero(cell == j)
        if len(members):
            chosen.append(int(members[np.argmax(merit[members] - 2 * apart[members, j])]))
    return np.array(sorted(chosen), np.intp)


def _half_channels(pictures: Matrix) -> tuple[Matrix, Matrix]:
    """Even and odd halves, channels first, of `[n, height, width, channels]`."""
    count, height, width, channels = pictures.shape
    halves = split_mirror(pictures)
    shape = (count, height, width // 2, channels)
    even, odd = (half.reshape(shape).transpose(0, 3, 1, 2).copy() for half in halves)
    return even, odd


def choose_exemplars(layered: LayeredFaces, code: JointCode, count: int, *, seed: int = 0) -> Exemplars:
    """Pick up to `count` clearly cut heads spread over the hair's plane, and measure them."""
    query_even, query_odd = _plane(code, "even"), _plane(code, "odd")
    keys_even, keys_odd = code.even @ query_even, code.odd @ query_odd
    usable = (layered.weights >= np.quantile(layered.weights, 0.3)) & (
        layered.outline >= np.quantile(layered.outline, 0.5)
    )
    pool = np.flatnonzero(usable)
    places = np.concatenate([keys_even, np.abs(keys_odd)], axis=1)[pool]
    faces = pool[_choose(places, layered.outline[pool], min(count, len(pool)), seed)]

    size = layered.faces.shape[1]
    half = size // 2
    block = block_layout(size)["edges"]
    details, covers, steps = [], [], []
    linear = join_mirror(*drawn(code, "edges", faces), (block.height, block.width, block.channels))
    for place, i in enumerate(faces):
        detail, cover = hair_of(layered, int(i))
        details.append(detail)
        covers.append(cover**2)
        mattes = layered.mattes[int(i)]
        edges = np.stack([signed_distance(mattes.skin), signed_distance(mattes.person)], axis=2)
        # A hard matte's staircase, left in, is torn paper on the stage.
        edges = cv2.GaussianBlur(edges, (0, 0), 0.8 * size / 256)
        steps.append(edges - bands.resized(linear[place], half))
    parts = {}
    for name, pictures in (("detail", details), ("cover", covers)):
        parts[f"{name}_even"], parts[f"{name}_odd"] = _half_channels(np.stack(pictures)[..., None])
    parts["edges_even"], parts["edges_odd"] = _half_channels(np.stack(steps))
    return Exemplars(faces, query_even, query_odd, keys_even[faces], keys_odd[faces], parts)
