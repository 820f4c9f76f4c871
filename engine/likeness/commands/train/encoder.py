"""`likeness train encoder`: photos to latents in one pass, for weights that have no encoder of their own."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from likeness.errors import LikenessError
from likeness.options import Force, ranged
from likeness.ranges import COUNT, NONE_OR_MORE, SEED, Range


def encoder(
    weights: str,
    *,
    output: Annotated[Path | None, Parameter(name=("--output", "-o"))] = None,
    photos: Path | None = None,
    hold_out: Annotated[int, ranged(NONE_OR_MORE)] = 0,
    steps: Annotated[int, ranged(COUNT)] = 20,
    samples: Annotated[int, ranged(COUNT)] = 3000,
    components: Annotated[int, ranged(Range(1, 8192))] = 512,
    device: str = "auto",
    seed: Annotated[int, ranged(SEED)] = 0,
    force: Force = False,
) -> None:
    """Train an encoder on pictures that the generator draws, or on photos with projected latents.

    Without --photos no pictures are needed. With it each photo is first projected, which takes some 2 s of one core,
    and the encoder learns from photographs.

    Parameters
    ----------
    weights
        A weights file, or the name of a bundled one.
    output
        The file to write; left out, NAME.encoder.safetensors beside the weights, where it is found.
    photos
        A folder of aligned faces to project and learn from, some hundreds or more.
    hold_out
        Number of photos, the first by name, to leave out.
    steps
        Steps of the projection of each photo.
    samples
        Number of pictures to draw and learn from.
    components
        Number of components of a picture's features; more make a larger file.
    device
        auto, cpu, cuda or mps.
    seed
        Of the pictures.
    """
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    from likeness import open_generator
    from likeness.encoders.trained import encoder_file
    from likeness.files.free_name import claimed, refuse_existing
    from likeness.files.paths import bundled_dir, find_weights
    from likeness.generators.devices import choose_device
    from likeness.projection.batch import project_batch
    from likeness.training.encoder import EncoderSamples, draw_samples, train_encoder

    path = find_weights(weights)
    file = output or encoder_file(path)
    if output is None and file.is_relative_to(bundled_dir("weights")):
        raise LikenessError(f"{path.name} comes with the program; name a file of yours for its encoder: -o FILE")
    if output is None:
        refuse_existing([file], force=force)
    files = [] if photos is None else _list_photos(photos, hold_out)
    generator = open_generator(path, str(choose_device(device)))
    columns = (TextColumn("samples"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with claimed([file], force=force or output is None) as [target], Progress(*columns) as progress:
        task = progress.add_task("samples", total=None)

        def show(done: int, total: int) -> None:
            progress.update(task, completed=done, total=total)

        if photos is None:
            learnt = draw_samples(generator, samples, seed, show)
        else:
            learnt = EncoderSamples(*project_batch(generator, files, steps, show))
        report = train_encoder(generator, learnt, target, components)
    print(f"The encoder explains {report.explained:.0%} of the latents' variance in pictures that were held out")
    print(f"The result is in {target.resolve()} ({report.file_bytes / 1e6:.1f} MB), of {report.samples} pictures")


def _list_photos(folder: Path, hold_out: int) -> list[Path]:
    """Return the files to learn from.

    Raises:
        LikenessError: there is no such folder, or too few are left.
    """
    from likeness.faces.photo_files import list_photo_files
    from likeness.training.encoder import LEAST_SAMPLES

    if not folder.is_dir():
        raise LikenessError(f"{folder} is not a folder; give one of aligned faces")
    files = list_photo_files(folder)[hold_out:]
    if len(files) < LEAST_SAMPLES:
        raise LikenessError(f"{len(files)} photos of {folder} are left to learn from; take {LEAST_SAMPLES} or more")
    return files
