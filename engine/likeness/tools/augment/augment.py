"""New pictures of one picture after the other, from where a call before this one stopped."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from likeness.errors import PhotoError
from likeness.picture import write_picture
from likeness.tools.augment.new_picture import Made, Maker, OnStep
from likeness.tools.augment.record import Record, Row
from likeness.tools.augment.sources import Source

Begin = Callable[[Source], OnStep]
Say = Callable[[Source, str], None]


@dataclass(frozen=True)
class Summary:
    """What was made in all.

    Args:
        pictures: new ones of this call.
        sources: pictures that they were made of.
        kept: pictures that a call before this one had made new ones of.
        refused: pictures that were left out, unreadable or without a face.
    """

    pictures: int
    sources: int
    kept: int
    refused: int


def augment(
    sources: Sequence[Source],
    folder: Path,
    maker: Maker,
    record: Record,
    *,
    seed: int = 0,
    originals: bool = True,
    begin: Begin = lambda _source: lambda _done, _total: None,
    say: Say = lambda _source, _line: None,
) -> Summary:
    """Make new pictures of each source that has none yet, and write them with their rows.

    Args:
        sources: what to make more of.
        folder: of the results.
        maker: makes them.
        record: of the folder.
        seed: with a source's name it decides all that is drawn at random, whatever the other sources are.
        originals: write each picture itself too, cut as the new ones are.
        begin: called with each source; returns what is called with its progress.
        say: called with what there is to say of one.

    Raises:
        OutputError: the disk refuses; what was made before is whole.
    """
    pictures = made = kept = refused = 0
    for source in sources:
        if record.is_done(source.name):
            kept += 1
            continue
        try:
            result = maker.make(source.path, (seed, zlib.crc32(source.name.encode())), begin(source))
        except PhotoError as error:
            refused += 1
            say(source, str(error))
            continue
        for note in result.notes:
            say(source, note)
        record.add(source.name, _write(source, folder, result, originals=originals))
        pictures, made = pictures + len(result.new), made + 1
    return Summary(pictures, made, kept, refused)


def _write(source: Source, folder: Path, made: Made, *, originals: bool) -> list[Row]:
    """Write what was made of a picture; return its rows of the table."""
    rows: list[Row] = []
    if originals:
        write_picture(folder / source.file(0), made.original)
        rows.append({"file": source.file(0), "source": source.name, "class": source.group})
    for number, new in enumerate(made.new, start=1):
        write_picture(folder / source.file(number), new.picture)
        row = {"file": source.file(number), "source": source.name, "class": source.group, "tries": str(new.tries)}
        if new.distance is not None:
            row["distance"] = f"{new.distance:.4f}"
        rows.append(row | {name: f"{amount:.4f}" for name, amount in new.moved.items()})
    return rows
