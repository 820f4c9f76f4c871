"""Arithmetic with faces, a - b + c: this one, without what is young, with what is old."""

import logging
from dataclasses import dataclass

from torch import Tensor

from likeness import Choice, Float, Frame, Generator, Param, Stage, Text, Values, hookimpl
from likeness.generator import GROUPS
from likeness.latent import layer_mask
from likeness.toolkit.background_loader import BackgroundLoader
from likeness.toolkit.crossfade import Crossfade
from likeness.toolkit.face_list import read_faces

log = logging.getLogger(__name__)

HOW = "seeds, saved latents and gallery:NAME; of several their mean is taken"


@dataclass(frozen=True)
class Terms:
    """The faces that the texts name.

    Attributes:
        start: a, `[num_ws, w_dim]`; None for the face that comes in.
        difference: c - b, of the same shape.
    """

    start: Tensor | None
    difference: Tensor


class Plugin:
    """Adds a difference of faces to a face."""

    @hookimpl
    def declare_params(self) -> list[Param]:
        return [
            Text("a", help=f"The face to begin from: {HOW}; empty is the face that comes in."),
            Text("b", help=f"What is taken away: {HOW}; empty is the average face."),
            Text("c", help=f"What is added: {HOW}; empty is the average face."),
            Float(
                "amount",
                0.0,
                min=-3.0,
                max=3.0,
                glide=0.1,
                help="How much of c - b: 1 is the whole of it, -1 goes the other way.",
            ),
            Choice(
                "layers",
                "all",
                ["all", *GROUPS],
                help="Which layers are moved; a family of one layer moves as a whole.",
            ),
            Float("change", 0.6, max=30.0, unit="s", help="How long the change to other faces takes; 0 cuts."),
        ]

    @hookimpl
    def start(self, stage: Stage) -> None:
        generator = stage.generator
        info, self._mean = generator.info, generator.mean
        self._loader: BackgroundLoader[tuple[str, ...], Terms] = BackgroundLoader(
            lambda texts: _read_terms(texts, generator), log, offline=stage.offline
        )
        self._masks = {name: layer_mask(info.groups, info.num_ws, name, self._mean) for name in ("all", *GROUPS)}
        self._terms = Terms(None, self._mean - self._mean)
        self._starts, self._differences = Crossfade(), Crossfade()
        self._layers = ""

    @hookimpl
    def update(self, latent: Tensor, params: Values, frame: Frame) -> Tensor:
        terms = self._loader.poll(tuple(str(params[name]).strip() for name in ("a", "b", "c")), frame.time)
        if terms is not None:
            self._terms = terms
            self._starts.start()
        if terms is not None or params["layers"] != self._layers:
            self._layers = str(params["layers"])
            self._differences.start()
        change = float(params["change"])
        start = latent if self._terms.start is None else self._terms.start.expand_as(latent)
        start = self._starts.step(start, frame.dt, change)
        difference = self._differences.step(self._terms.difference * self._masks[self._layers], frame.dt, change)
        return start + difference * float(params["amount"])


def _read_terms(texts: tuple[str, ...], generator: Generator) -> Terms:
    """Return the terms that the texts of a, b and c name."""
    a, b, c = (read_faces(text, generator) for text in texts)
    b_mean, c_mean = (faces.mean(dim=0) if len(faces) else generator.mean for faces in (b, c))
    return Terms(a.mean(dim=0) if len(a) else None, c_mean - b_mean)
