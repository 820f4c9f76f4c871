"""Pictures for contact sheets: the seeds of a generator, and stations along a show."""

from collections.abc import Sequence
from dataclasses import replace

import torch

from likeness.files.paths import DEFAULT_WEIGHTS, find_weights
from likeness.generators.devices import choose_device
from likeness.host.host import Host
from likeness.latent import truncate
from likeness.options import QUIET
from likeness.parameters.presets import Preset
from likeness.picture import Picture, to_picture
from likeness.show.show import Show

WALK_FPS = 30.0


@torch.inference_mode()
def draw_seeds(weights: str | None, device: str, seeds: Sequence[int], psi: float, size: int | None) -> list[Picture]:
    """Return one picture for each seed at truncation `psi`, `size` px high where the family can choose."""
    generator = Host().open_generator(find_weights(weights or DEFAULT_WEIGHTS), choose_device(device), size)
    latents = truncate(generator.sample(seeds), generator.mean, psi)
    return [to_picture(generator.synthesize(latent[None])) for latent in latents]


def draw_walk(
    preset: Preset, weights: str | None, device: str, seed: int | None, count: int, seconds: float, size: int | None
) -> list[Picture]:
    """Return `count` pictures, evenly spread over `seconds` of the preset on a fixed clock."""
    side = (size, size) if size else None
    options = replace(
        QUIET, seconds=seconds, fps=WALK_FPS, size=side, seed=seed, device=device, weights=weights, offline=True
    )
    pictures: list[Picture] = []
    with Show(preset, options) as show:
        wanted = {round(index * (show.frames or 1) / count) for index in range(count)}

        def keep(done: int) -> None:
            if done - 1 in wanted:
                pictures.append(show.loop.picture)

        show.run(keep)
    return pictures
