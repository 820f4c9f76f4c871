"""The weights that a show begins with: the default ones where this machine draws them fast enough, else light ones."""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass

import torch

from likeness.files.paths import DEFAULT_WEIGHTS, LIGHT_WEIGHTS
from likeness.generator import Generator

log = logging.getLogger(__name__)

# Pictures a second below which a walk from face to face reads as single pictures.
LEAST_PER_S = 20.0
# How long is measured at most, and how many pictures are enough to know.
MEASURED_S, ENOUGH = 1.0, 40


@dataclass(frozen=True)
class FirstWeights:
    """The weights that a show begins with.

    Args:
        name: of the weights.
        per_s: pictures a second that the default weights draw here; None where nobody had to know.
    """

    name: str
    per_s: float | None = None

    @property
    def replaced(self) -> bool:
        """Whether they play in the place of the default ones."""
        return self.per_s is not None and self.name != DEFAULT_WEIGHTS


def open_first(
    asked: str | None,
    open_named: Callable[[str], Generator],
    heads: int,
    on_replaced: Callable[[str], None] = lambda name: None,
    *,
    measured: bool,
) -> tuple[FirstWeights, Generator]:
    """Open the weights that were asked for, else the default ones or, on a machine that is too slow, light ones.

    Returns:
        What plays, and its generator, warmed up.

    Args:
        asked: a name from the command line or the preset, which is never replaced.
        open_named: opens weights by name and warms them up.
        heads: how many faces are drawn at once.
        on_replaced: called with the name of the light weights where they play.
        measured: whether the machine is measured at all, for a second; a render takes its time.

    Raises:
        WeightsError: where the weights cannot be opened.
    """
    name = asked or DEFAULT_WEIGHTS
    generator = open_named(name)
    if asked is not None or not measured:
        return FirstWeights(name), generator
    per_s = measure_rate(generator, heads)
    if per_s >= LEAST_PER_S:
        return FirstWeights(name, per_s), generator
    log.warning(
        "%s would draw %.2g pictures a second on this machine, so %s plays; --weights %s insists",
        name,
        per_s,
        LIGHT_WEIGHTS,
        name,
    )
    # Two at a time may be too much for a graphics card.
    del generator
    generator = open_named(LIGHT_WEIGHTS)
    on_replaced(LIGHT_WEIGHTS)
    return FirstWeights(LIGHT_WEIGHTS, per_s), generator


@torch.inference_mode()
def measure_rate(
    generator: Generator, heads: int = 1, seconds: float = MEASURED_S, now: Callable[[], float] = time.perf_counter
) -> float:
    """Return how many pictures of `heads` faces `generator` draws in a second, alone; takes up to `seconds`.

    A fast machine is known sooner: after `ENOUGH` pictures.
    """
    latent = generator.mean[None].expand(heads, -1, -1)
    # As the render thread draws.
    torch.set_flush_denormal(True)
    try:
        began, drawn, spent_s = now(), 0, 0.0
        while drawn < ENOUGH and spent_s < seconds:
            # One number is read back: a graphics card is not done when the call returns.
            generator.synthesize(latent).flatten()[0].item()
            drawn, spent_s = drawn + 1, now() - began
    finally:
        torch.set_flush_denormal(False)
    return drawn / spent_s if spent_s > 0 else float("inf")
