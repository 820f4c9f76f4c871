"""Tempo estimate: the tempo of an onset envelope, by autocorrelation."""

import numpy as np
from numpy.typing import NDArray

# Where listeners feel the beat, and how wide: a log-normal weight about 120 BPM [Ellis 2007].
PREFERRED_S, OCTAVES = 0.5, 0.9
SLOWEST_BPM, FASTEST_BPM = 50.0, 220.0
# The best lag's correlation must be this part of what the envelope has in itself; that of noise stayed below 0.15.
SURE = 0.25
# The envelope's mean over this time is subtracted from it.
TREND_S = 1.5
# The lag is measured again at these multiples, where a hop is a smaller part of it.
MULTIPLES = (2, 4, 8)


def estimate_tempo(envelope: NDArray[np.float32], rate: float) -> float:
    """Return the tempo in BPM, or 0 if there is no steady one.

    The autocorrelation of the onset envelope, weighted toward the tempi that listeners tap [Ellis 2007, "Beat tracking
    by dynamic programming", tempo period strength]. Half and double of a tempo look much alike: the one nearer to 120
    BPM is taken.

    Args:
        envelope: `[hops]`, how much began in each hop, the newest last.
        rate: hops a second.
    """
    hops = len(envelope)
    longest = min(int(rate * 60 / SLOWEST_BPM) + 2, hops // 2)
    shortest = max(int(rate * 60 / FASTEST_BPM), 2)
    if longest <= shortest + 2:
        return 0.0
    # A break that ends or a fade would look like one slow beat; what is left is faster than a bar.
    width = min(round(rate * TREND_S), hops)
    trend = np.convolve(envelope, np.ones(width), "same") / np.convolve(np.ones(hops), np.ones(width), "same")
    centred = envelope - trend
    spectrum = np.fft.rfft(centred, 2 * hops)
    correlation = np.fft.irfft(np.abs(spectrum) ** 2)[:hops]
    if correlation[0] <= 0:
        return 0.0
    # Fewer pairs have the longer lag.
    correlation = correlation / correlation[0] * hops / np.arange(hops, 0, -1)
    lags = np.arange(shortest, longest)
    weight = np.exp(-0.5 * (np.log2(lags / rate / PREFERRED_S) / OCTAVES) ** 2)
    best = int(lags[np.argmax(correlation[lags] * weight)])
    if correlation[best] < SURE:
        return 0.0
    lag = _peak(correlation, best)
    for times in MULTIPLES:
        near = round(lag * times)
        # An octave's lag may be off by half a hop, so times two by one.
        if near + 3 < hops * 3 // 4:
            there = near - 2 + int(np.argmax(correlation[near - 2 : near + 3]))
            lag = _peak(correlation, there) / times
    return 60.0 * rate / lag


def _peak(curve: NDArray[np.float64], at: int) -> float:
    """Return the fractional index of the maximum near index `at`, by the parabola through three points."""
    before, here, after = curve[at - 1 : at + 2]
    bend = before - 2 * here + after
    return at + float(np.clip(0.5 * (before - after) / bend, -0.5, 0.5)) if bend < 0 else float(at)
