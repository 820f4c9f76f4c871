"""Glasses for composite weights: the directions of the latent that put them on, and the rims that there are.

The rims were measured on faces of the training set that wear some, in px of their 256, with a grid over four times
their size.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from likeness.errors import WeightsError
from likeness.generators.networks.glasses import DARKEN
from likeness.generators.networks.glasses_drawing import Rims
from likeness.generators.weights_file import WeightsHeader, read_weights, write_weights
from likeness.toolkit.latent_file import write_direction, write_directions
from likeness.training.quiet_axes import (
    DIGITS,
    GLASSES,
    RIM_AXES,
    find_quiet_axes,
    style_direction,
    worn_direction,
    worn_switch,
)

FAMILY = "composite"
ARGUMENT = "glasses"  # of a composite's header
# Each with what its file says that it changes.
CHANGES = {
    "glasses": "puts glasses on",
    "sunglasses": "puts glasses with dark lenses on",
    "rims": "of who wears glasses: from wire to heavy, from square to round, from clear to dark lenses",
}
DIRECTIONS = tuple(CHANGES)
MEASURED_ON = 256  # px
STYLES = 3  # heavy, round, dark

BLACK, GREY, GOLD, STEEL = (0.05, 0.05, 0.06), (0.30, 0.31, 0.32), (0.72, 0.58, 0.36), (0.70, 0.74, 0.76)
# What dark lenses let through.
SMOKE, BROWN, GREEN = (0.10, 0.10, 0.11), (0.30, 0.17, 0.09), (0.12, 0.20, 0.16)


def _round_wire(heavy: float, around: float, **other: Any) -> Rims:
    """Return round rims of gold wire, or others made of them."""
    wire = Rims(
        heavy, around, apart=33.5, below=8, half_width=21.5, half_height=21.5, power=2, taper=0, tilt=0, droop=0,
        top=1.3, foot=1.1, bridge=1.7, bridge_height=0.45, bar=0, hinge=0.45, temple=2.0,
        colour=GOLD, foot_colour=GOLD, gloss=0.5, solid=0.95, lens=GREEN,
    )  # fmt: skip
    return replace(wire, **other)


def _square_plastic(heavy: float, around: float, **other: Any) -> Rims:
    """Return square rims of black plastic, or others made of them."""
    plastic = Rims(
        heavy, around, apart=36.5, below=5, half_width=26, half_height=20.5, power=3.2, taper=0.10, tilt=0.03, droop=0,
        top=4.2, foot=3.0, bridge=5.5, bridge_height=0.55, bar=0, hinge=0.80, temple=5.5,
        colour=BLACK, foot_colour=BLACK, gloss=0.45, solid=1, lens=SMOKE,
    )  # fmt: skip
    return replace(plastic, **other)


# By what they look like; each with the training face that it was measured on.
RIMS: Mapping[str, Rims] = {
    "gold wire, round": _round_wire(-0.9, 0.9),  # 1310
    "steel wire, large and round": _round_wire(  # 0202
        -0.3, 1.2, apart=35.5, below=9, half_width=24.5, half_height=24.5, top=2.0, foot=1.8, colour=STEEL,
        foot_colour=STEEL, bridge=2.2, lens=SMOKE,
    ),
    "black, thick and round": _square_plastic(  # 1788
        0.9, 1.1, apart=34.5, below=6, half_width=22, half_height=22, power=2, taper=0, tilt=0, top=4.6, foot=4.2,
        bridge=5.0, bridge_height=0.35, hinge=0.4,
    ),
    "blue, round": _square_plastic(  # 0473
        0.35, 0.75, apart=36, below=7, half_width=24.5, half_height=24.5, power=2.05, taper=0, tilt=0, top=3.4, foot=3,
        bridge=4.2, bridge_height=0.5, hinge=0.5, temple=4, colour=(0.16, 0.22, 0.40), foot_colour=(0.16, 0.22, 0.40),
        lens=(0.14, 0.17, 0.30),
    ),
    "tortoiseshell, round below": _square_plastic(  # 0863
        0.45, 0.1, apart=36, below=8, half_width=25.5, half_height=22.5, power=2.3, taper=0.08, top=3.6, foot=3.2,
        bridge=6, bridge_height=0.5, hinge=0.72, temple=5, colour=(0.17, 0.08, 0.05), foot_colour=(0.28, 0.13, 0.06),
        lens=BROWN,
    ),
    "bronze wire, square above": _round_wire(  # 0596
        -0.75, 0.15, apart=34.5, below=5, half_width=24, half_height=21, power=2.6, taper=0.14, top=1.6, foot=1.2,
        hinge=0.6, bridge_height=0.55, colour=(0.56, 0.45, 0.34), foot_colour=(0.60, 0.50, 0.40), lens=BROWN,
    ),
    "gold, with a second bridge": _round_wire(  # 0739
        -1.1, -0.5, apart=35.5, below=7, half_width=26, half_height=22.5, power=2.5, taper=0.12, droop=2.0, top=1.4,
        foot=1.2, bar=1.7, bridge_height=0.45, hinge=0.7,
    ),
    "steel wire, narrow": _round_wire(  # 0254
        -0.65, -1.05, apart=34, below=8, half_width=25, half_height=15.5, power=3.0, taper=0.06, top=1.5, foot=1.2,
        hinge=0.6, bridge_height=0.5, colour=(0.45, 0.47, 0.50), foot_colour=(0.50, 0.52, 0.55), lens=SMOKE,
    ),
    "black above, gold below": _square_plastic(  # 0846
        0.0, -0.45, apart=34.5, below=7, half_width=25, half_height=22, power=2.4, taper=0.07, top=6.0, foot=1.3,
        bridge=2.2, bridge_height=0.72, hinge=0.75, foot_colour=GOLD, lens=GREEN,
    ),
    "black, square": _square_plastic(1.0, -0.75),  # 0190
    "wine red, square": _square_plastic(  # 0196
        0.3, -1.15, below=6, half_height=20.5, power=3.3, taper=0.12, top=3.0, foot=2.2, bridge=4, temple=4.5,
        colour=(0.33, 0.10, 0.17), foot_colour=(0.38, 0.13, 0.20), lens=BROWN,
    ),
    "dark, cat's eyes": _square_plastic(  # 1355
        1.15, 0.2, apart=34.5, below=6, half_width=25, half_height=20.5, power=2.6, taper=0.14, tilt=0.16, top=5,
        foot=2.4, bridge=5, bridge_height=0.4, hinge=0.85, colour=(0.12, 0.09, 0.09), foot_colour=(0.16, 0.12, 0.12),
    ),
    "clear, grey": _square_plastic(  # 0387
        -0.15, 0.45, below=5, half_width=25, half_height=19, power=2.8, top=4.2, foot=3.8, bridge=5, gloss=0.35,
        solid=0.62, colour=(0.72, 0.68, 0.66), foot_colour=(0.74, 0.70, 0.68), lens=GREY,
    ),
}  # fmt: skip
LENGTHS = (
    "apart", "below", "half_width", "half_height", "droop", "top", "foot", "bridge", "bar", "temple",
)  # fmt: skip


def find_glasses(tensors: Mapping[str, Tensor]) -> dict[str, Any]:
    """Return the argument of a header by which composite weights draw glasses, plain JSON for `networks.glasses`.

    Args:
        tensors: of the weights file. Where the latent has no room for them, nothing is returned.
    """
    if int((tensors["parity"] == 0).sum()) <= STYLES:
        return {}
    axes = find_quiet_axes(tensors)
    kinds = [{"name": name, **_to_json(rims)} for name, rims in RIMS.items()]
    return {ARGUMENT: {"worn": axes[GLASSES], "style": axes[RIM_AXES], "rims": kinds}}


def _to_json(rims: Rims) -> dict[str, float | list[float]]:
    """Return measures with lengths in picture widths."""
    told: dict[str, float | list[float]] = {}
    for measure, value in asdict(rims).items():
        scale = MEASURED_ON if measure in LENGTHS else 1
        told[measure] = list(value) if isinstance(value, tuple) else round(value / scale, DIGITS)
    return told


def add_glasses(weights: Path, out: Path) -> WeightsHeader:
    """Write composite weights that draw glasses, with or without a refiner or an enlarger; return their header.

    Their tensors stay as they are, and so does their SHA-256: what is saved for them goes on to play.

    Raises:
        WeightsError: the file is broken, of another family, has too few components, or the disk refuses.
    """
    header, tensors = read_weights(weights)
    if header.family != FAMILY:
        raise WeightsError(f"{weights} is a {header.family}; glasses are for composites such as faces-256")
    found = find_glasses(tensors)
    if not found:
        raise WeightsError(f"{weights} has too few components for glasses; train it with 8 or more")
    return write_weights(out, WeightsHeader(FAMILY, {**header.arguments, **found}, header.licence), tensors)


def write_glasses_directions(weights: Path, name: str, folder: Path) -> list[Path]:
    """Write the directions by which weights wear glasses into a folder; see `glasses_directions`.

    Args:
        weights: a composite file.
        name: of the weights, for the files to say.

    Returns:
        The files; none, where the weights draw no glasses.

    Raises:
        WeightsError: the file is broken, or the disk refuses.
    """
    header, tensors = read_weights(weights)
    if ARGUMENT not in header.arguments:
        return []
    about = {"method": "quiet", "weights": name, "weights_sha256": header.sha256, "licence": header.licence.name}
    files = []
    for word, bank in glasses_directions(header.arguments[ARGUMENT], tensors["parity"]).items():
        files.append(folder / f"{word}.safetensors")
        told = {"name": word, "attribute": CHANGES[word]} | about
        if len(bank) == 1:
            write_direction(files[-1], bank[0], told | worn_switch("glasses").about())
        else:
            write_directions(files[-1], bank, told)
    return files


def glasses_directions(told: Mapping[str, Any], parity: Tensor) -> dict[str, Tensor]:
    """Return the directions of a header's glasses by name, `[n, 4, w_dim]` each.

    `glasses` puts them on, `sunglasses` with dark lenses; `rims` are three: from wire to heavy, from square to round,
    from clear to dark.

    Args:
        told: of the header, as `find_glasses` makes it.
        parity: of the weights file.
    """
    worn = worn_direction(told["worn"], parity)
    styles = torch.stack([style_direction(axis, parity) for axis in told["style"]])
    banks = worn[None], (worn + DARKEN * styles[2])[None], styles
    return dict(zip(DIRECTIONS, banks, strict=True))
