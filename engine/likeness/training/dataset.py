"""The pictures of a training run: read once into the run's folder, then mapped and shown in a repeatable order."""

from __future__ import annotations

import json
import logging
import os
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from likeness.errors import TrainingError
from likeness.picture import from_levels
from likeness.training.picture_source import read_source
from likeness.training.pictures import ProgressCallback, SkippedFiles, no_progress, too_few, warn_transparent
from likeness.training.run import RunFolder, explain_os_error

log = logging.getLogger(__name__)

PIXELS, INDEX = "pictures.rgb", "pictures.json"


class Dataset:
    """Pictures of one size, mapped from the disk, in an order that depends on seed and step alone.

    The order needs no state: a run that resumes at step 1,000 shows what it would have shown. Each epoch shows every
    picture once, in an order of its own; the processes of a run take turns, so that no two show the same one.

    Args:
        pixels: [n, size, size, 3] uint8, RGB.
        hold_out: how many of them, the first, are never trained on.
        seed: of the order.
        flips: mirror each picture in every other epoch or so.
        names: of the pictures' files, whose folders are their classes; needed by `pairs` alone.

    Raises:
        TrainingError: too few are left to train on.
    """

    def __init__(
        self, pixels: NDArray[np.uint8], hold_out: int, seed: int, flips: bool, names: Sequence[str] = ()
    ) -> None:
        self._pixels, self._held = pixels, hold_out
        self._seed, self._flips = seed, flips
        self._names, self._mates = names, dict[int, list[int]]()
        self._epochs: dict[int, tuple[NDArray[np.int64], NDArray[np.bool_]]] = {}
        self.count = len(pixels) - hold_out

    def batch(self, step: int, size: int, device: torch.device, rank: int = 0, world: int = 1) -> Tensor:
        """Return this process's share `[size / world, 3, H, W]` in [-1, 1] of a step's `size` pictures."""
        share = size // world
        first = step * size + rank * share
        return self._read([self._entry_at(number) for number in range(first, first + share)], device)

    def pairs(self, step: int, size: int, device: torch.device, rank: int = 0, world: int = 1) -> Tensor:
        """Return this process's share of a step's pairs of one class: `[size / world, 6, H, W]`, one upon the other.

        The first pictures are those of `batch`, the second ones are drawn from the same folder; both are mirrored, or
        none. A picture that is alone in its folder is left out, and another one is in its place.

        Raises:
            TrainingError: there are no two folders of two pictures each.
        """
        mates, share = self._find_mates(), size // world
        one, other = list[tuple[int, bool]](), list[tuple[int, bool]]()
        for number in range(step * size + rank * share, step * size + (rank + 1) * share):
            rng = np.random.default_rng((self._seed, number, 1))
            index, mirrored = self._entry_at(number)
            if index not in mates:
                index = list(mates)[int(rng.integers(len(mates)))]
            own = mates[index]
            # Any but itself: the last stands for it.
            mate = own[int(rng.integers(len(own) - 1))]
            one.append((index, mirrored))
            other.append((own[-1] if mate == index else mate, mirrored))
        pairs = torch.cat([self._read(one, device), self._read(other, device)], dim=1)
        return pairs.contiguous(memory_format=torch.channels_last)

    def _find_mates(self) -> dict[int, list[int]]:
        """Return the pictures of its class, itself among them, for each that is trained on and not alone."""
        if not self._mates:
            classes = defaultdict[str, list[int]](list)
            for index, name in list(enumerate(self._names))[self._held :]:
                classes[os.path.dirname(name)].append(index)
            several = [own for own in classes.values() if len(own) > 1]
            if len(several) < 2:
                raise TrainingError(
                    f"{len(several)} folders hold two pictures or more to train with, two are wanted: a folder for "
                    "each class, such as anna/1.jpg, anna/2.jpg, ben/1.jpg, ben/2.jpg"
                )
            self._mates = {index: own for own in several for index in own}
        return self._mates

    def _read(self, chosen: Sequence[tuple[int, bool]], device: torch.device) -> Tensor:
        rows = np.stack([self._pixels[i, :, ::-1] if mirrored else self._pixels[i] for i, mirrored in chosen])
        return to_images(rows, device)

    def held_out(self, device: torch.device, most: int = 256) -> Tensor | None:
        """Return up to `most` pictures that are not trained on, as `batch` does; None where none were held out."""
        return to_images(np.array(self._pixels[: min(self._held, most)]), device) if self._held else None

    def first(self, count: int, device: torch.device) -> Tensor:
        """Return at most `count` pictures for previews: the held-out ones first, then those trained on."""
        return to_images(np.array(self._pixels[:count]), device)

    def _entry_at(self, number: int) -> tuple[int, bool]:
        """Return the index of the run's `number`-th picture, and whether it is mirrored."""
        epoch, position = divmod(number, self.count)
        if epoch not in self._epochs:
            self._epochs = {key: kept for key, kept in self._epochs.items() if key >= epoch - 2}
            rng = np.random.default_rng((self._seed, epoch))
            self._epochs[epoch] = rng.permutation(self.count), rng.random(self.count) < 0.5
        order, mirrored = self._epochs[epoch]
        return self._held + int(order[position]), self._flips and bool(mirrored[position])


def to_images(rows: NDArray[np.uint8], device: torch.device) -> Tensor:
    """Return bytes [n, H, W, 3] as pictures [n, 3, H, W] in [-1, 1], channels-last, on the device."""
    # Torch keeps the order in memory, which is channels-last.
    levels = torch.from_numpy(np.ascontiguousarray(rows)).to(device, non_blocking=True)
    return from_levels(levels.permute(0, 3, 1, 2))


def is_read(run: RunFolder) -> bool:
    """Return whether the run's pictures are in its folder already."""
    return (run.path / INDEX).is_file()


def read_dataset(run: RunFolder, min_pictures: int, progress: ProgressCallback = no_progress) -> None:
    """Read the run's source into the run's folder, cut and scaled; does nothing where that was done before.

    Args:
        run: its settings say where the pictures are, and how they are cut.
        min_pictures: the fewest pictures to train on, without those held out.
        progress: called with the number read.

    Raises:
        TrainingError: the source is absent or broken, holds too few pictures, or the disk refuses.
    """
    if is_read(run):
        return
    settings, names, skipped, transparent = run.settings, [], SkippedFiles(), 0
    source = Path(settings.source)
    try:
        with (run.path / PIXELS).open("wb") as file:
            for name, picture, head in read_source(source, settings.size, settings.crop, progress):
                if picture is None:
                    skipped.add(head)
                else:
                    names.append(name)
                    transparent += picture.transparent
                    file.write(picture.pixels.tobytes())
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        (run.path / PIXELS).unlink(missing_ok=True)
        raise TrainingError(f"{run.path / PIXELS} could not be written: {explain_os_error(error)}") from error
    fault = "held no face or were no pictures" if settings.crop == "face" else "were no pictures"
    count = len(names) - settings.hold_out
    if count < min_pictures:
        said = skipped.describe(fault) if skipped.count else ""
        raise too_few(source, count, min_pictures, said, settings.hold_out)
    if skipped.count:
        log.warning("%s: %s, and were left out", source, skipped.describe(fault))
    warn_transparent(source, transparent)
    run.write(INDEX, json.dumps({"size": settings.size, "skipped": skipped.count, "names": names}).encode())


def open_dataset(run: RunFolder) -> Dataset:
    """Return the pictures that `read_dataset` wrote.

    Raises:
        TrainingError: the files are not what it wrote.
    """
    settings = run.settings
    try:
        index = json.loads((run.path / INDEX).read_text(encoding="utf-8"))
        shape = (len(index["names"]), settings.size, settings.size, 3)
        pixels = np.memmap(run.path / PIXELS, np.uint8, "r", shape=shape)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise TrainingError(
            f"{run.path / PIXELS} is not what was read for this run ({error}); remove it and {INDEX}, and go on"
        ) from error
    return Dataset(pixels, settings.hold_out, settings.seed, settings.flips, index["names"])
