"""`likeness gallery population`."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from likeness.commands.gallery.common import progress_of, weights_of
from likeness.errors import say_count
from likeness.options import Device, FirstSeed, Force, Psi, Weights, ranged
from likeness.ranges import COUNT


def population(
    weights: Weights | None = None,
    *,
    count: Annotated[int, ranged(COUNT, "How many faces; each takes some tenths of a second and 264 bytes.")] = 1000,
    first_seed: FirstSeed = 0,
    psi: Psi = 0.8,
    output: Annotated[Path | None, Parameter(name=("--output", "-o"))] = None,
    device: Device = "cpu",
    force: Force = False,
) -> None:
    """Compute the embeddings of a generator's faces once, so that lookalike and `build` need not.

    Parameters
    ----------
    output
        A .safetensors file; by default the one of these weights in your populations.
    """
    from likeness import open_generator
    from likeness.files.free_name import claimed, refuse_existing
    from likeness.files.paths import population_files
    from likeness.gallery.population import build_population
    from likeness.gallery.population_file import DRAWN_SIZE, write_population
    from likeness.generators.devices import choose_device

    path = weights_of(weights)
    target = output or population_files(path)[0]
    if output is None:
        refuse_existing([target], force=force)
    generator = open_generator(path, str(choose_device(device)), size=DRAWN_SIZE)
    with claimed([target], force=force or output is None) as [file]:
        with progress_of("looking at faces", count) as progress:
            found = build_population(generator, range(first_seed, first_seed + count), psi=psi, progress=progress)
        write_population(file, found)
    none = f", {count - len(found)} drawings show no face" if len(found) < count else ""
    print(f"{say_count(len(found), 'face is', 'faces are')} in {file.resolve()}{none}")
