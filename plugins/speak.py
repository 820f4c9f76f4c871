"""Speaks: a voice in the show's sound moves the mouth of the face that plays."""

import math
import random
from typing import Any

import torch
from torch import Tensor

from likeness import Float, Frame, Param, Stage, Values, hookimpl
from likeness.errors import LikenessError
from likeness.files.paths import find_voice
from likeness.toolkit.mouth import move_bare, open_mouth_of
from likeness.toolkit.mouth_moves import CHANNELS, MouthMoves, move_lips
from likeness.toolkit.voice import VoiceFollower

HELP = {
    "jaw": "How far the jaw opens.",
    "width": "How far the corners of the mouth go apart.",
    "closure": "How firmly the lips shut for p, b and m.",
    "rounding": "How far the lips go forward for o, u and w.",
    "teeth": "How much is seen of the teeth.",
    "tongue": "How high the tip of the tongue goes for th and l.",
}
# Of a blink [VanderWerf et al. 2003]: the lid falls, stays, and rises more slowly.
FALLS_S, STAYS_S, RISES_S = 0.08, 0.03, 0.17
# A breath at rest, and how much of a standard deviation the face drifts along each direction at 1.
BREATHS_PER_S, DRIFT_SD = 0.24, 0.25
# Of the drift's swings, turns a second: none is a multiple of another, so they never meet.
SWINGS = (0.071, 0.113, 0.157, 0.193)


class Plugin:
    """Hears the show's sound, moves the lips of a composite's picture, and lets it blink, breathe and drift.

    A family whose faces have no common mean has no mouth that could be found: its pictures stay, but for the drift,
    and the log says so once.
    """

    # What it draws depends on the sound and the values, all of which `update` sees, and on no picture before.
    memoryless = True

    @hookimpl
    def declare_params(self) -> list[Param]:
        glide = {"glide": 0.1}
        return [
            Float("amount", 1.0, max=3.0, **glide, help="Exaggeration: 0 is a still face, 1 speech, 3 a cartoon."),
            *(Float(name, 1.0, max=2.0, **glide, help=HELP[name]) for name in CHANNELS),
            Float("gain", 0.0, min=-24.0, max=36.0, unit="dB", help="Of the sound, for a quiet microphone."),
            Float("rest", 0.0, max=1.0, **glide, help="How far the mouth is open in silence."),
            Float("blink", 14.0, max=60.0, unit="per minute", help="How often the eyes blink; 0 never."),
            Float("breath", 0.5, max=2.0, **glide, help="How much of its breath is seen."),
            Float("drift", 0.5, max=2.0, **glide, help="How much the face stirs while it stands."),
        ]

    @hookimpl
    def start(self, stage: Stage) -> None:
        self._generator: Any = stage.generator
        self._stage = stage
        voice = find_voice()
        if voice is None:
            raise LikenessError("speak: there is no voice.safetensors; make one: likeness train voice")
        self._follower = VoiceFollower(stage.sound, voice, wait=stage.offline)
        self._sound, self._asked = stage.sound, False
        self._mouth = open_mouth_of(stage.generator, "speak", stage.refuse)
        self._dice = random.Random(stage.seed)
        self._until_blink, self._blinked_s = self._dice.uniform(0.3, 1.0), math.inf
        self._breath, self._swings = 0.0, [self._dice.random() for _ in SWINGS]
        self._directions = stage.generator.directions[: len(SWINGS)]
        self._moves = MouthMoves()

    @hookimpl
    def update(self, latent: Tensor, params: Values, frame: Frame) -> Tensor | None:
        if not self._asked and not self._sound.connected:
            self._stage.refuse("speak: the show hears nothing; give it --audio voice.wav, or live --audio default")
        self._asked = True
        values = {name: float(value) for name, value in params.items()}
        lips = move_lips(self._follower.follow(frame.at, values["gain"]), values)
        self._blink(values["blink"], frame.dt)
        self._breath = (self._breath + frame.dt * BREATHS_PER_S) % 1.0
        breath = values["breath"] * 0.5 * (1.0 - math.cos(math.tau * self._breath))
        self._moves = lips.with_life(breath=breath, lids=_lid(self._blinked_s))
        self._swings = [(at + frame.dt * speed) % 1.0 for at, speed in zip(self._swings, SWINGS, strict=True)]
        if not values["drift"] or not len(self._directions):
            return None
        for direction, at in zip(self._directions, self._swings, strict=False):
            latent = torch.add(latent, direction, alpha=values["drift"] * DRIFT_SD * math.sin(math.tau * at))
        return latent

    @hookimpl
    def process_image(self, image: Tensor) -> Tensor | None:
        warp = self._generator.warp if self._mouth is not None else None
        if self._mouth is None or warp is None or len(warp) != len(image) or image.shape[2] != image.shape[3]:
            return None
        # Marked by a plugin before this one, which shows a visitor's photo: the warp is that of another face.
        if self._stage.privacy.marked:
            return None
        mouth, moves = self._mouth, self._moves
        return move_bare(self._generator, image, lambda bare: mouth.draw(bare, warp, moves.moves, moves.inside))

    @hookimpl
    def state(self) -> dict[str, Any]:
        kept = (self._until_blink, self._blinked_s, self._breath, self._swings)
        return {"life": kept, "dice": self._dice.getstate(), "voice": self._follower.state()}

    @hookimpl
    def restore(self, state: dict[str, Any]) -> None:
        self._until_blink, self._blinked_s, self._breath, self._swings = state["life"]
        self._dice.setstate(state["dice"])
        self._follower.restore(state["voice"])

    def _blink(self, per_minute: float, dt: float) -> None:
        self._blinked_s += dt
        self._until_blink -= dt * per_minute / 60.0
        if self._until_blink <= 0.0:
            # Now and then two follow each other.
            self._until_blink, self._blinked_s = self._dice.choice((0.12, 0.7, 1.0, 1.3, 1.6)), 0.0


def _lid(since_s: float) -> float:
    """Return how far lids are shut so many seconds after a blink began, in [0, 1]."""
    rising = 1.0 - (since_s - FALLS_S - STAYS_S) / RISES_S
    part = min(1.0, max(0.0, min(since_s / FALLS_S, rising)))
    return part * part * (3.0 - 2.0 * part)
