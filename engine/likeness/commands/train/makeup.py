"""`likeness train makeup`: make-up for the faces of a composite."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from likeness.commands.train.worn import claim_worn
from likeness.options import Force


def makeup(
    weights: str,
    *,
    output: Annotated[Path, Parameter(name=("--output", "-o"))],
    directions: Path | None = None,
    force: Force = False,
) -> None:
    """Give composite weights make-up to wear, from natural to bold; a second on one core.

    Bare faces stay as they are, bit by bit, and with them all that is saved for these weights.

    Parameters
    ----------
    weights
        A composite of people's faces, cut as in FFHQ, with or without a refiner or an enlarger: a file, or the name of
        a bundled one.
    output
        The .safetensors file to write.
    directions
        Folder for the directions makeup and makeups; beside the weights in directions/NAME when left out.
    """
    from likeness.files.paths import find_weights
    from likeness.training.makeup import DIRECTIONS, add_makeup, write_makeup_directions

    with claim_worn(output, directions, DIRECTIONS, force=force) as (path, folder):
        add_makeup(find_weights(weights), path)
        write_makeup_directions(path, output.stem, folder)
