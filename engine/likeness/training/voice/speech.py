"""Speech with the times of its sounds, as the programs flite and festival say it."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
import wave
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from likeness.errors import TrainingError, nearest
from likeness.training.voice.phonemes import Phoneme

Floats = NDArray[np.float32]
# Flite's with whole throats; kal speaks at 8 kHz, and awb_time tells the time alone.
VOICES = ("slt", "awb", "kal16", "rms")
FESTIVAL_VOICES = ("ked_diphone", "cmu_us_slt_arctic_hts")
PACKAGES = {"flite": "flite", "festival": "festival festvox-kdlpc16k festvox-us-slt-hts"}
SCHEME = """
(voice_{voice})
(Parameter.set 'Duration_Stretch {stretch})
(set! said (Utterance Text "{text}"))
(utt.synth said)
(utt.save.wave said "{path}" 'riff)
(mapcar (lambda (each) (format t "%s:%f " (item.name each) (item.feat each 'end))) (utt.relation.items said 'Segment))
"""
TIMEOUT_S = 60.0


@dataclass(frozen=True)
class Utterance:
    """A sentence, said.

    Args:
        voice: whose.
        rate: samples a second.
        samples: `[n]`, full scale is 1.
        phonemes: in their order.
    """

    voice: str
    rate: int
    samples: Floats
    phonemes: tuple[Phoneme, ...]


def say(voice: str, text: str, *, stretch: float = 1.0) -> Utterance:
    """Return `text`, said by one of the voices.

    Args:
        voice: one of `VOICES`, of flite; or one of `FESTIVAL_VOICES`.
        text: a sentence.
        stretch: how much longer than usual the sounds are.

    Raises:
        TrainingError: there is no such voice, or its program is absent or fails.
    """
    check_voices([voice])
    words = text.replace('"', "").replace("\\", "")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "said.wav"
        if voice in VOICES:
            command = ["flite", "-voice", voice, "--setf", f"duration_stretch={stretch}", "-psdur", "-t", words, "-o"]
            printed = _run([*command, str(path)], "")
        else:
            printed = _run(["festival", "--pipe"], SCHEME.format(voice=voice, text=words, stretch=stretch, path=path))
        try:
            rate, samples = _read_wave(path)
        except (OSError, EOFError, wave.Error) as error:
            raise TrainingError(f"the voice {voice} did not say {text!r} ({error}); is it installed?") from error
    return Utterance(voice, rate, samples, parse_times(printed))


def check_voices(names: Sequence[str]) -> None:
    """Refuse names of no voice, before anybody waits for the others.

    Raises:
        TrainingError: there is no voice of one of the names, or there are no names.
    """
    if not names:
        raise TrainingError("there is no voice to learn from; name one of " + ", ".join((*VOICES, *FESTIVAL_VOICES)))
    for name in names:
        if name not in (*VOICES, *FESTIVAL_VOICES):
            raise TrainingError(f"no voice {name!r}; {nearest(name, (*VOICES, *FESTIVAL_VOICES))}")


def _run(command: Sequence[str], typed: str) -> str:
    """Return what a program prints.

    Raises:
        TrainingError: it is not installed, or fails.
    """
    program = shutil.which(command[0])
    if program is None:
        raise TrainingError(
            f"the program {command[0]} is not installed, whose speech a voice network is trained on; on Debian and "
            f"Ubuntu: apt-get install {PACKAGES[command[0]]}"
        )
    try:
        return subprocess.run(
            [program, *command[1:]], input=typed, capture_output=True, text=True, timeout=TIMEOUT_S, check=True
        ).stdout
    except (OSError, subprocess.SubprocessError) as error:
        raise TrainingError(f"{command[0]} failed ({error}); install it anew, or leave its voices out") from error


def say_all(
    voices: Sequence[str], texts: Sequence[str], progress: Callable[[int, int], None] = lambda _done, _all: None
) -> list[Utterance]:
    """Return every text, said by every voice, some slower and some faster; the same each time."""
    said: list[Utterance] = []
    for voice in voices:
        for index, text in enumerate(texts):
            said.append(say(voice, text, stretch=STRETCHES[index % len(STRETCHES)]))
            progress(len(said), len(voices) * len(texts))
    return said


STRETCHES = (1.0, 0.85, 1.15, 0.95, 1.3)


def parse_times(text: str) -> tuple[Phoneme, ...]:
    """Return the sounds of `pau:0.136 p:0.234`, each with the time at which it ends, as `flite -psdur` prints them.

    Raises:
        TrainingError: it is something else.
    """
    try:
        ends = [(name, float(end)) for name, _, end in (word.partition(":") for word in text.split())]
    except ValueError as error:
        raise TrainingError(f"{text[:80]!r} came instead of sounds and times; install another version") from error
    return tuple(Phoneme(name, start, end) for (_, start), (name, end) in pairwise([("", 0.0), *ends]))


def _read_wave(path: Path) -> tuple[int, Floats]:
    with wave.open(str(path)) as file:
        raw = np.frombuffer(file.readframes(file.getnframes()), "<i2")
        return file.getframerate(), (raw.reshape(-1, file.getnchannels()).mean(axis=1) / 32768).astype(np.float32)
