"""`likeness contact-sheet`."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter, Token

from likeness.commands.early_checks import refuse_weights
from likeness.errors import LikenessError
from likeness.options import (
    Device,
    Force,
    OutFile,
    PictureOptions,
    Plugins,
    Psi,
    Settings,
    Weights,
    ranged,
    read_named_preset,
)
from likeness.ranges import SECONDS, SEED, SIDE, Range, parse_size


def _convert_side(kind: Any, tokens: Sequence[Token]) -> int:
    """Return the side in px of "512", or of "512x512" as other commands have it."""
    text = tokens[0].value
    try:
        width, height = parse_size(text if "x" in text.lower() else f"{text}x{text}")
    except LikenessError as error:
        raise LikenessError(f"--size {text!r:.80} is no side in px. Give {SIDE}, as 512.") from error
    if width != height:
        raise LikenessError(f"--size {text}: pictures on a sheet are square; give one side, as --size {height}")
    return width


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
    size: Annotated[int | None, Parameter(converter=_convert_side, help=f"Side of one picture in px, {SIDE}.")] = None,
    plugins: Plugins = (),
    settings: Settings | None = None,
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
    plugins
        With a preset: a plugin to add at the end of the rack, by its name or its .py file; repeat it for more.
    """
    if preset is None and (plugins or settings):
        raise LikenessError("--plugin and --set are for a preset; name one, as `likeness contact-sheet demo`")
    played = read_named_preset(preset) if preset is not None else None
    refuse_weights(weights or (played.show.weights if played else None))

    from likeness.commands.progress_bars import Bars
    from likeness.files.free_name import claimed
    from likeness.picture import check_picture_path, sheet, write_picture
    from likeness.tools.contact_sheet import draw_seeds, draw_walk

    check_picture_path(Path(output))
    with claimed([Path(output)], force=force) as [path], Bars() as bars:
        if played is None:
            seeds = range(seed or 0, (seed or 0) + count)
            pictures = draw_seeds(weights, device, seeds, psi, size, bars.stage("pictures"))
        else:
            options = PictureOptions(
                size=(size, size) if size else None,
                seed=seed,
                device=device,
                weights=weights,
                plugins=plugins,
                settings=settings or {},
            )
            pictures = draw_walk(played, options, count, seconds, bars.stage("pictures"))
        write_picture(path, sheet(pictures, columns))
    print(f"The sheet is in {path.resolve()}")
