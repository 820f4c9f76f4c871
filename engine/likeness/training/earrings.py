"""The earrings of composite weights: the directions of the latent by which they are worn, and their kinds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

from likeness.errors import WeightsError
from likeness.generators.networks.earrings import Kind
from likeness.generators.weights_file import WeightsHeader, read_weights, write_weights
from likeness.training.drawing_recipe import FAMILY
from likeness.training.quiet_axes import EARRINGS, HOOPS, Wearable, find_quiet_axes, write_wearable_directions

ARGUMENT = "earrings"  # of a composite's header
# Each with what its file says that it changes.
CHANGES = {"earrings": "puts earrings on", "hoops": "of who wears earrings: from studs to large hoops"}
DIRECTIONS = tuple(CHANGES)
WEARABLE = Wearable(ARGUMENT, "earrings", "earrings", "earrings", CHANGES)

GOLD, SILVER, PEARL = (0.86, 0.66, 0.34), (0.80, 0.82, 0.85), (0.92, 0.88, 0.82)
# From studs to large hoops, drawn by eye.
KINDS: Mapping[str, Kind] = {
    "gold stud": Kind(stud=1, radius=1.9, hoop=0, wide=3.0, high=4.0, thick=0.6, colour=GOLD),
    "pearl": Kind(stud=1, radius=2.6, hoop=0, wide=3.0, high=4.0, thick=0.6, colour=PEARL),
    "silver hoop": Kind(stud=0, radius=1.6, hoop=1, wide=4.0, high=5.2, thick=0.8, colour=SILVER),
    "gold hoop": Kind(stud=0, radius=1.6, hoop=1, wide=5.5, high=7.4, thick=1.0, colour=GOLD),
    "large gold hoop": Kind(stud=0, radius=1.6, hoop=1, wide=8.2, high=11.5, thick=1.1, colour=GOLD),
}


def add_earrings(weights: Path, out: Path) -> WeightsHeader:
    """Write composite weights that draw earrings, with or without a refiner or an enlarger; return their header.

    Their tensors stay as they are, and so does their SHA-256: what is saved for them goes on to play.

    Args:
        weights: of people's faces, cut as in FFHQ.
        out: the file to write.

    Raises:
        WeightsError: the file is broken, of another family, has too few components, or the disk refuses.
    """
    header, tensors = read_weights(weights)
    if header.family != FAMILY:
        raise WeightsError(f"{weights} is a {header.family}; earrings are for composites such as faces-256")
    axes = find_quiet_axes(tensors)
    if len(axes) <= HOOPS:
        raise WeightsError(f"{weights} has too few components for earrings; train it with 20 or more")
    kinds = [{"name": name, **asdict(kind)} for name, kind in KINDS.items()]
    told = {"worn": axes[EARRINGS], "kind": axes[HOOPS], "kinds": kinds}
    return write_weights(out, WeightsHeader(FAMILY, {**header.arguments, ARGUMENT: told}, header.licence), tensors)


def write_earring_directions(weights: Path, name: str, folder: Path) -> list[Path]:
    """Write the directions `earrings`, which puts them on, and `hoops`, from studs to large hoops, into a folder.

    Args:
        weights: a composite file with earrings.
        name: of the weights, for the files to say.

    Raises:
        WeightsError: the file is broken or has no earrings, or the disk refuses.
    """
    return write_wearable_directions(weights, name, folder, WEARABLE)
