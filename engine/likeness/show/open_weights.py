"""Weights opened for a show: found by name, licence logged, on the fastest backend, warmed up, within the memory."""

import gc
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import torch

from likeness.errors import LikenessError
from likeness.files.paths import find_weights
from likeness.generator import Generator
from likeness.generators.backends.choose import prepare
from likeness.host.host import Host
from likeness.options import PictureOptions

log = logging.getLogger(__name__)

# The first picture of a network costs many times the later ones, the second still some.
WARM_FRAMES = 2
# Of a graphics card's memory that stays free: the desktop, the window and a fade between two pictures want some, too.
SPARE_BYTES = 256 * 2**20
# Pictures are not made smaller than this to save memory.
LEAST_HEIGHT = 256


@dataclass(frozen=True)
class Step:
    """One way to open weights: the picture's height in px, for families that can choose, and the precision."""

    height: int | None
    precision: str

    def __str__(self) -> str:
        height = f"{self.height} px, " if self.height else ""
        return f"{height}{'its own precision' if self.precision == 'auto' else self.precision}"


def open_weights(
    host: Host,
    options: PictureOptions,
    name: str,
    progress: Callable[[str], None] = lambda step: None,
    *,
    device: torch.device,
    size: tuple[int, int] | None,
    heads: int = 1,
) -> Generator:
    """Return the generator of the weights `name`, ready to draw its first picture in time. Takes seconds.

    On a graphics card whose memory is too small they are opened once more in a lower precision or for smaller pictures,
    which is logged in a line: better now than out of memory in the middle of a show.

    Args:
        host: asks the plugins, which may know more families.
        options: have the backend and the precision that were asked for.
        name: a file, or the name of weights that come with the program or are the user's own.
        progress: called with each step as it begins: "opening", "warming up".
        device: on which it draws.
        size: width and height of the picture in px.
        heads: how many faces are drawn at once.

    Raises:
        WeightsError: where the file is absent, broken, or of no known family.
        LikenessError: where a backend or precision that was asked for is not there, or the memory is too small.
    """
    path = find_weights(name)
    steps = list(list_steps(min(size) if size else None, options.precision, device))
    generator: Generator | None = None
    for step, lower in zip(steps, [*steps[1:], None], strict=True):
        try:
            generator = _open(host, options.backend, path, progress, device, step, heads)
            if lower is None or free_bytes(device) >= SPARE_BYTES:
                break
            short = "leaves next to nothing of the card's memory free"
        except torch.OutOfMemoryError as error:
            if lower is None:
                raise LikenessError(
                    f"{path.name} needs more than this card's memory; close other programs, or take a smaller --size, "
                    "fewer --heads or --device cpu"
                ) from error
            short = "needs more than the card's memory"
        log.warning("%s with %s %s; trying %s", path.name, step, short, lower)
        generator = None
        empty_cache(device)
    assert generator is not None  # the last step has it, or raises
    _log_licence(path, generator)
    return generator


def list_steps(height: int | None, precision: str, device: torch.device) -> Iterator[Step]:
    """Yield how weights are tried, each with less memory than the one before; what was asked for by name stays."""
    yield Step(height, precision)
    if device.type != "cuda":
        return
    # A family can choose its height or its precision; which of them is only known once it is open.
    lower = "float16" if precision == "auto" else precision
    heights = [part for part in (height // 2, height // 4) if part >= LEAST_HEIGHT] if height else []
    if heights:
        yield from (Step(part, lower) for part in heights)
    elif lower != precision:
        yield Step(height, lower)


def free_bytes(device: torch.device) -> int:
    """Return the memory of the card that nobody has taken, with what torch keeps of it in reserve."""
    free, _ = torch.cuda.mem_get_info(device)
    return int(free + torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device))


def empty_cache(device: torch.device) -> None:
    """Give the memory back that a generator had which is let go."""
    # What failed is held by its own traceback.
    gc.collect()
    if device.type == "cuda":
        torch.cuda.empty_cache()


def _open(
    host: Host,
    backend: str,
    path: Path,
    progress: Callable[[str], None],
    device: torch.device,
    step: Step,
    heads: int,
) -> Generator:
    """Open the weights as `step` says and draw the first pictures.

    Raises:
        torch.OutOfMemoryError: where the card's memory is too small.
    """
    progress("opening")
    generator = host.open_generator(path, device, step.height)
    progress("warming up")
    prepare(generator, backend, step.precision, progress=log.info)
    with torch.inference_mode():
        for _ in range(WARM_FRAMES):
            generator.synthesize(generator.mean[None].expand(heads, -1, -1))
    return generator


def _log_licence(path: Path, generator: Generator) -> None:
    licence = generator.info.licence
    if licence.paid_use is None:
        log.warning("%s: licence %r; nobody has said whether a paid show is allowed", path.name, licence.name)
    elif not licence.paid_use:
        log.warning("%s: licence %r does not allow a paid show", path.name, licence.name)
