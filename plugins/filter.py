"""Filters: the picture through a network that paints it in a style, or translates it into another kind of picture."""

import logging
from typing import Any

import torch
from torch import Tensor

from likeness import Bool, Choice, Float, Frame, Param, Stage, Text, Values, hookimpl
from likeness.easing import smooth
from likeness.generator import RegionGenerator
from likeness.toolkit.filters import (
    REGION_PARTS,
    REGIONS,
    NamedFilter,
    OpenFilters,
    join_layers,
    region_mask,
)

log = logging.getLogger(__name__)

WHOLE = REGION_PARTS["whole"]


class Plugin:
    """Plays image-to-image networks, each file with one style or several, on the whole picture or a part of it.

    At an amount of 0 no network runs and the picture is the very one that came.
    A family that does not know where its faces are is filtered as a whole, and the log says so once.
    """

    # Fades move in `update`, which sees every frame; a picture depends on none before it.
    memoryless = True

    @hookimpl
    def declare_params(self) -> list[Param]:
        return [
            Text(
                "file", "prints",
                help="The filter: the name of a bundled one or of one in ~/.likeness/filters, a file, or a training "
                "run's folder; after a colon the name of one of its styles.",
            ),
            Float(
                "style", 0.0, glide=0.3,
                help="Where between the file's styles, if its name names none: 0 is the first, 1 the last; between "
                "two they mix.",
            ),
            Float("amount", 1.0, glide=0.1, help="How much of the filter is seen; at 0 it costs nothing."),
            Choice("mask", "whole", choices=REGIONS, help="What of the picture is filtered; hair is with clothes."),
            Text("second", "", help="Another filter to crossfade to, named like file; empty is the bare picture."),
            Float("crossfade", 0.0, glide=0.1, help="From file at 0 to second at 1; in between both run."),
            Float("fade", 0.5, max=20.0, unit="s", help="How long a change of file, second or mask takes; 0 cuts."),
            Float(
                "boil", 0.0, max=30.0, unit="per second",
                help="How often the strokes are set anew, as in a film drawn by hand; 0 never, 8 lives.",
            ),
            Bool("follow", help="Open a file anew when it changes, as a run's does while it trains."),
        ]  # fmt: skip

    @hookimpl
    def start(self, stage: Stage) -> None:
        self._generator: Any = stage.generator
        self._warping = stage.warping
        opened = OpenFilters(stage.device)
        self._stage = stage
        self._first = NamedFilter(opened, log, offline=stage.offline)
        self._second = NamedFilter(opened, log, offline=stage.offline)
        self._parts, self._parts_from, self._mask, self._along = WHOLE, WHOLE, "", 1.0
        self._layers: list[tuple[float, Any, Tensor]] = []
        self._amount, self._turn, self._told = 0.0, 0, False

    @hookimpl
    def update(self, params: Values, frame: Frame) -> None:
        fade_s, follow = float(params["fade"]), bool(params["follow"])
        style, crossfade = float(params["style"]), float(params["crossfade"])
        first = self._first.step(str(params["file"]), style, frame, fade_s, follow)
        second = self._second.step(str(params["second"]), style, frame, fade_s, follow)
        self._move_mask(str(params["mask"]), frame.dt, fade_s)
        layers = join_layers(first, second, crossfade)
        filtered = sum(layer.weight for layer in layers if layer.filter is not None)
        self._amount = float(params["amount"]) * filtered
        self._turn = int(frame.time * float(params["boil"]))
        self._layers = []
        if self._amount > 0.0:
            self._layers = [
                (layer.weight / filtered, layer.filter, layer.filter.row(layer.shares))
                for layer in layers
                if layer.filter is not None
            ]

    @hookimpl
    def process_image(self, image: Tensor) -> Tensor | None:
        if not self._layers:
            return None
        (weight, filter_, row), *more = self._layers
        drawn = filter_.draw(image, row, self._turn)
        if more:
            drawn = drawn * weight
            for weight, filter_, row in more:
                drawn = torch.add(drawn, filter_.draw(image, row, self._turn), alpha=weight)
        mask = self._draw_mask(image)
        if mask is not None:
            return torch.lerp(image, drawn, mask.mul_(self._amount).to(image.dtype))
        return drawn if self._amount == 1.0 else torch.lerp(image, drawn, self._amount)

    def _move_mask(self, wanted: str, dt: float, fade_s: float) -> None:
        """Lead the parts of the mask to those of the region that is wanted."""
        if wanted != self._mask:
            # A show begins with its mask; after that one leads to the next.
            self._along = 0.0 if self._mask else 1.0
            self._mask, self._parts_from = wanted, self._parts
        self._along = min(1.0, self._along + (dt / fade_s if fade_s > 0 else 1.0))
        goal, along = REGION_PARTS[wanted], smooth(self._along)
        way = (start + (end - start) * along for start, end in zip(self._parts_from, goal, strict=True))
        self._parts = goal if self._along >= 1.0 else tuple(way)

    def _draw_mask(self, image: Tensor) -> Tensor | None:
        """Return where the filter is seen; None where it is the whole picture."""
        if self._parts == WHOLE:
            return None
        generator = self._generator
        regions = generator.draw_regions() if isinstance(generator, RegionGenerator) else None
        if regions is None or len(regions) != len(image):
            if not self._told:
                family = generator.info.family
                self._told = True
                self._stage.refuse(f"filter: the family {family} does not say where face and hair are; all is filtered")
            return None
        return self._warping.apply(region_mask(regions, self._parts, (image.shape[2], image.shape[3])))
