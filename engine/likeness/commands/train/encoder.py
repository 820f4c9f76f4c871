"""`likeness train encoder`: photos to latents in one pass, for weights that have no encoder of their own."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from likeness.errors import LikenessError


def encoder(
    weights: str,
    *,
    output: Annotated[Path | None, Parameter(name=("--output", "-o"))] = None,
    photos: Path | None = None,
    hold_out: int = 0,
    steps: int = 20,
    samples: int = 3000,
    components: int = 512,
    device: str = "auto",
    seed: int = 0,
) -> None:
    """Train an encoder on what a generator itself draws, or on photographs that are searched for.

    Without --photos no pictures are needed. With them the encoder learns what photographs look like to this
    generator, and takes some 2 s of one core for each.

    Parameters
    ----------
    weights
        A weights file, or the name of a bundled one.
    output
        The file to write; left out, it lies beside the weights as NAME.encoder.safetensors, where it is found.
    photos
        A folder of aligned faces to search for and to learn from, some hundreds or more.
    hold_out
        Leave out the first so many of them by name.
    steps
        Of the search for each photo.
    samples
        How many pictures to learn from; each costs a drawing.
    components
        Of what is seen in a picture; more of them are a larger file.
    device
        auto, cpu, cuda or mps.
    seed
        Of the pictures.
    """
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    from likeness import open_generator
    from likeness.encoders.trained import encoder_file
    from likeness.generators.devices import choose_device
    from likeness.paths import bundled_dir, find_weights
    from likeness.projection.batch import project_batch
    from likeness.training.encoder import Lessons, drawn_lessons, train_encoder

    path = find_weights(weights)
    file = output or encoder_file(path)
    if output is None and file.is_relative_to(bundled_dir("weights")):
        raise LikenessError(f"{path.name} comes with the program; name a file of yours for its encoder: -o FILE")
    files = [] if photos is None else _photos_of(photos, hold_out)
    generator = open_generator(path, str(choose_device(device)))
    columns = (TextColumn("looking"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns) as progress:
        task = progress.add_task("look", total=None)

        def show(done: int, total: int) -> None:
            progress.update(task, completed=done, total=total)

        if photos is None:
            lessons = drawn_lessons(generator, samples, seed, show)
        else:
            lessons = Lessons(*project_batch(generator, files, steps, show))
    report = train_encoder(generator, lessons, file, components)
    print(f"{report.explained:.0%} of the latents' variance is found again in pictures that it was not trained on")
    print(f"The result is in {file.resolve()} ({report.file_bytes / 1e6:.1f} MB), of {report.samples} pictures")


def _photos_of(folder: Path, hold_out: int) -> list[Path]:
    """The files to learn from.

    Raises:
        LikenessError: there is no such folder, or too few are left.
    """
    from likeness.training.encoder import FEWEST

    if not folder.is_dir():
        raise LikenessError(f"{folder} is not a folder; give one of aligned faces")
    files = sorted(path for path in folder.iterdir() if path.is_file())[hold_out:]
    if len(files) < FEWEST:
        raise LikenessError(f"{len(files)} photos of {folder} are left to learn from; take {FEWEST} or more")
    return files
