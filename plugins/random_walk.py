"""A face that never stops changing: a smooth path through the generator's own distribution, endless or a loop."""

import math

import torch
from torch import Tensor

from likeness import Float, Frame, Param, Stage, Trigger, Values, hookimpl
from likeness.generator import GROUPS
from likeness.latent import layers_of, row
from likeness.toolkit.face_list import draw_seeds

# In an hour at one face a second the walk's correlation with its start came back to 0.49 with 24 harmonics, 0.73 with
# 12, 0.94 with 6. Multiples of one irrational number, the golden section, came back to 0.99 however many there were.
HARMONICS = 24
# A push is spent like a bell's ring, 95 % of it in three of these.
PUSH_S = 0.15
# Several heads walk this many faces behind each other: what one shows, another showed long ago.
FACES_APART = 1000
# Their square roots have no common measure: the walk never repeats.
PRIMES = (2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89)


def _frequencies() -> tuple[float, ...]:
    """Return the harmonics' frequencies, in cycles per new face: incommensurate, evenly spread over a band.

    One new face is a quarter of a turn, to a latent at right angles: their root mean square is 1/4.
    """
    spread = [0.3 + 1.4 * (k + math.sqrt(prime) % 1.0) / HARMONICS for k, prime in enumerate(PRIMES)]
    rms = math.sqrt(sum(f * f for f in spread) / HARMONICS)
    return tuple(0.25 * f / rms for f in spread)


FREQUENCIES = _frequencies()


class Plugin:
    """Walks; the state is one phase per harmonic, in turns.

    The walk is a stationary Gaussian process made of harmonics [Shinozuka & Deodatis 1991]. In many dimensions both
    its distance from the mean and its speed hardly vary: it neither stalls at a face nor leaps past one, as a chain
    of slerps does. Each moment of it costs one matrix-vector product, and nothing but phases is summed up over time.
    """

    def __init__(self) -> None:
        self._turns = [0.0] * HARMONICS
        self._owed_s = 0.0

    @hookimpl
    def declare_params(self) -> list[Param]:
        return [
            Float("speed", 0.25, min=0.01, max=8.0, unit="Hz", warp="exp", help="How many new faces come in a second."),
            Float(
                "reach", 1.0, glide=0.1, help="How much is walk: 0 stays with the face that comes in, 1 is all walk."
            ),
            Float("pull", 0.0, glide=0.1, help="Draws the walk toward the mean face: calmer, plainer, safer."),
            Float(
                "loop_s",
                0.0,
                max=600.0,
                unit="s",
                help="After so many seconds the walk is where it was, and a video of it loops; 0 never repeats. "
                "A loop passes at least four faces, however slow.",
            ),
            Trigger("push", help="Throws the walk on by one face, in half a second."),
            *(
                Float(group, 1.0, glide=0.1, help=f"How much of the walk enters the {group} layers. {note}")
                for group, note in zip(GROUPS, _NOTES, strict=True)
            ),
        ]

    @hookimpl
    def start(self, stage: Stage) -> None:
        generator = stage.generator
        self._info, self._mean = generator.info, generator.mean
        seeds = draw_seeds(stage.seed, "random_walk", 2 * HARMONICS)
        bank = (generator.sample(seeds) - self._mean) / math.sqrt(HARMONICS)
        self._bank = bank.reshape(2 * HARMONICS, -1)

    @hookimpl
    def update(self, latent: Tensor, params: Values, frame: Frame) -> Tensor:
        self._advance(params, frame.dt)
        keep, go = self._shares(params)
        waves = [wave for head in range(len(latent)) for wave in self._waves(head)]
        numbers = row([*waves, *keep, *go], latent)
        walk = (numbers[: len(waves)].view(len(latent), -1) @ self._bank).view_as(latent)
        shares = numbers[len(waves) :].view(2, -1, 1)
        return torch.addcmul(self._mean + walk * shares[1], latent - self._mean, shares[0])

    def _advance(self, params: Values, dt: float) -> None:
        """Move the phases on. They are integrated, so that a turn of `speed` changes the pace and not the place."""
        speed, loop_s = float(params["speed"]), float(params["loop_s"])
        self._owed_s += int(params["push"]) / speed
        spent_s = self._owed_s * -math.expm1(-dt / PUSH_S)
        self._owed_s -= spent_s
        for k, frequency in enumerate(FREQUENCIES):
            rate = speed * frequency
            if loop_s > 0:
                # Whole cycles in a loop: each harmonic ends where it began.
                rate = max(1, round(rate * loop_s)) / loop_s
            self._turns[k] = (self._turns[k] + rate * (dt + spent_s)) % 1.0

    def _waves(self, head: int) -> list[float]:
        """Return cosine and sine of each harmonic where this head is: all walk one way, far from each other."""
        ahead = head * FACES_APART
        turns = [turn + ahead * frequency for turn, frequency in zip(self._turns, FREQUENCIES, strict=True)]
        return [wave(math.tau * turn) for wave in (math.cos, math.sin) for turn in turns]

    def _shares(self, params: Values) -> tuple[list[float], list[float]]:
        """Return per layer how much of the incoming latent is kept and how much of the walk comes in.

        Cosine and sine: where both are draws of the generator, so is the sum, at every reach.
        """
        reach, left = float(params["reach"]), 1.0 - float(params["pull"])
        amounts = {group: float(params[group]) for group in GROUPS}
        angles = [reach * amount * math.pi / 2 for amount in layers_of(self._info.groups, self._info.num_ws, amounts)]
        return [left * math.cos(angle) for angle in angles], [left * math.sin(angle) for angle in angles]


_NOTES = (
    "They carry the face's shape and pose.",
    "They carry the broad features; a family without such layers ignores this.",
    "They carry the features.",
    "They carry colour and skin.",
)
