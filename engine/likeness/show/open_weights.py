"""Weights opened for a show: found by name, licence logged, on the fastest backend, warmed up."""

import logging
from collections.abc import Callable

import torch

from likeness.files.paths import find_weights
from likeness.generator import Generator
from likeness.generators.backends.choose import prepare
from likeness.host.host import Host
from likeness.options import PictureOptions

log = logging.getLogger(__name__)

# The first picture of a network costs many times the later ones, the second still some.
WARM_FRAMES = 2


def open_weights(
    host: Host,
    options: PictureOptions,
    name: str,
    progress: Callable[[str], None] = lambda step: None,
    *,
    device: torch.device,
    height: int | None,
) -> Generator:
    """Return the generator of the weights `name`, ready to draw its first picture in time. Takes seconds.

    Args:
        host: asks the plugins, which may know more families.
        options: have the backend and the precision that were asked for.
        name: a file, or the name of weights that come with the program or are the user's own.
        progress: called with each step as it begins: "opening", "warming up".
        device: on which it draws.
        height: of the picture in px, for families that can choose.

    Raises:
        WeightsError: where the file is absent, broken, or of no known family.
        LikenessError: where a backend or precision that was asked for is not there.
    """
    progress("opening")
    path = find_weights(name)
    generator = host.open_generator(path, device, height)
    licence = generator.info.licence
    if licence.paid_use is None:
        log.warning("%s: licence %r; nobody has said whether a paid show is allowed", path.name, licence.name)
    elif not licence.paid_use:
        log.warning("%s: licence %r does not allow a paid show", path.name, licence.name)
    progress("warming up")
    prepare(generator, options.backend, options.precision, progress=log.info)
    with torch.inference_mode():
        for _ in range(WARM_FRAMES):
            generator.synthesize(generator.mean[None])
    return generator
