"""Network bending: a layer's activations turned, zoomed, cut and swapped while it draws [Broad et al. 2021]."""

import logging
import math
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor

from likeness import Float, Frame, Int, Param, Stage, Text, Values, hookimpl
from likeness.generator import BendableGenerator, Swap, check_layers
from likeness.latent import row
from likeness.toolkit.background_loader import BackgroundLoader
from likeness.toolkit.bending import REST, Operations, bend_part, channel_weights
from likeness.toolkit.crossfade import Crossfade
from likeness.toolkit.face_list import draw_seeds
from likeness.toolkit.layers import CLUSTERS, FACES, find_clusters

log = logging.getLogger(__name__)

# In which a layer that is left or taken up fades, so that nothing jumps.
FADE_S = 0.25


@dataclass(frozen=True)
class PreparedLayer:
    """A layer that can be bent in the next frame.

    Args:
        name: of the layer.
        partner: the one that it is swapped with.
        clusters: of each channel, `[channels]`.
        patterns: two of noise, `[2, 1, h, w]`.
    """

    name: str
    partner: str
    clusters: Tensor
    patterns: Tensor


class Plugin:
    """Bends one layer at a time; another one is prepared beside the show and faded to."""

    def __init__(self) -> None:
        self._layer: PreparedLayer | None = None
        self._next: PreparedLayer | None = None
        self._level, self._phase = 0.0, 0.0
        self._chosen, self._clusters = ("", 0), Crossfade()

    @hookimpl
    def declare_params(self) -> list[Param]:
        return [
            Text(
                "layer", help="The layer, as b16.conv1 or hair; empty takes the one at depth, a wrong name lists all."
            ),
            Float("depth", 0.35, help="The layer, from the first, 0, to the last, 1: shape, then features, then skin."),
            Float("amount", 1.0, glide=0.1, help="How much of the bent layer is shown."),
            Float("rotate", 0.0, min=-180.0, max=180.0, unit="degrees", glide=0.1, help="Turns it clockwise."),
            Float(
                "zoom", 1.0, min=0.25, max=4.0, warp="exp", glide=0.1, help="Above 1 nearer; below 1 tiles, mirrored."
            ),
            Float("shift_x", 0.0, min=-1.0, unit="widths", glide=0.1, help="Moves it to the right."),
            Float("shift_y", 0.0, min=-1.0, unit="widths", glide=0.1, help="Moves it down."),
            Float("flip_x", 0.0, glide=0.1, help="Blends it with its mirror image; 0.5 is symmetric."),
            Float("flip_y", 0.0, glide=0.1, help="Blends it with itself upside down."),
            Float("noise", 0.0, max=2.0, unit="sd", glide=0.1, help="Adds noise, in standard deviations of the layer."),
            Float("noise_rate", 0.2, max=4.0, unit="Hz", help="How fast the noise changes; 0 stands still."),
            Float("threshold", 0.0, max=2.0, unit="sd", glide=0.1, help="Takes off so much of all it has, to nothing."),
            Float("erode", 0.0, glide=0.1, help="Shrinks what is strong; 1 by a twentieth of the width."),
            Float("dilate", 0.0, glide=0.1, help="Widens what is strong; 1 by a twentieth of the width."),
            Float("invert", 0.0, glide=0.1, help="Turns strong into weak about each channel's mean; 0.5 is flat."),
            Float("gain", 1.0, max=3.0, glide=0.1, help="Multiplies it; 0 takes the layer out."),
            Float("exchange", 0.0, glide=0.1, help="Blends each channel with one from the other end of the layer."),
            Float("swap", 0.0, glide=0.1, help="Swaps the layer with another one; costs up to a second drawing."),
            Text("swap_with", help="The layer to swap with, by name; empty takes the next one."),
            Float("first", 0.0, glide=0.1, help="Where the bent channels begin, from the first, 0, round to it again."),
            Float("share", 1.0, glide=0.1, help="How many of the channels are bent: 1 is all."),
            Int("cluster", 0, max=CLUSTERS, help="Bends only channels that act in the same places; 0 bends all."),
        ]

    @hookimpl
    def start(self, stage: Stage) -> None:
        self._bending, self._heads, self._seed = stage.bending, stage.heads, stage.seed
        generator = stage.generator
        self._names: tuple[str, ...] = ()
        if not isinstance(generator, BendableGenerator):
            stage.refuse(
                f"bend: the family {generator.info.family} has no layers that can be bent; play StyleGANs or composites"
            )
            return
        self._names = tuple(generator.layers)
        latents = generator.sample(draw_seeds(stage.seed, "bend", FACES))
        self._loader: BackgroundLoader[tuple[str, str], PreparedLayer] = BackgroundLoader(
            partial(self._prepare, generator, latents), log, 0.0, offline=stage.offline
        )

    @hookimpl
    def update(self, params: Values, frame: Frame) -> None:
        if not self._names:
            return
        values = {name: float(value) for name, value in params.items() if isinstance(value, int | float)}
        operations = _read_operations(values)
        swapped = values["swap"]
        moves = values["amount"] > 0.0 and (operations != REST or swapped > 0.0)
        self._phase = (self._phase + frame.dt * values["noise_rate"]) % 1.0
        self._fade_layers(self._choose(params), frame, moves)
        layer, amount = self._layer, values["amount"] * self._level
        if layer is None or not moves or amount == 0.0:
            return
        if swapped:
            self._bending.swap(Swap(layer.name, layer.partner, swapped * amount))
        if operations != REST:
            weights = self._weigh_channels(layer, values["first"], values["share"], int(values["cluster"]), frame.dt)
            along = math.tau * self._phase
            pattern = math.cos(along) * layer.patterns[0] + math.sin(along) * layer.patterns[1]
            self._bending.add(layer.name, partial(_bend, operations, pattern, weights, amount))

    @hookimpl
    def state(self) -> float:
        return self._phase

    @hookimpl
    def restore(self, state: float) -> None:
        self._phase = state

    def _choose(self, params: Values) -> tuple[str, str]:
        """Return the names of the layer that is wanted and of the one that it is swapped with."""
        index = round(float(params["depth"]) * (len(self._names) - 1))
        name = str(params["layer"]).strip() or self._names[index]
        after = self._names.index(name) + 1 if name in self._names else 0
        beside = self._names[after] if after < len(self._names) else self._names[-2]
        return name, str(params["swap_with"]).strip() or beside

    def _fade_layers(self, wanted: tuple[str, str], frame: Frame, moves: bool) -> None:
        """Lead the level of the layer that plays down to 0 before another one, and up where it stays."""
        made = self._loader.poll(wanted, frame.time)
        self._next = made or self._next
        # What is at rest, and a render's first frame, have nothing that could jump.
        step = frame.dt / FADE_S if moves and frame.index else 1.0
        if self._next is self._layer:
            self._level = min(1.0, self._level + step)
            return
        self._level = max(0.0, self._level - step) if self._layer is not None else 0.0
        if self._level == 0.0:
            self._layer = self._next
            self._level = 0.0 if moves and frame.index else 1.0

    def _weigh_channels(
        self, layer: PreparedLayer, first: float, share: float, cluster: int, dt: float
    ) -> Tensor | None:
        """Return how far each channel is bent, `[channels]` in [0, 1]; None for all of them."""
        chosen = layer.name, cluster
        if chosen != self._chosen:
            # Another layer has faded in from nothing; another cluster has not.
            self._clusters = self._clusters if self._chosen[0] == layer.name else Crossfade()
            self._clusters.start()
            self._chosen = chosen
        members = (layer.clusters == cluster - 1) | (cluster == 0)
        weights = self._clusters.step(members.to(layer.patterns.dtype), dt, FADE_S)
        if share >= 1.0:
            return None if cluster == 0 and not self._clusters.active else weights
        return weights * row(channel_weights(len(layer.clusters), first, share), layer.patterns)

    def _prepare(self, generator: BendableGenerator, latents: Tensor, wanted: tuple[str, str]) -> PreparedLayer:
        """Return the layer `wanted`, ready. Not on the render thread."""
        name, partner = wanted
        check_layers(generator, wanted)
        for names in ([name], [name, partner]):
            generator.prepare_bends(names, self._heads)
        clusters = find_clusters(generator, latents, name)
        with torch.inference_mode():
            size = generator.draw_layers(latents[:1], [name])[name].shape[2:]
        dice = torch.Generator().manual_seed(draw_seeds(self._seed, "bend noise", 1)[0])
        patterns = torch.randn(2, 1, *size, generator=dice).to(latents.device)
        return PreparedLayer(name, partner, clusters, patterns)


def _read_operations(values: dict[str, float]) -> Operations:
    return Operations(
        degrees=values["rotate"],
        zoom=values["zoom"],
        right=values["shift_x"],
        down=values["shift_y"],
        across=values["flip_x"],
        over=values["flip_y"],
        dilated=values["dilate"],
        eroded=values["erode"],
        level=values["threshold"],
        inverted=values["invert"],
        exchanged=values["exchange"],
        gain=values["gain"],
        noise=values["noise"],
    )


def _bend(operations: Operations, pattern: Tensor, weights: Tensor | None, amount: float, x: Tensor) -> Tensor:
    return bend_part(x, operations.apply(x, pattern), weights, amount)
