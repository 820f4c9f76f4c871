"""`likeness train walls`: walls behind the faces of a composite, cut from photos."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from likeness.options import Force


def walls(
    weights: str,
    *photos: Path,
    output: Annotated[Path, Parameter(name=("--output", "-o"))],
    force: Force = False,
) -> None:
    """Put the faces of composite weights before the walls of photos, instead of a blur; half a second a photo.

    People are cut out, and walls go on behind them. Faces stay as they are, and all that is saved for these weights.

    Parameters
    ----------
    weights
        A composite, with or without a refiner or an enlarger: a file, or the name of a bundled one.
    photos
        Five or more aligned pictures of people with nothing on their heads, before walls, rooms or leaves; 60 or so
        give every face another wall. A folder stands for all its pictures.
    output
        The .safetensors file to write.
    """
    from likeness import open_generator
    from likeness.errors import TrainingError
    from likeness.faces.photo_files import list_photo_files
    from likeness.files.free_name import claimed
    from likeness.files.paths import find_weights
    from likeness.generators.families.composite import CompositeGenerator
    from likeness.training.walls import add_walls

    if not photos:
        raise TrainingError("no photo to cut a wall from; give some, or a folder of them")
    generator = open_generator(find_weights(weights))
    if not isinstance(generator, CompositeGenerator):
        raise TrainingError(f"{weights} is a {generator.info.family}; walls are for composites such as faces-256")
    files = [file for photo in photos for file in (list_photo_files(photo) if photo.is_dir() else [photo])]
    with claimed([output], force=force) as [path]:
        header = add_walls(generator, files, path, lambda photo, why: print(f"Left out: {photo}: {why}"))
    print(f"{header.arguments['walls']['count']} walls; the result is in {path.resolve()}")
