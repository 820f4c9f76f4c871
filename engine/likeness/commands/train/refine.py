"""`likeness train refine`: a refiner for a composite's drawings."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from likeness.commands.train.runs import WEIGHT, WIDTH, RunOptions, start_run
from likeness.options import ranged
from likeness.ranges import TRAINED_SIDE

BATCH = 6


@Parameter(name="*")
@dataclass(frozen=True)
class RefineOptions(RunOptions):
    """The options of every recipe, with the size of the bundled composite; here --crop is the recipe's own."""

    size: Annotated[int, ranged(TRAINED_SIDE)] = 256
    crop: Annotated[Literal["square", "face"], Parameter(parse=False)] = "square"


REFINE_DEFAULTS = RefineOptions()


def refine(
    folder: Path,
    *,
    weights: str = "composite-256",
    options: RefineOptions = REFINE_DEFAULTS,
    crop: Annotated[int, ranged(TRAINED_SIDE)] = 128,
    adversarial: Annotated[float, WEIGHT] = 0.7,
    widths: Annotated[tuple[int, int, int, int], WIDTH] = (32, 64, 128, 192),
    teacher: str | None = None,
) -> None:
    """Train a network that makes the drawings of composite weights more photographic; one file holds both.

    The latent keeps its meaning: the composite's encoder, presets and cues still work.
    First each face is encoded and drawn, a tenth of a second each; the results are kept in the run's folder.

    Parameters
    ----------
    folder
        Aligned faces, cut as in FFHQ: those that the weights were trained on.
    weights
        The composite to refine: a file, or the name of a bundled one, of the size that --size says.
    crop
        Px of the squares that are trained on, a multiple of 16; with --teacher they are whole pictures.
    adversarial
        Weight of the critic of textures: more gives more detail, and more invented detail.
    widths
        Channels of the network at a half, a quarter, an eighth and a sixteenth of the picture's size; half of them
        take less than half the time.
    teacher
        Weights whose refiner is learnt from, instead of photos and the critic: a smaller network, by --widths, that
        draws nearly the same. What was saved for those weights still works.
    """
    from likeness.files.paths import find_weights

    output = options.output or Path("out") / f"refine-{folder.resolve().name}"
    own = {
        "base": str(find_weights(weights).resolve()),
        "pairs": str(output.resolve() / "pairs"),
        "crop": crop,
        "adversarial": adversarial,
        "widths": list(widths),
        "teacher": str(find_weights(teacher).resolve()) if teacher else "",
    }
    start_run("refine", folder, replace(options, output=output), own, batch=BATCH)
