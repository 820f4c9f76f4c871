"""Voice features: twelve cepstral coefficients and the loudness of speech, every 10 ms, from samples piece by piece."""

import math

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

# What speech recognition takes: windows of 25 ms, long enough for two periods of a low voice, every 10 ms.
WINDOW_S, HOP_S = 0.025, 0.010
# [Davis & Mermelstein 1980]: cepstra of a spectrum in mels. Above 7.6 kHz recordings at 16 kHz hold nothing.
BANDS, CEPSTRA = 26, 12
LOWEST_HZ, HIGHEST_HZ = 60.0, 7_600.0
FEATURES = CEPSTRA + 1
# Loudness counts from the recent peak, which fades this fast and never below the floor: a microphone's gain, and
# whether somebody stands near, change little. In a silent room the floor keeps the noise small.
FADING_DB_PER_S, FLOOR_DB = 2.0, -50.0
# So far below the peak there is silence, for the whole and for each band.
RANGE_DB = 60.0
# Of the first samples of speech, before any peak is known.
FIRST_PEAK_DB = -30.0


class VoiceFeatures:
    """Features of mono samples, hop by hop; the same samples give the same rows, in pieces of any size. One thread.

    Args:
        rate: samples a second, 16,000 or more.
    """

    def __init__(self, rate: float) -> None:
        self._size, self._hop = round(rate * WINDOW_S), round(rate * HOP_S)
        self._window = np.hanning(self._size + 1)[:-1].astype(np.float32)
        # By Parseval the sum over all bins is then the mean square of what is in the window.
        self._scale = np.float32(2.0 / (self._size * float((self._window**2).sum())))
        self._mels = _mel_filters(self._size, rate)
        self._cosines = _cosines()
        self._fading = FADING_DB_PER_S * HOP_S
        self._waiting = np.zeros(self._size - self._hop, np.float32)
        self._peak_db = FIRST_PEAK_DB

    def add(self, samples: Floats) -> Floats:
        """Return the rows `[hops, 13]` that end among these samples: cepstra 1 to 12, and loudness in [0, 1].

        Args:
            samples: `[n]`, full scale is 1.
        """
        self._waiting = np.concatenate((self._waiting, samples.astype(np.float32, copy=False)))
        hops = max(0, (len(self._waiting) - self._size) // self._hop + 1)
        rows = np.zeros((hops, FEATURES), np.float32)
        for index in range(hops):
            start = index * self._hop
            rows[index] = self._analyse(self._waiting[start : start + self._size])
        self._waiting = self._waiting[hops * self._hop :]
        return rows

    def _analyse(self, samples: Floats) -> Floats:
        spectrum = np.fft.rfft(samples * self._window)
        power = (spectrum.real**2 + spectrum.imag**2).astype(np.float32) * self._scale
        level_db = 10.0 * math.log10(float(power.sum()) + 1e-12)
        self._peak_db = max(level_db, self._peak_db - self._fading, FLOOR_DB)
        peak = 10.0 ** (self._peak_db / 10)
        bands = np.log(self._mels @ power / np.float32(peak) + np.float32(10.0 ** (-RANGE_DB / 10)))
        loudness = min(1.0, max(0.0, 1.0 + (level_db - self._peak_db) / RANGE_DB))
        return np.append(self._cosines @ bands, np.float32(loudness)).astype(np.float32)


def _mel_filters(size: int, rate: float) -> Floats:
    """Return triangles `[BANDS, bins]`, evenly spaced in mels, each of area one [O'Shaughnessy 1987: 2595, 700]."""

    def to_mel(hertz: float) -> float:
        return 2595.0 * math.log10(1.0 + hertz / 700.0)

    mels = np.linspace(to_mel(LOWEST_HZ), to_mel(HIGHEST_HZ), BANDS + 2)
    edges = 700.0 * (10.0 ** (mels / 2595.0) - 1.0)
    bins = np.fft.rfftfreq(size, 1.0 / rate)
    low, middle, high = edges[:-2, None], edges[1:-1, None], edges[2:, None]
    triangles = np.maximum(0.0, np.minimum((bins - low) / (middle - low), (high - bins) / (high - middle)))
    return np.asarray(triangles / np.maximum(triangles.sum(1, keepdims=True), 1e-9), np.float32)


def _cosines() -> Floats:
    """Return the cosine transform `[CEPSTRA, BANDS]` without its first row, the loudness."""
    order, place = np.arange(1, CEPSTRA + 1)[:, None], np.arange(BANDS)[None] + 0.5
    return (np.cos(np.pi * order * place / BANDS) * math.sqrt(2.0 / BANDS)).astype(np.float32)
