"""The refiner of a composite: a network that brings its drawings nearer to photographs."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional

from likeness.encoders.composite import CompositeEncoder
from likeness.errors import TrainingError
from likeness.generator import Licence
from likeness.generators.networks.composite import CompositeNetwork, find_manner
from likeness.generators.networks.refiner import COARSEST, WIDTHS, Refiner
from likeness.generators.weights_file import WeightsHeader, declare_latents, read_weights, write_weights
from likeness.training.compute import Compute
from likeness.training.crops import Crop, Crops
from likeness.training.dataset import to_images
from likeness.training.drawing_recipe import FAMILY, DrawingRecipe, open_base, spread
from likeness.training.narrow_refiner import narrow_refiner
from likeness.training.pairs import open_pairs, write_pairs
from likeness.training.pictures import read_pictures
from likeness.training.recipe import EXPORT, check_spans, own_settings
from likeness.training.refine_losses import (
    COLOUR_BLOCK,
    agreement,
    colour_distance,
    feature_distance,
    octave_distance,
    pixel_distance,
    texture_distance,
)
from likeness.training.schedule import fade_out
from likeness.training.settings import Settings
from likeness.training.texture_game import erode

# Steps over which the critic's weight grows, and steps that it trains before it counts.
WARM_STEPS, AHEAD = 500, 200
WIDEST = 8192  # channels
RIM = 17  # px around each place over which skin is averaged
DEVIATION_PHOTOS = 20  # photos


@dataclass(frozen=True)
class RefineSettings:
    """The recipe's own settings.

    Args:
        base: the composite weights file to refine; absolute.
        teacher: a weights file whose refiner is learnt from, instead of photos and the critic; absolute, "" for none.
        widths: channels at a half, a quarter, an eighth and a sixteenth of the picture's size.
        outline: width of the person's edge in px, where the base says none; see `CompositeNetwork`.
        pairs: folder in which pairs are kept, made where it holds none; absolute.
        crop: px of the squares that are trained on; with a teacher whole pictures are, for what it adds to a square
            depends on all around.
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
    teacher: str = ""
    widths: tuple[int, ...] = WIDTHS
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
        if len(self.widths) != len(WIDTHS) or not all(
            isinstance(each, int) and 1 <= each <= WIDEST for each in self.widths
        ):
            raise TrainingError(f"widths are {len(WIDTHS)} numbers from 1 to {WIDEST}, {list(self.widths)} came")


class RefineRecipe(DrawingRecipe):
    """A refiner that learns from pairs of drawing and photo, and from a critic of textures; or from another refiner.

    A smaller one that begins with the channels of a larger that count most, and learns from its pictures [Hinton et
    al. 2015], soon draws nearly what that does: it plays against no critic.
    """

    learns, becomes = "refiner", "refined"
    _own: RefineSettings
    measured, factor, base_rate = 16, 1, 6e-4

    def __init__(self, settings: Settings, compute: Compute) -> None:
        self._own = own_settings(RefineSettings, settings.own)
        self._own.check(settings.size)
        size = settings.size
        self._header, self._tensors = open_base(Path(self._own.base), size, Refiner.prefix, f"refining at {size} px")
        # The file holds the base too, whose notice must go along.
        self._licence = Licence(settings.licence, settings.paid_use, self._header.licence.notice)
        drawn = {"outline": self._own.outline} | find_manner(self._header.arguments)
        network = CompositeNetwork(self._tensors, size=size, **drawn, dtype=torch.float32)
        encoder = CompositeEncoder(network, self._tensors)
        if compute.is_main:
            source, held = Path(settings.source), settings.hold_out
            photos = read_pictures(source, size, at_least=self.min_pictures, leave_first=held)
            write_pairs(Path(self._own.pairs), encoder, photos.pictures[..., ::-1])
        compute.barrier()
        pairs = open_pairs(Path(self._own.pairs), size)
        composite = compute.place(CompositeNetwork(self._tensors, size=size, **drawn))
        crop = size if self._own.teacher else self._own.crop
        self._crops = Crops(pairs, composite, crop, compute.device)
        some = pairs.pixels[spread(len(pairs), DEVIATION_PHOTOS)]
        seen = some[..., 4:]
        self._teacher = compute.place(_open_teacher(Path(self._own.teacher))) if self._own.teacher else None
        if self._teacher is None:
            refiner = compute.place(Refiner(self._own.widths))
        else:
            refiner = narrow_refiner(self._teacher, self._own.widths, to_images(some[..., :3], compute.device))
            refiner = compute.place(refiner)
        self._begin(compute, refiner, composite, encoder, seen, settings.learning_rate, settings.batch)

    def rate(self, progress: float) -> float:
        """Return 1 for the first third, then a slow fall to 0: the critic's pattern fades last."""
        return fade_out(progress, 0.3)

    def export(self, folder: Path) -> None:
        """Write base and average as one file of the composite family."""
        own = {Refiner.prefix + name: tensor.half() for name, tensor in self._average.state_dict().items()}
        arguments = {"outline": self._own.outline, **self._header.arguments}
        if self._own.teacher:
            # What was saved for the teacher goes on to work.
            path = Path(self._own.teacher)
            arguments |= declare_latents(path, read_weights(path)[0])
        header = WeightsHeader(FAMILY, arguments, self._licence)
        write_weights(folder / EXPORT, header, self._tensors | own)

    def _draw(self, codes: Tensor) -> tuple[Tensor, ...]:
        return self._composite.draw_with_skin(self._composite.layers(codes))

    def _finish_crop(self, crop: Crop) -> Tensor:
        refined: Tensor = self._network(crop.drawn, crop.skin)
        return refined

    def _feature_maps(self, photos: Tensor, made: Tensor, step: int) -> tuple[list[Tensor], list[Tensor]]:
        """Return the features of both; none where a teacher's picture is all that is learnt from."""
        return super()._feature_maps(photos, made, step) if self._teacher is None else ([], [])

    def _losses(self, crop: Crop, refined: Tensor, maps: list[Tensor], wanted: list[Tensor]) -> dict[str, Tensor]:
        """Return the distances of pairs, and for random faces that of their colours from the drawing's.

        With a teacher, how far they all are from its picture.
        """
        if self._teacher is not None:
            with torch.no_grad(), self._compute.autocast():
                wanted_picture = self._teacher(crop.drawn, crop.skin).float()
            return {"taught": octave_distance(refined, wanted_picture)}
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

    def _judged(self, crop: Crop) -> Tensor:
        return erode(crop.skin, RIM)

    def _critic_weight(self, step: int) -> float | None:
        since = step - self._own.begin
        if self._teacher is not None or since < 0:
            return None
        return self._own.adversarial * min(1.0, since / WARM_STEPS)

    def _trains_critic(self, step: int) -> bool:
        return self._teacher is None and step >= self._own.begin - AHEAD


def _open_teacher(path: Path) -> Refiner:
    """Return the refiner of a weights file, to ask and not to change.

    Raises:
        TrainingError: it has none.
    """
    teacher = Refiner.find(read_weights(path)[1])
    if teacher is None:
        raise TrainingError(f"{path} has no refiner to learn from; name weights that have one, such as faces-256")
    return teacher.eval().requires_grad_(False)
