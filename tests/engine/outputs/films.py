"""Films whose pictures say which they are, and how they come back."""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from likeness.outputs.profiles import H264, Profile
from likeness.outputs.video import VideoOutput
from likeness.picture import Picture


def record(
    path: Path, pictures: list[Picture], fps: float = 30.0, offline: bool = True, profile: Profile = H264
) -> VideoOutput:
    output = VideoOutput(path, fps, offline=offline, room=max(32, len(pictures)), profile=profile)
    for index, picture in enumerate(pictures):
        output.show(picture, index / fps)
    output.close()
    return output


def decoded(path: Path) -> tuple[list[Picture], list[Fraction]]:
    """Return the pictures and their times, turned back to RGB by the standard's matrix and not by our settings."""
    pictures, times = [], []
    with av.open(path) as file:
        for frame in file.decode(video=0):
            planes = frame.to_ndarray(format="yuv444p").astype(float)
            y, u, v = (planes[0] - 16) / 219, (planes[1] - 128) / 224, (planes[2] - 128) / 224
            # ITU-R BT.709-6, items 3.2 to 3.5.
            red, blue = y + 1.5748 * v, y + 1.8556 * u
            green = (y - 0.2126 * red - 0.0722 * blue) / 0.7152
            pictures.append((np.stack([red, green, blue], -1).clip(0, 1) * 255).round().astype(np.uint8))
            times.append(frame.pts * frame.time_base)
    return pictures, times


def coded(number: int) -> np.ndarray:
    """Return eight stripes, light where the bit is set: what an encoder cannot blur into another number."""
    bits = number >> np.arange(8) & 1
    return np.tile(np.repeat(bits * 200 + 20, 8)[None, :, None], (32, 1, 3)).astype(np.uint8)


def numbered(count: int) -> list[Picture]:
    return [coded(number) for number in range(count)]


def numbers(pictures: list[Picture]) -> list[int]:
    stripes = [picture.reshape(32, 8, 8, 3).mean((0, 2, 3)) > 120 for picture in pictures]
    return [int((bits * 2 ** np.arange(8)).sum()) for bits in stripes]


def decoded_until_broken(path: Path) -> tuple[list[Picture], bool]:
    pictures: list[Picture] = []
    try:
        with av.open(path) as file:
            pictures.extend(frame.to_ndarray(format="rgb24") for frame in file.decode(video=0))
    except av.error.FFmpegError:
        return pictures, True
    return pictures, False
