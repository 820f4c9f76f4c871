"""Walls for composite weights: what is behind the people of some photos, continued to where they stand."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import Tensor

from likeness.encoders.open_encoder import open_encoder_for
from likeness.errors import TrainingError
from likeness.faces.flow import Bytes, Image
from likeness.faces.mattes import Mattes, cut_out, prior_mattes
from likeness.generators.families.composite import FAMILY, CompositeGenerator
from likeness.generators.networks.composite import COLOUR_ROW
from likeness.generators.networks.walls import pack_walls
from likeness.generators.weights_file import WeightsHeader, read_weights, write_weights
from likeness.picture import to_tensor
from likeness.training.pictures import read_square_picture

ARGUMENT = "walls"  # of a composite's header
SIZE = 128  # px of a wall
# Of a picture of 256 px: gaps between strands that are closed, and how far from the person a wall is taken to begin.
CLOSED, MARGIN = 25, 23
LEAST_SEEN = 0.12  # of a picture: less of a wall is none
BLUR = 10.0  # px of a wall: what is broader is the backdrop's own
# Out of focus, as behind a portrait, by this blur in px. Where it was not seen it is softer by so much, which hides the
# seam: more would be a haze round every smaller head.
FOCUS, SEAM = 0.5, 0.8
SEAM_WIDTH = 3.0  # px within the hole, over which it becomes so
EVEN, ODD = 8, 4  # axes of the plane in which walls are compared
# Faces by which the plane is shared out: how many, and their truncation, between a show's and none.
FACES, PSI, ROUNDS, SEED = 20_000, 0.8, 25, 1


def cut_wall(photo: Bytes, person: Image) -> Image:
    """Return a wall without its blur, `[SIZE, SIZE, 3]` RGB about 0, where pictures are in [-1, 1].

    Args:
        photo: `[size, size, 3]` BGR.
        person: where somebody stands before it, `[size, size]` in [0, 1].

    Raises:
        TrainingError: too little of a wall is seen.
    """
    unit = len(photo) / 256
    closed = cv2.morphologyEx((person > 0.5).astype(np.uint8), cv2.MORPH_CLOSE, _disc(CLOSED * unit))
    taken = cv2.dilate(closed, _disc(MARGIN * unit))
    if 1 - taken.mean() < LEAST_SEEN:
        raise TrainingError(f"less than {LEAST_SEEN:.0%} of the picture is a wall")
    picture = photo[..., ::-1].astype(np.float32) / 127.5 - 1
    filled = _fill(picture, 1 - taken.astype(np.float32))
    small = np.asarray(cv2.resize(filled, (SIZE, SIZE), interpolation=cv2.INTER_AREA), np.float32)
    hole = cv2.resize(taken.astype(np.float32), (SIZE, SIZE), interpolation=cv2.INTER_AREA) > 0.05
    whole = cv2.GaussianBlur(_continue_behind(small, hole.astype(np.uint8)), (0, 0), FOCUS)
    return np.asarray(whole - cv2.GaussianBlur(whole, (0, 0), BLUR), np.float32)


def _disc(width: float) -> Bytes:
    side = max(1, round(width))
    return np.asarray(cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side)), np.uint8)


def _fill(picture: Image, seen: Image) -> Image:
    """Return a picture whose holes have the mean of what is seen around them, from coarse to fine."""
    if min(picture.shape[:2]) <= 4:
        mean = (picture * seen[..., None]).sum((0, 1)) / max(float(seen.sum()), 1e-6)
        return np.broadcast_to(mean, picture.shape).astype(np.float32)
    height, width = seen.shape
    half = width // 2, height // 2
    weight = np.asarray(cv2.resize(seen, half, interpolation=cv2.INTER_AREA), np.float32)
    coarse = cv2.resize(picture * seen[..., None], half, interpolation=cv2.INTER_AREA)
    below = _fill(np.asarray(coarse / np.maximum(weight, 1e-6)[..., None], np.float32), np.minimum(2 * weight, 1))
    up = cv2.resize(below, (width, height), interpolation=cv2.INTER_LINEAR)
    return np.asarray(picture * seen[..., None] + up * (1 - seen[..., None]), np.float32)


def _continue_behind(picture: Image, hole: Bytes) -> Image:
    """Return a wall whose hole has what lies as far on the other side of its rim, a little softer."""
    height, width = hole.shape
    far, labels = cv2.distanceTransformWithLabels(hole, cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL)
    rows, columns = np.nonzero(hole == 0)
    nearest = np.zeros((int(labels.max()) + 1, 2), np.intp)
    nearest[labels[rows, columns]] = np.stack([rows, columns], axis=1)
    here = np.indices(hole.shape).transpose(1, 2, 0)
    there = np.abs(2 * nearest[labels] - here)
    last = np.array([height - 1, width - 1])
    there = np.clip(last - np.abs(last - there), 0, last)
    mirrored, found = picture[there[..., 0], there[..., 1]], hole[there[..., 0], there[..., 1]] == 0
    whole = _fill(np.where(hole[..., None] > 0, mirrored, picture), ((hole == 0) | found).astype(np.float32))
    share = np.clip(far / SEAM_WIDTH, 0, 1)[..., None]
    return np.asarray(whole + (cv2.GaussianBlur(whole, (0, 0), SEAM) - whole) * share, np.float32)


def find_plane(tensors: dict[str, Tensor], parity: np.ndarray) -> Image:
    """Return axes `[w_dim, EVEN + ODD]` of the latent along which the backdrop differs most, even ones first."""
    query = []
    for kind, count, columns in (("even", EVEN, ~parity), ("odd", ODD, parity)):
        components = tensors[f"backdrop.{kind}"].float().flatten(1)
        components = components * tensors[f"backdrop.{kind}_scale"].float()[:, None]
        left, values, _ = np.linalg.svd(components.numpy(), full_matrices=False)
        axes = np.zeros((len(parity), count), np.float32)
        kept = min(count, len(values))
        axes[columns, :kept] = left[:, :kept] * values[:kept] / values[0]
        query.append(axes)
    return np.concatenate(query, axis=1)


def share_out(places: Image, faces: Image) -> Image:
    """Return a key for each wall, so that faces call them up equally often, and each near its own place.

    Args:
        places: of the walls' own photos in the plane, `[n, k]`.
        faces: places of many faces that are drawn, `[m, k]`, m well above n.
    """
    rng = np.random.default_rng(SEED)
    centres = faces[rng.choice(len(faces), len(places), replace=False)]
    for _ in range(ROUNDS):
        cell = np.concatenate([_apart(part, centres).argmin(1) for part in np.array_split(faces, 20)])
        centres = np.stack(
            [faces[cell == j].mean(0) if (cell == j).any() else centre for j, centre in enumerate(centres)]
        )
    apart, keys = _apart(places, centres), np.zeros_like(places)
    # The nearest pairs first.
    for _ in range(len(places)):
        wall, centre = np.unravel_index(apart.argmin(), apart.shape)
        keys[wall] = centres[centre]
        apart[wall], apart[:, centre] = np.inf, np.inf
    return keys


def _apart(places: Image, centres: Image) -> Image:
    return np.asarray(((places[:, None] - centres[None]) ** 2).sum(2), np.float32)


def add_walls(
    generator: CompositeGenerator,
    photos: Sequence[Path],
    out: Path,
    left_out: Callable[[Path, str], None] = lambda photo, why: None,
) -> WeightsHeader:
    """Write composite weights that draw people before the walls of photos.

    Their tensors stay as they are, and so does their SHA-256: what is saved for them goes on to play.

    Args:
        generator: opened from the weights file.
        photos: aligned photos, cut as in FFHQ, of people with nothing on their heads before a wall or a room.
        out: the file to write.
        left_out: called with each photo that shows too little of a wall, and why.

    Raises:
        TrainingError: a photo cannot be read, or fewer than five show a wall.
        WeightsError: the disk refuses.
    """
    assert generator.info.weights is not None
    header, tensors = read_weights(generator.info.weights)
    parity = tensors["parity"].bool().numpy()
    encoder, size, usual = open_encoder_for(generator), generator.network.size, prior_mattes(generator.network.size)
    walls, codes = [], []
    for photo in photos:
        picture = read_square_picture(photo, size)
        shown = to_tensor(picture[..., ::-1])
        with torch.inference_mode():
            latent = encoder.encode(shown.to(generator.mean.device))
            skin, person = generator.network.draw_regions(generator.network.layers(latent))[0].cpu().numpy()
        led = Mattes((skin + usual.skin) / 2, (np.maximum(person, skin) + usual.person) / 2)
        try:
            walls.append(cut_wall(picture, np.asarray(np.maximum(cut_out(picture, led).person, person), np.float32)))
        except TrainingError as error:
            left_out(photo, str(error))
            continue
        codes.append(latent[0, COLOUR_ROW].cpu().numpy())
    if len(walls) < 5:
        raise TrainingError(f"{len(walls)} of {len(photos)} photos show a wall; give five or more that do")
    query = find_plane(tensors, parity)
    faces = np.random.default_rng(SEED).standard_normal((FACES, len(parity)), np.float32) * np.float32(PSI)
    places, drawn = (np.asarray(code @ query, np.float32) for code in (np.stack(codes), faces))
    told = {
        "count": len(walls),
        "size": SIZE,
        "even": EVEN,
        "query": np.round(query, 5).tolist(),
        "keys": np.round(share_out(places, drawn), 5).tolist(),
        "pictures": pack_walls(np.stack(walls).transpose(0, 3, 1, 2)),
    }
    return write_weights(out, WeightsHeader(FAMILY, {**header.arguments, ARGUMENT: told}, header.licence), tensors)
