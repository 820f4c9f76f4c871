"""The cost of recordings: filling a frame of another shape, each profile of films, and the sound.

    python tests/benchmarks/recording.py

prints milliseconds of one core a picture, from interleaved runs: the median and the quickest. The pictures are those of
a face that turns into another.
"""

import argparse
import statistics
import tempfile
import time
import wave
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import get_args

import cv2
import numpy as np
import torch

from likeness import open_generator
from likeness.audio.file import AudioFile
from likeness.files.paths import find_weights
from likeness.outputs.fitting import fit_picture
from likeness.outputs.profiles import H264, PROFILES, Profile
from likeness.outputs.video import VideoOutput
from likeness.picture import Picture, to_picture
from likeness.ranges import Fit

FPS = 24


def draw_pictures(count: int, side: int) -> list[Picture]:
    """Return a face that turns into another."""
    generator = open_generator(find_weights("composite-256"))
    with torch.inference_mode():
        first, last = 0.7 * generator.sample([3]), 0.7 * generator.sample([8])
        drawn = [to_picture(generator.synthesize(torch.lerp(first, last, n / count))) for n in range(count)]
    return [np.asarray(cv2.resize(each, (side, side), interpolation=cv2.INTER_CUBIC), np.uint8) for each in drawn]


def measure(ways: dict[str, Callable[[], object]], rounds: int, pictures: int = 1) -> None:
    """Print the ms of this process's processor time that each of `ways` takes for one of its pictures."""
    spent: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, way in ways.items():
            began = time.process_time()
            way()
            spent[name].append((time.process_time() - began) * 1e3 / pictures)
    for name, each in spent.items():
        print(f"  {name:20} {statistics.median(each):6.1f} ms, at best {min(each):6.1f}")


def record(
    path: Path, pictures: Sequence[Picture], profile: Profile, *, offline: bool, audio: Path | None = None
) -> None:
    """Write a film, whose file is left."""
    sound = None if audio is None else AudioFile(audio).open_sound()
    output = VideoOutput(path, FPS, offline=offline, room=len(pictures), sound=sound, profile=profile)
    for index, picture in enumerate(pictures):
        output.show(picture, index / FPS)
    output.close()


def write_noise(path: Path, seconds: float) -> Path:
    """Write a WAV of soft noise."""
    noise = np.random.default_rng(0).normal(0, 3000, (round(seconds * 48_000), 2)).astype("<i2")
    with wave.open(str(path), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(48_000)
        file.writeframes(noise.tobytes())
    return path


def main() -> None:
    """Print all of it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--side", type=int, default=512, help="of the pictures, in px")
    options = parser.parse_args()
    pictures = draw_pictures(2 * FPS, options.side)
    modes: tuple[Fit, ...] = get_args(Fit)
    for size in ((1920, 1080), (1080, 1920)):
        print(f"to fit {options.side} px into {size[0]}x{size[1]}:")
        measure({mode: partial(fit_picture, pictures[0], size, mode) for mode in modes}, 8 * options.rounds)
    with tempfile.TemporaryDirectory() as folder:
        films = {name: Path(folder) / f"{name}{profile.endings[0]}" for name, profile in PROFILES.items()}
        for offline in (False, True):
            print(f"a frame of {options.side} px, {'offline' if offline else 'live'}, all threads together:")
            ways = {
                name: partial(record, film, pictures, PROFILES[name], offline=offline) for name, film in films.items()
            }
            measure(ways, options.rounds, len(pictures))
            sizes = (f"{name} {film.stat().st_size / 2000:.0f}" for name, film in films.items())
            print(f"  kB a second: {', '.join(sizes)}")
        print("a second of 16 px without and with sound:")
        small, noise = [np.zeros((16, 16, 3), np.uint8)] * (20 * FPS), write_noise(Path(folder) / "a.wav", 20.0)
        path = Path(folder) / "s.mp4"
        ways = {
            "picture alone": partial(record, path, small, H264, offline=True),
            "with sound": partial(record, path, small, H264, offline=True, audio=noise),
        }
        measure(ways, options.rounds, 20)


if __name__ == "__main__":
    main()
