"""The make-up of composite weights: the directions of the latent by which it is worn, and the kinds that there are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

from likeness.errors import WeightsError
from likeness.generators.networks.makeup import Paint
from likeness.generators.weights_file import WeightsHeader, read_weights, write_weights
from likeness.training.drawing_recipe import FAMILY
from likeness.training.quiet_axes import MAKE_UP, PAINT, Wearable, find_quiet_axes, write_wearable_directions

ARGUMENT = "makeup"  # of a composite's header
# Each with what its file says that it changes.
CHANGES = {"makeup": "puts make-up on", "makeups": "of who wears make-up: from natural to bold"}
DIRECTIONS = tuple(CHANGES)
WEARABLE = Wearable(ARGUMENT, "makeup", "make-up", "make-up", CHANGES)

# From natural to bold, mixed by eye.
PAINTS: Mapping[str, Paint] = {
    "natural": Paint(
        lips=(0.74, 0.40, 0.38), lips_cover=0.58, gloss=0.35, lids=(0.46, 0.33, 0.27), lids_cover=0.36, line=0.45,
        wing=0.0, cheeks=(0.80, 0.42, 0.36), cheeks_cover=0.2,
    ),
    "coral": Paint(
        lips=(0.88, 0.34, 0.26), lips_cover=0.62, gloss=0.55, lids=(0.56, 0.36, 0.20), lids_cover=0.42, line=0.55,
        wing=0.0, cheeks=(0.88, 0.42, 0.30), cheeks_cover=0.28,
    ),
    "rose": Paint(
        lips=(0.78, 0.24, 0.36), lips_cover=0.68, gloss=0.45, lids=(0.48, 0.28, 0.31), lids_cover=0.45, line=0.65,
        wing=0.25, cheeks=(0.84, 0.36, 0.42), cheeks_cover=0.28,
    ),
    "red": Paint(
        lips=(0.62, 0.04, 0.08), lips_cover=0.82, gloss=0.4, lids=(0.45, 0.32, 0.26), lids_cover=0.4, line=0.9,
        wing=0.9, cheeks=(0.82, 0.36, 0.34), cheeks_cover=0.24,
    ),
    "plum": Paint(
        lips=(0.40, 0.06, 0.20), lips_cover=0.82, gloss=0.3, lids=(0.34, 0.16, 0.30), lids_cover=0.6, line=0.9,
        wing=0.6, cheeks=(0.70, 0.28, 0.40), cheeks_cover=0.28,
    ),
    "smoky": Paint(
        lips=(0.66, 0.30, 0.30), lips_cover=0.6, gloss=0.5, lids=(0.09, 0.08, 0.10), lids_cover=0.65, line=1.0,
        wing=0.3, cheeks=(0.70, 0.36, 0.32), cheeks_cover=0.22,
    ),
    "stage": Paint(
        lips=(0.72, 0.06, 0.38), lips_cover=0.82, gloss=0.7, lids=(0.05, 0.36, 0.58), lids_cover=0.7, line=1.0,
        wing=1.0, cheeks=(0.88, 0.28, 0.46), cheeks_cover=0.3,
    ),
}  # fmt: skip


def add_makeup(weights: Path, out: Path) -> WeightsHeader:
    """Write composite weights that draw make-up, with or without a refiner or an enlarger; return their header.

    Their tensors stay as they are, and so does their SHA-256: what is saved for them goes on to play.

    Args:
        weights: of people's faces, cut as in FFHQ.
        out: the file to write.

    Raises:
        WeightsError: the file is broken, of another family, has too few components, or the disk refuses.
    """
    header, tensors = read_weights(weights)
    if header.family != FAMILY:
        raise WeightsError(f"{weights} is a {header.family}; make-up is for composites such as faces-256")
    axes = find_quiet_axes(tensors)
    if len(axes) <= PAINT:
        raise WeightsError(f"{weights} has too few components for make-up; train it with 16 or more")
    paints = [{"name": name, **asdict(paint)} for name, paint in PAINTS.items()]
    told = {"worn": axes[MAKE_UP], "kind": axes[PAINT], "paints": paints}
    return write_weights(out, WeightsHeader(FAMILY, {**header.arguments, ARGUMENT: told}, header.licence), tensors)


def write_makeup_directions(weights: Path, name: str, folder: Path) -> list[Path]:
    """Write the directions `makeup`, which puts it on, and `makeups`, from natural to bold, into a folder.

    Args:
        weights: a composite file with make-up.
        name: of the weights, for the files to say.

    Raises:
        WeightsError: the file is broken or has no make-up, or the disk refuses.
    """
    return write_wearable_directions(weights, name, folder, WEARABLE)
