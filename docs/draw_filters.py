"""The sheets of the bundled filters: `python docs/draw_filters.py` writes docs/filters.png and docs/filters-chalk.png.

Faces of the default generator at the size of a small show, above what each style makes of them.
"""

from pathlib import Path

import torch
from torch import Tensor

from likeness import open_generator
from likeness.faces.resize import resize
from likeness.files.paths import find_filter, find_weights
from likeness.generators.filter_file import open_filter
from likeness.picture import sheet, to_pictures, write_picture

DOCS = Path(__file__).resolve().parent
CPU = torch.device("cpu")
SIZE = 256  # px
SHOWN = 160  # px, to which the pictures of the page are reduced
SHEETS = {"filters.png": ("prints", (3, 29, 41)), "filters-chalk.png": ("chalk", (3, 29, 41))}
PSI = 0.8


@torch.inference_mode()
def draw_sheet(name: str, seeds: tuple[int, ...]) -> list[Tensor]:
    """Return rows of pictures `[n, 3, SIZE, SIZE]`: the faces of seeds, and below them each style of a filter."""
    generator = open_generator(find_weights("faces-256"), size=SIZE)
    faces = generator.synthesize(generator.sample(seeds) * PSI)
    filter_ = open_filter(find_filter(name), CPU)
    rows = [filter_.row(filter_.shares_of(style)) for style in filter_.info.styles]
    return [faces, *(filter_.draw(faces, row) for row in rows)]


def main() -> None:
    """Write both sheets."""
    for file, (name, seeds) in SHEETS.items():
        pictures = [resize(picture, SHOWN) for row in draw_sheet(name, seeds) for picture in to_pictures(row)]
        write_picture(DOCS / file, sheet(pictures, len(seeds)))


if __name__ == "__main__":
    main()
