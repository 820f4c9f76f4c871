"""Latent directions as knobs: by hand, swinging, one after the other, or all to their extremes."""

import logging
import math
import random

import torch
from torch import Tensor

from likeness import Choice, Float, Frame, Int, Param, Stage, Text, Trigger, Values, hookimpl
from likeness.files.paths import resolve_direction
from likeness.generator import GROUPS
from likeness.latent import layer_mask, row
from likeness.toolkit.background_loader import BackgroundLoader
from likeness.toolkit.crossfade import Crossfade
from likeness.toolkit.latent_file import read_directions

log = logging.getLogger(__name__)

MOST_KNOBS = 128
# Long enough that another direction or mode is a move and not a cut, short enough to feel like a switch.
SWITCH_S = 0.3


class Plugin:
    """Adds an offset; `_turns` counts the swings since the start, with the fraction."""

    def __init__(self) -> None:
        self._turns = 0.0
        self._redraws = 0

    @hookimpl
    def declare_params(self) -> list[Param]:
        return [
            Choice(
                "mode",
                "hand",
                ["hand", "lfo", "tour", "extremes"],
                help="hand: the amount fader. lfo: swings to both sides. tour: one direction after the other goes out, "
                "through rest to the other side and back. extremes: all at once, each to a side that is drawn anew.",
            ),
            Int(
                "direction",
                0,
                min=0,
                max=MOST_KNOBS - 1,
                help="Which direction, 0 the strongest; past the last is the last.",
            ),
            Text(
                "file",
                help="A direction to use instead: smile, age or another that goes with the weights, or a .safetensors "
                "file. A file of several takes the numbers' place in every mode, one of one in hand and lfo.",
            ),
            Float(
                "amount",
                0.0,
                min=-4.0,
                max=4.0,
                unit="sd",
                glide=0.1,
                help="How far, in hand mode; 3 is rare in faces.",
            ),
            Float(
                "extent",
                2.0,
                min=0.0,
                max=4.0,
                unit="sd",
                glide=0.1,
                help="How far to each side the other modes swing.",
            ),
            Float(
                "rate", 0.1, min=0.005, max=8.0, unit="Hz", warp="exp", help="Swings a second: out, through and back."
            ),
            Float(
                "beats",
                0.0,
                max=64.0,
                unit="beats",
                help="One swing every so many beats, on the beat; 0 goes by the rate.",
            ),
            Int(
                "knobs",
                12,
                min=1,
                max=MOST_KNOBS,
                help="So many of the strongest directions take part in tour and extremes.",
            ),
            Choice(
                "layers",
                "all",
                ["all", *GROUPS],
                help="Which layers are moved; a family of one layer moves as a whole.",
            ),
            Trigger("redraw", help="Draw new sides for the extremes now."),
        ]

    @hookimpl
    def start(self, stage: Stage) -> None:
        generator = stage.generator
        info, self._mean = generator.info, generator.mean
        self._bank = generator.directions[:MOST_KNOBS].to(self._mean)
        self._seed = stage.seed
        self._masks = {name: layer_mask(info.groups, info.num_ws, name, self._mean) for name in ("all", *GROUPS)}
        self._file: Tensor | None = None
        weights = info.names
        self._loader: BackgroundLoader[str, Tensor] = BackgroundLoader(
            lambda text: _open_directions(text, weights, self._mean), log, offline=stage.offline
        )
        self._fade = Crossfade()
        self._settings: tuple[object, ...] = ()

    @hookimpl
    def update(self, latent: Tensor, params: Values, frame: Frame) -> Tensor | None:
        self._follow_settings(params, frame.time)
        if self._file is None and not len(self._bank):
            return None
        offset = self._offset(params, self._advance_swing(params, frame)) * self._masks[str(params["layers"])]
        return latent + self._fade.step(offset, frame.dt, SWITCH_S)

    def _follow_settings(self, params: Values, time: float) -> None:
        """Load a newly named file, and fade to changed settings."""
        self._redraws += int(params["redraw"])
        directions = self._loader.poll(str(params["file"]).strip(), time)
        if directions is not None:
            self._file = directions if len(directions) else None
        names = ("mode", "direction", "layers", "beats", "knobs")
        settings = (*(params[name] for name in names), self._redraws)
        if directions is not None or settings != self._settings:
            self._fade.start()
            self._settings = settings

    def _advance_swing(self, params: Values, frame: Frame) -> float:
        """Return how many swings have passed, with the fraction."""
        self._turns += frame.dt * float(params["rate"])
        beats = float(params["beats"])
        return frame.beat / beats if beats > 0 else self._turns

    def _offset(self, params: Values, turn: float) -> Tensor:
        """Return this frame's offset [num_ws, w_dim]."""
        bank = self._bank if self._file is None or len(self._file) == 1 else self._file
        mode, knobs = params["mode"], min(int(params["knobs"]), len(bank))
        swing = float(params["extent"]) * math.sin(math.tau * turn)
        if mode == "extremes" and knobs:
            sides = row(self._sides(math.floor(turn), knobs), self._mean)
            return (sides @ bank[:knobs].flatten(1)).view_as(self._mean) * swing
        if mode == "tour" and knobs:
            return bank[math.floor(turn) % knobs] * swing
        amount = float(params["amount"]) if mode == "hand" else swing
        numbered = bank if self._file is None else self._file
        return numbered[min(int(params["direction"]), len(numbered) - 1)] * amount

    def _sides(self, turn: int, knobs: int) -> list[float]:
        """Return +1 or -1 for each knob; another draw for each swing, and the swing begins and ends at rest."""
        bits = random.Random(f"{self._seed} {self._redraws} {turn}").getrandbits(MOST_KNOBS)
        return [1.0 if bits >> knob & 1 else -1.0 for knob in range(knobs)]


@torch.inference_mode()
def _open_directions(text: str, weights: tuple[str, ...], like: Tensor) -> Tensor:
    """Return the directions [n, num_ws, w_dim] that `text` names: a file, or a word of `weights`; none for no text."""
    text = text.strip('"')
    if not text:
        return like[None][:0]
    path = resolve_direction(text, *weights)
    return read_directions(path, *like.shape)[:MOST_KNOBS].to(like)
