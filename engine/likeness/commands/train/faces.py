"""`likeness train faces`: from a folder of pictures to weights that play, with all that goes with them."""

from pathlib import Path
from typing import Annotated, Literal

from likeness.commands.train.runs import Photos, RunFolderName
from likeness.errors import LikenessError
from likeness.options import Device, ranged
from likeness.ranges import NONE_OR_MORE, SEED, Range

DEFAULT_TIME = "2h"
# What each stage is doing, as it is told when the stage begins.
DOING = {
    "pictures": "reading and cutting the pictures",
    "composite": "training the composite: some minutes for 2,000 pictures",
    "search": "searching for the pictures' latents, from which encoder and directions are learnt",
    "refine": "training the refiner, with the rest of the time",
    "weights": "writing weights, encoder and directions",
    "population": "reading the weights' own faces, for `lookalike`",
    "sheet": "drawing a sheet",
    "install": "copying it all to your own weights",
}


def faces(
    folder: Photos,
    *,
    output: RunFolderName = None,
    name: str | None = None,
    time: str = DEFAULT_TIME,
    size: Annotated[int, ranged(Range(64, 512, "px"))] = 256,
    crop: Literal["auto", "square", "face"] = "auto",
    components: Annotated[int, ranged(Range(4, 8192))] = 160,
    hold_out: Annotated[int, ranged(NONE_OR_MORE)] = 0,
    labels: Path | None = None,
    attribute: list[str] | None = None,
    seed: Annotated[int, ranged(SEED)] = 0,
    device: Device = "auto",
    licence: str = "unknown",
    paid_use: bool | None = None,
) -> None:
    """Make weights of a folder of faces, cats, masks or dolls: composite, refiner, encoder, directions, population.

    The same command goes on where it stopped, after Ctrl+C, a crash or a power cut.

    Parameters
    ----------
    output
        Folder of the run; out/faces-FOLDER where it is left out.
    name
        Of the weights, by which they play; the folder's name where it is left out.
    time
        End within this time, all files written: 90m, 1h30m. More of it than before goes to the refiner.
    size
        Of the pictures in px: 64, 128, 256 or 512.
    crop
        auto cuts around faces where the pictures show faces, and to the middle square where they show something else.
    components
        Length of the latent, at most.
    hold_out
        Number of pictures, the first by name, that are kept for measuring.
    labels
        A CSV file with a column "file", from which directions are found; without it they are those of the greatest
        differences, played by number.
    attribute
        NAME=COLUMN or NAME=COLUMN:LOW/HIGH, as `likeness directions find` takes it; repeat it for more.
    seed
        Of components, networks and order.
    licence
        Of the result, which the pictures' licences decide.
    paid_use
        Whether that licence allows a paid show.
    """
    import threading

    from likeness.commands.progress_bars import Bars
    from likeness.commands.train.progress import show_progress
    from likeness.files.names import parse_name
    from likeness.show.signals import stop_on_signals
    from likeness.tools.train_faces.plan import FacesPlan
    from likeness.tools.train_faces.train_faces import STAGES, FacesCallbacks, train_faces
    from likeness.training.run import RunFolder
    from likeness.training.schedule import parse_time
    from likeness.training.train import TrainingSummary, train

    source = folder.resolve()
    plan = FacesPlan(
        str(source),
        parse_name(name or source.name.partition(".")[0], "the name of weights", LikenessError),
        parse_time(time),
        size=size,
        crop=crop,
        components=components,
        hold_out=hold_out,
        labels=str(labels.resolve()) if labels else "",
        attributes=tuple(attribute or ()),
        seed=seed,
        licence=licence,
        paid_use=paid_use,
    )
    run = output or Path("out") / f"faces-{plan.name}"
    stop = threading.Event()
    bars: list[Bars] = []

    def on_stage(stage: str, said: str) -> None:
        while bars:
            bars.pop().__exit__()
        number = f"{STAGES.index(stage) + 1}/{len(STAGES)} {stage}"
        print(f"{number}: {said or DOING[stage]}", flush=True)
        if not said and stage != "refine":
            bars.append(Bars().__enter__())

    def on_progress(stage: str, done: int, total: int) -> None:
        if bars:
            bars[-1].show(stage, done, total)

    def run_training(refiner: RunFolder) -> TrainingSummary:
        print(f"To see it while it learns: likeness play --weights {refiner.path} --follow", flush=True)
        with show_progress(refiner, tensorboard=False) as callbacks:
            return train(refiner, device, callbacks)

    try:
        with stop_on_signals(stop.set):
            complete = train_faces(run, plan, device, FacesCallbacks(on_stage, on_progress, run_training, stop))
    finally:
        while bars:
            bars.pop().__exit__()
    if complete:
        print(f"Done. Play it: likeness play --weights {plan.name}")
    else:
        print("Stopped. The same command goes on from here.")
