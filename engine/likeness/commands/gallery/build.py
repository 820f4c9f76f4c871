"""`likeness gallery build`."""

from likeness.commands.gallery.common import Folder, folder_of, open_gallery, progress_of, tell_outdated, weights_of
from likeness.errors import GalleryError


def build(
    *,
    from_model: int,
    first_seed: int = 0,
    psi: float = 0.8,
    weights: str | None = None,
    device: str = "cpu",
    gallery: Folder = None,
) -> None:
    """Fill the gallery with a generator's own population, so that there is somebody to resemble.

    Parameters
    ----------
    from_model
        How many faces: a tenth of a second each.
    first_seed
        The faces are those of this seed and the next ones.
    psi
        Truncation; less makes them more alike.
    weights
        A weights file, or the name of a bundled one.
    device
        auto, cpu, cuda or mps: where they are drawn.
    gallery
        The gallery's folder; ~/.likeness/gallery where it is left out.
    """
    from likeness import open_generator
    from likeness.gallery.population import add_population
    from likeness.gallery.population_file import find_population
    from likeness.generators.devices import choose_device

    if from_model < 1:
        raise GalleryError("--from-model begins at 1 face")
    path = weights_of(weights)
    generator, known = open_generator(path, str(choose_device(device))), find_population(path)
    seeds = range(first_seed, first_seed + from_model)
    with open_gallery(gallery, create=True) as opened, progress_of("drawing faces", from_model) as progress:
        added, faceless = add_population(opened, generator, seeds, psi=psi, known=known, progress=progress)
        count, records = len(opened), opened.records()
    tell_outdated(records, path)
    none = f", {faceless} drawings show no face that is found" if faceless else ""
    print(f"{added} faces are new{none}; {count} are in {folder_of(gallery)}")
