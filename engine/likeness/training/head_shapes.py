"""The heads of training faces: whether they are whole heads of people, and how lopsided each is."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from likeness.faces.flow import Bytes
from likeness.faces.mattes import Mattes, find_plain_wall, signed_distance
from likeness.generators.networks.head_shape import LOWEST, SHOULDERS, HeadShape
from likeness.training.pca import Matrix

# How many silhouettes are looked at.
MOST_SEEN = 200
# Heads are whole where `HeadShape` changes no more than this share of their upper pictures: of 96 photographed heads
# 0.038, the frame's and the wall's cuts among them; of a round head with the ears of a cat 0.07 to 0.12.
MOST_CHANGED = 0.06


def are_whole_heads(faces: Bytes, mattes: Sequence[Mattes]) -> bool:
    """Return whether most of some silhouettes are those of heads that `HeadShape` leaves about as they are.

    Cats' ears, tall hats and drawn hair are to stay: where most walls are plain, as in drawings, hats and hair were cut
    out along them.

    Args:
        faces: `[n, size, size, 3]` uint8, in the mean frame.
        mattes: of the same faces, square, sides a multiple of 16.
    """
    seen = range(0, len(mattes), max(1, len(mattes) // MOST_SEEN))
    if sum(find_plain_wall(faces[i]) is not None for i in seen) >= len(seen) / 2:
        return False
    edges = np.stack([[signed_distance(mattes[i].skin), signed_distance(mattes[i].person)] for i in seen])
    before = torch.from_numpy(edges)
    after = HeadShape(edges.shape[-1])(before, torch.zeros(len(edges), 2, 8, 8))
    upper = round(LOWEST * edges.shape[-1])
    changed = ((before > 0) != (after > 0))[:, 1, :upper].float().mean((1, 2))
    return float(changed.median()) <= MOST_CHANGED


def measure_lopsidedness(mattes: Mattes) -> float:
    """Return how much of a head above the shoulders is not as in a mirror, in [0, 2], skin and person together.

    A head turned away has one ear and hair on one side, and as an exemplar would give them to others.
    """
    upper = slice(0, round(SHOULDERS[0] * len(mattes.skin)))
    return sum(_difference(matte[upper]) for matte in (mattes.skin, mattes.person))


def _difference(matte: Matrix) -> float:
    return float(np.abs(matte - matte[:, ::-1]).mean())
