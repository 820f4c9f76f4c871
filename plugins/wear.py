"""What a face wears: glasses, a beard, make-up and earrings, put on by pads, each face with its own."""

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
DARK = 3  # among glasses, heavy, round and dark
DARKEST = 6.0  # sd along it
PADS = {"on": "glasses", "grow": "beard", "paint": "makeup", "hang": "earrings"}  # each with its fader


class Plugin:
    """Moves a latent along the directions of what the weights can wear; of others it says that they have nothing.

    Along them only what is worn changes.
    """

    def __init__(self) -> None:
        self._levels = dict.fromkeys(PADS, 0.0)

    @hookimpl
    def declare_params(self) -> list[Param]:
        return [
            Bool("on", False, help="Puts glasses on, and takes them off: for a pad."),
            Bool("grow", False, help="Lets a beard grow, and shaves it: for a pad."),
            Bool("paint", False, help="Puts make-up on, and takes it off: for a pad."),
            Bool("hang", False, help="Puts earrings on, and takes them off: for a pad."),
            Float("fade", 0.5, max=30.0, unit="s", help="How long each takes; 0 cuts."),
            Float("glasses", 0.0, glide=0.2, help="Fades them in by hand: for a fader, or the music."),
            Float("dark", 0.0, glide=0.4, help="How dark the lenses are."),
            Float("heavy", 0.0, min=-2.0, max=2.0, unit="sd", glide=0.3, help="From wire, below 0, to thick rims."),
            Float("round", 0.0, min=-2.0, max=2.0, unit="sd", glide=0.3, help="From square, below 0, to round."),
            Float("own", 1.0, glide=0.3, help="How much each face has rims of its own: 0 gives all of them the same."),
            Float("beard", 0.0, glide=0.2, help="Fades a beard in by hand: for a fader, or the music."),
            Float("kind", 0.0, min=-2.0, max=2.0, unit="sd", glide=0.3, help="From moustache, below 0, to full beard."),
            Float("makeup", 0.0, glide=0.2, help="Fades make-up in by hand: for a fader, or the music."),
            Float("bold", 0.0, min=-2.0, max=2.0, unit="sd", glide=0.3, help="From natural make-up, below 0, to bold."),
            Float("earrings", 0.0, glide=0.2, help="Fades earrings in by hand: for a fader, or the music."),
            Float("large", 0.0, min=-2.0, max=2.0, unit="sd", glide=0.3, help="From studs, below 0, to large hoops."),
        ]

    @hookimpl
    def start(self, stage: Stage) -> None:
        self._like, self._names = stage.generator.mean, stage.generator.info.names
        with torch.inference_mode():
            self._glasses, self._beard = self._read("glasses", "rims"), self._read("beard", "beards")
            self._makeup, self._earrings = self._read("makeup", "makeups"), self._read("earrings", "hoops")
        if all(bank is None for bank in (self._glasses, self._beard, self._makeup, self._earrings)):
            stage.refuse("wear: these weights have nothing to wear; faces-256 has, and likeness train glasses gives it")

    @hookimpl
    def update(self, latent: Tensor, params: Values, frame: Frame) -> Tensor | None:
        glasses, beard, makeup, earrings = (self._fade(pad, fader, params, frame) for pad, fader in PADS.items())
        # What is worn is worn at any truncation.
        psi = max(float(frame.values["show"]["psi"]), LEAST_PSI)
        moved = None
        if self._glasses is not None and glasses > 0.0:
            heavy, around, dark = self._glasses[1:]
            style = heavy * float(params["heavy"]) + around * float(params["round"])
            style = style + dark * (DARKEST * float(params["dark"]))
            moved = latent + (self._glasses[0] * (UNSEEN + SEEN * glasses) + style) / psi
            own = float(params["own"])
            if own < 1.0:
                axes = self._glasses[1:DARK].flatten(1)
                theirs = latent.flatten(1) @ axes.t()
                moved = moved - (1.0 - own) * (theirs @ axes).view_as(latent)
        for bank, level, kind in (
            (self._beard, beard, "kind"),
            (self._makeup, makeup, "bold"),
            (self._earrings, earrings, "large"),
        ):
            if bank is not None and level > 0.0:
                worn = bank[0] * (UNSEEN + SEEN * level) + bank[1] * float(params[kind])
                moved = (latent if moved is None else moved) + worn / psi
        return moved

    @hookimpl
    def state(self) -> dict[str, float]:
        return dict(self._levels)

    @hookimpl
    def restore(self, state: dict[str, float]) -> None:
        self._levels.update(state)

    def _read(self, *names: str) -> Tensor | None:
        """Return the weights' directions of these names, `[n, num_ws, w_dim]`; None where they have none."""
        try:
            banks = [read_directions(find_direction(name, *self._names), *self._like.shape) for name in names]
        except WeightsError:
            return None
        return torch.cat(banks).to(self._like)

    def _fade(self, pad: str, fader: str, params: Values, frame: Frame) -> float:
        """Return how much is worn by a pad, which fades, and by a fader: the larger of the two."""
        seconds = float(params["fade"])
        # A show begins as it is set; what is pressed after that fades.
        step = frame.dt / seconds if seconds > 0.0 and frame.index else 1.0
        self._levels[pad] = min(1.0, max(0.0, self._levels[pad] + (step if params[pad] else -step)))
        return max(self._levels[pad], float(params[fader]))
