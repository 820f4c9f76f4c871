"""`likeness gallery`: whom somebody resembles."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import App, Parameter

from likeness.errors import GalleryError, LikenessError, nearest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from likeness.gallery import Gallery, Record

app = App(name="gallery", help="Known faces, searched for whom somebody resembles.")
# Where it is, for every command.
Folder = Annotated[Path | None, Parameter(name="--gallery")]
MOST_LISTED = 200


@app.command
def build(
    *,
    from_model: int,
    first_seed: int = 0,
    psi: float = 0.8,
    weights: str | None = None,
    device: str = "cpu",
    gallery: Folder = None,
) -> None:
    """Fill the gallery with a generator's own population, so that there is somebody to resemble.

    Parameters
    ----------
    from_model
        How many faces: a tenth of a second each.
    first_seed
        The faces are those of this seed and the next ones.
    psi
        Truncation; less makes them more alike.
    weights
        A weights file, or the name of a bundled one.
    device
        auto, cpu, cuda or mps: where they are drawn.
    gallery
        The gallery's folder; ~/.likeness/gallery where it is left out.
    """
    from likeness import open_generator
    from likeness.devices import choose_device
    from likeness.gallery.population import add_population
    from likeness.places import find_weights
    from likeness.show import DEFAULT_WEIGHTS

    if from_model < 1:
        raise GalleryError("--from-model begins at 1 face")
    generator = open_generator(find_weights(weights or DEFAULT_WEIGHTS), str(choose_device(device)))
    seeds = range(first_seed, first_seed + from_model)
    with _open(gallery, create=True) as opened, _progress("drawing faces", from_model) as progress:
        added, faceless = add_population(opened, generator, seeds, psi=psi, progress=progress)
        count = len(opened)
    none = f", {faceless} drawings show no face that is found" if faceless else ""
    print(f"{added} faces are new{none}; {count} are in {_folder(gallery)}")


@app.command
def add(
    photos: Path,
    *,
    name: str = "",
    consent: str = "",
    weights: str | None = None,
    latents: bool = True,
    shard: str = "1/1",
    ray: str | None = None,
    gallery: Folder = None,
) -> None:
    """Keep the faces of photos; of each photo the biggest face.

    Cut short, the same call goes on where it was: every photo is looked at once.

    Parameters
    ----------
    photos
        A photo, or a folder with photos.
    name
        Of the person on all of them; left out, each is called by its file.
    consent
        Who agreed to what, in words. Stored beside every face; without it nothing is kept.
    weights
        Whose encoder finds the latents; the default weights where it is left out.
    latents
        Find the latent of each face, with which it can be drawn.
    shard
        Only this part of the photos, as 2/8: for several machines, or several processes.
    ray
        A Ray cluster's address, or local: its machines look at the photos.
    gallery
        The gallery's folder; ~/.likeness/gallery where it is left out.
    """
    from likeness.gallery.adding import Shard, add_photos, find_photos, in_turn
    from likeness.gallery.packing import CONSENT

    if not consent.strip():
        raise GalleryError(CONSENT)
    part, found = Shard.parse(shard), find_photos(photos)
    path = _weights(weights) if latents else None
    if ray is None:
        from likeness.gallery.looking import open_looker

        looker, lacking = open_looker(path, name, consent)
        if lacking:
            print(f"likeness: faces are kept without latents: {lacking}", file=sys.stderr)
        look = in_turn(looker.look)
    else:
        from likeness.gallery.cluster import on_cluster

        look = on_cluster(ray, path, name, consent)
    with _open(gallery, create=True) as opened, _progress("looking at photos", len(found)) as progress:
        tally = add_photos(opened, found, look, consent=consent, shard=part, progress=progress)
    for reason in tally.refused.values():
        print(f"likeness: {reason}", file=sys.stderr)
    for path in tally.others:
        print(f"likeness: {path} shows several faces; the biggest was kept", file=sys.stderr)
    counts = (
        (tally.added, "faces are new"),
        (tally.known, "photos had been looked at"),
        (tally.elsewhere, "photos belong to other shards"),
        (len(tally.refused), "photos were refused"),
    )
    print(", ".join(f"{count} {what}" for count, what in counts if count or what == "faces are new"))
    if len(tally.refused) == len(found):
        sys.exit(2)


@app.command(name="list")
def list_(name: str | None = None, *, gallery: Folder = None) -> None:
    """List the faces: number, name, where they come from, and the consent.

    Parameters
    ----------
    name
        Only those of this name.
    gallery
        The gallery's folder; ~/.likeness/gallery where it is left out.
    """
    with _open(gallery) as opened:
        records = opened.records(name)
    for record in records[:MOST_LISTED]:
        latent = f"{record.num_ws} x {record.w_dim}" if record.num_ws else "no latent"
        said = f'  "{record.consent}"' if record.consent else ""
        print(f"{record.number:>6}  {record.name:24} {_source(record):28} {latent:9}  {record.added[:10]}{said}")
    more = f", the first {MOST_LISTED} are listed" if len(records) > MOST_LISTED else ""
    print(f"{len(records)} faces{more}, in {_folder(gallery)}")


@app.command
def remove(
    *names: str,
    number: Annotated[list[int] | None, Parameter(name="--number", negative="")] = None,
    gallery: Folder = None,
) -> None:
    """Remove faces, so that nothing of them is left in the gallery's files.

    Parameters
    ----------
    names
        All faces of these names.
    number
        The faces of these numbers, as `list` shows them; may be given several times.
    gallery
        The gallery's folder; ~/.likeness/gallery where it is left out.
    """
    with _open(gallery) as opened:
        records = opened.records()
        known = {record.name for record in records}
        for name in set(names) - known:
            raise GalleryError(f"the gallery has no face {name!r}; {nearest(name, known)}")
        wrong = set(number or ()) - {record.number for record in records}
        if wrong:
            raise GalleryError(f"the gallery has no face number {min(wrong)}; see: likeness gallery list")
        numbers = [record.number for record in records if record.name in names or record.number in (number or ())]
        removed = opened.remove(numbers)
        print(f"{removed} faces are gone, {len(opened)} are left in {_folder(gallery)}")


@app.command
def search(
    photo: Path,
    *,
    k: Annotated[int, Parameter(name=("--k", "-k"))] = 5,
    farthest: bool = False,
    output: Annotated[Path | None, Parameter(name=("--output", "-o"))] = None,
    gallery: Folder = None,
) -> None:
    """Tell whom the biggest face of a photo resembles. Nothing of the photo is kept.

    Parameters
    ----------
    photo
        A file.
    k
        How many.
    farthest
        The bad news instead: whom it resembles least.
    output
        A PNG file: the face, then those that were found.
    gallery
        The gallery's folder; ~/.likeness/gallery where it is left out.
    """
    from likeness.faces.photo import read_photo
    from likeness.gallery.looking import Eye

    with _open(gallery) as opened:
        if not len(opened):
            raise GalleryError(f"the gallery in {_folder(gallery)} is empty; likeness gallery build --from-model 500")
        sight = Eye().see(read_photo(photo), str(photo))
        matches = opened.search(sight.embedding, k, farthest)
    if sight.others:
        print(f"likeness: {photo} shows {sight.others + 1} faces; this is for the biggest", file=sys.stderr)
    for match in matches:
        print(f"{match.distance:.3f}  {match.name:24}  number {match.record.number}, {_source(match.record)}")
    if output is not None:
        from likeness.picture import sheet, write_png

        write_png(output, sheet([sight.aligned, *(match.picture() for match in matches)], len(matches) + 1))
        print(f"The faces are on {output.resolve()}")


@app.command
def merge(*folders: Path, gallery: Folder = None) -> None:
    """Add the faces of other galleries, each with its consent; those that are there already are left out.

    Parameters
    ----------
    folders
        Of the others; they stay as they are.
    gallery
        The gallery's folder; ~/.likeness/gallery where it is left out.
    """
    from likeness.gallery import Gallery
    from likeness.gallery.merging import merge as join

    if not folders:
        raise GalleryError("no gallery to merge; name the folders of one or more")
    total = 0
    for folder in folders:
        with Gallery.open(folder) as other:
            total += len(other)
    with _open(gallery, create=True) as opened, _progress("merging", total) as progress:
        added = join(opened, folders, progress)
        print(f"{added} faces are new; {len(opened)} are in {_folder(gallery)}")


@app.command
def means(
    folder: Path,
    *,
    labels: Path,
    by: str,
    group: Annotated[list[str] | None, Parameter(name="--group", negative="")] = None,
    output: Annotated[Path, Parameter(name=("--output", "-o"))],
    weights: str | None = None,
) -> None:
    """Make the mean face of each group of labelled photos, for the plugin `algebra`.

    Parameters
    ----------
    folder
        Photos cut square and aligned as in FFHQ.
    labels
        A CSV file with a column `file`.
    by
        The column that tells the groups; an empty cell is in none.
    group
        NAME=VALUE,VALUE puts values together under a name; without it every value is a group.
    output
        A folder. Gets NAME.safetensors for each group.
    weights
        A weights file whose encoder is used; the default weights where it is left out.
    """
    from likeness.encoders.opening import open_encoder_for
    from likeness.gallery.means import mean_latent, read_groups
    from likeness.latent_file import write_latent

    values = {}
    for text in group or ():
        name, equals, cells = text.partition("=")
        if not (name.isidentifier() and equals and cells):
            raise LikenessError(f"--group {text!r} is not NAME=VALUE,VALUE, such as old=70,72")
        values[name] = cells.split(",")
    groups = read_groups(labels, folder, by, values)
    encoder = open_encoder_for(_weights(weights))
    with _progress("encoding", sum(len(one.photos) for one in groups)) as progress:
        done = iter(range(1, sys.maxsize))
        for one in groups:
            mean = mean_latent(one.photos, encoder, lambda: progress(next(done)))
            write_latent(output / f"{one.name}.safetensors", mean)
    for one in groups:
        print(f"{len(one.photos):5} photos -> {output / one.name}.safetensors")


def _folder(folder: Path | None) -> Path:
    from likeness.places import own

    return own("gallery") if folder is None else folder


def _open(folder: Path | None, *, create: bool = False) -> "Gallery":
    from likeness.gallery import Gallery

    return Gallery.open(_folder(folder), create=create)


def _weights(name: str | None) -> Path:
    from likeness.places import find_weights
    from likeness.show import DEFAULT_WEIGHTS

    return find_weights(name or DEFAULT_WEIGHTS)


def _source(record: "Record") -> str:
    return "a photo" if record.seed is None else f"{record.weights} seed {record.seed}"


def _progress(what: str, total: int) -> "AbstractContextManager[Callable[[int], None]]":
    from contextlib import contextmanager

    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    @contextmanager
    def shown() -> "Iterator[Callable[[int], None]]":
        columns = (TextColumn(what), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        with Progress(*columns, console=Console(stderr=True)) as progress:
            task = progress.add_task(what, total=total)
            yield lambda done: progress.update(task, completed=done)

    return shown()
