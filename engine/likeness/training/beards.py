"""Beards for composite weights: opacity and strands cut from photos of people who have one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch

from likeness.encoders.open_encoder import open_encoder_for
from likeness.errors import TrainingError
from likeness.faces.bands import LUMA
from likeness.faces.flow import Bytes, Image, invert, resize_field, warp
from likeness.generators.families.composite import FAMILY, CompositeGenerator
from likeness.generators.networks.beard import STRONGEST, pack_layers
from likeness.generators.networks.beard_hairs import BOTTOM, SIDE, TOP
from likeness.generators.weights_file import WeightsHeader, read_weights, write_weights
from likeness.picture import to_tensor
from likeness.training.pictures import read_square_picture
from likeness.training.quiet_axes import BEARD, KIND, Wearable, find_quiet_axes, write_wearable_directions

ARGUMENT = "beard"  # of a composite's header
# Each with what its file says that it changes.
CHANGES = {"beard": "lets a beard grow", "beards": "of who has a beard: from moustache to full beard"}
DIRECTIONS = tuple(CHANGES)
WEARABLE = Wearable(ARGUMENT, "beards", "a beard", "beards", CHANGES)
KINDS = ("moustache", "goatee", "beard")
MEASURED_ON = 256  # px of the mean face in which zones are given
# Where skin is bare on a face with a beard: rows, and columns of the left cheek; the right one mirrors them.
CHEEK_ROWS, CHEEK_COLUMNS = (135, 165), (82, 100)
# Skin darker than this share of the cheek's begins to be hair; the darkest so much of a zone is all hair.
SHADED, DARKEST = 0.82, 0.12
HAZE = (0.1, 0.95)  # between which shares of that darkness hair begins and ends: less is the shade of a neck
DETAIL_PX = 6.0  # strands are what differs within so much
LEAST_LUMA = 0.06  # keeps logarithms of black bounded


@dataclass(frozen=True)
class Bearded:
    """A photo of somebody with a beard.

    Attributes:
        photo: an aligned picture.
        kind: one of `KINDS`: how far the beard reaches.
    """

    photo: Path
    kind: str


def parse_bearded(text: str) -> Bearded:
    """Return what `PHOTO:KIND` means.

    Raises:
        TrainingError: there is no such photo or kind.
    """
    name, _, kind = text.rpartition(":")
    if kind not in KINDS:
        raise TrainingError(f"{text!r} ends in no kind of beard; write PHOTO:KIND with one of {', '.join(KINDS)}")
    if not Path(name).is_file():
        raise TrainingError(f"there is no photo {name}")
    return Bearded(Path(name), kind)


def cut_beard(face: Bytes, kind: str) -> Image:
    """Return the right half of a beard, opacity in [0, 1] and strands as log-brightness, `[2, height, width]`.

    Both halves count: hair is where both have some, so that a shadow on one side is none.

    Args:
        face: in the mean frame, `[size, size, 3]` BGR.
        kind: one of `KINDS`.
    """
    size = len(face)
    luma = np.asarray((face.astype(np.float32) / 255) @ LUMA, np.float32)
    zone = draw_zone(size, kind)
    skin = SHADED * _expected_skin(luma)
    hair = float(np.quantile(luma[zone > 0.7], DARKEST))
    opacity = _smooth_step((skin - luma) / np.maximum(skin - hair, 1e-3), *HAZE) * zone
    detail = np.where(opacity > 0.2, np.log((luma + LEAST_LUMA) / (hair + LEAST_LUMA)), 0).astype(np.float32)
    sigma = DETAIL_PX * size / MEASURED_ON
    usual = cv2.GaussianBlur(detail * opacity, (0, 0), sigma) / (cv2.GaussianBlur(opacity, (0, 0), sigma) + 0.02)
    detail = np.clip(detail - usual, -STRONGEST, STRONGEST)
    rows, width = slice(round(TOP * size), round(BOTTOM * size)), round(SIDE * size)
    right, left = (slice(size // 2, size // 2 + width), slice(size // 2 - width, size // 2))
    halves = [(image[rows, right], image[rows, left][:, ::-1]) for image in (opacity, detail)]
    # A little leeway, since no beard is mirror-even.
    both = np.minimum(*(cv2.GaussianBlur(half, (0, 0), sigma / 6) for half in halves[0]))
    # Strands of the half that has more hair; a mean of both would be mush.
    strands = max(zip(*halves, strict=True), key=lambda half: float(half[0].mean()))[1]
    return np.stack([both, strands]).astype(np.float32)


def draw_zone(size: int, kind: str) -> Image:
    """Return where a kind of beard may be in the mean frame, `[size, size]` in [0, 1], mirror-even."""
    scale = MEASURED_ON / size
    y, x = np.mgrid[:size, :size].astype(np.float32) * scale
    x = np.abs(x - (MEASURED_ON - scale) / 2)
    off_lips = 1 - _smooth_step(1 - (x / 29) ** 2 - ((y - 194) / 11) ** 2, -0.15, 0.25)
    if kind == "moustache":
        reach = _smooth_step(y, 164, 172) * (1 - _smooth_step(x, 42, 52)) * (1 - _smooth_step(y, 192, 197))
    elif kind == "goatee":
        reach = _smooth_step(y, 164, 172) * (1 - _smooth_step(x, 32, 44)) * (1 - _smooth_step(y, 230, 242))
    else:
        cheeks = _smooth_step(y - 168 + 40 * _smooth_step(x, 36, 66), -2, 10)
        reach = cheeks * (1 - _smooth_step(x, 62, 76)) * (1 - _smooth_step(y + 0.4 * x, 240, 258))
    return np.asarray(reach * off_lips, np.float32)


def _expected_skin(luma: Image) -> Image:
    """Return the brightness of skin by that of both cheeks, as far as light falls from one side."""
    size = len(luma)
    scale = size / MEASURED_ON
    rows, columns = (slice(round(a * scale), round(b * scale)) for a, b in (CHEEK_ROWS, CHEEK_COLUMNS))
    left, right = float(np.median(luma[rows, columns])), float(np.median(luma[:, ::-1][rows, columns]))
    middle = sum(CHEEK_COLUMNS) / 2 * scale
    part = np.clip((np.arange(size, dtype=np.float32) - middle) / (size - 2 * middle), -0.1, 1.1)
    return np.asarray((left + (right - left) * part)[None, :], np.float32)


def _smooth_step(x: Image, start: float, end: float) -> Image:
    part = np.clip((x - start) / (end - start), 0, 1)
    return np.asarray(part * part * (3 - 2 * part), np.float32)


def add_beards(generator: CompositeGenerator, bearded: Sequence[Bearded], out: Path) -> WeightsHeader:
    """Write composite weights that draw beards cut from photos, in their order from least to most.

    Their tensors stay as they are, and so does their SHA-256: what is saved for them goes on to play.

    Args:
        generator: opened from the weights file.
        bearded: aligned photos, cut as in FFHQ.
        out: the file to write.

    Raises:
        TrainingError: a photo cannot be read, or the latent has too few components.
        WeightsError: the disk refuses.
    """
    assert generator.info.weights is not None
    header, tensors = read_weights(generator.info.weights)
    axes = find_quiet_axes(tensors)
    if len(axes) <= KIND:
        raise TrainingError(f"{generator.info.weights} has too few components for beards; train it with 12 or more")
    encoder, size = open_encoder_for(generator), generator.network.size
    layers = []
    for each in bearded:
        picture = read_square_picture(each.photo, size)
        shown = to_tensor(picture[..., ::-1])
        with torch.inference_mode():
            latent = encoder.encode(shown.to(generator.mean.device))
            field = generator.network.blocks(latent, 1)["field"][0].permute(1, 2, 0).cpu().numpy()
        layers.append(
            cut_beard(np.asarray(warp(picture, resize_field(invert(field * len(field)), size)), np.uint8), each.kind)
        )
    stacked = np.stack(layers)
    shape = [len(stacked), *stacked.shape[2:]]
    told = {"worn": axes[BEARD], "kind": axes[KIND], "shape": shape, "layers": pack_layers(stacked)}
    return write_weights(out, WeightsHeader(FAMILY, {**header.arguments, ARGUMENT: told}, header.licence), tensors)


def write_beard_directions(weights: Path, name: str, folder: Path) -> list[Path]:
    """Write the directions `beard`, which lets one grow, and `beards`, from the least to the most, into a folder.

    Args:
        weights: a composite file with beards.
        name: of the weights, for the files to say.

    Raises:
        WeightsError: the file is broken or has no beards, or the disk refuses.
    """
    return write_wearable_directions(weights, name, folder, WEARABLE)
