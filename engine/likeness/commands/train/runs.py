"""`likeness train wgan`, `vae` and `resume`, and the options that all recipes of the training loop share."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from cyclopts import Parameter

from likeness.errors import TrainingError
from likeness.options import Device, ranged
from likeness.ranges import COUNT, NONE_OR_MORE, SEED, TRAINED_SIDE, Range

if TYPE_CHECKING:
    from likeness.training.run import RunFolder

STEPS = ranged(Range(1, 1_000_000_000))
LEARNING_RATE = ranged(Range(0.0, 9.0))
# Of layers and latents.
WIDTH = ranged(Range(1, 8192))
# Of a loss.
WEIGHT = ranged(Range(0, 1_000_000))

Photos = Annotated[Path, Parameter(help="A folder of pictures, a tar or zip file of them, or a folder of such files.")]
Width = Annotated[
    int, WIDTH, Parameter(help="Channels of the widest layers; twice as many draw finer and take four times as long.")
]
Precision = Literal["auto", "float32", "bfloat16", "float16"]
RunFolderName = Annotated[Path | None, Parameter(name=("--output", "-o"))]


@Parameter(name="*")
@dataclass(frozen=True)
class RunOptions:
    """The options of every recipe.

    Parameters
    ----------
    output
        Folder of the run; out/RECIPE-FOLDER where it is left out. The same command resumes a run that was stopped.
    time
        End within this time, all files written: 90m, 1h30m, 45s. Half an hour where neither this nor --steps is given.
    steps
        End after this number of steps instead.
    size
        Of the pictures in px, a power of two.
    batch
        Pictures in a step; 0 is the recipe's own number.
    accumulate
        Number of parts that each step is split into, where memory is short.
    learning_rate
        0 is the recipe's own.
    seed
        Of networks, order and noise: the same one gives the same weights on one machine, if --steps ends the run.
    crop
        square takes the middle of each picture; face cuts around the biggest face, as FFHQ does.
    flips
        Show pictures mirrored too.
    hold_out
        Number of pictures, the first by name, that are kept for measuring.
    precision
        Number type of the networks; auto takes bfloat16 where the processor multiplies it.
    checkpoint_every
        Time between two checkpoints; each also updates the weights that play.
    preview_every
        Time between two grids with a walk.
    licence
        Of the result, which the pictures' licences decide.
    paid_use
        Whether that licence allows a paid show.
    tensorboard
        Also write the figures for TensorBoard into the run's folder; needs the extra `tensorboard`.
    """

    output: RunFolderName = None
    time: str | None = None
    steps: Annotated[int | None, STEPS] = None
    size: Annotated[int, ranged(TRAINED_SIDE)] = 64
    batch: Annotated[int, ranged(NONE_OR_MORE)] = 0
    accumulate: Annotated[int, ranged(COUNT)] = 1
    learning_rate: Annotated[float, LEARNING_RATE] = 0.0
    seed: Annotated[int, ranged(SEED)] = 0
    crop: Literal["square", "face"] = "square"
    flips: bool = True
    hold_out: Annotated[int, ranged(NONE_OR_MORE)] = 0
    device: Device = "auto"
    precision: Precision = "auto"
    checkpoint_every: str = "3m"
    preview_every: str = "5m"
    licence: str = "unknown"
    paid_use: bool | None = None
    tensorboard: bool = False


DEFAULTS = RunOptions()
DEFAULT_TIME = "30m"


def wgan(
    folder: Photos,
    *,
    options: RunOptions = DEFAULTS,
    knobs: Annotated[int, WIDTH] = 200,
    width: Width = 32,
    critic_steps: Annotated[int, ranged(Range(1, 100))] = 1,
) -> None:
    """Train a WGAN with gradient penalty on a few dozen pictures of one person; ends with a video of all its knobs.

    Parameters
    ----------
    knobs
        Length of the latent.
    critic_steps
        Steps of the critic for each of the generator.
    """
    start_run("wgan", folder, options, {"z_dim": knobs, "width": width, "critic_steps": critic_steps}, batch=16)


def vae(
    folder: Photos,
    *,
    options: RunOptions = DEFAULTS,
    knobs: Annotated[int, WIDTH] = 128,
    width: Width = 32,
    beta: Annotated[float, WEIGHT] = 1.0,
    perceptual: Annotated[float, WEIGHT] = 0.5,
) -> None:
    """Train an autoencoder: its decoder plays, and its encoder turns photos into faces that can be mixed and moved.

    Parameters
    ----------
    knobs
        Length of the latent, at most.
    beta
        1 is a VAE; more is a beta-VAE, with fewer knobs that change more each, and softer pictures.
    perceptual
        Weight of the perceptual distance against that of the pixels.
    """
    own = {"z_dim": knobs, "width": width, "beta": beta, "perceptual": perceptual}
    start_run("vae", folder, options, own, batch=32)


def resume(
    run: Path,
    *,
    time: str | None = None,
    steps: Annotated[int | None, STEPS] = None,
    learning_rate: Annotated[float | None, LEARNING_RATE] = None,
    precision: Precision | None = None,
    device: Device = "auto",
    tensorboard: bool = False,
) -> None:
    """Resume a run from its last checkpoint, to its end or for longer.

    Parameters
    ----------
    run
        The run's folder.
    time
        End this long from now, instead of at the run's own end.
    steps
        End after this number of further steps instead.
    learning_rate
        Instead of the run's own.
    precision
        Instead of the run's own.
    tensorboard
        Also write the figures for TensorBoard; needs the extra `tensorboard`.
    """
    from likeness.training.run import RunFolder
    from likeness.training.schedule import parse_time

    folder = RunFolder.open(run)
    wanted: dict[str, Any] = {"learning_rate": learning_rate, "precision": precision}
    changes = {name: value for name, value in wanted.items() if value is not None}
    if time is not None:
        changes |= {"time_s": folder.position()[1] + parse_time(time), "steps": None}
    elif steps is not None:
        changes |= {"steps": folder.position()[0] + steps, "time_s": None}
    _run_training(folder.with_settings(**changes), device, tensorboard)


def start_run(recipe: str, folder: Path, options: RunOptions, own: Mapping[str, Any], batch: int) -> None:
    """Begin a run of `recipe`, or resume it; see `likeness.training.train.train`.

    Args:
        recipe: name in `likeness.training.recipe`.
        folder: of the pictures.
        options: of the command line.
        own: the recipe's own settings.
        batch: pictures in a step where the options name none.
    """
    from likeness.training.run import RunFolder
    from likeness.training.schedule import parse_time
    from likeness.training.settings import Settings

    time = options.time if options.time or options.steps else DEFAULT_TIME
    settings = Settings(
        recipe,
        str(folder.resolve()),
        size=options.size,
        batch=options.batch or batch,
        accumulate=options.accumulate,
        steps=options.steps,
        time_s=parse_time(time) if time else None,
        learning_rate=options.learning_rate,
        seed=options.seed,
        crop=options.crop,
        flips=options.flips,
        hold_out=options.hold_out,
        precision=options.precision,
        checkpoint_s=parse_time(options.checkpoint_every),
        preview_s=parse_time(options.preview_every),
        licence=options.licence,
        paid_use=options.paid_use,
        own=own,
    )
    path = options.output or Path("out") / f"{recipe}-{folder.resolve().name}"
    _run_training(RunFolder.begin(path, settings), options.device, options.tensorboard)


def _run_training(run: "RunFolder", device: str, tensorboard: bool) -> None:
    from likeness.commands.train.progress import is_main_process, show_progress
    from likeness.training.schedule import format_time
    from likeness.training.train import train

    with show_progress(run, tensorboard) as callbacks:
        summary = train(run, device, callbacks)
    if not is_main_process():
        return
    if summary.complete and summary.step == 0:
        spent = format_time(summary.spent_s)
        more = f"give it longer, as likeness train resume {run.path} --time 10m"
        raise TrainingError(f"nothing was learnt: {spent} were over before the first step; {more}")
    done = f"{summary.step} steps, {summary.images} pictures in {format_time(summary.spent_s)}"
    if summary.conclusion:
        print(summary.conclusion)
    if summary.complete:
        use = "Play it" if summary.played_by.startswith("likeness play") else "Use it"
        print(f"Done: {done}. {use}: {summary.played_by}")
    else:
        print(f"Stopped after {done}. Go on with: likeness train resume {run.path}")
