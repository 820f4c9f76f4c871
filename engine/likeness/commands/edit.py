"""`likeness edit`."""

import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from likeness.commands.early_checks import refuse_photos, refuse_weights
from likeness.errors import LikenessError
from likeness.files.free_name import refuse_unwritable
from likeness.options import Device, Force, Weights, ranged
from likeness.ranges import SEED, Range
from likeness.tools.parse_moves import parse_moves

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

    from likeness.picture import Picture
    from likeness.projection.search import Step
    from likeness.tools.edit_photos import EditedPhoto

PICTURES = (".png", ".jpg", ".jpeg", ".webp")


def edit(
    *photos: Path,
    direction: Annotated[list[str] | None, Parameter(name=("--direction", "-d"))] = None,
    output: Annotated[Path, Parameter(name=("--output", "-o"))],
    paste: bool = False,
    strip: bool = False,
    steps: Annotated[
        int, ranged(Range(0, 1_000_000), "Steps of the search; 0 takes the encoder's guess as it is.")
    ] = 100,
    aligned: bool = False,
    eyes: str | None = None,
    weights: Weights | None = None,
    device: Device = "auto",
    seed: Annotated[int, ranged(SEED, "Of the random numbers.")] = 0,
    force: Force = False,
) -> None:
    """Change the faces of photos, paintings and drawings: `likeness edit anna.jpg -d smile=2 -d age=-1 -o out.png`.

    The face is found, taken to a latent by the encoder and a search, moved along the directions and drawn anew. In a
    painting it is looked for in calmer copies too. A picture without a face is reported with the reason and left out.

    Parameters
    ----------
    photos
        JPEG, PNG, WebP, GIF or BMP files.
    direction
        NAME=AMOUNT in standard deviations: 1 is seen, 3 is much; glasses=1 and beard=1 put on. A name that these
        weights have (`likeness directions list`), or a file; repeat it for more.
    output
        A .png, .jpg or .webp file; with several photos and no --strip a folder, which gets a NAME.png of each.
    paste
        Lay the face back into its photo, in the photo's light, softly at the rim; otherwise it is a square of its own.
    strip
        One sheet with a row for each photo: its face, the face as it is drawn, and four steps on to the edited one.
    aligned
        The photos are cropped around the face already, as in FFHQ.
    eyes
        X,Y,X,Y in px: the eye at the picture's left, then the other, where no face is found.
    """
    if not direction:
        raise LikenessError(
            "nothing to change; give a direction and how far to go, as -d smile=2; `likeness directions list` has all"
        )
    moves, places = parse_moves(direction), _parse_eyes(eyes)
    refuse_photos(photos, "to edit")
    _check_output(photos, output, paste=paste, strip=strip, aligned=aligned, one_place=eyes is not None)
    refuse_weights(weights)

    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    from likeness import open_generator
    from likeness.files.paths import DEFAULT_WEIGHTS, find_weights
    from likeness.generators.devices import choose_device
    from likeness.tools.edit_photos import EditPlan, PhotoEditor

    plan = EditPlan(moves, steps, aligned, places, seed, paste)
    editor = PhotoEditor(open_generator(find_weights(weights or DEFAULT_WEIGHTS), str(choose_device(device))), plan)
    done: dict[Path, EditedPhoto] = {}
    columns = (TextColumn("{task.description:20}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns) as progress:
        for photo in photos:
            task = progress.add_task(photo.name, total=max(steps, 1))
            try:
                done[photo] = editor.edit(photo, partial(_show_step, progress, task))
            except LikenessError as error:
                progress.remove_task(task)
                print(f"likeness: {error}", file=sys.stderr)
                continue
            progress.update(task, completed=max(steps, 1))
            for note in done[photo].notes:
                progress.print(f"{photo.name}: {note}")
    _write(done, output, single=len(photos) == 1, strip=strip, force=force)
    if len(done) < len(photos):
        sys.exit(2)


def _show_step(progress: "Progress", task: "TaskID", step: "Step") -> None:
    progress.update(task, completed=step.number)


def _write(done: "dict[Path, EditedPhoto]", output: Path, *, single: bool, strip: bool, force: bool) -> None:
    """Write the strip of all, the picture of one, or a picture of each into a folder."""
    from likeness.files.free_name import claimed
    from likeness.picture import sheet, write_picture

    if not done:
        return

    def finish(edited: "EditedPhoto") -> "Picture":
        return edited.picture if edited.pasted is None else edited.pasted

    if strip:
        rows = [picture for edited in done.values() for picture in edited.strip]
        pictures = {output: sheet(rows, len(rows) // len(done))}
    elif single:
        pictures = {output: finish(next(iter(done.values())))}
    else:
        pictures = {output / f"{photo.stem}.png": finish(edited) for photo, edited in done.items()}
    for wanted, picture in pictures.items():
        with claimed([wanted], force=force) as [path]:
            write_picture(path, picture)
        print(f"The result is in {path.resolve()}")


def _check_output(
    photos: tuple[Path, ...], output: Path, *, paste: bool, strip: bool, aligned: bool, one_place: bool
) -> None:
    """Raise where the options do not go together, before any photo is searched for."""
    if one_place and (len(photos) > 1 or aligned):
        raise LikenessError("--eyes says where they are in one photo; give that photo alone, without --aligned")
    if paste and (strip or aligned):
        raise LikenessError(
            f"--paste lays faces back into their photos; leave out {'--strip' if strip else '--aligned'}"
        )
    is_picture = output.suffix.lower() in PICTURES
    if (strip or len(photos) == 1) and not is_picture:
        raise LikenessError(f"-o {output} must end in {', '.join(PICTURES)}")
    if len(photos) > 1 and not strip:
        if is_picture:
            raise LikenessError(f"-o {output} is one file for {len(photos)} photos; name a folder, or add --strip")
        names = [photo.stem for photo in photos]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise LikenessError(f"several photos are called {twice[0]} and would be one file; edit them one at a time")
    targets = [output] if is_picture else [output / f"{photo.stem}.png" for photo in photos]
    for photo in photos:
        if photo.resolve() in {target.resolve() for target in targets}:
            raise LikenessError(f"{photo} is the photo itself and would be lost; name another file with -o")
    refuse_unwritable(targets[0])


def _parse_eyes(text: str | None) -> tuple[float, float, float, float] | None:
    """Return the px that `--eyes` names."""
    if text is None:
        return None
    try:
        x0, y0, x1, y1 = (float(number) for number in text.split(","))
    except ValueError:
        raise LikenessError(f"--eyes {text!r} is not X,Y,X,Y in px, as 210,180,290,178") from None
    return x0, y0, x1, y1
