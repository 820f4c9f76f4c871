"""Adversarial losses and their regularisers, as functions of logits alone."""

import math
from collections.abc import Callable, Sequence

import torch
from torch import Tensor
from torch.nn import functional

# Share of the old mean kept from one step to the next [Karras et al. 2020, sec. 3.2: decay 0.01].
PATH_MEAN_DECAY = 0.99


def hinge_discriminator(real: Sequence[Tensor], fake: Sequence[Tensor]) -> Tensor:
    """Return the hinge loss of a discriminator, the mean of its heads [Lim and Ye 2017, eq. 4; Sauer et al. 2021].

    Args:
        real, fake: logits of each head, of any shape; more than 1 means surely real, less than -1 surely generated.
    """
    if len(real) != len(fake) or not real:
        raise ValueError(
            f"{len(real)} heads for photographs, {len(fake)} for generated pictures: wanted as many, at least one"
        )
    heads = [
        functional.relu(1 - r.float()).mean() + functional.relu(1 + f.float()).mean()
        for r, f in zip(real, fake, strict=True)
    ]
    return torch.stack(heads).mean()


def hinge_generator(fake: Sequence[Tensor]) -> Tensor:
    """Return the generator's loss against `hinge_discriminator`: the mean logit of its pictures, negated."""
    return -torch.stack([logits.float().mean() for logits in fake]).mean()


def logistic_discriminator(real: Tensor, fake: Tensor) -> Tensor:
    """Return -log s(D(x)) - log(1 - s(D(G(z)))), s the logistic function [Goodfellow et al. 2014, eq. 1]."""
    return functional.softplus(-real.float()).mean() + functional.softplus(fake.float()).mean()


def logistic_generator(fake: Tensor) -> Tensor:
    """Return the non-saturating -log s(D(G(z))) [Goodfellow et al. 2014, sec. 3]."""
    return functional.softplus(-fake.float()).mean()


def r1_penalty(discriminator: Callable[[Tensor], Tensor], real: Tensor) -> Tensor:
    """Return half the mean squared norm of the gradient of D at photographs [Mescheder et al. 2018, eq. 9].

    Multiply by gamma, and by the interval where it is taken only every few steps [Karras et al. 2020, sec. 3.1].

    Args:
        discriminator: from pictures to logits [batch, ...]; no picture's logits may depend on another's but by design.
        real: [batch, C, H, W].
    """
    real = real.detach().requires_grad_(True)
    (slope,) = torch.autograd.grad(discriminator(real).sum(), real, create_graph=True)
    return slope.float().square().flatten(1).sum(1).mean() / 2


def path_length_penalty(images: Tensor, ws: Tensor, mean: Tensor, noise: Tensor | None = None) -> tuple[Tensor, Tensor]:
    """Return the path length penalty and the new running mean [Karras et al. 2020b, eq. 4].

    Args:
        images: [batch, C, H, W], drawn from `ws` with a graph.
        ws: [batch, num_ws, w_dim].
        mean: the running mean so far, a scalar; 0 at the start.
        noise: factor of the pictures; normal noise where None.
    """
    noise = torch.randn_like(images) if noise is None else noise
    noise = noise / math.sqrt(images.shape[2] * images.shape[3])
    (slope,) = torch.autograd.grad((images * noise).sum(), ws, create_graph=True)
    lengths = slope.float().square().sum(2).mean(1).sqrt()
    mean = mean.lerp(lengths.detach().mean(), 1 - PATH_MEAN_DECAY)
    return (lengths - mean).square().mean(), mean
