"""`likeness gallery build`."""

from typing import Annotated

from likeness.commands.gallery.common import Folder, folder_of, open_gallery, progress_of, warn_outdated, weights_of
from likeness.errors import say_count
from likeness.options import Device, FirstSeed, Psi, Weights, ranged
from likeness.ranges import COUNT


def build(
    *,
    from_model: Annotated[int, ranged(COUNT, "How many faces; each takes a tenth of a second.")],
    first_seed: FirstSeed = 0,
    psi: Psi = 0.8,
    weights: Weights | None = None,
    device: Device = "cpu",
    gallery: Folder = None,
) -> None:
    """Fill the gallery with faces of a generator, so that there is somebody to resemble.

    Parameters
    ----------
    gallery
        Folder of the gallery, by default ~/.likeness/gallery.
    """
    from likeness import open_generator
    from likeness.gallery.population import add_population
    from likeness.gallery.population_file import find_population
    from likeness.generators.devices import choose_device

    path = weights_of(weights)
    generator, known = open_generator(path, str(choose_device(device))), find_population(path)
    seeds = range(first_seed, first_seed + from_model)
    with open_gallery(gallery, create=True) as opened, progress_of("drawing faces", from_model) as progress:
        added, faceless = add_population(opened, generator, seeds, psi=psi, known=known, progress=progress)
        count, records = len(opened), opened.records()
    warn_outdated(records, path)
    none = f", {faceless} drawings show no face" if faceless else ""
    new, there = say_count(added, "face is", "faces are"), say_count(count, "is", "are")
    print(f"{new} new{none}; {there} in {folder_of(gallery)}")
