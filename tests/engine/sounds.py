"""Sounds whose answers are known: clicks, drums and sines, and files of them."""

import wave
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

RATE = 48_000
Sound = NDArray[np.float32]


def times(bpm: float, seconds: float, first: float = 0.5) -> list[float]:
    """When the beats are."""
    return [first + k * 60 / bpm for k in range(int((seconds - 0.3 - first) * bpm / 60) + 1)]


def click(rate: int = RATE) -> Sound:
    """A hit of noise that is over in 30 ms."""
    chance = np.random.default_rng(5)
    n = np.arange(rate // 25)
    return (0.5 * np.exp(-n / rate * 150) * chance.standard_normal(len(n))).astype(np.float32)


def kick(rate: int = RATE) -> Sound:
    """A drum that falls to 60 Hz and rings."""
    t = np.arange(rate // 8) / rate
    return (0.8 * np.exp(-t * 30) * np.sin(2 * np.pi * (60 * t + 8 * (1 - np.exp(-t * 40))))).astype(np.float32)


def hat(rate: int = RATE) -> Sound:
    """A short hiss above 6 kHz: noise, differentiated twice."""
    chance = np.random.default_rng(6)
    n = np.arange(rate // 40)
    return (0.05 * np.exp(-n / rate * 300) * np.diff(chance.standard_normal(len(n) + 2), 2)).astype(np.float32)


def placed(sound: Sound, at: list[float], seconds: float, rate: int = RATE) -> Sound:
    """Return silence of so many seconds with the sound in these places."""
    track = np.zeros(round(seconds * rate), np.float32)
    for when in at:
        start = round(when * rate)
        track[start : start + len(sound)] += sound[: len(track) - start]
    return track


def sine(hz: float, amplitude: float, seconds: float, rate: int = RATE) -> Sound:
    return (amplitude * np.sin(2 * np.pi * hz * np.arange(round(seconds * rate)) / rate)).astype(np.float32)


def write_wav(path: Path, track: Sound, rate: int = RATE, channels: int = 1) -> Path:
    """Write 16 bits, the same on every channel."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(2)
        file.setframerate(rate)
        pcm = (np.clip(track, -1, 1) * 32767).astype("<i2")
        file.writeframes(np.repeat(pcm, channels).tobytes())
    return path
