"""Exemplars: representative heads of hair and skins, with the detail that the linear model misses."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from likeness.faces import bands
from likeness.faces.mattes import signed_distance
from likeness.generators.networks.composite_parts import block_layout
from likeness.training.head_shapes import measure_lopsidedness
from likeness.training.joint_code import JointCode, draw_block
from likeness.training.layered_faces import LayeredFaces, extract_hair
from likeness.training.pca import Matrix, join_mirror, split_mirror

# Blocks in which exemplars are compared: directions used, even and odd, and their weight.
Plane = tuple[tuple[str, int, int, float], ...]
HAIR_PLANE: Plane = (("edges", 14, 7, 1.0), ("hair", 8, 4, 0.7))
SKIN_PLANE: Plane = (("skin_fine", 10, 5, 1.0), ("skin_middle", 6, 3, 0.5))
# Where lower rims of glasses run over the cheeks: rows of the picture, and columns on either side of its middle.
CHEEK_ROWS, CHEEK_COLUMNS = (0.53, 0.62), (0.05, 0.24)
# Skins with more there than this share of them are no exemplars. Of 88 training faces that wear glasses or sunglasses
# 87 are among the quarter with the most.
MOST_ON_CHEEKS = 0.75
# And so are the harshest: paint, jewellery, the staircase of an upscaler.
MOST_HARSHNESS = 0.85
# Heads that are more lopsided than this share of them are no exemplars: of the 96 of composite-256 the even half held
# 28 of the 33 that were picked by eye.
MOST_LOPSIDED = 0.5


@dataclass(frozen=True)
class Exemplars:
    """Some training faces with their places in a plane of the code.

    Attributes:
        faces: their indices in the training set.
        query_even, query_odd: from codes to the plane.
        keys_even, keys_odd: their places there.
        parts: halves for the network by tensor name, `[n, channels, height, width / 2]`.
    """

    faces: npt.NDArray[np.intp]
    query_even: Matrix
    query_odd: Matrix
    keys_even: Matrix
    keys_odd: Matrix
    parts: dict[str, Matrix]


def _find_axes(code: JointCode, plane: Plane) -> tuple[Matrix, Matrix]:
    """Return axes `[n_even, k]` and `[n_odd, k]` of the code along which the plane's blocks differ most."""
    even_axes, odd_axes = [], []
    for name, even_count, odd_count, weight in plane:
        left, values, _ = np.linalg.svd(code.even_maps[name], full_matrices=False)
        largest = values[0]
        even_axes.append(weight * left[:, :even_count] * values[:even_count] / largest)
        left, values, _ = np.linalg.svd(code.odd_maps[name], full_matrices=False)
        odd_axes.append(weight * left[:, :odd_count] * values[:odd_count] / largest)
    return np.concatenate(even_axes, axis=1).astype(np.float32), np.concatenate(odd_axes, axis=1).astype(np.float32)


def _choose_members(places: Matrix, merit: Matrix, count: int, seed: int) -> npt.NDArray[np.intp]:
    """Return one member of each k-means cell: near its centre, and of high merit."""
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


def _split_channels_first(pictures: Matrix) -> tuple[Matrix, Matrix]:
    """Return even and odd halves, channels first, of `[n, height, width, channels]`."""
    count, height, width, channels = pictures.shape
    halves = split_mirror(pictures)
    shape = (count, height, width // 2, channels)
    even, odd = (half.reshape(shape).transpose(0, 3, 1, 2).copy() for half in halves)
    return even, odd


def _choose_exemplars(
    code: JointCode, plane: Plane, pool: npt.NDArray[np.intp], merit: Matrix, count: int, seed: int
) -> Exemplars:
    """Return exemplars chosen from `pool`, without their parts."""
    query_even, query_odd = _find_axes(code, plane)
    keys_even, keys_odd = code.even @ query_even, code.odd @ query_odd
    places = np.concatenate([keys_even, np.abs(keys_odd)], axis=1)[pool]
    faces = pool[_choose_members(places, merit[pool], min(count, len(pool)), seed)]
    return Exemplars(faces, query_even, query_odd, keys_even[faces], keys_odd[faces], {})


def choose_hair(layered: LayeredFaces, code: JointCode, count: int, *, seed: int = 0) -> Exemplars:
    """Return up to `count` clearly cut, even heads spread over the hair's plane, with their hair."""
    clear = layered.outline >= np.quantile(layered.outline, 0.5)
    usual = layered.weights >= np.quantile(layered.weights, 0.3)
    pool = np.flatnonzero(clear & usual)
    harsh = np.array([_measure_harshness(*extract_hair(layered, int(i))) for i in pool])
    pool = pool[harsh <= np.quantile(harsh, 0.65)]
    lopsided = np.array([measure_lopsidedness(layered.mattes[int(i)]) for i in pool])
    pool = np.sort(pool[np.argsort(lopsided, kind="stable")[: max(count, round(MOST_LOPSIDED * len(pool)))]])
    chosen = _choose_exemplars(code, HAIR_PLANE, pool, layered.outline, count, seed)
    size = layered.faces.shape[1]
    # Strands are wanted, knitwear is not: one exemplar's clothes on another's shoulders look like frost.
    height = np.linspace(0, 1, size, dtype=np.float32)[:, None]
    above_clothes = 0.4 + 0.6 / (1 + np.exp((height - 0.85) * 30))
    details, covers, outlines = [], [], []
    for i in chosen.faces:
        detail, cover = extract_hair(layered, int(i))
        details.append((detail * above_clothes)[..., None])
        covers.append(cover[..., None] ** 2)
        mattes = layered.mattes[int(i)]
        edges = np.stack([signed_distance(mattes.skin), signed_distance(mattes.person)], axis=2)
        # The staircase of a hard matte would look like torn paper on the stage.
        outlines.append(cv2.GaussianBlur(edges, (0, 0), 0.8 * size / 256))
    pictures = {"detail": np.stack(details), "cover": np.stack(covers), "edges": np.stack(outlines)}
    pictures |= {name: layered.blocks[name][chosen.faces] for name in ("hair", "backdrop")}
    for name, values in pictures.items():
        order = slice(None, None, -1) if values.shape[3] == 3 else slice(None)  # BGR to RGB
        chosen.parts[f"{name}_even"], chosen.parts[f"{name}_odd"] = _split_channels_first(values[..., order])
    return chosen


def _measure_harshness(detail: Matrix, cover: Matrix) -> float:
    """Return the strongest contrast in a head's upper half: high for dotted scarves, lettered caps and backlight.

    It is nearly the maximum, since the 98th percentile let a cap's letters through.
    """
    upper = slice(0, len(detail) // 2)
    seen = bands.resize_square(cover, len(detail))[upper] > 0.9
    return float(np.quantile(np.abs(detail[upper][seen]), 0.997)) if seen.sum() > 50 else 0.0


def choose_skins(layered: LayeredFaces, code: JointCode, count: int, *, seed: int = 0) -> Exemplars:
    """Return up to `count` usual, bare faces spread over the plane of fine skin, with what components miss of it."""
    usual = np.flatnonzero(layered.weights >= np.quantile(layered.weights, 0.4))
    pool = usual[find_bare_skins(layered.blocks["skin_fine"], usual)]
    chosen = _choose_exemplars(code, SKIN_PLANE, pool, layered.weights, count, seed)
    size = layered.faces.shape[1]
    block = block_layout(size)["skin_fine"]
    linear = join_mirror(*draw_block(code, "skin_fine", chosen.faces), (block.height, block.width, block.channels))
    rows, columns = slice(block.top, block.top + block.height), slice(block.left, block.left + block.width)
    details = []
    for row, i in enumerate(chosen.faces):
        support = bands.layer_supports(layered.mattes[int(i)], size).skin[rows, columns, None]
        details.append((layered.blocks["skin_fine"][int(i)] - linear[row]) * support)
    chosen.parts["detail_even"], chosen.parts["detail_odd"] = _split_channels_first(np.stack(details))
    return chosen


def find_bare_skins(fine: Matrix, faces: npt.NDArray[np.intp]) -> npt.NDArray[np.bool_]:
    """Return which of some faces seem to wear neither glasses nor paint, whose lines would be scars on a bare face.

    Args:
        fine: the skin_fine block of all faces, `[n, height, width, 1]`.
        faces: the numbers of those that are looked at.
    """
    measured = np.array([_measure_worn(fine[i, ..., 0]) for i in faces])
    return np.asarray((measured <= np.quantile(measured, (MOST_ON_CHEEKS, MOST_HARSHNESS), axis=0).diagonal()).all(1))


def _measure_worn(fine: Matrix) -> tuple[float, float]:
    """Return how much of a skin's detail runs over both cheeks, and its strongest contrast beside its usual one."""
    power = fine**2
    # The block holds 28 of 32 parts of the picture's height from the third on, 22 of its width around the middle.
    height, width = power.shape
    top, bottom = (round((share * 32 - 3) / 28 * height) for share in CHEEK_ROWS)
    inner, outer = (round(share * 32 / 22 * width) for share in CHEEK_COLUMNS)
    middle = width // 2
    left, right = power[top:bottom, middle - outer : middle - inner], power[top:bottom, middle + inner : middle + outer]
    on_cheeks = np.sqrt(left.mean() * right.mean()) / (power.mean() + 1e-12)
    seen = np.abs(fine[fine != 0])
    harsh = np.quantile(seen, 0.997) / (np.median(seen) + 1e-6) if len(seen) else 0.0
    return float(on_cheeks), float(harsh)
