"""`likeness train eyes`: crisp eyes for the faces of a composite."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from likeness.options import Force, ranged
from likeness.ranges import Range

SHARE = Range(0.0, 1.0)


def eyes(
    weights: str,
    *,
    output: Annotated[Path, Parameter(name=("--output", "-o"))],
    strength: Annotated[float, ranged(SHARE)] = 1.0,
    force: Force = False,
) -> None:
    """Draw the eyes of composite weights anew: irises, whites, lids and lashes as crisp as in photographs; a second.

    All that is saved for these weights still works.

    Parameters
    ----------
    weights
        A composite of people's faces, cut as in FFHQ, with or without a refiner or an enlarger: a file, or the name of
        a bundled one.
    output
        The .safetensors file to write.
    strength
        How far drawn eyes replace those that are there; 0 leaves the eyes as they are.
    """
    from likeness.files.free_name import claimed
    from likeness.files.paths import find_weights
    from likeness.training.eyes import add_eyes

    with claimed([output], force=force) as [path]:
        add_eyes(Path(find_weights(weights)), strength, path)
    print(f"The result is in {path.resolve()}")
