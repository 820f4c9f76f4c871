"""How late lips come after a voice in a film: what flite says is rendered, and the picture's movement compared with it.

The film is rendered twice, once with a still mouth, so that what differs between the two is the mouth's movement alone.
Prints the shift at which it correlates best with the jaw and the closure that the sounds ask for. Needs flite.

    python tests/benchmarks/lip_lag.py --voice rms --film speak.mp4 --strip speak.png
"""

import argparse
import subprocess
import sys
import tempfile
import wave
from pathlib import Path

import av
import cv2
import numpy as np

from likeness.audio.voice_features import HOP_S
from likeness.training.voice.phonemes import CLOSURE, JAW, move_mouth
from likeness.training.voice.sentences import HELD_OUT
from likeness.training.voice.speech import Utterance, say

FPS = 50
SHIFTS_MS = range(-200, 301, 10)
# Of the strip: every third frame, 60 ms apart.
ROWS, COLUMNS, STRIDE = 2, 10, 3
STILL = ("blink", "breath", "drift")


def write_wave(said: Utterance, path: Path) -> None:
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, said.rate, 0, "NONE", ""))
        file.writeframes((said.samples * 32767).astype("<i2").tobytes())


def render(sound: Path, film: Path, seconds: float, amount: float) -> np.ndarray:
    """Return the lower faces of a film, `[frames, h, w]`."""
    quiet = [word for name in STILL for word in ("--set", f"speak.{name}=0")]
    command = ["render", "speak", "--audio", str(sound), "--seconds", f"{seconds:.2f}", "--fps", str(FPS)]
    command += ["--size", "256x256", "--set", f"speak.amount={amount}", *quiet, "-o", str(film), "--force"]
    subprocess.run([sys.executable, "-m", "likeness.cli", *command], check=True, capture_output=True)
    with av.open(str(film)) as container:
        frames = [frame.to_ndarray(format="gray") for frame in container.decode(video=0)]
    return np.stack(frames)[:, 160:, 60:196].astype(np.float32)


def draw_strip(film: Path, said: Utterance, file: Path) -> None:
    """Write frames of the first seconds, the sound's envelope and the sounds' names below them."""
    with av.open(str(film)) as container:
        frames = [frame.to_ndarray(format="bgr24") for frame in container.decode(video=0)]
    rows: list[list[np.ndarray]] = [[]]
    loud = np.abs(said.samples) / np.abs(said.samples).max()
    for index in range(0, min(len(frames), ROWS * COLUMNS * STRIDE), STRIDE):
        at = index / FPS
        first, last = (round(max(0.0, at + side * STRIDE / FPS / 2) * said.rate) for side in (-1, 1))
        face = cv2.resize(frames[index][134:250, 62:194], None, fx=0.9, fy=0.9, interpolation=cv2.INTER_AREA)
        below = np.zeros((40, face.shape[1], 3), np.uint8)
        for x, part in enumerate(np.array_split(loud[first:last], face.shape[1])):
            cv2.line(below, (x, 24 - round(24 * float(part.max(initial=0.0)))), (x, 24), (90, 220, 90))
        name = next((each.name for each in said.phonemes if each.start <= at < each.end), "")
        cv2.putText(below, f"{at:.2f} s  {name}", (4, 37), cv2.FONT_HERSHEY_SIMPLEX, 0.36, (255,) * 3, 1, cv2.LINE_AA)
        if len(rows[-1]) == COLUMNS:
            rows.append([])
        rows[-1].append(np.concatenate((face, below)))
    whole = [np.concatenate(row, axis=1) for row in rows if len(row) == COLUMNS]
    cv2.imwrite(str(file), np.concatenate(whole))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--voice", default="rms")
    parser.add_argument("--sentence", default=HELD_OUT[1])
    parser.add_argument("--film", type=Path, default=None)
    parser.add_argument("--strip", type=Path, default=None)
    wanted = parser.parse_args()
    said = say(wanted.voice, wanted.sentence)
    seconds = len(said.samples) / said.rate
    with tempfile.TemporaryDirectory() as folder:
        sound = Path(folder) / "voice.wav"
        write_wave(said, sound)
        film = wanted.film or Path(folder) / "speak.mp4"
        moved = render(sound, film, seconds, 1.0)
        still = render(sound, Path(folder) / "still.mp4", seconds, 0.0)
        if wanted.strip is not None:
            draw_strip(film, said, wanted.strip)
    opening = np.abs(moved - still).mean(axis=(1, 2))
    shapes = move_mouth(said.phonemes, round(seconds / HOP_S) + 50)
    asked = shapes[:, JAW] * (1 - shapes[:, CLOSURE])
    at = np.arange(len(opening)) / FPS
    found = {
        shift: float(np.corrcoef(opening, np.interp(at - shift / 1e3, np.arange(len(asked)) * HOP_S, asked))[0, 1])
        for shift in SHIFTS_MS
    }
    best = max(found, key=lambda shift: found[shift])
    print(
        f"{wanted.voice}, {seconds:.1f} s: the picture follows the sounds by {best} ms (correlation {found[best]:.2f})"
    )
    print("wanted: no more than 45 ms before, 125 ms after")


if __name__ == "__main__":
    main()
