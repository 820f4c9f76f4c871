"""`likeness train cycle`: a filter that translates one kind of picture into another, learnt without pairs."""

from dataclasses import replace
from pathlib import Path
from typing import Annotated

from likeness.commands.train.runs import WEIGHT, WIDTH, Photos, start_run
from likeness.commands.train.style import STYLE_DEFAULTS, FilterOptions
from likeness.options import ranged
from likeness.ranges import Range

BATCH = 2


def cycle(
    first: Photos,
    other: Path,
    *,
    cycle: Annotated[float, WEIGHT] = 10.0,
    identity: Annotated[float, WEIGHT] = 5.0,
    pool: Annotated[int, ranged(Range(0, 1000, "pictures"))] = 50,
    crop: Annotated[int, ranged(Range(0, 1024, "px"))] = 0,
    width: Annotated[int, WIDTH] = 32,
    options: FilterOptions = STYLE_DEFAULTS,
) -> None:
    """Train a filter that makes pictures of one folder into the kind of another, and one for the way back.

    The folders need no pairs: some hundred pictures of each, cut alike, such as faces and drawings of other faces.
    At the end it is measured how far the pictures have come, and said where it has only learnt to leave them alone.

    Parameters
    ----------
    other
        A folder of the other kind of pictures.
    cycle
        Weight of getting a picture back that was translated there and back: more keeps what the picture shows.
    identity
        Weight of leaving pictures of the other kind as they are: more keeps colours, too much learns nothing else.
    pool
        Pictures that each critic remembers.
    crop
        Px of the squares that are trained on, a multiple of 8; 0 for whole pictures. Half the size takes a quarter of
        the time.
    width
        Channels of the filters at a quarter of the picture's size; twice as many draw finer and take four times as
        long, on the stage too.
    """
    output = options.output or Path("out") / f"cycle-{first.resolve().name}-{other.resolve().name}"
    own = {
        "other": str(other.resolve()),
        "cycle": cycle,
        "identity": identity,
        "pool": pool,
        "crop": crop,
        "width": width,
        "inner": 2 * width,
    }
    start_run("cycle", first, replace(options, output=output), own, batch=BATCH)
