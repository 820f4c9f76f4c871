"""The enlarger of a composite: a network that draws its faces at twice the size, as photographs."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional

from likeness.encoders.composite import open_composite_encoder
from likeness.errors import TrainingError
from likeness.generator import Licence
from likeness.generators.networks.composite import CompositeNetwork, find_manner
from likeness.generators.networks.enlarger import COARSEST, FACTOR, Enlarger
from likeness.generators.networks.refiner import Refiner
from likeness.generators.weights_file import WeightsHeader, declare_latents, write_weights
from likeness.training.compute import Compute
from likeness.training.drawing_recipe import FAMILY, DrawingRecipe, open_base, spread
from likeness.training.enlarge_crops import EnlargeCrop, EnlargeCrops
from likeness.training.enlarge_pairs import open_enlarge_pairs, write_enlarge_pairs
from likeness.training.pictures import read_pictures
from likeness.training.recipe import EXPORT, check_spans, own_settings
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
from likeness.training.texture_game import erode

# Of the steps before the critic counts, the share in which it trains already.
AHEAD = 1 / 3
RIM = 33  # px around each place over which skin and hair are averaged
DEVIATION_PHOTOS = 12
WEIGHED = ("pixels", "features", "texture", "colour", "refined")  # losses, by the settings that weigh them


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
        skin_texture: depth of the pores that are drawn on the skin of the enlarged faces, as `SkinTexture` has it.
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
    skin_texture: float = 0.0

    def check(self, size: int) -> None:
        """Refuse what is out of range, for drawings of `size` px.

        Raises:
            TrainingError: naming the setting, what was wanted and what came.
        """
        if not self.base or not self.pairs:
            raise TrainingError("enlarging needs composite weights, --weights, and a folder for pairs")
        weights = ("adversarial", "penalty", *WEIGHED)
        spans = {"crop": (2 * COARSEST, size), "begin": (0, 10**9), "half_life": (1, 1e9), "outline": (0.1, 10)}
        spans |= {"hair": (0, 1), "skin_texture": (0, 0.2)}
        check_spans(self, {**spans, **dict.fromkeys(weights, (0, 1e3))})
        if self.crop % COARSEST:
            raise TrainingError(f"crop must be a multiple of {COARSEST} px, {self.crop} came")


class EnlargeRecipe(DrawingRecipe):
    """An enlarger that learns from pairs, from blurred photos, from the base's refiner, and from a critic."""

    learns, becomes = "enlarger", "enlarged"
    _own: EnlargeSettings
    measured, factor, base_rate = 8, FACTOR, 1e-3

    def __init__(self, settings: Settings, compute: Compute) -> None:
        self._own = own_settings(EnlargeSettings, settings.own)
        size = settings.size // FACTOR
        self._own.check(size)
        base = Path(self._own.base)
        self._header, tensors = open_base(base, size, Enlarger.prefix, f"enlarging to {settings.size} px")
        # The file holds the base too, whose notice must go along.
        self._licence = Licence(settings.licence, settings.paid_use, self._header.licence.notice)
        encoder = open_composite_encoder(base)
        drawn = find_manner(self._header.arguments) | {"outline": self._own.outline}
        if compute.is_main:
            network = CompositeNetwork(tensors, size=size, **drawn, dtype=torch.float32)
            source, held = Path(settings.source), settings.hold_out
            photos = read_pictures(source, settings.size, at_least=self.min_pictures, leave_first=held)
            write_enlarge_pairs(Path(self._own.pairs), encoder, network, photos.pictures[..., ::-1])
        compute.barrier()
        pairs = open_enlarge_pairs(Path(self._own.pairs), size)
        composite = compute.place(CompositeNetwork(tensors, size=size, **drawn))
        refiner = Refiner.find(tensors)
        if refiner is not None:
            refiner = compute.place(refiner).eval().requires_grad_(False)
        self._tensors = {name: tensor for name, tensor in tensors.items() if not name.startswith(Refiner.prefix)}
        self._crops = EnlargeCrops(pairs, composite, refiner, self._own.crop, compute.device)
        enlarger = compute.place(Enlarger())
        seen = pairs.photos[spread(len(pairs), DEVIATION_PHOTOS)]
        self._begin(compute, enlarger, composite, encoder, seen, settings.learning_rate, settings.batch)

    def rate(self, progress: float) -> float:
        """Return 1 for the first half, then a fall to 0: the critic's pattern fades last."""
        return fade_out(progress, 0.5)

    def export(self, folder: Path) -> None:
        """Write base and average as one file of the composite family, whose latents are the base's."""
        own = {Enlarger.prefix + name: tensor.half() for name, tensor in self._average.state_dict().items()}
        arguments = {**self._header.arguments, "outline": self._own.outline, "skin_texture": self._own.skin_texture}
        arguments |= declare_latents(Path(self._own.base), self._header)
        write_weights(folder / EXPORT, WeightsHeader(FAMILY, arguments, self._licence), self._tensors | own)

    def _draw(self, codes: Tensor) -> tuple[Tensor, ...]:
        return (self._composite(codes),)

    def _finish_crop(self, crop: EnlargeCrop) -> Tensor:
        enlarged: Tensor = self._network(crop.drawn)
        return enlarged

    def _feature_maps(self, photos: Tensor, made: Tensor, step: int) -> tuple[list[Tensor], list[Tensor]]:
        """Return the features of both; none where nothing looks at them: they are most of a step."""
        if not (self._own.features or self._own.texture or self._trains_critic(step)):
            return [], []
        return super()._feature_maps(photos, made, step)

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

    def _critic_weight(self, step: int) -> float | None:
        own = self._own
        if not own.adversarial or step < own.begin:
            return None
        return own.adversarial * min(1.0, (step + 1) / max(own.begin, 1) - 1)

    def _trains_critic(self, step: int) -> bool:
        return self._own.adversarial > 0 and step >= self._own.begin * (1 - AHEAD)
