"""Measure what modulation adds to a frame: 16 parameters with one modulator each, of all kinds, against none.

Run `python tests/benchmarks/modulation.py`. Rounds with and without take turns; it prints medians of the thread's
own time.
"""

import statistics
import time

from likeness import Float
from likeness.audio.features import AudioFeatures
from likeness.parameters.modulation import Modulation
from likeness.parameters.modulator import Modulator
from likeness.parameters.store import ParamStore
from likeness.params import Trigger

PARAMS, FRAMES, ROUNDS = 16, 2000, 7
KINDS = (
    {"shape": "sine"},
    {"shape": "smooth"},
    {"shape": "hold", "rate": 3.0},
    {"source": "steps", "steps": (0.0, 1.0, 0.3, 0.7), "beats": 0.25},
    {"source": "audio", "band": "low"},
    {"source": "onset", "band": "level"},
)


def frame_us(count: int) -> float:
    """Return the microseconds that `store.advance` and the modulation of `count` parameters take a frame."""
    store = ParamStore()
    for owner in ("one", "two", "three", "four"):
        store.declare(owner, [Float(f"p{k}", 0.5, min=0.1, max=10, warp="exp" if k % 2 else "lin") for k in range(8)])
    names = [address for address, _ in store.params()][:PARAMS]
    modulation = Modulation(
        1, is_trigger=lambda address: isinstance(store.param(address), Trigger) if address in store else None
    )
    modulation.replace([Modulator(name, **KINDS[k % len(KINDS)]) for k, name in enumerate(names[:count])])  # type: ignore[arg-type]
    heard = [AudioFeatures(bands=(0.1 * (k % 9),) * 8, onsets=(k // 30,) * 4) for k in range(FRAMES)]
    began = time.thread_time()
    for k in range(FRAMES):
        store.set_modulation(modulation.advance(k / 60, k / 30, heard[k]))
        store.advance(1 / 60)
    return (time.thread_time() - began) / FRAMES * 1e6


def main() -> None:
    """Print the two medians."""
    none, some = [], []
    for _ in range(ROUNDS):
        none.append(frame_us(0))
        some.append(frame_us(PARAMS))
    print(f"without: {statistics.median(none):.1f} us a frame")
    print(f"{PARAMS} parameters modulated: {statistics.median(some):.1f} us a frame")


if __name__ == "__main__":
    main()
