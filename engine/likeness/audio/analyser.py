"""Audio analyser: bands, level, onsets and tempo from samples, hop by hop; the same samples give the same features."""

import math
from collections import deque

import numpy as np
from numpy.typing import NDArray

from likeness.audio.features import BANDS, PARTS, AudioFeatures
from likeness.audio.tempo_estimate import estimate_tempo

# About 11 ms a hop and 43 ms a window at any rate: fine enough for a beat, long enough to tell 40 Hz from 90.
HOP_S, WINDOW_HOPS = 0.0107, 4
# The bands' edges are spaced evenly in octaves between these.
LOWEST_HZ, HIGHEST_HZ = 40.0, 16_000.0
# A band counts as silent this far below its recent peak, and the peak fades at this rate.
RANGE_DB, FADING_DB_PER_S = 30.0, 2.0
# A band's peak does not fade below this, so that a room's hum is not made loud. Full scale, a sine of 1, is -3 dB.
FLOOR_DB = -45.0
# Samples are held within four times full scale, 12 dB above it: a driver's or a float file's single sample of 1e4
# would set a peak from which the bands take a minute to come back.
HOTTEST = 4.0
# How strongly quiet partials count against loud ones in the flux [log compression: Böck, Krebs & Schedl 2012].
COMPRESSION = 100.0
# An onset stands out from the median of the last second by this factor and this much, and none follows sooner than
# two 16th notes at 220 BPM do [Bello et al. 2005: adaptive threshold by the median].
FACTOR, ABOVE, REFRACTORY_S = 4.0, 0.012, 0.065
MEDIAN_S = 1.0
# A part as narrow as the lows ripples while a drum rings: this much lower than a peak just before is no onset.
ECHO, ECHO_S = 0.5, 0.15
# The tempo is estimated from this much of the envelope, this often.
MEMORY_S, TEMPO_EVERY_S = 8.0, 0.5


class AudioAnalyser:
    """Features of a stream of mono samples. One thread.

    An onset counts one hop after its peak, since only then it is known to be one: see `latency_s`.

    Args:
        rate: samples a second.

    Attributes:
        hop: samples a hop.
        features: the newest.
        latency_s: from a click among the samples to its onset here, in the mean: 20 to 33 ms were measured at 48 kHz.
    """

    def __init__(self, rate: float) -> None:
        self.rate = rate
        self.hop = 1 << round(np.log2(rate * HOP_S))
        self.features = AudioFeatures()
        self.latency_s = 2.5 * self.hop / rate
        size = self.hop * WINDOW_HOPS
        self._samples = np.zeros(size, np.float32)
        self._window = np.hanning(size + 1)[:-1].astype(np.float32)
        # By Parseval the sum of a band's bins is then the mean square of what is in it.
        self._power = 2.0 / (size * float((self._window**2).sum()))
        frequencies = np.fft.rfftfreq(size, 1 / rate)
        edges = np.geomspace(LOWEST_HZ, min(HIGHEST_HZ, rate * 0.49), BANDS + 1)
        self._edges = np.searchsorted(frequencies, edges)
        self._loudest = np.full(BANDS + 1, FLOOR_DB)
        self._spectrum = np.zeros(len(frequencies), np.float32)
        self._pickers = [_PeakPicker(rate / self.hop) for _ in range(1 + len(PARTS))]
        self._envelope = np.zeros(round(MEMORY_S * rate / self.hop), np.float32)
        self._hops = 0
        self._tempo = 0.0

    def analyse(self, samples: NDArray[np.float32]) -> AudioFeatures:
        """Analyse the next `[hop]` samples and return the features. Full scale is 1; what is no number is silence."""
        samples = np.clip(np.nan_to_num(samples, nan=0.0, posinf=HOTTEST, neginf=-HOTTEST), -HOTTEST, HOTTEST)
        self._samples = np.concatenate((self._samples[self.hop :], samples))
        amplitudes = np.abs(np.fft.rfft(self._samples * self._window)).astype(np.float32)
        power = np.add.reduceat(amplitudes**2, self._edges)[:BANDS] * self._power
        whole = float((samples.astype(np.float64) ** 2).mean())
        loudness = self._normalise(np.append(power, whole))
        onsets = self._count_onsets(amplitudes)
        self._hops += 1
        if self._hops % round(TEMPO_EVERY_S * self.rate / self.hop) == 0:
            self._tempo = estimate_tempo(self._envelope[-self._hops :], self.rate / self.hop)
        bands = tuple(float(value) for value in loudness[:BANDS])
        self.features = AudioFeatures(bands, float(loudness[BANDS]), onsets, self._tempo)
        return self.features

    def _normalise(self, power: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the loudness of each power in [0, 1]: 1 is its own recent peak, 0 is `RANGE_DB` below it."""
        level = 10.0 * np.log10(power + 1e-12)
        fading = FADING_DB_PER_S * self.hop / self.rate
        self._loudest = np.maximum(np.maximum(level, self._loudest - fading), FLOOR_DB)
        places: NDArray[np.float64] = np.clip(1.0 + (level - self._loudest) / RANGE_DB, 0.0, 1.0)
        return places

    def _count_onsets(self, amplitudes: NDArray[np.float32]) -> tuple[int, int, int, int]:
        """Return the onsets so far, by the rise of the compressed spectrum [Bello et al. 2005: spectral flux]."""
        scaled = amplitudes * np.float32(2.0 / self._window.sum())
        spectrum = np.log1p(COMPRESSION * scaled)
        rise = np.maximum(spectrum - self._spectrum, 0.0)
        self._spectrum = spectrum
        flux = [float(rise[self._edges[0] : self._edges[-1]].mean())]
        flux += [float(rise[self._edges[first] : self._edges[last]].mean()) for first, last in PARTS.values()]
        self._envelope = np.append(self._envelope[1:], np.float32(flux[0]))
        for picker, value in zip(self._pickers, flux, strict=True):
            picker.add(value)
        whole, low, mid, high = (picker.count for picker in self._pickers)
        return whole, low, mid, high


class _PeakPicker:
    """Counts the peaks of one flux."""

    def __init__(self, rate: float) -> None:
        self.count = 0
        self._past: deque[float] = deque(maxlen=round(MEDIAN_S * rate))
        self._refractory = round(REFRACTORY_S * rate)
        self._since = self._refractory
        self._echo, self._forgetting = 0.0, math.exp(-1 / (ECHO_S * rate))
        self._last = self._before = 0.0

    def add(self, flux: float) -> None:
        """Add the flux of one hop; the hop before is a peak if it is higher than its neighbours and stands out."""
        self._since += 1
        past = sorted(self._past)
        middle = past[len(past) // 2] if past else 0.0
        peak = self._before < self._last >= flux and self._last > max(ABOVE + FACTOR * middle, self._echo)
        if peak and self._since > self._refractory:
            self.count += 1
            self._since = 0
        self._echo = max(self._echo * self._forgetting, ECHO * self._last)
        self._past.append(flux)
        self._before, self._last = self._last, flux
