"""`likeness contact-sheet`."""

from pathlib import Path

from likeness.errors import LikenessError
from likeness.options import Device, OutFile, Weights, read_named_preset


def contact_sheet(
    preset: str | None = None,
    *,
    output: OutFile = "out/sheet.png",
    count: int = 64,
    columns: int = 8,
    seed: int | None = None,
    psi: float = 0.7,
    seconds: float = 16.0,
    size: int | None = None,
    device: Device = "auto",
    weights: Weights | None = None,
) -> None:
    """Draw many faces on one sheet: the seeds of a generator, or stations of a preset's walk.

    Parameters
    ----------
    preset
        Without one, `count` seeds are drawn.
    output
        A .png, .jpg or .webp file.
    count
        How many pictures.
    columns
        How many in a row.
    seed
        The first seed, by default 0; with a preset, in place of its own.
    psi
        Truncation of the seeds.
    seconds
        How much of the preset the sheet spans.
    size
        Height of one picture in px.
    """
    from likeness.picture import check_picture_path, sheet, write_picture
    from likeness.tools.contact_sheet import draw_seeds, draw_walk

    if count < 1 or columns < 1:
        raise LikenessError("--count and --columns begin at 1")
    check_picture_path(Path(output))
    if preset is None:
        pictures = draw_seeds(weights, device, range(seed or 0, (seed or 0) + count), psi, size)
    else:
        pictures = draw_walk(read_named_preset(preset), weights, device, seed, count, seconds, size)
    write_picture(Path(output), sheet(pictures, columns))
    print(f"{count} pictures on {output}")
