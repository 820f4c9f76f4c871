"""Previews of a run: a grid of fixed seeds, a walk between some of them, and the videos at its end."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import Tensor

from likeness.easing import smooth
from likeness.errors import LikenessError, TrainingError
from likeness.latent import slerp
from likeness.picture import Picture, sheet, to_pictures
from likeness.training.recipe import Recipe
from likeness.training.run import RunFolder

VideoWriter = Callable[[Path, Iterator[Picture], float], None]
"""Writes pictures to a file at a frame rate; `likeness.outputs` stands above training, so it is handed in."""

COLUMNS, ROWS = 8, 4
WALK_SEEDS, SEED_S, FPS = 8, 1.5, 24.0
# Pictures drawn at a time: more gained nothing on a processor, and the memory of a GPU in training may be full.
DRAW_BATCH = 16
# Smaller pictures are enlarged for the video players that show nothing of 64 px.
LEAST_SHOWN_SIZE = 256


def fixed_noise(count: int, z_dim: int) -> Tensor:
    """Return normal noise [count, z_dim], each row from its seed 0, 1, ... alone."""
    return torch.stack([torch.randn(z_dim, generator=torch.Generator().manual_seed(seed)) for seed in range(count)])


def walk_noise(z_dim: int, seeds: int = WALK_SEEDS, frames: int = int(SEED_S * FPS)) -> Tensor:
    """Return a closed walk [seeds * frames, z_dim] through the fixed seeds, eased at each, along great circles."""
    z = fixed_noise(seeds, z_dim)
    steps = [i / frames for i in range(frames)]
    eased = torch.tensor([smooth(t) for t in steps])[:, None]
    return torch.cat([slerp(z[i][None], z[(i + 1) % seeds][None], eased) for i in range(seeds)])


@torch.no_grad()
def draw_pictures(recipe: Recipe, z: Tensor, device: torch.device) -> Iterator[Picture]:
    """Yield the pictures [H, W, 3] of noise [n, z_dim], drawn in batches."""
    for some in torch.split(z, DRAW_BATCH):
        yield from to_pictures(recipe.draw(some.to(device)))


class Previews:
    """Writes `grids/STEP.png` and `walks/STEP.mp4` into a run's folder.

    Args:
        run: into whose folder.
        recipe: draws by its slow average.
        device: of the run.
        photos: some [n, 3, H, W] for the recipe's own sheets.
        encode_video: writes a video; None leaves them out.
    """

    def __init__(
        self, run: RunFolder, recipe: Recipe, device: torch.device, photos: Tensor, encode_video: VideoWriter | None
    ) -> None:
        self._run, self._recipe, self._device, self._photos = run, recipe, device, photos
        self._encode_video = encode_video
        self._draws = recipe.z_dim > 0
        self._grid_z = fixed_noise(COLUMNS * ROWS, recipe.z_dim)
        self._walk_z = walk_noise(recipe.z_dim) if self._draws else self._grid_z
        self._frame_s = 0.0

    def estimate_finale_s(self, most_s: float = math.inf) -> float:
        """Return the seconds that `write_finale` will take, judging by the last walk; at most `most_s`."""
        return min(self._frame_s * sum(len(z) for z in self._recipe.finale().values()), most_s)

    def write(self, step: int) -> None:
        """Write the grid, the recipe's own sheets, and the walk of `step`; the sheets alone where none draws of noise.

        Raises:
            TrainingError: the disk refuses.
        """
        name = f"{step:09d}"
        if self._draws:
            self._write_sheet(f"grids/{name}.png", list(draw_pictures(self._recipe, self._grid_z, self._device)))
        with torch.no_grad():
            for kind, images in self._recipe.sheets(self._photos).items():
                self._write_sheet(f"{kind}/{name}.png", to_pictures(images))
        if not self._draws:
            return
        started_at = time.monotonic()
        self._write_video(f"walks/{name}.mp4", self._walk_z)
        self._frame_s = (time.monotonic() - started_at) / len(self._walk_z)

    def write_finale(self, most_s: float = math.inf) -> None:
        """Write the recipe's videos for the end of the run; with fewer frames where `most_s` would not do.

        Raises:
            TrainingError: the disk refuses.
        """
        stride = max(1, math.ceil(self.estimate_finale_s() / most_s))
        for name, z in self._recipe.finale().items():
            self._write_video(f"{name}.mp4", z[::stride])

    def _write_sheet(self, name: str, pictures: list[Picture]) -> None:
        _, encoded = cv2.imencode(".png", cv2.cvtColor(sheet(pictures, COLUMNS), cv2.COLOR_RGB2BGR))
        self._run.write(name, encoded.tobytes())

    def _write_video(self, name: str, z: Tensor) -> None:
        if self._encode_video is None:
            return
        path = self._run.path / name
        partial = path.with_name("." + path.name)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._encode_video(
                partial, (enlarge(picture) for picture in draw_pictures(self._recipe, z, self._device)), FPS
            )
            os.replace(partial, path)
        except (LikenessError, OSError) as error:
            partial.unlink(missing_ok=True)
            raise TrainingError(f"{path} could not be written ({error}). {self._run.recovery_hint()}") from error


def enlarge(picture: Picture) -> Picture:
    """Return a picture smaller than 256 px at the first whole multiple of its size that is not."""
    times = math.ceil(LEAST_SHOWN_SIZE / picture.shape[0])
    if times <= 1:
        return picture
    size = (picture.shape[1] * times, picture.shape[0] * times)
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_CUBIC), np.uint8)
