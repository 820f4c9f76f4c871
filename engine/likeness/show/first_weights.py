"""The weights that a show begins with: as good ones as this machine draws fast enough, where nobody names any."""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass

import torch

from likeness.errors import WeightsError
from likeness.files.paths import DEFAULT_WEIGHTS, LARGE_PX, LARGE_WEIGHTS, LIGHT_WEIGHTS
from likeness.generator import Generator

log = logging.getLogger(__name__)

# Pictures a second below which a walk from face to face reads as single pictures.
LEAST_PER_S = 20.0
# As many pictures of the large weights must be drawn; they are tried where the default ones leave room for that, since
# each takes up to half as long again.
LARGE_PER_S, TRIED_PER_S = 30.0, 45.0
# How long is measured at most, and how many pictures are enough to know.
MEASURED_S, ENOUGH = 1.0, 40


@dataclass(frozen=True)
class FirstWeights:
    """The weights that a show begins with.

    Args:
        name: of the weights.
        per_s: pictures a second that they draw here, alone; None where nobody had to know.
        default_per_s: the same of the default weights.
    """

    name: str
    per_s: float | None = None
    default_per_s: float | None = None


def open_first(
    asked: str | None,
    open_named: Callable[[str], Generator],
    heads: int,
    on_replaced: Callable[[str], None] = lambda name: None,
    *,
    measured: bool,
    size: tuple[int, int] | None = None,
) -> tuple[FirstWeights, Generator]:
    """Open the weights that were asked for, else the default ones, or light ones or large ones as the machine is.

    Returns:
        What plays, and its generator, warmed up.

    Args:
        asked: a name from the command line or the preset, which is never replaced.
        open_named: opens weights by name and warms them up.
        heads: how many faces are drawn at once.
        on_replaced: called with the name of the weights that play in the place of the default ones.
        measured: whether the machine is measured at all, for a second or two; a render takes its time.
        size: width and height of the wanted pictures in px; None for the weights' own. Large weights draw large ones.

    Raises:
        WeightsError: where the weights cannot be opened.
    """
    name = asked or DEFAULT_WEIGHTS
    generator = open_named(name)
    if asked is not None or not measured:
        return FirstWeights(name), generator
    per_s = measure_rate(generator, heads)
    if per_s >= TRIED_PER_S and (size is None or min(size) >= LARGE_PX):
        try:
            other = open_named(LARGE_WEIGHTS)
            large_per_s = measure_rate(other, heads)
        except (WeightsError, RuntimeError) as error:
            # Such as a memory that holds the default ones alone.
            log.debug("%s stay closed: %s", LARGE_WEIGHTS, error)
        else:
            if large_per_s >= LARGE_PER_S:
                log.info("%s plays: this machine draws %.2g pictures a second of it", LARGE_WEIGHTS, large_per_s)
                on_replaced(LARGE_WEIGHTS)
                return FirstWeights(LARGE_WEIGHTS, large_per_s, per_s), other
    if per_s >= LEAST_PER_S:
        return FirstWeights(name, per_s, per_s), generator
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
    return FirstWeights(LIGHT_WEIGHTS, None, per_s), generator


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
