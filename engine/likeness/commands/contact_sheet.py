"""`likeness contact-sheet`."""

from pathlib import Path
from typing import Annotated

from likeness.options import Device, Force, OutFile, Psi, Weights, ranged, read_named_preset
from likeness.ranges import SECONDS, SEED, SIDE, Range


def contact_sheet(
    preset: str | None = None,
    *,
    output: OutFile = "out/sheet.png",
    count: Annotated[int, ranged(Range(1, 4096), "How many pictures.")] = 64,
    columns: Annotated[int, ranged(Range(1, 4096), "How many pictures in a row, at most.")] = 8,
    seed: Annotated[
        int | None, ranged(SEED, "The first seed, by default 0; with a preset, in place of its own.")
    ] = None,
    psi: Psi = 0.7,
    seconds: Annotated[float, ranged(SECONDS, "Length of the preset's walk that the sheet shows.")] = 16.0,
    size: Annotated[int | None, ranged(SIDE, "Height of one picture.")] = None,
    device: Device = "auto",
    weights: Weights | None = None,
    force: Force = False,
) -> None:
    """Draw many faces on one sheet: the seeds of a generator, or stations of a preset's walk.

    Parameters
    ----------
    preset
        Without one, `count` seeds are drawn.
    output
        A .png, .jpg or .webp file.
    """
    from likeness.files.free_name import claimed
    from likeness.picture import check_picture_path, sheet, write_picture
    from likeness.tools.contact_sheet import draw_seeds, draw_walk

    check_picture_path(Path(output))
    with claimed([Path(output)], force=force) as [path]:
        if preset is None:
            pictures = draw_seeds(weights, device, range(seed or 0, (seed or 0) + count), psi, size)
        else:
            pictures = draw_walk(read_named_preset(preset), weights, device, seed, count, seconds, size)
        write_picture(path, sheet(pictures, columns))
    print(f"{count} pictures are on {path}")
