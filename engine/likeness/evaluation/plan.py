"""The plan of an evaluation: what is measured, and how much of it fits into a given time."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from likeness.evaluation.labels import Attribute
from likeness.evaluation.path_length import EPSILON

# Fewer make figures that say nothing.
LEAST_SAMPLES, LEAST_PAIRS = 100, 20
# Two drawings and two looks at all four maps of features, in samples' costs; measured 1.1 for `composite`.
PAIR_COST = 1.2
PATHS = 4


@dataclass(frozen=True)
class EvaluationPlan:
    """What is to be measured.

    Args:
        samples: drawn for distances, precision and recall, and separability.
        pairs: steps measured for each of the four path lengths.
        seeds: the fixed ones that are looked at one by one.
        psi: truncation of the samples; 1 is the whole distribution.
        seeds_psi: truncation of the fixed seeds.
        hold_out: how many pictures, the first by name, training has not seen.
        epsilon: step of the path length.
        attributes: of the labels, for separability.
    """

    samples: int = 2000
    pairs: int = 400
    seeds: Sequence[int] = range(64)
    psi: float = 1.0
    seeds_psi: float = 0.7
    hold_out: int = 0
    epsilon: float = EPSILON
    attributes: Sequence[Attribute] = ()

    def cost_s(self, sample_s: float) -> float:
        """Return what samples and paths take where one sample takes `sample_s` seconds."""
        return sample_s * (self.samples + PATHS * PAIR_COST * self.pairs)

    def within(self, seconds: float, sample_s: float, fixed_s: float) -> "EvaluationPlan":
        """Return a plan with as many samples and pairs as `seconds` allow, never more than this one's.

        Args:
            sample_s: what it takes to draw one sample and to look at it, in seconds.
            fixed_s: what cannot be shortened: pictures, fixed seeds, the walk.
        """
        share = min(1.0, max(0.0, seconds - fixed_s) / max(self.cost_s(sample_s), 1e-9))
        samples = max(min(LEAST_SAMPLES, self.samples), int(self.samples * share))
        return replace(self, samples=samples, pairs=max(min(LEAST_PAIRS, self.pairs), int(self.pairs * share)))
