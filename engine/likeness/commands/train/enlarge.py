"""`likeness train enlarge`: a network that draws a composite's faces at twice the size."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from likeness.commands.train.runs import WEIGHT, RunOptions, start_run
from likeness.options import ranged
from likeness.ranges import NONE_OR_MORE, TRAINED_SIDE, Range

BATCH = 6
# Of pores: no skin has deeper ones.
DEPTH = Range(0.0, 0.2)


@Parameter(name="*")
@dataclass(frozen=True)
class EnlargeOptions(RunOptions):
    """The options of every recipe, with twice the size of the bundled composite; here --crop is the recipe's own."""

    size: Annotated[int, ranged(TRAINED_SIDE)] = 512
    crop: Annotated[Literal["square", "face"], Parameter(parse=False)] = "square"


ENLARGE_DEFAULTS = EnlargeOptions()


def enlarge(
    folder: Path,
    *,
    weights: str = "faces-256",
    options: EnlargeOptions = ENLARGE_DEFAULTS,
    crop: Annotated[int, ranged(TRAINED_SIDE)] = 128,
    adversarial: Annotated[float, WEIGHT] = 0.7,
    begin: Annotated[int, ranged(NONE_OR_MORE)] = 400,
    skin_texture: Annotated[float, ranged(DEPTH)] = 0.0,
) -> None:
    """Train a network that draws the faces of composite weights as photographs of twice the size; one file holds both.

    The latent keeps its meaning: the encoder, directions, presets and cues of the weights still work.
    First each face is encoded and drawn, an eighth of a second each; the results are kept in the run's folder.

    Parameters
    ----------
    folder
        Aligned faces of 512 px, cut as in FFHQ: those that the weights were trained on.
    weights
        The composite to enlarge: a file, or the name of a bundled one, of half the size that --size says.
        A refiner that it has is learnt from.
    crop
        Px of the squares of the drawing that are trained on, a multiple of 16.
    adversarial
        Weight of the critic of textures: more gives more detail, and more invented detail.
    begin
        Steps before that critic counts; over as many more its weight grows.
    skin_texture
        Depth of the pores that are drawn on the skin of the enlarged faces; 0.02 is that of faces-512.
    """
    from likeness.files.paths import find_weights

    output = options.output or Path("out") / f"enlarge-{folder.resolve().name}"
    own = {
        "base": str(find_weights(weights).resolve()),
        "pairs": str(output.resolve() / "pairs"),
        "crop": crop,
        "adversarial": adversarial,
        "begin": begin,
        "skin_texture": skin_texture,
    }
    start_run("enlarge", folder, replace(options, output=output), own, batch=BATCH)
