"""Search for the latent that draws a picture, yielding every step."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn
from torch.func import functional_call

from likeness.errors import LikenessError
from likeness.generator import Generator, SearchedGenerator
from likeness.projection.adam import Adam
from likeness.projection.loss import FeatureNet, LossWeights, ProjectionLoss
from likeness.projection.noise_inputs import NoiseInputs

# In standard deviations of the latent a step: fewer steps are longer ones, up to the first.
LONGEST, RATE = 0.3, 2.0
# Karras et al. 2020, app. D: the rate rises over the first twentieth and falls like a cosine over the last quarter.
RISE, FALL = 0.05, 0.25
FEATURE_SIZE = 128
# Of this many latents the standard deviation is exact to a hundredth if w_dim is 100 or more.
SAMPLES = 64
# A loss that has fallen by less than this part within the steps of patience has settled.
SETTLED = 0.002
# What draws a search may show some of the picture as it was up to so many steps ago.
EXACT_EVERY = 4
# The features of the whole picture and of the close-up take turns in this part of the steps, for 0.8 of the time. To
# the end, five searches of 100 steps came to a loss of 3.93; with both features in the rest of them to 3.82.
TURNS = 0.6
# For generators without a gradient: pairs of probes in opposite directions, and how far, in standard deviations.
PAIRS, PROBE = 8, 0.05


@dataclass(frozen=True)
class Step:
    """One step of a search.

    Attributes:
        number: 0 is the start.
        loss: of this latent, the mean over the batch.
        latent: `[batch, num_ws, w_dim]`; not changed by later steps.
        losses: of each picture, `[batch]`.
        noise: the noise maps by buffer name, where they are searched for too.
    """

    number: int
    loss: float
    latent: Tensor
    losses: Tensor
    noise: Mapping[str, Tensor] = field(default_factory=dict)


def project(
    generator: Generator,
    target: Tensor,
    *,
    start: Tensor | None = None,
    steps: int = 100,
    mask: Tensor | None = None,
    feature_net: FeatureNet | None = None,
    feature_size: int = FEATURE_SIZE,
    weights: LossWeights | None = None,
    rate: float | None = None,
    noise: bool = False,
    patience: int = 0,
    seed: int = 0,
) -> Iterator[Step]:
    """Search for the latents that draw `target`; yields the start and every step after it.

    Adam [Kingma & Ba 2015] in the latent's standard deviations, as in Karras et al. 2020, app. D. The features of the
    whole picture and of the close-up take turns over the first `TURNS` of the steps, in which the loss of one of them
    is that of the step before, and some of what is drawn may be up to `EXACT_EVERY - 1` steps old. The first and the
    last step are exact. A generator without
    a gradient is probed instead: `PAIRS` antithetic pairs a step [Salimans et al. 2017, sec. 2.1], much slower and
    only fit for small latents. To cancel, stop iterating. The same arguments and thread count give the same steps on
    one CPU. May be called, and advanced, in inference mode.

    Args:
        generator: of any family. With `noise`, nobody else may draw with it meanwhile.
        target: `[batch, 3, H, W]` in [-1, 1], H = W, aligned as the generator draws; each picture is a search of its
            own, and they share their passes.
        start: `[batch or 1, num_ws, w_dim]`, as an encoder guesses it; None starts at the mean.
        steps: at most; the last one yielded has this number.
        mask: `[batch or 1, 1, H, W]`, what each pixel counts in the masked loss, and what is compared close up.
        feature_net: of the perceptual loss, as `open_feature_net` returns it; None searches by pixels alone.
        feature_size: height in px at which pictures enter the feature net.
        weights: of the parts of the loss.
        rate: of learning, in standard deviations a step; None takes `default_rate` of the steps.
        noise: search for the noise maps too, where the family has them (StyleGAN2).
        patience: steps without a better loss after which the search has settled and ends; 0 never.
        seed: of the first noise maps, and of the probes where there is no gradient.

    Raises:
        LikenessError: a shape does not fit the generator.
    """
    rate = default_rate(steps) if rate is None else rate
    search = _Search(
        generator, target, start, mask, feature_net, feature_size, weights or LossWeights(), rate, noise, seed
    )
    best, since = math.inf, 0
    for number in range(steps + 1):
        step = search.step(number, steps)
        yield step
        if step.loss < best * (1 - SETTLED):
            best, since = step.loss, 0
        else:
            since += 1
        if patience and since >= patience:
            return


def default_rate(steps: int) -> float:
    """Return the learning rate for a search of `steps` steps: 0.3 up to 44, 0.2 for 100, 0.1 for 400.

    Noisy steps add up to the root of their number, so each is shortened by that root.
    """
    return min(LONGEST, RATE / math.sqrt(max(steps, 1)))


def scale_rate(along: float) -> float:
    """Return the part of the full learning rate at `along` in [0, 1] of the way [Karras et al. 2020, app. D]."""
    fall = 0.5 - 0.5 * math.cos(math.pi * min(1.0, (1.0 - along) / FALL))
    return fall * min(1.0, along / RISE)


class _Search:
    def __init__(
        self,
        generator: Generator,
        target: Tensor,
        start: Tensor | None,
        mask: Tensor | None,
        feature_net: FeatureNet | None,
        feature_size: int,
        weights: LossWeights,
        rate: float,
        noise: bool,
        seed: int,
    ) -> None:
        info = generator.info
        if target.ndim != 4 or target.shape[1] != 3 or target.shape[2] != target.shape[3]:
            raise LikenessError(f"a target is [batch, 3, H, H] in [-1, 1], not {list(target.shape)}; cut it square")
        if start is not None and start.shape[1:] != (info.num_ws, info.w_dim):
            raise LikenessError(
                f"the start is {list(start.shape)}, this generator takes [batch, {info.num_ws}, {info.w_dim}]; "
                "encode it with the same weights"
            )
        self._generator, self._weights, self._rate = generator, weights, rate
        # What was made in inference mode cannot be differentiated; its clone can.
        with torch.inference_mode(False), torch.no_grad():
            self._mean = generator.mean.clone()
            self._deviation = (generator.sample(range(SAMPLES)) - self._mean).square().mean().sqrt().clamp_min(1e-6)
            target = target.detach().clone().to(self._mean)
            begin = self._mean[None] if start is None else start.detach().clone().to(self._mean)
            position = (begin.expand(len(target), -1, -1) - self._mean) / self._deviation
            self._position = position.clone().requires_grad_()
            size, self._differentiable = _draw_first(generator, self._mean)
            self._loss = ProjectionLoss(target, size, mask, feature_net, feature_size, weights)
            synthesis = getattr(generator, "synthesis", None)
            self._noise = NoiseInputs(synthesis, seed) if noise and isinstance(synthesis, nn.Module) else None
            self._drawing = generator.make_search_drawing() if isinstance(generator, SearchedGenerator) else None
            maps = list(self._noise.maps.values()) if self._noise else []
            self._adam = Adam([self._position, *maps])
            self._rng = torch.Generator().manual_seed(seed)

    def step(self, number: int, steps: int) -> Step:
        """Return the current step, and move on unless it is the last."""
        with torch.inference_mode(False), torch.enable_grad():
            position = self._position if self._differentiable else self._position.detach()
            latent = self._to_latent(position)
            losses = self._compute_losses(position, number, steps)
            if number < steps:
                self._set_gradient(losses)
            maps = {name: noise.detach().clone() for name, noise in self._noise.maps.items()} if self._noise else {}
            found = Step(number, float(losses.detach().mean()), latent.detach(), losses.detach(), maps)
            if number < steps:
                self._adam.step(self._rate * scale_rate((number + 1) / (steps + 1)))
                if self._noise:
                    self._noise.normalise()
            return found

    def _to_latent(self, position: Tensor) -> Tensor:
        return self._mean + position * self._deviation

    def _compute_losses(self, position: Tensor, number: int = 0, steps: int = 0) -> Tensor:
        """Return the loss of each picture, `[batch]`, in the step of that number of so many; exact in the first."""
        latent = self._to_latent(position)
        if self._noise:
            # The buffers are exchanged for this call alone.
            synthesis = self._generator.synthesis  # type: ignore[attr-defined]  # seen when the search was made
            drawn = functional_call(synthesis, self._noise.values(), (latent, "const"))[:, :3]
        elif self._drawing is not None:
            drawn = self._drawing(latent, exact=number % EXACT_EVERY == 0 or number == steps)
        else:
            drawn = self._generator.synthesize(latent)
        apart = position - position.mean(1, keepdim=True)
        prior = position.square().mean((1, 2)) + apart.square().mean((1, 2))
        # Probes compare two losses, which are to be of one kind.
        turn = number if self._differentiable and 0 < number < TURNS * steps else None
        return self._loss.distance(drawn.float(), turn) + self._weights.prior * prior

    def _set_gradient(self, losses: Tensor) -> None:
        """Put the gradient of the loss into the variables."""
        if self._differentiable:
            total = losses.sum()
            if self._noise:
                total = total + self._weights.noise * self._noise.correlation()
            torch.autograd.backward(total)
            return
        with torch.no_grad():
            slope = torch.zeros_like(self._position)
            for _ in range(PAIRS):
                way = torch.randn(self._position.shape, generator=self._rng).to(self._position)
                rise = self._compute_losses(self._position + PROBE * way) - self._compute_losses(
                    self._position - PROBE * way
                )
                slope += rise[:, None, None] / (2 * PROBE * PAIRS) * way
            self._position.grad = slope


def _draw_first(generator: Generator, mean: Tensor) -> tuple[int, bool]:
    """Return the height of what a generator draws, and whether there is a gradient."""
    if isinstance(generator, SearchedGenerator):
        return generator.info.resolution, True
    with torch.inference_mode(False), torch.enable_grad():
        try:
            drawn = generator.synthesize(mean[None].clone().requires_grad_())
        except RuntimeError:
            # A program outside torch, such as ONNX, refuses a latent that requires a gradient.
            drawn = generator.synthesize(mean[None].clone())
        return drawn.shape[-1], drawn.requires_grad
