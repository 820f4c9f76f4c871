"""`likeness gallery means`."""

import sys
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from likeness.commands.gallery.common import progress_of, weights_of
from likeness.errors import LikenessError, say_count
from likeness.options import Force


def means(
    folder: Path,
    *,
    labels: Path,
    by: str,
    group: Annotated[list[str] | None, Parameter(name="--group", negative="")] = None,
    output: Annotated[Path, Parameter(name=("--output", "-o"))],
    weights: str | None = None,
    force: Force = False,
) -> None:
    """Compute the mean face of each group of labelled photos, for the plugin `algebra`.

    Parameters
    ----------
    folder
        A folder of photos, cropped and aligned as in FFHQ.
    labels
        A CSV file with a column `file`.
    by
        The column that names the groups; an empty cell belongs to none.
    group
        NAME=VALUE,VALUE joins values into one group; repeat it for more. Without it every value is a group.
    output
        A folder for NAME.safetensors of each group.
    weights
        Weights whose encoder is used; by default the default weights.
    """
    from likeness.encoders.open_encoder import open_encoder_for
    from likeness.files.free_name import claimed
    from likeness.gallery.means import mean_latent, read_groups
    from likeness.toolkit.latent_file import write_latent

    values = {}
    for text in group or ():
        name, equals, cells = text.partition("=")
        if not (name.isidentifier() and equals and cells):
            raise LikenessError(f"--group {text!r} is not NAME=VALUE,VALUE, such as old=70,72")
        values[name] = cells.split(",")
    groups = read_groups(labels, folder, by, values)
    encoder = open_encoder_for(weights_of(weights))
    wanted = [output / f"{one.name}.safetensors" for one in groups]
    photos = sum(len(one.photos) for one in groups)
    with claimed(wanted, force=force) as files, progress_of("encoding", photos) as progress:
        done = iter(range(1, sys.maxsize))
        for one, file in zip(groups, files, strict=True):
            write_latent(file, mean_latent(one.photos, encoder, lambda: progress(next(done))))
    for one, file in zip(groups, files, strict=True):
        print(f"{say_count(len(one.photos), 'photo', 'photos'):>12} -> {file}")
