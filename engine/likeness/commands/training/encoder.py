"""`likeness train encoder`: photos to latents in one pass, for weights that have no encoder of their own."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter


def encoder(
    weights: str,
    *,
    output: Annotated[Path | None, Parameter(name=("--output", "-o"))] = None,
    samples: int = 3000,
    components: int = 512,
    device: str = "auto",
    seed: int = 0,
) -> None:
    """Train an encoder on what a generator itself draws; no pictures are needed.

    Parameters
    ----------
    weights
        A weights file, or the name of a bundled one.
    output
        The file to write; left out, it lies beside the weights as NAME.encoder.safetensors, where it is found.
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
    from likeness.devices import choose_device
    from likeness.encoders.opening import encoder_file
    from likeness.places import find_weights
    from likeness.training.encoder import train_encoder

    path = find_weights(weights)
    generator = open_generator(path, str(choose_device(device)))
    columns = (TextColumn("looking"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns) as progress:
        task = progress.add_task("look", total=samples)

        def show(done: int, total: int) -> None:
            progress.update(task, completed=done, total=total)

        file = output or encoder_file(path)
        report = train_encoder(generator, file, samples=samples, components=components, seed=seed, progress=show)
    print(f"{report.explained:.0%} of the latents' variance is found again in samples that it was not trained on")
    print(f"The result is in {file.resolve()} ({report.file_bytes / 1e6:.1f} MB), after {report.seconds:.0f} s")
