"""Voice follower: what a show hears, as the shape of a mouth at the moment of each frame."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from likeness.audio.listening import Listening
from likeness.audio.sound import SOUND_RATE
from likeness.audio.voice_features import HOP_S, WINDOW_S, VoiceFeatures
from likeness.audio.voice_network import CHANNELS, VoiceNetwork
from likeness.errors import WeightsError
from likeness.generators.weights_file import read_weights

Floats = NDArray[np.float32]
FAMILY = "voice"


def open_voice(path: Path) -> tuple[VoiceNetwork, float]:
    """Return the network in a weights file, and by how many seconds its shapes come after their sound.

    Raises:
        WeightsError: it is broken or something else.
    """
    header, tensors = read_weights(path)
    if header.family != FAMILY:
        raise WeightsError(f"{path} holds a {header.family}, no voice network; make one: likeness train voice")
    try:
        network = VoiceNetwork({name: tensor.float().numpy() for name, tensor in tensors.items()})
        delay_s = float(header.arguments["delay"]) * HOP_S
    except (KeyError, TypeError, ValueError) as error:
        raise WeightsError(f"{path} is no whole voice network ({error}); copy it or train it again") from error
    return network, delay_s + WINDOW_S / 2


class VoiceFollower:
    """Follows a voice, frame by frame. The render thread.

    A file is read ahead by the network's delay, so that in a film lips and sound meet; a device cannot be.

    Args:
        sound: of the show.
        path: of the voice network.
        wait: for a file to be read up to now, in a render.

    Raises:
        WeightsError: the file is broken.
    """

    def __init__(self, sound: Listening, path: Path, *, wait: bool = False) -> None:
        self._sound, self._wait = sound, wait
        self._network, self._delay_s = open_voice(path)
        self._features = VoiceFeatures(SOUND_RATE)
        self._next = 0
        # The newest two rows of shapes, and when the newest one ends, in seconds of the sound.
        self._rows = np.zeros((2, len(CHANNELS)), np.float32)
        self._ends_at = 0.0

    def follow(self, at: float, gain_db: float = 0.0) -> Floats:
        """Return the shapes `[6]` of the frame `at` that many seconds of the show; unbounded, about [0, 1].

        Args:
            at: never goes back.
            gain_db: of the sound, before it is heard.
        """
        until = at if self._sound.live else at + self._delay_s
        first, samples = self._sound.read(self._next, until, wait=self._wait)
        if len(samples):
            if first > self._next:
                # What was missed is silence.
                self._ends_at += (first - self._next) / SOUND_RATE
            self._next = first + len(samples)
            for row in self._features.add(samples * np.float32(10.0 ** (gain_db / 20))):
                self._rows = np.stack((self._rows[1], self._network.step(row)))
                self._ends_at += HOP_S
        # Between two rows, so that a frame's shapes do not go in steps of 10 ms.
        part = min(1.0, max(0.0, (self._next / SOUND_RATE - self._ends_at) / HOP_S))
        shapes: Floats = self._rows[0] + (self._rows[1] - self._rows[0]) * np.float32(part)
        return shapes

    def state(self) -> tuple[int, Floats, float, Floats]:
        """Return what a new follower of the same network must know to go on."""
        return self._next, self._rows, self._ends_at, self._network.hidden

    def restore(self, state: tuple[int, Floats, float, Floats]) -> None:
        """Go on from what another follower returned as `state`."""
        self._next, self._rows, self._ends_at, hidden = state
        if hidden.shape == self._network.hidden.shape:
            self._network.hidden = hidden
