"""`likeness train glasses`: glasses for weights that were trained without."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

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
    from likeness.files.free_name import claimed, refuse_existing
    from likeness.files.paths import find_weights
    from likeness.training.glasses import DIRECTIONS, add_glasses, write_glasses_directions

    folder = directions or output.parent / "directions" / output.stem
    refuse_existing([folder / f"{name}.safetensors" for name in DIRECTIONS], force=force)
    with claimed([output], force=force) as [path]:
        add_glasses(find_weights(weights), path)
        files = write_glasses_directions(path, output.stem, folder)
    print(f"The result is in {output.resolve()}")
    print(f"{len(files)} files of directions are in {folder.resolve()}")
