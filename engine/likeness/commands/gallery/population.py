"""`likeness gallery population`: who a generator's own people are, looked at once for all machines."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from likeness.commands.gallery.common import progress_of, weights_of
from likeness.errors import GalleryError


def population(
    weights: str | None = None,
    *,
    count: int = 1000,
    first_seed: int = 0,
    psi: float = 0.8,
    output: Annotated[Path | None, Parameter(name=("--output", "-o"))] = None,
    device: str = "cpu",
) -> None:
    """Look at a generator's own people once, so that lookalike and `build` know them at once.

    Parameters
    ----------
    weights
        A weights file, or the name of a bundled one; the default weights where it is left out.
    count
        How many faces: some tenths of a second each, and 264 bytes.
    first_seed
        The faces are those of this seed and the next ones.
    psi
        Truncation; less makes them more alike.
    output
        A .safetensors file. The weights' own in your populations where it is left out.
    device
        auto, cpu, cuda or mps: where they are drawn.
    """
    from likeness import open_generator
    from likeness.gallery.population import look_at_population
    from likeness.gallery.population_file import DRAWN_SIZE, write_population
    from likeness.generators.devices import choose_device
    from likeness.paths import population_files

    if count < 1:
        raise GalleryError("--count begins at 1 face")
    path = weights_of(weights)
    generator = open_generator(path, str(choose_device(device)), size=DRAWN_SIZE)
    with progress_of("looking at faces", count) as progress:
        found = look_at_population(generator, range(first_seed, first_seed + count), psi=psi, progress=progress)
    target = output or population_files(path)[0]
    write_population(target, found)
    none = f", {count - len(found)} drawings show no face that is found" if len(found) < count else ""
    print(f"{len(found)} faces are in {target}{none}")
