"""Styles for a filter: paintings that one network learns to paint pictures like."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.optim import Adam, Optimizer

from likeness.errors import LikenessError, TrainingError
from likeness.faces.photo import read_photo
from likeness.faces.resize import resize
from likeness.generator import Licence
from likeness.generators.filter_file import FilterInfo, check_style_names, write_filter
from likeness.generators.networks.filter_network import (
    BLOCKS,
    INNER,
    MULTIPLE,
    OUTER,
    WIDTHS,
    FilterNetwork,
    draw_grain,
)
from likeness.picture import to_tensor
from likeness.training.compute import Compute
from likeness.training.ema import copy_for_average, update_average
from likeness.training.filters.drawn_pictures import draw_pictures
from likeness.training.filters.style_features import CONTENT, LEAST_SIDE, FeatureMaps, open_style_features
from likeness.training.filters.style_losses import (
    content_distance,
    gram_matrices,
    raster_strength,
    roughness,
    style_distance,
)
from likeness.training.pictures import ProgressCallback
from likeness.training.previews import COLUMNS
from likeness.training.recipe import EXPORT, Recipe, RunProgress, check_spans, own_settings
from likeness.training.schedule import fade_out
from likeness.training.settings import Settings

RATE = 2e-3
BETAS = (0.9, 0.99)
WARM_STEPS = 50  # over which the rate rises
# How much larger or smaller than they are pictures are learnt from: a filter is played at other sizes than it is
# trained at.
SMALLEST, LARGEST = 0.75, 2.0
# Of colours beyond white and black, which the screen would cut off.
OVER_WEIGHT = 5.0
# Of the raster of the network's cells, which shows on even walls otherwise.
RASTER_WEIGHT = 20.0
SEPARATOR = "\n"  # between the paths of the style pictures


@dataclass(frozen=True)
class StyleSettings:
    """The recipe's own settings.

    Args:
        pictures: absolute paths of the style pictures, a line each; their names without endings name the styles.
        style_size: px of their shorter side.
        features: absolute path of VGG weights; "" for the features that come with the program.
        strength: of the styles against the content.
        smooth: weight of the differences between neighbouring px, against speckles.
        crop: px of the squares that are trained on.
        width, inner, blocks: of the network: channels at a quarter and at an eighth of the picture's size, and blocks.
        half_life: of the average that is played, in images.
        drawn: how many pictures the weights draw to learn on; 0 where the source is somebody's folder.
        weights: absolute path of those weights.
    """

    pictures: str = ""
    style_size: int = 768
    features: str = ""
    strength: float = 1.0
    smooth: float = 0.0
    crop: int = 192
    width: int = WIDTHS[0]
    inner: int = WIDTHS[1]
    blocks: int = BLOCKS
    half_life: float = 400.0
    drawn: int = 0
    weights: str = ""

    @property
    def paths(self) -> list[Path]:
        """The style pictures."""
        return [Path(line) for line in self.pictures.split(SEPARATOR) if line]

    def check(self, size: int) -> None:
        """Refuse what is out of range.

        Raises:
            TrainingError: naming the setting, what was wanted and what came.
        """
        try:
            check_style_names([path.stem for path in self.paths])
        except ValueError as error:
            raise TrainingError(f"the styles are named after their pictures: {error}; rename the files") from error
        check_spans(self, {"style_size": (64, 4096), "strength": (0.0, 1e4), "smooth": (0.0, 1e4), "drawn": (0, 10**6)})
        check_spans(self, {"crop": (LEAST_SIDE, size), "width": OUTER, "inner": OUTER, "blocks": INNER})
        check_spans(self, {"half_life": (1.0, 1e9)})
        if self.crop % MULTIPLE:
            raise TrainingError(f"crop must be a multiple of {MULTIPLE} px, {self.crop} came")


class StyleRecipe(Recipe):
    """One network that paints pictures in each of several styles [Johnson et al. 2016; Dumoulin et al. 2017].

    A picture of a step is painted in one style, in turn, and compared with that style's Gram matrices and with its own
    content. There is no noise: the recipe has sheets of photos, and no walk.
    """

    min_pictures = 2
    z_dim = 0
    played_by = "likeness play filter --set filter.file={run}"

    def __init__(self, settings: Settings, compute: Compute) -> None:
        self._compute, self._batch, self._size = compute, settings.batch, settings.size
        self._own = own_settings(StyleSettings, settings.own)
        self._own.check(settings.size)
        self._licence = Licence(settings.licence, settings.paid_use)
        features = Path(self._own.features) if self._own.features else None
        self._features = open_style_features(features, compute.device)
        self._wanted = [
            _measure_style(self._features, path, self._own.style_size, compute.device) for path in self._own.paths
        ]
        self._names = tuple(path.stem for path in self._own.paths)
        widths = (self._own.width, self._own.inner)
        self._network = compute.place(FilterNetwork(widths, self._own.blocks, len(self._names)))
        self._average = copy_for_average(self._network)
        rate = settings.learning_rate or RATE
        self._optimizer = Adam(self._network.parameters(), rate, BETAS)

    @classmethod
    def prepare(cls, settings: Settings, progress: ProgressCallback) -> None:
        """Draw the pictures to learn on, where nobody gave any."""
        own = own_settings(StyleSettings, settings.own)
        if own.drawn:
            draw_pictures(Path(settings.source), own.drawn, Path(own.weights), settings.size, progress)

    def networks(self) -> Mapping[str, nn.Module]:
        """Return network and average."""
        return {"network": self._network, "average": self._average}

    def optimizers(self) -> Mapping[str, Optimizer]:
        """Return the optimiser."""
        return {"network": self._optimizer}

    def rate(self, progress: float) -> float:
        """Return 1 for the first half, then a fall to 0."""
        return fade_out(progress, 0.5)

    def step(self, batches: Sequence[Tensor], at: RunProgress) -> Mapping[str, Tensor]:
        """Learn from one crop of each picture, painted in one style."""
        totals: dict[str, Tensor] = {}
        warmth = min(1.0, (at.step + 1) / WARM_STEPS)
        for part, batch in enumerate(batches):
            first = at.images + part * len(batch)
            styles = [(first + number) % len(self._names) for number in range(len(batch))]
            losses = self._losses(self._crop(batch), styles)
            weights = {"style": self._own.strength, "over": OVER_WEIGHT, "raster": RASTER_WEIGHT}
            weights["rough"] = self._own.smooth
            total = torch.stack([weights.get(name, 1.0) * loss for name, loss in losses.items()]).sum()
            self._compute.backward(warmth * total / len(batches))
            for name, loss in losses.items():
                totals[name] = totals.get(name, 0.0) + loss.detach() / len(batches)
        self._compute.optimizer_step(self._optimizer)
        update_average(self._average, self._network, at.images, self._batch, self._own.half_life)
        return totals

    def _losses(self, photos: Tensor, styles: Sequence[int]) -> dict[str, Tensor]:
        """Return the losses of photos painted in the styles of these numbers."""
        with self._compute.autocast():
            painted = self._network(photos, self._rows(styles), self._draw_grain(photos)).float()
            shown = painted.clamp(-1, 1)
            maps = self._features(shown)
            with torch.no_grad():
                kept = self._features(photos)
        wanted = [torch.stack([self._wanted[style][level] for style in styles]) for level in range(len(maps))]
        losses = {
            "style": style_distance(gram_matrices(maps), wanted).mean(),
            "content": content_distance(maps, kept, CONTENT),
            "over": (painted - shown).abs().mean(),
            "raster": raster_strength(painted),
        }
        if self._own.smooth:
            losses["rough"] = roughness(shown)
        return losses

    def _rows(self, styles: Sequence[int]) -> Tensor:
        """Return the shares of each picture's style, `[batch, styles]`."""
        return torch.eye(len(self._names), device=self._compute.device)[list(styles)]

    def _draw_grain(self, photos: Tensor) -> Tensor:
        return draw_grain(photos.shape[2], photos.shape[3], len(photos)).to(photos.device)

    def _crop(self, photos: Tensor) -> Tensor:
        """Return a square of all photos, of one place and one scale, both drawn at random."""
        crop = self._own.crop
        scale = SMALLEST + (LARGEST - SMALLEST) * float(torch.rand(()))
        side = max(crop, round(self._size * scale))
        scaled = functional.interpolate(photos, (side, side), mode="bilinear", align_corners=False, antialias=True)
        top, left = (int(torch.randint(0, side - crop + 1, ())) for _ in range(2))
        return scaled[:, :, top : top + crop, left : left + crop].contiguous(memory_format=torch.channels_last)

    def sheets(self, photos: Tensor) -> Mapping[str, Tensor]:
        """Return a row of photos, and a row of them painted in each style."""
        photos = photos[:COLUMNS]
        if len(photos) < COLUMNS:
            photos = photos.repeat(COLUMNS, 1, 1, 1)[:COLUMNS]
        rows = [photos]
        for style in range(len(self._names)):
            with self._compute.autocast():
                painted = self._average(photos, self._rows([style]), self._draw_grain(photos[:1]))
            rows.append(painted.float().clamp(-1, 1))
        return {"styles": torch.cat(rows)}

    def export(self, folder: Path) -> None:
        """Write the average as a filter."""
        info = FilterInfo("style", self._names, self._size, self._licence)
        write_filter(folder / EXPORT, self._average, info)


def read_style(path: Path, size: int) -> Tensor:
    """Return a style picture `[1, 3, H, W]` in [-1, 1], its shorter side `size` px.

    Raises:
        TrainingError: it is absent or no picture.
    """
    try:
        photo = read_photo(path)
    except LikenessError as error:
        raise TrainingError(f"the style picture cannot be read: {error}") from error
    height, width = photo.shape[:2]
    scale = size / min(height, width)
    return to_tensor(resize(photo, round(width * scale), round(height * scale)))


@torch.no_grad()
def _measure_style(features: FeatureMaps, path: Path, size: int, device: torch.device) -> list[Tensor]:
    """Return the Gram matrices `[channels, channels]` of a style picture."""
    return [matrix[0] for matrix in gram_matrices(features(read_style(path, size).to(device)))]
