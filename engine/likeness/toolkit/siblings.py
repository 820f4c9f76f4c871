"""Children of two parents: which layer groups each has of whom, in fair shares, and the faces that follow."""

import random
from collections.abc import Mapping, Sequence

from torch import Tensor

from likeness.easing import smooth
from likeness.latent import row, slerp

# A mix is this much of either parent at least: one that leans further is that parent's part.
LEAST_SHARE = 0.3


def blend_siblings(parents: Tensor, shares: Sequence[Sequence[float]], groups: Sequence[int]) -> Tensor:
    """Return the siblings `[n, num_ws, w_dim]` as deviations from the mean.

    About the mean slerp turns: a blend is as strong a face as its parents, where the straight middle of two is always
    a little average.

    Args:
        parents: `[2, num_ws, w_dim]`, as deviations from the mean.
        shares: of the second parent for each sibling and layer group, as `fair_shares` returns them.
        groups: the number of each layer's group, as `group_numbers` returns them.
    """
    layers = [sibling[group] for sibling in shares for group in groups]
    amounts = row(layers, parents).view(len(shares), len(groups), 1)
    first, second = parents
    return slerp(first.expand(len(shares), -1, -1), second.expand(len(shares), -1, -1), amounts)


def fair_shares(seed: str, pairs: int, groups: int, mixing: float) -> list[list[float]]:
    """Return how much each sibling has of the second parent, in [0, 1], for each layer group.

    Fair in two ways: the second of a pair has what the first has not, so that over the siblings both parents give
    half of every group; and of a child's groups each parent gives half, one more or less where they are odd.

    Args:
        seed: the same one gives the same shares; the first pairs do not depend on how many there are.
        pairs: of siblings.
        groups: of layers. Of a single one nobody is given the whole.
        mixing: 0 gives whole groups, 1 a mix of each.
    """
    rng = random.Random(seed)
    shares = []
    for _ in range(pairs):
        # As many of the one as of the other, and where they are odd a coin decides on the last.
        whole = [float(number % 2) for number in range(groups - groups % 2)] + [float(rng.getrandbits(1))] * (
            groups % 2
        )
        rng.shuffle(whole)
        mixed = [rng.uniform(LEAST_SHARE, 1.0 - LEAST_SHARE) for _ in range(groups)]
        part = mixing if groups > 1 else 1.0
        child = [one + (other - one) * part for one, other in zip(whole, mixed, strict=True)]
        shares += [child, [1.0 - share for share in child]]
    return shares


def group_numbers(groups: Mapping[str, tuple[int, int]], num_ws: int) -> list[int]:
    """Return the number of each layer's group, counted from 0 without gaps; layers in none are one together."""
    names = [
        next((name for name, (start, stop) in groups.items() if start <= layer < stop), "") for layer in range(num_ws)
    ]
    known = list(dict.fromkeys(names))
    return [known.index(name) for name in names]


def pause_at_ends(along: float, stay: float) -> float:
    """Return the position at `along`, both in [0, 1]; for `stay` of the way it stands still, half at either end."""
    return smooth(min(max((along - stay / 2) / (1.0 - stay), 0.0), 1.0))
