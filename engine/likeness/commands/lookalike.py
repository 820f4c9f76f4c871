"""`likeness lookalike`."""

import sys
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from likeness.errors import LikenessError
from likeness.options import Device, Force, Size, Weights, ranged
from likeness.ranges import FPS, NONE_OR_MORE, SEED, Range

EXTENT = Range(-8.0, 8.0, "standard deviations")


def lookalike(
    *photos: Path,
    output: Annotated[Path, Parameter(name=("--output", "-o"))],
    gallery: Path | None = None,
    size: Size = (512, 512),
    fps: Annotated[float, ranged(FPS, "Rate of the films.")] = 30.0,
    direction: str = "smile",
    extent: Annotated[float, ranged(EXTENT, "How far the loop goes along it; 3 is rare in faces.")] = 4.5,
    steps: Annotated[
        int, ranged(NONE_OR_MORE, "Of the search for each latent; 0 leaves the encoder's guess, 400 is thorough.")
    ] = 0,
    force: Force = False,
    weights: Weights | None = None,
    device: Device = "auto",
    seed: Annotated[int, ranged(SEED, "Of the children.")] = 0,
) -> None:
    """Make films of a photo: whom it resembles, whom it does not, and a laugh; of two photos the children too.

    The good news turns the photo into the generator's drawing of it, walks to the nearest face and ends in that one's
    picture; the bad news goes to the farthest. The face of each photo is found and cropped; a photo without one is
    reported and left out, and the status is 1. Without --size films are 512x512.

    Parameters
    ----------
    photos
        JPEG, PNG, WebP, GIF or BMP files.
    output
        A folder. It gets index.html, and for each photo NAME-good-news.mp4, NAME-bad-news.mp4, NAME-smile.mp4 and
        four pictures.
    gallery
        The folder of a gallery, whose people are compared; without it they are the generator's own.
    direction
        Of the loop: smile, age or another that goes with the weights, or a .safetensors file.
    """
    if not photos:
        raise LikenessError("no photo to compare; give the paths of one or more")

    from likeness import open_generator
    from likeness.files.paths import DEFAULT_WEIGHTS, find_weights, resolve_direction
    from likeness.generators.devices import choose_device
    from likeness.lookalike.film_plan import FilmPlan
    from likeness.lookalike.film_session import FilmSession
    from likeness.toolkit.latent_file import read_directions

    generator = open_generator(find_weights(weights or DEFAULT_WEIGHTS), str(choose_device(device)))
    assert generator.info.weights is not None
    along = resolve_direction(direction, *generator.info.names)
    plan = FilmPlan(size or (512, 512), fps, extent=extent, steps=steps, seed=seed)
    moved = read_directions(along, generator.info.num_ws, generator.info.w_dim)[0]
    session = FilmSession(generator, plan, gallery, output, photos, moved, along.stem, force=force)
    made, failed = False, False
    for report in session.run():
        if report.error is not None:
            print(f"likeness: {report.error}", file=sys.stderr)
            failed = True
            continue
        made = True
        print(report.text)
        for note in report.notes:
            print(f"  {note}")
    if made:
        print(f"The films are in {session.folder.resolve()}; open {(session.folder / 'index.html').resolve()}")
    if failed:
        sys.exit(1)
