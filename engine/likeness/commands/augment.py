"""`likeness augment`."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from likeness.commands.early_checks import refuse_weights
from likeness.errors import LikenessError, say_count
from likeness.files.free_name import refuse_unwritable
from likeness.options import Device, Force, Weights, ranged
from likeness.ranges import SEED, Range
from likeness.tools.augment.plan import WITHIN, Detail, MovePlan
from likeness.tools.parse_moves import parse_moves

if TYPE_CHECKING:
    from likeness.tools.augment.new_picture import Maker, OnStep
    from likeness.tools.augment.record import Value
    from likeness.tools.augment.sources import Source

COUNT = ranged(Range(1, 1000), "New pictures of each picture.")
STEPS = ranged(Range(0, 1_000_000), "Steps of the search for each face; 0 takes the encoder's guess as it is.")
DISTANCE = ranged(Range(0, 2, above_low=True), "The distance between embeddings in which the person counts as held.")


def augment(
    folder: Path,
    *,
    output: Annotated[Path, Parameter(name=("--output", "-o"))],
    count: Annotated[int, COUNT] = 8,
    move: list[str] | None = None,
    within: Annotated[float, DISTANCE] = WITHIN,
    detail: Detail = "photo",
    steps: Annotated[int, STEPS] = 100,
    aligned: bool = False,
    dagan: str | None = None,
    originals: bool = True,
    weights: Weights | None = None,
    device: Device = "auto",
    seed: Annotated[int, ranged(SEED, "Of all that is drawn at random.")] = 0,
    force: Force = False,
) -> None:
    """Make more pictures of the same people or classes out of few: `likeness augment selfies -o more`.

    Each face is taken to a latent and moved there in light, pose and expression; what is not the same person any more
    is tried nearer, and left out where that does not help. With --dagan other pictures of any class are drawn by what
    `likeness train dagan` has learnt. The same command goes on where it was stopped. The folder gets augmented.csv, a
    table of what was made from what, and is ready for `likeness train`.

    Parameters
    ----------
    folder
        Of pictures, or of a sub-folder for each person or class.
    output
        A folder for NAME.png, the picture itself, and NAME-01.png, NAME-02.png, ... in the same sub-folders.
    move
        NAME=REACH: how far a direction is moved to either side at most, in standard deviations, as light=1.5; repeat
        it for more. Of a switch, as glasses=1, half of the pictures get all. Without it light, turn, smile and a little
        age, where the weights have them.
    detail
        photo moves and lights the photo itself as its drawing changes; drawing takes the drawing as it is.
    aligned
        The photos are cropped around the face already, as in FFHQ.
    dagan
        The folder of a run of `likeness train dagan`, or its weights, which draw instead.
    originals
        Write each picture itself too, cut as the new ones are.
    """
    if dagan is not None and (move or weights or aligned or detail != "photo"):
        raise LikenessError("--dagan draws without a latent; leave out --move, --detail, --aligned and --weights")
    ranges = parse_moves(move or [], option="--move")
    refuse_weights(dagan or weights)

    from likeness.tools.augment.record import TABLE, Record
    from likeness.tools.augment.sources import list_sources

    sources = list_sources(folder, output)
    refuse_unwritable(output / TABLE)

    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    from likeness.tools.augment.augment import augment as make_all

    if dagan is not None:
        maker, own = _open_drawer(dagan, count, device)
    else:
        plan = MovePlan(ranges, count, steps, within, detail, aligned)
        maker, plan, own = _open_mover(weights, plan, device, seed)
    settings = {"folder": str(folder.resolve()), "count": count, "seed": seed, "originals": originals, **own}
    moves = [] if dagan is not None else list(plan.ranges)
    record = Record(output, settings, moves, force=force)
    with Progress(TextColumn("{task.description:20}"), BarColumn(), MofNCompleteColumn(), transient=True) as bars:
        whole = bars.add_task("pictures", total=len(sources))
        one = bars.add_task("", total=1)

        def begin(source: "Source") -> "OnStep":
            bars.update(whole, completed=sources.index(source))
            return lambda done, total: bars.update(one, description=source.path.name, completed=done, total=total)

        def say(source: "Source", line: str) -> None:
            shown = line if source.name in line or str(source.path) in line else f"{source.name}: {line}"
            bars.console.print(f"likeness: {shown}", markup=False, highlight=False, soft_wrap=True)

        done = make_all(sources, output, maker, record, seed=seed, originals=originals, begin=begin, say=say)
    if done.sources or not done.kept:
        made = say_count(done.pictures, f"new picture of {done.sources} is", f"new pictures of {done.sources} are")
        print(f"{made} in {output.resolve()}" + _add_rest(done.kept, done.refused))
    else:
        print(f"Nothing is left to do in {output.resolve()}" + _add_rest(done.kept, done.refused))
    if not done.pictures + done.kept or done.refused:
        sys.exit(2)


def _open_drawer(dagan: str, count: int, device: str) -> "tuple[Maker, dict[str, Value]]":
    """Return what draws by a DAGAN, and the settings that it draws by."""
    from likeness.files.paths import find_weights
    from likeness.generators.devices import choose_device
    from likeness.generators.variation_file import open_variation
    from likeness.generators.weights_file import fingerprint
    from likeness.tools.augment.variations import VariationDrawer

    path = find_weights(dagan)
    variation = open_variation(path, choose_device(device))
    return VariationDrawer(variation, count), {"dagan": fingerprint(path)}


def _open_mover(
    weights: str | None, plan: MovePlan, device: str, seed: int
) -> "tuple[Maker, MovePlan, dict[str, Value]]":
    """Return what moves faces, how far in all, and the settings that it moves them by."""
    from dataclasses import replace

    from likeness import open_generator
    from likeness.files.paths import DEFAULT_WEIGHTS, find_weights
    from likeness.generators.devices import choose_device
    from likeness.generators.weights_file import fingerprint
    from likeness.tools.augment.moved_faces import FaceMover, choose_ranges

    path = find_weights(weights or DEFAULT_WEIGHTS)
    generator = open_generator(path, str(choose_device(device)))
    plan = replace(plan, ranges=choose_ranges(generator, plan.ranges))
    own: dict[str, Value] = {
        "weights": fingerprint(path),
        "steps": plan.steps,
        "within": plan.within,
        "detail": plan.detail,
        "aligned": plan.aligned,
        "moves": " ".join(f"{name}={reach:g}" for name, reach in plan.ranges.items()),
    }
    return FaceMover(generator, plan, seed), plan, own


def _add_rest(kept: int, refused: int) -> str:
    """Return what is to be said of the pictures that nothing new was made of."""
    before, out = say_count(kept, "was", "were"), say_count(refused, "was", "were")
    parts = [f"{before} done before"] * bool(kept) + [f"{out} left out"] * bool(refused)
    return "".join(f"; {part}" for part in parts)
