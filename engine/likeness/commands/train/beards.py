"""`likeness train beards`: beards for a composite, cut from photos."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from likeness.commands.train.worn import claim_worn
from likeness.options import Force


def beards(
    weights: str,
    *photos: str,
    output: Annotated[Path, Parameter(name=("--output", "-o"))],
    directions: Path | None = None,
    force: Force = False,
) -> None:
    """Give composite weights beards to wear, cut from photos of people who have one; seconds on one core.

    Shaven faces stay as they are, bit by bit, and with them all that is saved for these weights.

    Parameters
    ----------
    weights
        A composite, with or without a refiner or an enlarger: a file, or the name of a bundled one.
    photos
        PHOTO:KIND from the least beard to the most: an aligned picture of a face turned to the front with dark hair
        on lighter skin, and how far the beard reaches: moustache, goatee or beard.
    output
        The .safetensors file to write.
    directions
        Folder for the directions beard and beards; beside the weights in directions/NAME when left out.
    """
    from likeness import open_generator
    from likeness.errors import TrainingError
    from likeness.files.paths import find_weights
    from likeness.generators.families.composite import CompositeGenerator
    from likeness.training.beards import DIRECTIONS, add_beards, parse_bearded, write_beard_directions

    bearded = [parse_bearded(photo) for photo in photos]
    if not bearded:
        raise TrainingError("no photo to cut a beard from; give PHOTO:KIND of one or more")
    generator = open_generator(find_weights(weights))
    if not isinstance(generator, CompositeGenerator):
        raise TrainingError(f"{weights} is a {generator.info.family}; beards are for composites such as faces-256")
    with claim_worn(output, directions, DIRECTIONS, force=force) as (path, folder):
        add_beards(generator, bearded, path)
        write_beard_directions(path, output.stem, folder)
