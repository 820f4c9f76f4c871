"""Filters for a plugin: named by a performer, opened in the background, faded from one to the next."""

import logging
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional

from likeness.easing import smooth
from likeness.errors import WeightsError
from likeness.files.file_stamp import Stamp, read_stamp
from likeness.files.paths import find_filter
from likeness.frame import Frame
from likeness.generators.filter_file import SEPARATOR, Filter, open_filter
from likeness.toolkit.background_loader import BackgroundLoader

# Opened at the same time: two that are crossfaded, and for each the one before it.
MOST_OPEN = 4
# Between two looks at a file that is followed.
FOLLOW_S = 1.0
REGIONS = ("whole", "face", "hair", "person", "background")
# Of a region: how much of bare skin, of the rest of the person, and of what is behind.
REGION_PARTS = {
    "whole": (1.0, 1.0, 1.0),
    "face": (1.0, 0.0, 0.0),
    "hair": (0.0, 1.0, 0.0),
    "person": (1.0, 1.0, 0.0),
    "background": (0.0, 0.0, 1.0),
}


@dataclass(frozen=True)
class FilterLayer:
    """One filter's part in a picture.

    Args:
        weight: of this layer, in [0, 1]; those of a picture sum to 1.
        filter: None leaves the picture as it is.
        shares: of its styles; they sum to 1.
    """

    weight: float
    filter: Filter | None
    shares: tuple[float, ...] = ()


@dataclass(frozen=True)
class _Named:
    """What a name stands for: a filter, and the style that the name names, if it does."""

    filter: Filter | None
    style: str = ""

    def layer(self, weight: float, position: float) -> FilterLayer:
        if self.filter is None:
            return FilterLayer(weight, None)
        filter_ = self.filter
        shares = filter_.shares_of(self.style) if self.style else filter_.shares_at(position)
        return FilterLayer(weight, filter_, shares)


class OpenFilters:
    """The filters that are open on one device, by file, so that one that is named twice is there once. Any thread."""

    def __init__(self, device: torch.device) -> None:
        self._device = device
        self._lock = threading.Lock()
        self._open: dict[tuple[Path, Stamp | None], Filter] = {}

    def open(self, name: str) -> _Named:
        """Return what `name` means: FILTER, or FILTER:STYLE; an empty one is no filter.

        Raises:
            WeightsError: there is no such filter, it is broken, or has no such style.
        """
        name = name.strip()
        if not name:
            return _Named(None)
        path, style = _resolve(name)
        key = (path.resolve(), read_stamp(path))
        with self._lock:
            if key not in self._open:
                self._open[key] = open_filter(path, self._device)
                while len(self._open) > MOST_OPEN:
                    del self._open[next(iter(self._open))]
            found = self._open[key]
        if style:
            found.shares_of(style)
        return _Named(found, style)


def _resolve(name: str) -> tuple[Path, str]:
    """Return the file and the style that `name` names. A path may hold a colon itself, as after a drive's letter."""
    before, separator, after = name.rpartition(SEPARATOR)
    if not separator or Path(name).expanduser().exists() or any(sign in after for sign in "/\\"):
        return find_filter(name), ""
    return find_filter(before), after


class NamedFilter:
    """The filter that a text names, faded into from the one before; the render thread alone calls it.

    What is named during a fade waits for its end, so that no picture jumps and at most two networks run.

    Args:
        opened: the filters of the plugin.
        log: of the plugin; what cannot be opened is told there, and the filter before goes on.
        offline: as the stage has it: a render ends instead.
    """

    def __init__(self, opened: OpenFilters, log: logging.Logger, *, offline: bool = False) -> None:
        self._loader: BackgroundLoader[tuple[str, Stamp | None], _Named] = BackgroundLoader(
            lambda request: opened.open(request[0]), log, offline=offline
        )
        self._now, self._along, self._begun = _Named(None), 1.0, False
        self._before: _Named | None = None
        self._stamp: Stamp | None = None
        self._looked_at = -FOLLOW_S

    def step(self, name: str, position: float, frame: Frame, fade_s: float, follow: bool) -> list[FilterLayer]:
        """Return this frame's layers.

        Args:
            name: FILTER or FILTER:STYLE; "" is the picture as it is.
            position: in [0, 1], where between the filter's styles, if the name names none.
            frame: the show's.
            fade_s: seconds from one filter to the next; 0 cuts.
            follow: open a file anew where it has changed.
        """
        if self._before is not None:
            self._along += frame.dt / fade_s if fade_s > 0 else 1.0
            if self._along >= 1.0:
                self._before = None
        if self._before is None:
            self._poll(name, frame, fade_s, follow)
        if self._before is None:
            return [self._now.layer(1.0, position)]
        weight = smooth(self._along)
        return [self._now.layer(weight, position), self._before.layer(1.0 - weight, position)]

    def _poll(self, name: str, frame: Frame, fade_s: float, follow: bool) -> None:
        if follow and frame.time - self._looked_at >= FOLLOW_S:
            self._looked_at = frame.time
            self._stamp = _stamp_of(name)
        found = self._loader.poll((name, self._stamp), frame.time)
        if found is None or (self._begun and found == self._now):
            return
        if self._begun and fade_s > 0:
            self._before, self._along = self._now, 0.0
        self._now, self._begun = found, True


def _stamp_of(name: str) -> Stamp | None:
    """Return the stamp of the file that `name` means; None where there is none."""
    try:
        return read_stamp(_resolve(name.strip())[0]) if name.strip() else None
    except WeightsError:
        return None


def join_layers(first: Sequence[FilterLayer], second: Sequence[FilterLayer], crossfade: float) -> list[FilterLayer]:
    """Return the layers of a crossfade, each filter once: its shares are the mean of those that it had.

    Between two styles of one file that is a style between them, for the price of one network.

    Args:
        first, second: layers whose weights sum to 1.
        crossfade: 0 is the first alone, 1 the second.
    """
    weighed = [(layer, layer.weight * (1.0 - crossfade)) for layer in first]
    weighed += [(layer, layer.weight * crossfade) for layer in second]
    joined: dict[int, FilterLayer] = {}
    for layer, weight in weighed:
        if weight <= 0.0:
            continue
        before = joined.get(id(layer.filter))
        if before is None:
            joined[id(layer.filter)] = FilterLayer(weight, layer.filter, layer.shares)
            continue
        total = before.weight + weight
        shares = zip(before.shares, layer.shares, strict=True)
        mean = tuple((a * before.weight + b * weight) / total for a, b in shares)
        joined[id(layer.filter)] = FilterLayer(total, layer.filter, mean)
    return list(joined.values())


def region_mask(regions: Tensor, parts: Sequence[float], size: tuple[int, int]) -> Tensor:
    """Return how much of a region each place belongs to, `[batch, 1, height, width]` in [0, 1].

    Args:
        regions: of `RegionGenerator.draw_regions`, `[batch, 2, h, w]`.
        parts: how much bare skin, the rest of the person, and what is behind count, each in [0, 1].
        size: height and width of the result.
    """
    skin, person = regions[:, :1], regions[:, 1:]
    # In steps outward: the background's part, more or less for the person, more or less again for skin.
    mask = parts[2] + (parts[1] - parts[2]) * person + (parts[0] - parts[1]) * skin
    if mask.shape[2:] != size:
        mask = functional.interpolate(mask, size=size, mode="bilinear", align_corners=False)
    return mask
