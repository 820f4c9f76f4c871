"""Group means: the average latent of all photos that a table labels alike."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from likeness.encoders.open_encoder import Encoder
from likeness.errors import GalleryError, LikenessError, PhotoError, nearest
from likeness.faces.photo import Photo, read_photo
from likeness.files.text_file import read_table
from likeness.picture import to_tensor

FILE = "file"
# Of fewer faces a mean is still more of them than of their group.
LEAST_FACES = 5


@dataclass(frozen=True)
class Group:
    """A named group of photos."""

    name: str
    photos: tuple[Path, ...]


def read_groups(table: Path, folder: Path, column: str, values: Mapping[str, Sequence[str]]) -> list[Group]:
    """Return the groups of photos that a table makes, by name.

    Args:
        table: a CSV file with a column `file`.
        folder: of the photos.
        column: by which they are grouped; an empty cell belongs to no group.
        values: which cells make up a group, by its name; empty for a group of each value that is there.

    Raises:
        GalleryError: the table, the column or a value is not there, or a group is too small.
    """
    try:
        columns, rows = read_table(table)
    except LikenessError as error:
        raise GalleryError(f"{table} cannot be read as a table: {error}") from error
    for wanted in (FILE, column):
        if wanted not in columns:
            raise GalleryError(f"{table} has no column {wanted!r}; {nearest(wanted, columns)}")
    cells: dict[str, list[Path]] = defaultdict(list)
    for row in rows:
        if row[column]:
            cells[row[column]].append(folder / row[FILE])
    for value in {value for group in values.values() for value in group} - set(cells):
        raise GalleryError(f"{table} has no {column} {value!r}; {nearest(value, cells)}")
    groups = [
        Group(name, tuple(path for cell in members for path in cells[cell]))
        for name, members in (values or {value: [value] for value in sorted(cells)}).items()
    ]
    small = [group for group in groups if len(group.photos) < LEAST_FACES]
    if small and values:
        raise GalleryError(
            f"{column} {small[0].name} has {len(small[0].photos)} photos and a mean wants {LEAST_FACES}; "
            "label more, or put values together as old=70,72"
        )
    if len(small) == len(groups):
        raise GalleryError(
            f"{table}: no {column} has the {LEAST_FACES} photos that a mean wants, of {len(rows)} rows; label more, "
            "or put values together as old=70,72"
        )
    return [group for group in groups if group not in small]


def mean_latent(photos: Sequence[Path], encoder: Encoder, progress: Callable[[], None] = lambda: None) -> Tensor:
    """Return the mean latent `[num_ws, w_dim]` of aligned photos and their mirror images.

    The mirrored half takes out to which side a group happens to look. Photos that cannot be read are left out.

    Args:
        photos: files, each cut square and aligned as in FFHQ.
        encoder: of the generator that is to draw them.
        progress: told after each photo.

    Raises:
        GalleryError: none can be read.
    """
    total, count = torch.zeros(()), 0
    for path in photos:
        try:
            photo = _check_square(read_photo(path), path)
        except PhotoError:
            continue
        finally:
            progress()
        picture = to_tensor(photo)
        latents = encoder.encode(torch.cat([picture, picture.flip(3)]))
        total, count = total + latents.double().sum(dim=0), count + len(latents)
    if not count:
        raise GalleryError(f"none of the {len(photos)} photos can be read; is it the right folder?")
    return (total / count).float()


def _check_square(photo: Photo, path: Path) -> Photo:
    if photo.shape[0] != photo.shape[1]:
        raise PhotoError(f"{path} is not square; cut it as in FFHQ")
    return photo
