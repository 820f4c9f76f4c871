"""`likeness project`."""

import sys
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from likeness.commands.early_checks import refuse_photos, refuse_weights
from likeness.files.free_name import refuse_unwritable
from likeness.options import Device, Force, Weights, ranged
from likeness.ranges import FPS, SEED, Range

STEPS = Range(1, 1_000_000)
PATIENCE = Range(0, 1_000_000)


def project(
    *photos: Path,
    output: Annotated[Path, Parameter(name=("--output", "-o"))],
    chain: bool = False,
    steps: Annotated[int, ranged(STEPS, "Steps of each search; 100 are most of the way.")] = 200,
    start: Literal["encoder", "mean"] = "encoder",
    every: Annotated[int, ranged(STEPS, "Steps from one frame of the video to the next.")] = 5,
    fps: Annotated[float, ranged(FPS, "Rate of the video.")] = 24.0,
    patience: Annotated[
        int, ranged(PATIENCE, "End a search after this many steps without a better result, 0 for never.")
    ] = 0,
    aligned: bool = False,
    noise: bool = False,
    weights: Weights | None = None,
    device: Device = "auto",
    seed: Annotated[int, ranged(SEED, "Of the random numbers.")] = 0,
    force: Force = False,
) -> None:
    """Search for the latents of photos, step by step, and film each search.

    The face of each photo is found and cropped; a photo without one is reported and left out.

    Parameters
    ----------
    photos
        JPEG, PNG, WebP, GIF or BMP files.
    output
        A folder. For each photo it gets NAME.safetensors, NAME.png with the result, NAME-beside.png with photo, start
        and result side by side, and NAME.mp4 with the search.
    chain
        Start each search at the face before it, and the first one at the last face: chain.mp4 is a loop over all of
        them, which ends with its first frame.
    start
        encoder starts at the encoder's guess; mean starts at the average face, which is further away.
    aligned
        The photos are cropped around the face already, as in FFHQ.
    noise
        Search for the generator's noise maps too, which are not saved; StyleGAN2 only.
    """
    refuse_photos(photos, "to search for")
    refuse_weights(weights)
    refuse_unwritable(output / f"{photos[0].stem}.png")

    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    from likeness import open_generator
    from likeness.files.paths import DEFAULT_WEIGHTS, find_weights
    from likeness.generators.devices import choose_device
    from likeness.projection.search import Step
    from likeness.tools.project_photos import PhotoProjection, ProjectionPlan

    generator = open_generator(find_weights(weights or DEFAULT_WEIGHTS), str(choose_device(device)))
    plan = ProjectionPlan(start, steps, every, fps, patience, noise, aligned, seed, chain, force)
    columns = (TextColumn("{task.description:20}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns) as progress:
        tasks = {}

        def show(name: str, step: Step) -> None:
            if name not in tasks:
                tasks[name] = progress.add_task(name, total=steps)
            progress.update(tasks[name], completed=step.number)

        with PhotoProjection(generator, plan, output, show) as projection:
            portraits, refused = projection.read_targets(photos)
            for error in refused:
                print(f"likeness: {error}", file=sys.stderr)
            for portrait in portraits:
                for note in portrait.notes:
                    progress.print(f"{portrait.name}: {note}")
            if portraits:
                for line in projection.project_chain(portraits) if chain else projection.project_each(portraits):
                    progress.print(line)
    if portraits:
        print(
            f"The results are in {output.resolve()}" + (f", the loop in {projection.chain_file.name}" if chain else "")
        )
    if refused:
        sys.exit(2)
