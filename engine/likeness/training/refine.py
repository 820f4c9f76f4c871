"""The refiner of a composite: a network that brings its drawings nearer to photographs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.optim import Adam, Optimizer

from likeness.encoders.composite import CompositeEncoder
from likeness.errors import TrainingError
from likeness.generator import Licence
from likeness.generators.networks.composite import CompositeNetwork
from likeness.generators.networks.composite_parts import ROWS
from likeness.generators.networks.refiner import COARSEST, PREFIX, WIDTHS, Refiner
from likeness.generators.perceptual import open_features, perceptual_distance
from likeness.generators.weights_file import WeightsHeader, read_weights, write_weights
from likeness.picture import to_pictures
from likeness.training.compute import Compute
from likeness.training.crops import Crop, Crops
from likeness.training.dataset import to_images
from likeness.training.ema import copy_for_average, update_average
from likeness.training.pairs import open_pairs, write_pairs
from likeness.training.pictures import read_pictures
from likeness.training.previews import COLUMNS
from likeness.training.recipe import EXPORT, Recipe, RunProgress, check_spans, own_settings
from likeness.training.refine_losses import (
    COLOUR_BLOCK,
    agreement,
    colour_distance,
    feature_distance,
    pixel_distance,
    texture_distance,
)
from likeness.training.schedule import fade_out
from likeness.training.settings import Settings
from likeness.training.texture_game import TextureGame, erode

RATE, CRITIC_RATE = 6e-4, 5e-4
BETAS = (0.5, 0.99)
FAMILY = "composite"
SHOWN_PSI = 0.7
# Steps over which the critic's weight grows, and steps that it trains before it counts.
WARM_STEPS, AHEAD = 500, 200
RIM = 17  # px around each place over which skin is averaged
DEVIATION_PHOTOS = 20  # photos
MEASURED = 16  # held-out faces that are encoded for the previews; 45 ms each


@dataclass(frozen=True)
class RefineSettings:
    """The recipe's own settings.

    Args:
        base: the composite weights file to refine; absolute.
        outline: width of the person's edge in px; see `CompositeNetwork`.
        pairs: folder in which pairs are kept, made where it holds none; absolute.
        crop: px of the squares that are trained on.
        adversarial: weight of the critic of textures.
        begin: steps before the critic counts.
        features: weight of the distance of features, place by place: much of it smooths.
        texture: weight of the distance of their deviations.
        colour: weight of keeping a drawing's colours where there is no photo.
        penalty: gamma of the critic's slope.
        half_life: of the average that is played, in images.
    """

    base: str = ""
    pairs: str = ""
    outline: float = 0.9
    crop: int = 128
    adversarial: float = 0.7
    begin: int = 1000
    features: float = 0.3
    texture: float = 2.0
    colour: float = 2.0
    penalty: float = 0.02
    half_life: float = 2800.0

    def check(self, size: int) -> None:
        """Refuse what is out of range.

        Raises:
            TrainingError: naming the setting, what was wanted and what came.
        """
        if not self.base or not self.pairs:
            raise TrainingError("refining needs composite weights, --weights, and a folder for pairs")
        weights = ("adversarial", "features", "texture", "colour", "penalty")
        spans = {"crop": (4 * COARSEST, size), "begin": (0, 10**9), "half_life": (1, 1e9), "outline": (0.1, 10)}
        check_spans(self, {**spans, **dict.fromkeys(weights, (0, 1e3))})
        if self.crop % COARSEST:
            raise TrainingError(f"crop must be a multiple of {COARSEST} px, {self.crop} came")


class RefineRecipe(Recipe):
    """A refiner that learns from pairs of drawing and photo, and from a critic of textures."""

    min_pictures = 12

    def __init__(self, settings: Settings, compute: Compute) -> None:
        self._compute, self._batch, self._size = compute, settings.batch, settings.size
        self._own = own_settings(RefineSettings, settings.own)
        self._own.check(settings.size)
        self._header, self._tensors = _open_base(Path(self._own.base), settings.size)
        # The file holds the base too, whose notice must go along.
        self._licence = Licence(settings.licence, settings.paid_use, self._header.licence.notice)
        drawn = {"outline": self._own.outline, "left_out": self._header.arguments.get("left_out", ())}
        network = CompositeNetwork(self._tensors, size=settings.size, **drawn, dtype=torch.float32)
        if compute.is_main:
            source, held = Path(settings.source), settings.hold_out
            photos = read_pictures(source, settings.size, at_least=self.min_pictures, leave_first=held)
            write_pairs(Path(self._own.pairs), network, self._tensors, photos.pictures[..., ::-1])
        compute.barrier()
        self._pairs = open_pairs(Path(self._own.pairs), settings.size)
        self._encoder = CompositeEncoder(network, self._tensors)
        self._composite = compute.place(CompositeNetwork(self._tensors, size=settings.size, **drawn))
        self._crops = Crops(self._pairs, self._composite, self._own.crop, compute.device)
        self.z_dim = network.w_dim
        self._refiner = compute.place(Refiner(WIDTHS))
        rate = settings.learning_rate or RATE
        chosen = np.linspace(0, len(self._pairs) - 1, min(len(self._pairs), DEVIATION_PHOTOS)).astype(int)
        seen = to_images(self._pairs.pixels[chosen, ..., 4:], compute.device)
        self._game = TextureGame(compute, seen, rate * CRITIC_RATE / RATE, self._own.penalty)
        self._average = copy_for_average(self._refiner)
        self._encoded: dict[int, Tensor] = {}
        self._features = open_features(compute.device)
        self._optimizers = {
            "refiner": Adam(self._refiner.parameters(), rate, BETAS),
            "critic": self._game.optimizer,
        }

    def networks(self) -> Mapping[str, nn.Module]:
        """Return refiner, critic and average."""
        return {"refiner": self._refiner, "critic": self._game.critic, "average": self._average}

    def optimizers(self) -> Mapping[str, Optimizer]:
        """Return the two optimisers."""
        return self._optimizers

    def rate(self, progress: float) -> float:
        """Return 1 for the first third, then a slow fall to 0: the critic's pattern fades last."""
        return fade_out(progress, 0.3)

    def step(self, batches: Sequence[Tensor], at: RunProgress) -> Mapping[str, Tensor]:
        """Learn from pairs and from random faces. Of `batches` only the sizes count: pairs hold the photos."""
        totals: dict[str, Tensor] = {}
        for batch in batches:
            crop = self._crops.draw(len(batch))
            with self._compute.autocast():
                refined = self._refiner(crop.drawn, crop.skin).float()
            with torch.no_grad():
                wanted = self._game.feature_maps(crop.photos)
            maps = self._game.feature_maps(refined)
            where = erode(crop.skin, RIM)
            losses = self._losses(crop, refined, maps, wanted)
            weights = {name: getattr(self._own, name) for name in ("features", "texture", "colour")}
            if at.step >= self._own.begin:
                losses["critic"] = self._game.score_drawings(maps, wanted, crop.places, where)
                weights["critic"] = self._own.adversarial * min(1.0, (at.step - self._own.begin) / WARM_STEPS)
            total = torch.stack([weights.get(name, 1.0) * loss for name, loss in losses.items()]).sum()
            self._compute.backward(total / len(batches))
            if at.step >= self._own.begin - AHEAD:
                losses["critic_itself"] = self._game.train_critic(
                    at.step, maps, wanted, crop.places, where, len(batches)
                )
            for name, loss in losses.items():
                totals[name] = totals.get(name, 0.0) + loss.detach() / len(batches)
        self._compute.optimizer_step(self._optimizers["refiner"])
        if "critic_itself" in totals:
            self._compute.optimizer_step(self._optimizers["critic"])
        update_average(self._average, self._refiner, at.images, self._batch, self._own.half_life)
        return totals

    def _losses(self, crop: Crop, refined: Tensor, maps: list[Tensor], wanted: list[Tensor]) -> dict[str, Tensor]:
        """Return the distances of pairs, and for random faces that of their colours from the drawing's."""
        drawn, photos, count = crop.drawn, crop.photos, len(crop.photos)
        skin = functional.adaptive_avg_pool2d(crop.skin[:count], drawn.shape[-1] // COLOUR_BLOCK)
        where = skin * agreement(drawn[:count], photos)
        paired = [features[:count] for features in maps]
        losses = {
            "pixels": pixel_distance(refined[:count], photos, where),
            "features": feature_distance(paired, wanted, where),
            "texture": texture_distance(paired, wanted, where),
        }
        if len(drawn) > count:
            losses["colour"] = colour_distance(refined[count:], drawn[count:])
        return losses

    def draw(self, z: Tensor) -> Tensor:
        """Return refined pictures of random faces, at a truncation of 0.7."""
        codes = (SHOWN_PSI * z)[:, None].expand(-1, ROWS, -1)
        return self._refine(*self._composite.draw_with_skin(self._composite.layers(codes)))

    def _refine(self, drawn: Tensor, skin: Tensor) -> Tensor:
        with self._compute.autocast():
            refined: Tensor = self._average(drawn, skin)
        clamped: Tensor = refined.float().clamp(-1, 1)
        return clamped

    def export(self, folder: Path) -> None:
        """Write base and average as one file of the composite family."""
        own = {PREFIX + name: tensor.half() for name, tensor in self._average.state_dict().items()}
        arguments = {**self._header.arguments, "outline": self._own.outline}
        header = WeightsHeader(FAMILY, arguments, self._licence)
        write_weights(folder / EXPORT, header, self._tensors | own)

    def measure(self, held_out: Tensor) -> Mapping[str, float]:
        """Return the perceptual distance of encoded faces to their photos, as drawn and as refined."""
        photos = held_out[:MEASURED]
        drawn, skin = self._redraw(photos)
        before = perceptual_distance(self._features, drawn, photos).mean()
        after = perceptual_distance(self._features, self._refine(drawn, skin), photos).mean()
        return {"looks drawn": float(before), "looks refined": float(after)}

    def sheets(self, photos: Tensor) -> Mapping[str, Tensor]:
        """Return rows of photos, of the composite's drawings of them, and of these refined."""
        photos = photos[:MEASURED]
        drawn, skin = self._redraw(photos)
        rows = zip(*(torch.split(x, COLUMNS) for x in (photos, drawn, self._refine(drawn, skin))), strict=True)
        return {"photos": torch.cat([row for group in rows for row in group])}

    def _redraw(self, photos: Tensor) -> tuple[Tensor, Tensor]:
        """Return the composite's drawings of photos, and their skin; each photo is encoded once."""
        key = hash(photos.cpu().numpy().tobytes())
        if key not in self._encoded:
            codes = [self._encoder.encode(picture).latent for picture in to_pictures(photos)]
            self._encoded[key] = torch.cat(codes).clone()
        with torch.no_grad():
            return self._composite.draw_with_skin(self._composite.layers(self._encoded[key].to(photos.device)))


def _open_base(path: Path, size: int) -> tuple[WeightsHeader, dict[str, Tensor]]:
    """Return the composite to refine, without a refiner that it may have.

    Raises:
        TrainingError: it is another family's, of another size, or cannot be encoded into.
    """
    header, tensors = read_weights(path)
    native = header.arguments.get("size")
    if header.family != FAMILY or native != size or "guess.mean" not in tensors:
        raise TrainingError(
            f"{path} is of family {header.family} and {native} px; refining at {size} px needs composite weights "
            "of that size"
        )
    return header, {name: tensor for name, tensor in tensors.items() if not name.startswith(PREFIX)}
