"""`likeness train style`: a filter that paints pictures in the styles of others."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from likeness.commands.train.runs import WEIGHT, RunOptions, start_run
from likeness.errors import LikenessError
from likeness.options import ranged
from likeness.ranges import TRAINED_SIDE, Range

BATCH = 4
# Pictures that are drawn to learn on: more gained nothing that was seen.
DRAWN = 240


@Parameter(name="*")
@dataclass(frozen=True)
class FilterOptions(RunOptions):
    """The options of every recipe, at the size of the bundled faces; here --crop is the recipe's own."""

    size: Annotated[int, ranged(TRAINED_SIDE)] = 256
    crop: Annotated[Literal["square", "face"], Parameter(parse=False)] = "square"


STYLE_DEFAULTS = FilterOptions()


def style(
    *pictures: Path,
    content: Path | None = None,
    weights: str = "faces-256",
    strength: Annotated[float, WEIGHT] = 1.0,
    smooth: Annotated[float, WEIGHT] = 0.0,
    style_size: Annotated[int, ranged(Range(64, 4096, "px"))] = 768,
    crop: Annotated[int, ranged(TRAINED_SIDE)] = 192,
    features: Path | None = None,
    options: FilterOptions = STYLE_DEFAULTS,
) -> None:
    """Train a filter that paints pictures in the style of others; several styles make one file, which mixes them.

    Without --content nothing else is needed: the faces that it learns on are drawn by --weights.

    Parameters
    ----------
    pictures
        Paintings, prints, patterns: one style each, named after its file.
    content
        A folder of pictures to learn on, best of what will be filtered.
    weights
        What draws the faces to learn on: a file, or the name of bundled weights.
    strength
        Of the styles against the content: 0.5 keeps a face well, 3 leaves little of it.
    smooth
        Against speckles; 1 is much.
    style_size
        Px of the shorter side of the style pictures: larger ones give broader strokes.
    crop
        Px of the squares that are trained on, a multiple of 8.
    features
        VGG weights with torchvision's names, .safetensors or .pth, instead of the features that come with the program.
    """
    from likeness.files.paths import find_weights
    from likeness.training.filters.style import SEPARATOR, read_style

    if not pictures:
        raise LikenessError("no picture to learn a style from; give the paths of one or more")
    for picture in pictures:
        read_style(picture, style_size)
    paths = [picture.resolve() for picture in pictures]
    output = options.output or Path("out") / f"style-{paths[0].stem}"
    own = {
        "pictures": SEPARATOR.join(str(path) for path in paths),
        "style_size": style_size,
        "features": str(features.resolve()) if features else "",
        "strength": strength,
        "smooth": smooth,
        "crop": crop,
        "drawn": 0 if content else DRAWN,
        "weights": "" if content else str(find_weights(weights).resolve()),
    }
    folder = content or output / "content"
    start_run("style", folder, replace(options, output=output), own, batch=BATCH)
