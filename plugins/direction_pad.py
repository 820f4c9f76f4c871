"""Two latent directions at once, for a pad in two dimensions, a joystick or two knobs."""

import logging
from functools import partial

import torch
from torch import Tensor

from likeness import Float, Frame, Param, Stage, Text, Values, hookimpl
from likeness.errors import InputError
from likeness.files.paths import resolve_direction
from likeness.toolkit.background_loader import BackgroundLoader
from likeness.toolkit.crossfade import Crossfade
from likeness.toolkit.latent_file import read_directions

log = logging.getLogger(__name__)

AXES = ("x", "y")
# Long enough that another direction is a move and not a cut, short enough to feel like a switch.
SWITCH_S = 0.3
HOW = "A number, 0 the strongest; smile, age or another that goes with the weights; or a .safetensors file."


class Plugin:
    """Adds two offsets, each an amount of a direction."""

    @hookimpl
    def declare_params(self) -> list[Param]:
        return [
            *(
                Float(axis, 0.0, min=-4.0, max=4.0, unit="sd", glide=0.1, help=f"How far along {axis}'s direction.")
                for axis in AXES
            ),
            *(Text(f"{axis}_direction", str(number), help=HOW, longest=1024) for number, axis in enumerate(AXES)),
        ]

    @hookimpl
    def start(self, stage: Stage) -> None:
        info = stage.generator.info
        self._bank = stage.generator.directions
        self._like = stage.generator.mean
        self._weights = info.names
        loader = partial(BackgroundLoader[str, Tensor], self._open_direction, log, offline=stage.offline)
        self._loaders = {axis: loader() for axis in AXES}
        self._directions: dict[str, Tensor] = {}
        self._rest = torch.zeros_like(self._like)
        self._fade = Crossfade()

    @hookimpl
    def update(self, latent: Tensor, params: Values, frame: Frame) -> Tensor:
        for axis in AXES:
            opened = self._loaders[axis].poll(str(params[f"{axis}_direction"]).strip(), frame.time)
            if opened is not None:
                self._directions[axis] = opened
                self._fade.start()
        offset = self._rest
        for axis, direction in self._directions.items():
            offset = offset + direction * float(params[axis])
        return latent + self._fade.step(offset, frame.dt, SWITCH_S)

    @torch.inference_mode()
    def _open_direction(self, text: str) -> Tensor:
        """Return the direction [num_ws, w_dim] that `text` names: by number, by name, or in a file."""
        text = text.strip('"')
        if text.isdecimal():
            if not len(self._bank):
                raise InputError("direction_pad: these weights have no numbered directions; give a name or a file")
            return self._bank[min(int(text), len(self._bank) - 1)].to(self._like)
        if not text:
            return self._rest
        path = resolve_direction(text, *self._weights)
        # Of a file of several, the strongest.
        return read_directions(path, *self._like.shape)[0].to(self._like)
