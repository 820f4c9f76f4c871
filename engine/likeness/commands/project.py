"""`likeness project`: search for the faces of photos, and film the search."""

import sys
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from likeness.errors import LikenessError
from likeness.options import Device, Weights


def project(
    *photos: Path,
    output: Annotated[Path, Parameter(name=("--output", "-o"))],
    chain: bool = False,
    steps: int = 400,
    start: Literal["encoder", "mean"] = "encoder",
    every: int = 10,
    fps: float = 24.0,
    patience: int = 0,
    aligned: bool = False,
    noise: bool = False,
    weights: Weights | None = None,
    device: Device = "auto",
    seed: int = 0,
) -> None:
    """Search for the latents of photos, step by step, and film how each face is found.

    The face of each photo is found and cut out; a photo without one is told and left out.

    Parameters
    ----------
    photos
        JPEG, PNG, WebP, GIF or BMP files.
    output
        A folder. Gets NAME.safetensors for each photo, NAME.png as drawn, NAME-beside.png with photo, start and
        result side by side, and NAME.mp4: the search.
    chain
        Begin each search at the face before and the first one at the last: chain.mp4 is a loop over all of them,
        whose last frame is its first.
    steps
        Of each search; 100 are most of the way.
    start
        encoder begins at the encoder's guess; mean begins at the average face, which makes for the longer way.
    every
        Steps from one frame of the video to the next.
    fps
        Frames a second of the video.
    patience
        End a search after so many steps without a better result; 0 never does.
    aligned
        The photos are cut square around the face already, as in FFHQ: do not look for it.
    noise
        Let the generator's noise maps carry what is noise; StyleGAN2 alone. They are not kept.
    seed
        Of what is drawn at random.
    """
    if not photos:
        raise LikenessError("no photo to search for; give the paths of one or more")
    if steps < 1 or every < 1 or fps <= 0:
        raise LikenessError("--steps and --every begin at 1, and --fps lies above 0")

    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    from likeness import open_generator
    from likeness.generators.devices import choose_device
    from likeness.paths import DEFAULT_WEIGHTS, find_weights
    from likeness.projection.search import Step
    from likeness.tools.project_photos import CHAIN, PhotoProjection, ProjectionPlan

    generator = open_generator(find_weights(weights or DEFAULT_WEIGHTS), str(choose_device(device)))
    plan = ProjectionPlan(start, steps, every, fps, patience, noise, aligned, seed)
    columns = (TextColumn("{task.description:20}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns) as progress:
        tasks = {}

        def tell(name: str, step: Step) -> None:
            if name not in tasks:
                tasks[name] = progress.add_task(name, total=steps)
            progress.update(tasks[name], completed=step.number)

        evolution = PhotoProjection(generator, plan, output, tell)
        portraits, refused = evolution.read_targets(photos)
        for error in refused:
            print(f"likeness: {error}", file=sys.stderr)
        for portrait in portraits:
            for note in portrait.notes:
                progress.print(f"{portrait.name}: {note}")
        if portraits:
            for line in evolution.project_chain(portraits) if chain else evolution.project_each(portraits):
                progress.print(line)
    if portraits:
        print(f"The results are in {output.resolve()}" + (f", the loop in {CHAIN}" if chain else ""))
    if refused:
        sys.exit(2)
