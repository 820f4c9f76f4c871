"""Pictures to learn on that weights draw, where nobody has a folder of any."""

from __future__ import annotations

from pathlib import Path

import torch

from likeness.errors import TrainingError
from likeness.generators.families.registry import open_family
from likeness.picture import to_pictures, write_picture
from likeness.training.pictures import ProgressCallback

DRAWN_PSI = 0.9  # truncation: nearly as far from the mean as photos are
AT_ONCE = 4


@torch.no_grad()
def draw_pictures(folder: Path, count: int, weights: Path, size: int, progress: ProgressCallback) -> None:
    """Draw the faces of seeds 0 to `count` - 1 into a folder, as `00000.png` and so on; what is there stays.

    Args:
        folder: made where it is not there.
        count: of pictures.
        weights: a file of a built-in family.
        size: height and width in px, for families that can choose.
        progress: called with "drawn", the number and the total.

    Raises:
        TrainingError: the weights are of no built-in family.
        WeightsError: they are broken.
    """
    names = [folder / f"{seed:05d}.png" for seed in range(count)]
    absent = [seed for seed, path in enumerate(names) if not path.is_file()]
    if not absent:
        return
    folder.mkdir(parents=True, exist_ok=True)
    generator = open_family(weights, torch.device("cpu"), size)
    if generator is None:
        raise TrainingError(f"{weights} is of no built-in family; give other --weights, or a --content folder")
    for first in range(0, len(absent), AT_ONCE):
        seeds = absent[first : first + AT_ONCE]
        latent = generator.mean + DRAWN_PSI * (generator.sample(seeds) - generator.mean)
        for seed, picture in zip(seeds, to_pictures(generator.synthesize(latent)), strict=True):
            write_picture(names[seed], picture)
        progress("drawn", first + len(seeds), len(absent))
