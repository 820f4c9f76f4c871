"""Measure what hearing costs: the thread's own time for one hop of music, at the usual rates.

Run `python tests/benchmarks/hearing.py`. The rates take turns; medians of the rounds are printed.
"""

import statistics
import time

import numpy as np

from likeness.audio.analyser import AudioAnalyser

RATES, SECONDS, ROUNDS = (44_100, 48_000, 96_000), 5, 5


def hop_us(rate: int) -> float:
    """Return the microseconds that a hop of a noisy beat at 120 BPM takes."""
    chance = np.random.default_rng(1)
    t = np.arange(rate * SECONDS) / rate
    track = (0.5 * np.exp(-(t % 0.5) * 30) * chance.standard_normal(len(t))).astype(np.float32)
    ear = AudioAnalyser(rate)
    hops = len(track) // ear.hop
    began = time.thread_time()
    for k in range(hops):
        ear.analyse(track[k * ear.hop : (k + 1) * ear.hop])
    return (time.thread_time() - began) / hops * 1e6


def main() -> None:
    """Print a line for each rate."""
    spent: dict[int, list[float]] = {rate: [] for rate in RATES}
    for _ in range(ROUNDS):
        for rate in RATES:
            spent[rate].append(hop_us(rate))
    for rate in RATES:
        ear = AudioAnalyser(rate)
        share = statistics.median(spent[rate]) / (ear.hop / rate * 1e6)
        print(
            f"{rate} Hz: {statistics.median(spent[rate]):.0f} us a hop of {1e3 * ear.hop / rate:.1f} ms, "
            f"{share:.1%} of a core; onsets {1e3 * ear.latency_s:.0f} ms late"
        )


if __name__ == "__main__":
    main()
