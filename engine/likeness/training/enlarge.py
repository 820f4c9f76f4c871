"""The enlarger of a composite: a network that draws its faces at twice the size, as photographs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.optim import Adam, Optimizer

from likeness.encoders.composite import open_composite_encoder
from likeness.errors import TrainingError
from likeness.generator import Licence
from likeness.generators.networks.composite import CompositeNetwork
from likeness.generators.networks.composite_parts import ROWS
from likeness.generators.networks.enlarger import COARSEST, FACTOR, PREFIX, Enlarger
from likeness.generators.networks.refiner import PREFIX as REFINER_PREFIX
from likeness.generators.networks.refiner import find_refiner
from likeness.generators.perceptual import open_features, perceptual_distance
from likeness.generators.weights_file import WeightsHeader, declare_latents, read_weights, write_weights
from likeness.picture import to_pictures
from likeness.training.compute import Compute
from likeness.training.dataset import to_images
from likeness.training.ema import copy_for_average, update_average
from likeness.training.enlarge_crops import EnlargeCrop, EnlargeCrops
from likeness.training.enlarge_pairs import open_enlarge_pairs, write_enlarge_pairs
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

RATE, CRITIC_RATE = 1e-3, 5e-4
BETAS = (0.5, 0.99)
FAMILY = "composite"
SHOWN_PSI = 0.7
# Of the steps before the critic counts, the share in which it trains already.
AHEAD = 1 / 3
RIM = 33  # px around each place over which skin and hair are averaged
DEVIATION_PHOTOS = 12
WEIGHED = ("pixels", "features", "texture", "colour", "refined")  # losses, by the settings that weigh them
MEASURED = 8  # held-out faces that are encoded for the previews


@dataclass(frozen=True)
class EnlargeSettings:
    """The recipe's own settings.

    Args:
        base: the composite weights file to enlarge; absolute. A refiner that it has is learnt from, and replaced.
        outline: width of the person's edge in px of the drawing; see `CompositeNetwork`.
        pairs: folder in which pairs are kept, made where it holds none; absolute.
        crop: px of the squares of the drawing that are trained on.
        adversarial: weight of the critic of textures on skin.
        hair: weight of the critic on hair and clothes, as a part of that. It papers walls with scales, and never
            judges them.
        begin: steps before the critic counts; over as many more its weight grows.
        pixels: weight of the difference of blurred photos, enlarged, from the photos.
        features: weight of the distance of features, place by place: much of it smooths.
        texture: weight of the distance of their deviations.
        colour: weight of keeping the light and colours of random faces.
        refined: weight of what the base's refiner draws on their skin.
        penalty: gamma of the critic's slope.
        half_life: of the average that is played, in images.
    """

    base: str = ""
    pairs: str = ""
    outline: float = 0.9
    crop: int = 128
    adversarial: float = 0.7
    hair: float = 0.4
    begin: int = 400
    pixels: float = 2.0
    features: float = 0.3
    texture: float = 2.0
    colour: float = 2.0
    refined: float = 2.0
    penalty: float = 0.02
    half_life: float = 2800.0

    def check(self, size: int) -> None:
        """Refuse what is out of range, for drawings of `size` px.

        Raises:
            TrainingError: naming the setting, what was wanted and what came.
        """
        if not self.base or not self.pairs:
            raise TrainingError("enlarging needs composite weights, --weights, and a folder for pairs")
        weights = ("adversarial", "penalty", *WEIGHED)
        spans = {"crop": (2 * COARSEST, size), "begin": (0, 10**9), "half_life": (1, 1e9), "outline": (0.1, 10)}
        check_spans(self, {**spans, "hair": (0, 1), **dict.fromkeys(weights, (0, 1e3))})
        if self.crop % COARSEST:
            raise TrainingError(f"crop must be a multiple of {COARSEST} px, {self.crop} came")


class EnlargeRecipe(Recipe):
    """An enlarger that learns from pairs, from blurred photos, from the base's refiner, and from a critic."""

    min_pictures = 12

    def __init__(self, settings: Settings, compute: Compute) -> None:
        self._compute, self._batch = compute, settings.batch
        self._own = own_settings(EnlargeSettings, settings.own)
        size = settings.size // FACTOR
        self._own.check(size)
        base = Path(self._own.base)
        self._header, tensors = _open_base(base, size)
        # The file holds the base too, whose notice must go along.
        self._licence = Licence(settings.licence, settings.paid_use, self._header.licence.notice)
        self._encoder = open_composite_encoder(base)
        drawn = {"outline": self._own.outline, "left_out": self._header.arguments.get("left_out", ())}
        if compute.is_main:
            network = CompositeNetwork(tensors, size=size, **drawn, dtype=torch.float32)
            source, held = Path(settings.source), settings.hold_out
            photos = read_pictures(source, settings.size, at_least=self.min_pictures, leave_first=held)
            write_enlarge_pairs(Path(self._own.pairs), self._encoder, network, photos.pictures[..., ::-1])
        compute.barrier()
        pairs = open_enlarge_pairs(Path(self._own.pairs), size)
        self._composite = compute.place(CompositeNetwork(tensors, size=size, **drawn))
        refiner = find_refiner(tensors)
        if refiner is not None:
            refiner = compute.place(refiner).eval().requires_grad_(False)
        self._tensors = {name: tensor for name, tensor in tensors.items() if not name.startswith(REFINER_PREFIX)}
        self._crops = EnlargeCrops(pairs, self._composite, refiner, self._own.crop, compute.device)
        self.z_dim = self._composite.w_dim
        self._enlarger = compute.place(Enlarger())
        rate = settings.learning_rate or RATE
        chosen = np.linspace(0, len(pairs) - 1, min(len(pairs), DEVIATION_PHOTOS)).astype(int)
        photos_seen = to_images(pairs.photos[chosen], compute.device)
        self._game = TextureGame(compute, photos_seen, rate * CRITIC_RATE / RATE, self._own.penalty)
        self._average = copy_for_average(self._enlarger)
        self._encoded: dict[int, Tensor] = {}
        self._features = open_features(compute.device)
        self._optimizers = {
            "enlarger": Adam(self._enlarger.parameters(), rate, BETAS),
            "critic": self._game.optimizer,
        }

    def networks(self) -> Mapping[str, nn.Module]:
        """Return enlarger, critic and average."""
        return {"enlarger": self._enlarger, "critic": self._game.critic, "average": self._average}

    def optimizers(self) -> Mapping[str, Optimizer]:
        """Return the two optimisers."""
        return self._optimizers

    def rate(self, progress: float) -> float:
        """Return 1 for the first half, then a fall to 0: the critic's pattern fades last."""
        return fade_out(progress, 0.5)

    def step(self, batches: Sequence[Tensor], at: RunProgress) -> Mapping[str, Tensor]:
        """Learn from one crop of each micro-batch. Of `batches` only the sizes count: pairs hold the photos."""
        totals: dict[str, Tensor] = {}
        for batch in batches:
            crop = self._crops.draw(len(batch))
            with self._compute.autocast():
                enlarged = self._enlarger(crop.drawn).float()
            wanted, maps = self._feature_maps(crop, enlarged, at.step)
            losses = self._losses(crop, enlarged, maps, wanted)
            weights = {name: getattr(self._own, name) for name in WEIGHED}
            where = self._judged(crop)
            if self._own.adversarial and at.step >= self._own.begin:
                losses["critic"] = self._game.score_drawings(maps, wanted, crop.places, where)
                weights["critic"] = self._own.adversarial * min(1.0, (at.step + 1) / max(self._own.begin, 1) - 1)
            total = torch.stack([weights.get(name, 1.0) * loss for name, loss in losses.items()]).sum()
            self._compute.backward(total / len(batches))
            if self._trains_critic(at.step):
                losses["critic_itself"] = self._game.train_critic(
                    at.step, maps, wanted, crop.places, where, len(batches)
                )
            for name, loss in losses.items():
                totals[name] = totals.get(name, 0.0) + loss.detach() / len(batches)
        self._compute.optimizer_step(self._optimizers["enlarger"])
        if "critic_itself" in totals:
            self._compute.optimizer_step(self._optimizers["critic"])
        update_average(self._average, self._enlarger, at.images, self._batch, self._own.half_life)
        return totals

    def _trains_critic(self, step: int) -> bool:
        return self._own.adversarial > 0 and step >= self._own.begin * (1 - AHEAD)

    def _feature_maps(self, crop: EnlargeCrop, enlarged: Tensor, step: int) -> tuple[list[Tensor], list[Tensor]]:
        """Return the features of photos and pictures; none where nothing looks at them: they are most of a step."""
        if not (self._own.features or self._own.texture or self._trains_critic(step)):
            return [], []
        with torch.no_grad():
            wanted = self._game.feature_maps(crop.photos)
        return wanted, self._game.feature_maps(enlarged)

    def _losses(
        self, crop: EnlargeCrop, enlarged: Tensor, maps: list[Tensor], wanted: list[Tensor]
    ) -> dict[str, Tensor]:
        """Return the distances of pairs and blurred photos from photos, and of random faces from their drawings."""
        drawn, photos, paired, count = crop.drawn, crop.photos, crop.paired, len(crop.photos)
        blocks = drawn.shape[-1] // COLOUR_BLOCK
        # Pairs count where bare skin is alike in both, blurred photos everywhere.
        skin = functional.adaptive_avg_pool2d(crop.regions[:count, :1], blocks)
        alike = agreement(drawn[:paired], functional.avg_pool2d(photos[:paired], FACTOR))
        where = torch.cat([skin[:paired] * alike, torch.ones_like(skin[paired:])])
        with_photo = [features[:count] for features in maps]
        losses = {"coarse": pixel_distance(enlarged[:count], photos, where)}
        if maps:
            losses["features"] = feature_distance(with_photo, wanted, where)
            losses["texture"] = texture_distance(with_photo, wanted, where)
        if count > paired:
            losses["pixels"] = (enlarged[paired:count] - photos[paired:]).abs().mean()
        if len(drawn) > count:
            small = functional.avg_pool2d(enlarged[count:], FACTOR)
            losses["colour"] = colour_distance(small, drawn[count:])
            losses["refined"] = ((small - crop.refined).abs() * crop.regions[count:, :1]).mean()
        return losses

    def _judged(self, crop: EnlargeCrop) -> Tensor:
        """Return what each place counts for the critic: skin by itself, hair and clothes by themselves, no wall."""
        skin, person = crop.regions[:, :1], crop.regions[:, 1:]
        inner = erode(torch.cat([skin, (person - skin).clamp(min=0)], dim=1), RIM // FACTOR)
        return inner[:, :1] + self._own.hair * inner[:, 1:]

    def draw(self, z: Tensor) -> Tensor:
        """Return enlarged pictures of random faces, at a truncation of 0.7."""
        return self._enlarge(self._composite((SHOWN_PSI * z)[:, None].expand(-1, ROWS, -1)))

    def _enlarge(self, drawn: Tensor) -> Tensor:
        with self._compute.autocast():
            enlarged: Tensor = self._average(drawn)
        clamped: Tensor = enlarged.float().clamp(-1, 1)
        return clamped

    def export(self, folder: Path) -> None:
        """Write base and average as one file of the composite family, whose latents are the base's."""
        own = {PREFIX + name: tensor.half() for name, tensor in self._average.state_dict().items()}
        arguments = {**self._header.arguments, "outline": self._own.outline}
        arguments |= declare_latents(Path(self._own.base), self._header)
        write_weights(folder / EXPORT, WeightsHeader(FAMILY, arguments, self._licence), self._tensors | own)

    def measure(self, held_out: Tensor) -> Mapping[str, float]:
        """Return the perceptual distance of encoded faces to their photos, as drawn and as enlarged."""
        photos = held_out[:MEASURED]
        drawn = self._redraw(photos)
        large = functional.interpolate(drawn, scale_factor=FACTOR, mode="bilinear", align_corners=False)
        before = perceptual_distance(self._features, large, photos).mean()
        after = perceptual_distance(self._features, self._enlarge(drawn), photos).mean()
        return {"looks drawn": float(before), "looks enlarged": float(after)}

    def sheets(self, photos: Tensor) -> Mapping[str, Tensor]:
        """Return rows of photos, of the composite's drawings of them, and of these enlarged."""
        photos = photos[:MEASURED]
        drawn = self._redraw(photos)
        large = functional.interpolate(drawn, scale_factor=FACTOR, mode="bilinear", align_corners=False)
        rows = zip(*(torch.split(x, COLUMNS) for x in (photos, large, self._enlarge(drawn))), strict=True)
        return {"photos": torch.cat([row for group in rows for row in group])}

    def _redraw(self, photos: Tensor) -> Tensor:
        """Return the composite's drawings of photos; each photo is encoded once."""
        key = hash(photos.cpu().numpy().tobytes())
        if key not in self._encoded:
            codes = [self._encoder.encode(picture).latent for picture in to_pictures(photos)]
            self._encoded[key] = torch.cat(codes).clone()
        with torch.no_grad():
            drawn: Tensor = self._composite(self._encoded[key].to(photos.device))
        return drawn


def _open_base(path: Path, size: int) -> tuple[WeightsHeader, dict[str, Tensor]]:
    """Return the composite to enlarge, without an enlarger that it may have.

    Raises:
        TrainingError: it is another family's, of another size, or cannot be encoded into.
    """
    header, tensors = read_weights(path)
    native = header.arguments.get("size")
    if header.family != FAMILY or native != size or "guess.mean" not in tensors:
        raise TrainingError(
            f"{path} is of family {header.family} and {native} px; enlarging to {FACTOR * size} px needs composite "
            f"weights of {size} px"
        )
    return header, {name: tensor for name, tensor in tensors.items() if not name.startswith(PREFIX)}
