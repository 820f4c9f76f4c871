"""What a face wears: glasses, put on by a pad, clear or dark, each face with rims of its own or all with the same."""

import torch
from torch import Tensor

from likeness import Bool, Float, Frame, Param, Stage, Values, hookimpl
from likeness.errors import WeightsError
from likeness.files.paths import find_direction
from likeness.latent import LEAST_PSI
from likeness.toolkit.latent_file import read_directions

# Up to so much of the direction nothing is seen, and a fader that begins there has no dead part; then all of it over so
# much more.
UNSEEN, SEEN = 0.34, 0.2
HEAVY, ROUND, DARK = range(3)  # of the direction `rims`
DARKEST = 6.0  # sd along it


class Plugin:
    """Moves a latent along the directions `glasses` and `rims` of the weights; of others it says that they have none.

    Along them only what is worn changes.
    """

    def __init__(self) -> None:
        self._level = 0.0

    @hookimpl
    def declare_params(self) -> list[Param]:
        return [
            Bool("on", False, help="Puts glasses on, and takes them off: for a pad."),
            Float("fade", 0.5, max=30.0, unit="s", help="How long that takes; 0 cuts."),
            Float("glasses", 0.0, glide=0.2, help="Fades them in by hand: for a fader, or the music."),
            Float("dark", 0.0, glide=0.4, help="How dark the lenses are."),
            Float("heavy", 0.0, min=-2.0, max=2.0, unit="sd", glide=0.3, help="From wire, below 0, to thick rims."),
            Float("round", 0.0, min=-2.0, max=2.0, unit="sd", glide=0.3, help="From square, below 0, to round."),
            Float("own", 1.0, glide=0.3, help="How much each face has rims of its own: 0 gives all of them the same."),
        ]

    @hookimpl
    def start(self, stage: Stage) -> None:
        info, like = stage.generator.info, stage.generator.mean
        self._worn: Tensor | None = None
        try:
            with torch.inference_mode():
                read = [read_directions(find_direction(name, *info.names), *like.shape) for name in ("glasses", "rims")]
        except WeightsError:
            stage.refuse("wear: these weights have nothing to wear; faces-256 has, and likeness train glasses gives it")
            return
        self._worn, self._rims = read[0][0].to(like), read[1].to(like)

    @hookimpl
    def update(self, latent: Tensor, params: Values, frame: Frame) -> Tensor | None:
        self._fade(frame.dt, float(params["fade"]), on=bool(params["on"]))
        seen = max(self._level, float(params["glasses"]))
        if self._worn is None or seen == 0.0:
            return None
        # What is worn is worn at any truncation.
        psi = max(float(frame.values["show"]["psi"]), LEAST_PSI)
        steps = {HEAVY: float(params["heavy"]), ROUND: float(params["round"]), DARK: DARKEST * float(params["dark"])}
        moved = self._worn * (UNSEEN + SEEN * seen)
        for number, step in steps.items():
            moved = moved + self._rims[number] * step
        own = float(params["own"])
        if own < 1.0:
            style = self._rims[:DARK].flatten(1)
            theirs = latent.flatten(1) @ style.t()
            latent = latent - (1.0 - own) * (theirs @ style).view_as(latent)
        return latent + moved / psi

    @hookimpl
    def state(self) -> float:
        return self._level

    @hookimpl
    def restore(self, state: float) -> None:
        self._level = state

    def _fade(self, dt: float, seconds: float, *, on: bool) -> None:
        step = dt / seconds if seconds > 0.0 else 1.0
        self._level = min(1.0, self._level + step) if on else max(0.0, self._level - step)
