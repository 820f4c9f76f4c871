"""`likeness train glasses`: glasses for weights that were trained without."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from likeness.commands.train.worn import claim_worn
from likeness.options import Force


def glasses(
    weights: str,
    *,
    output: Annotated[Path, Parameter(name=("--output", "-o"))],
    directions: Path | None = None,
    force: Force = False,
) -> None:
    """Give composite weights glasses to wear; a second on one core. `likeness train composite` does it by itself.

    Bare faces stay as they are, bit by bit, and with them all that is saved for these weights.

    Parameters
    ----------
    weights
        A composite, with or without a refiner or an enlarger: a file, or the name of a bundled one.
    output
        The .safetensors file to write.
    directions
        Folder for the directions glasses, sunglasses and rims; beside the weights in directions/NAME when left out.
    """
    from likeness.files.paths import find_weights
    from likeness.training.glasses import DIRECTIONS, add_glasses, write_glasses_directions

    with claim_worn(output, directions, DIRECTIONS, force=force) as (path, folder):
        add_glasses(find_weights(weights), path)
        write_glasses_directions(path, output.stem, folder)
