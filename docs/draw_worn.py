"""Sheets of what faces wear: `python docs/draw_worn.py people|rims|beards|makeup|earrings WEIGHTS SHEET`.

`people` are seeds bare, and below each their glasses; `rims` is one person with every kind, and with three of them with
dark lenses; `beards`, `makeup` and `earrings` are three people without and with every kind.
"""

import sys
from pathlib import Path

import torch
from torch import Tensor

from likeness import open_generator
from likeness.files.paths import find_direction, find_weights
from likeness.generators.families.composite import CompositeGenerator
from likeness.picture import sheet, to_picture, write_picture
from likeness.toolkit.latent_file import read_directions

PSI, COLUMNS, PEOPLE, PERSON = 0.7, 8, 16, 3
WEARERS = {"beards": (10, 4, 19), "makeup": (4, 30, 5), "earrings": (13, 20, 4)}
KINDS = {"beards": ("beard", "beards"), "makeup": ("makeup", "makeups"), "earrings": ("earrings", "hoops")}
DARK_ONES, DARK_SD = slice(1, None, 5), 4.0


def draw_people(generator: CompositeGenerator) -> list[Tensor]:
    """Return latents of rows of bare people, each with a row of the same people with glasses below."""
    glasses = _read(generator, "glasses")
    rows = []
    for first in range(0, PEOPLE, COLUMNS):
        bare = generator.sample(range(first, first + COLUMNS))
        rows += [*(PSI * bare), *(PSI * (bare + glasses))]
    return rows


def draw_rims(generator: CompositeGenerator) -> list[Tensor]:
    """Return latents of one person with every kind of rims."""
    assert generator.glasses is not None
    heavy, around, dark = _read(generator, "rims")
    keys = generator.glasses.keys.tolist()
    person = PSI * generator.sample([PERSON])[0] + _read(generator, "glasses")[0]
    own = [float((person * axis).sum()) for axis in (heavy, around, dark)]
    kinds = [(*key, 0.0) for key in keys] + [(*key, DARK_SD) for key in keys[DARK_ONES]]
    return [person + (key[0] - own[0]) * heavy + (key[1] - own[1]) * around + (key[2] - own[2]) * dark for key in kinds]


def draw_kinds(generator: CompositeGenerator, what: str) -> list[Tensor]:
    """Return latents of rows of one person each, without and with every kind of what they can wear."""
    (worn,), (kind,) = (_read(generator, name) for name in KINDS[what])
    axis = {"beards": generator.beard, "makeup": generator.makeup, "earrings": generator.earrings}[what]
    assert axis is not None
    rows = []
    for person in PSI * generator.sample(WEARERS[what]):
        own = float((person * kind).sum())
        rows += [person, *(person + worn + (key - own) * kind for key in axis.keys.tolist())]
    return rows


def _read(generator: CompositeGenerator, name: str) -> Tensor:
    return read_directions(find_direction(name, *generator.info.names), *generator.mean.shape)


def main() -> None:
    what, weights, path = sys.argv[1:]
    generator = open_generator(find_weights(weights), "cpu")
    assert isinstance(generator, CompositeGenerator)
    draw = {"people": draw_people, "rims": draw_rims}
    latents = draw_kinds(generator, what) if what in KINDS else draw[what](generator)
    with torch.inference_mode():
        pictures = [to_picture(generator.synthesize(latent[None])) for latent in latents]
    side = len(pictures[0])
    if what in ("makeup", "earrings"):
        pictures = [picture[side // 4 : 15 * side // 16, side // 8 : 7 * side // 8] for picture in pictures]
    elif what != "people":
        top = side // 4 if what == "rims" else side // 2
        pictures = [picture[top : top + side // 2, side // 8 : 7 * side // 8] for picture in pictures]
    columns = len(pictures) // len(WEARERS[what]) if what in KINDS else COLUMNS
    write_picture(Path(path), sheet(pictures, columns))


if __name__ == "__main__":
    main()
