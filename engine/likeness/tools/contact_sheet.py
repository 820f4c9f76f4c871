"""Pictures for contact sheets: the seeds of a generator, and stations along a show."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import torch

from likeness.files.paths import DEFAULT_WEIGHTS, find_weights
from likeness.generators.devices import choose_device
from likeness.host.host import Host
from likeness.latent import truncate
from likeness.options import PictureOptions, quieten
from likeness.parameters.presets import Preset
from likeness.picture import Picture, to_picture
from likeness.show.show import Show

WALK_FPS = 30.0

OnPicture = Callable[[int, int], None]  # done, total


def _ignore(done: int, total: int) -> None:
    """Show nobody how far it is."""


@torch.inference_mode()
def draw_seeds(
    weights: str | None,
    device: str,
    seeds: Sequence[int],
    psi: float,
    size: int | None,
    on_picture: OnPicture = _ignore,
) -> list[Picture]:
    """Return one picture for each seed at truncation `psi`, `size` px high where the family can choose."""
    generator = Host().open_generator(find_weights(weights or DEFAULT_WEIGHTS), choose_device(device), size)
    latents = truncate(generator.sample(seeds), generator.mean, psi)
    pictures: list[Picture] = []
    for latent in latents:
        pictures.append(to_picture(generator.synthesize(latent[None])))
        on_picture(len(pictures), len(latents))
    return pictures


def draw_walk(
    preset: Preset, options: PictureOptions, count: int, seconds: float, on_picture: OnPicture = _ignore
) -> list[Picture]:
    """Return `count` pictures, evenly spread over `seconds` of the preset on a fixed clock.

    What lies between them moves on undrawn, where no plugin needs the pictures before.
    """
    options = replace(quieten(options), seconds=seconds, fps=options.fps or WALK_FPS, offline=True)
    pictures: list[Picture] = []
    with Show(preset, options) as show:
        frames = show.frames or 1
        wanted = [round(index * frames / count) for index in range(count)]

        def keep(done: int) -> None:
            # More stations than frames show some twice.
            while len(pictures) < count and wanted[len(pictures)] == done - 1:
                pictures.append(show.loop.picture)
                on_picture(len(pictures), count)
            if len(pictures) == count:
                show.stop()
            else:
                show.renderer.first_drawn = wanted[len(pictures)]

        show.run(keep)
    return pictures
