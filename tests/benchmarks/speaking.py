"""What a face that speaks costs a frame: the sound's part and the picture's, beside the synthesis.

Prints milliseconds of one processor thread, medians of interleaved frames, so that a busy machine changes little.

    python tests/benchmarks/speaking.py --weights faces-256 --size 256
"""

import argparse
import time
from collections.abc import Callable
from statistics import median
from typing import Any

import numpy as np
import torch

from likeness import open_generator
from likeness.audio.listening import Listening
from likeness.audio.sound import SOUND_RATE
from likeness.files.paths import find_mouth, find_voice, find_weights
from likeness.toolkit.mouth import open_mouth
from likeness.toolkit.mouth_moves import CHANNELS, move_lips
from likeness.toolkit.voice import VoiceFollower

FPS, FRAMES = 60, 150


class Noise:
    """Endless sound, as a file would be."""

    def open_sound(self) -> "Noise":
        return self

    def end(self) -> float:
        return np.inf

    def read(self, start: int, count: int) -> Any:
        return np.random.default_rng(start).standard_normal((2, count)).astype(np.float32) * 0.1


def timed(times: list[float], work: Callable[[], Any]) -> Any:
    began = time.thread_time()
    result = work()
    times.append((time.thread_time() - began) * 1e3)
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--weights", default="faces-256")
    parser.add_argument("--size", type=int, default=256)
    wanted = parser.parse_args()
    torch.set_num_threads(1)
    path, listening, voice = find_weights(wanted.weights), Listening(), find_voice()
    generator: Any = open_generator(path, size=wanted.size)
    file = find_mouth(path)
    assert voice is not None
    assert file is not None
    mouth = open_mouth(file, torch.device("cpu"))
    listening.connect(Noise())  # type: ignore[arg-type]  # as far as it is asked
    follower = VoiceFollower(listening, voice)
    values = dict.fromkeys((*CHANNELS, "amount"), 1.0) | {"rest": 0.0}
    times: dict[str, list[float]] = {part: [] for part in ("synthesis", "sound", "mouth", "mouth and lids")}
    latents = generator.sample(range(FRAMES)) * 0.8
    with torch.inference_mode():
        for index, latent in enumerate(latents):
            picture = timed(times["synthesis"], lambda one=latent: generator.synthesize(one[None]))
            timed(times["sound"], lambda at=index: follower.follow(at / FPS))
            lips = move_lips((0.5, 0.5, 0.2, 0.3, 0.4, 0.3), values)
            for name, lids in (("mouth", 0.0), ("mouth and lids", 0.6)):
                moves = lips.with_life(breath=0.3, lids=lids)
                arguments = (picture, generator.warp, moves.moves, moves.inside)
                timed(times[name], lambda given=arguments: mouth.draw(*given))
    print(f"{wanted.weights} at {wanted.size} px, one thread, ms a frame ({SOUND_RATE / FPS:.0f} samples):")
    for name, each in times.items():
        print(f"  {name:16} {median(each[10:]):6.2f}")


if __name__ == "__main__":
    main()
