"""Linear separability: how well one plane in the latent space tells whether a picture has an attribute."""

import math

import torch
from torch import Tensor

from likeness.errors import LikenessError
from likeness.evaluation.linear import fit_plane


def conditional_entropy(latents: Tensor, positive: Tensor, sure: Tensor | None = None, ridge: float = 0.01) -> float:
    """Return H(Y|X) in nats: what remains unknown of a label once the side of the plane is known.

    0 where a plane parts both classes, ln 2 where it says nothing of two that are equally many.
    [Karras et al. 2019, sec. 4.2]

    Args:
        latents: `[n, d]`, in z or w.
        positive: labels `[n]` bool, of a classifier that saw the pictures.
        sure: how sure that was, `[n]`; the half that is less sure is left out, as in the paper.
        ridge: of the plane.

    Raises:
        LikenessError: where all labels are the same.
    """
    if sure is not None:
        kept = sure.argsort(descending=True)[: max(2, (len(sure) + 1) // 2)]
        latents, positive = latents[kept], positive[kept]
    scale = latents.double().std().clamp_min(1e-12)
    points = (latents.double() - latents.double().mean(0)) / scale
    side = fit_plane(points, positive, ridge).margin(points) > 0
    joint = torch.zeros(2, 2, dtype=torch.float64)
    joint.index_put_((side.long().cpu(), positive.long().cpu()), torch.tensor(1.0, dtype=torch.float64), True)
    joint /= joint.sum()
    given = joint.sum(1, keepdim=True).expand_as(joint)
    there = joint > 0
    return max(0.0, float(-(joint[there] * (joint[there] / given[there]).log()).sum()))


def separability(entropies: list[float]) -> float:
    """Return exp of the summed conditional entropies of several attributes; 1 is the best [Karras et al. 2019].

    The exponential undoes the logarithm, so that as many undecided halves of the samples double it each.

    Raises:
        LikenessError: where there is no attribute.
    """
    if not entropies:
        raise LikenessError("separability needs one labelled attribute or more")
    return math.exp(sum(entropies))
