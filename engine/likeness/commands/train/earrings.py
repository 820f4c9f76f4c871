"""`likeness train earrings`: earrings for the faces of a composite."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from likeness.commands.train.worn import claim_worn
from likeness.options import Force


def earrings(
    weights: str,
    *,
    output: Annotated[Path, Parameter(name=("--output", "-o"))],
    directions: Path | None = None,
    force: Force = False,
) -> None:
    """Give composite weights earrings to wear, from studs to hoops; a second on one core.

    Bare faces stay as they are, bit by bit, and with them all that is saved for these weights.

    Parameters
    ----------
    weights
        A composite of people's faces, cut as in FFHQ, with or without a refiner or an enlarger: a file, or the name of
        a bundled one.
    output
        The .safetensors file to write.
    directions
        Folder for the directions earrings and hoops; beside the weights in directions/NAME when left out.
    """
    from likeness.files.paths import find_weights
    from likeness.training.earrings import DIRECTIONS, add_earrings, write_earring_directions

    with claim_worn(output, directions, DIRECTIONS, force=force) as (path, folder):
        add_earrings(find_weights(weights), path)
        write_earring_directions(path, output.stem, folder)
