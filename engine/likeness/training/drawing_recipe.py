"""The base of recipes whose network goes on from a composite's drawing: the step, the critic, and what is shown."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.optim import Adam, Optimizer

from likeness.encoders.composite import CompositeEncoder
from likeness.errors import TrainingError
from likeness.generators.networks.composite import CompositeNetwork
from likeness.generators.networks.composite_parts import ROWS
from likeness.generators.perceptual import open_features, perceptual_distance
from likeness.generators.weights_file import WeightsHeader, read_weights
from likeness.picture import to_pictures
from likeness.training.compute import Compute
from likeness.training.dataset import to_images
from likeness.training.ema import copy_for_average, update_average
from likeness.training.previews import COLUMNS
from likeness.training.recipe import Recipe, RunProgress
from likeness.training.texture_game import TextureGame

BETAS = (0.5, 0.99)
FAMILY = "composite"
SHOWN_PSI = 0.7
CRITIC_RATE = 5e-4


class DrawingRecipe(Recipe):
    """A network that goes on from a composite's drawing, with a critic that compares textures with those of photos.

    A subclass's `__init__` ends in `_begin`.

    Attributes:
        learns: the name of the network in checkpoints.
        becomes: in a word, what it makes of a drawing, in figures.
        measured: held-out faces that are encoded for the previews; 45 ms each.
        factor: how many px of the result one of the drawing is, along each side.
        base_rate: of the network, where the settings name none; the critic's goes with it.
    """

    min_pictures: ClassVar[int] = 12
    learns: ClassVar[str]
    becomes: ClassVar[str]
    measured: ClassVar[int]
    factor: ClassVar[int]
    base_rate: ClassVar[float]
    _crops: Any
    _own: Any

    def _begin(
        self,
        compute: Compute,
        network: nn.Module,
        composite: CompositeNetwork,
        encoder: CompositeEncoder,
        photos: np.ndarray[Any, np.dtype[np.uint8]],
        learning_rate: float,
        batch: int,
    ) -> None:
        """Build critic, average and optimisers.

        Args:
            network: that learns, on the device.
            composite: that draws, on the device.
            encoder: of photos into the composite.
            photos: `[n, size, size, 3]`, from which the deviations of features are taken.
            learning_rate: 0 for the recipe's own.
            batch: pictures a step.
        """
        self._compute, self._network, self._composite, self._encoder = compute, network, composite, encoder
        self._batch, self.z_dim = batch, composite.w_dim
        rate = learning_rate or self.base_rate
        seen = to_images(photos, compute.device)
        self._game = TextureGame(compute, seen, rate * CRITIC_RATE / self.base_rate, self._own.penalty)
        self._average = copy_for_average(network)
        self._encoded: dict[int, Tensor] = {}
        self._features = open_features(compute.device)
        self._optimizers = {self.learns: Adam(network.parameters(), rate, BETAS), "critic": self._game.optimizer}

    def networks(self) -> Mapping[str, nn.Module]:
        """Return the network that learns, the critic, and the average."""
        return {self.learns: self._network, "critic": self._game.critic, "average": self._average}

    def optimizers(self) -> Mapping[str, Optimizer]:
        """Return the two optimisers."""
        return self._optimizers

    def step(self, batches: Sequence[Tensor], at: RunProgress) -> Mapping[str, Tensor]:
        """Learn from one crop of each micro-batch. Of `batches` only the sizes count: pairs hold the photos."""
        totals: dict[str, Tensor] = {}
        critic_weight, trains_critic = self._critic_weight(at.step), self._trains_critic(at.step)
        for batch in batches:
            crop = self._crops.draw(len(batch))
            with self._compute.autocast():
                made = self._finish_crop(crop).float()
            wanted, maps = self._feature_maps(crop.photos, made, at.step)
            losses, where = self._losses(crop, made, maps, wanted), self._judged(crop)
            weights: dict[str, float] = {name: getattr(self._own, name, 1.0) for name in losses}
            if critic_weight is not None:
                losses["critic"] = self._game.score_drawings(maps, wanted, crop.places, where)
                weights["critic"] = critic_weight
            total = torch.stack([weights[name] * loss for name, loss in losses.items()]).sum()
            self._compute.backward(total / len(batches))
            if trains_critic:
                losses["critic_itself"] = self._game.train_critic(
                    at.step, maps, wanted, crop.places, where, len(batches)
                )
            for name, loss in losses.items():
                totals[name] = totals.get(name, 0.0) + loss.detach() / len(batches)
        self._compute.optimizer_step(self._optimizers[self.learns])
        if trains_critic:
            self._compute.optimizer_step(self._optimizers["critic"])
        update_average(self._average, self._network, at.images, self._batch, self._own.half_life)
        return totals

    def draw(self, z: Tensor) -> Tensor:
        """Return pictures of random faces, at a truncation of 0.7."""
        return self._finish(*self._draw((SHOWN_PSI * z)[:, None].expand(-1, ROWS, -1)))

    def measure(self, held_out: Tensor) -> Mapping[str, float]:
        """Return the perceptual distance of encoded faces to their photos, as drawn and as the network leaves them."""
        photos = held_out[: self.measured]
        parts = self._redraw(photos)
        before = perceptual_distance(self._features, self._enlarge(parts[0]), photos).mean()
        after = perceptual_distance(self._features, self._finish(*parts), photos).mean()
        return {"looks drawn": float(before), f"looks {self.becomes}": float(after)}

    def sheets(self, photos: Tensor) -> Mapping[str, Tensor]:
        """Return rows of photos, of the composite's drawings of them, and of what the network makes of these."""
        photos = photos[: self.measured]
        parts = self._redraw(photos)
        shown = (photos, self._enlarge(parts[0]), self._finish(*parts))
        rows = zip(*(torch.split(x, COLUMNS) for x in shown), strict=True)
        return {"photos": torch.cat([row for group in rows for row in group])}

    # What a subclass does in its own way.

    @abstractmethod
    def _draw(self, codes: Tensor) -> tuple[Tensor, ...]:
        """Return the composite's drawings, and whatever else of theirs the network takes."""

    @abstractmethod
    def _finish_crop(self, crop: Any) -> Tensor:
        """Return what the network that learns makes of a crop."""

    @abstractmethod
    def _losses(self, crop: Any, made: Tensor, maps: list[Tensor], wanted: list[Tensor]) -> dict[str, Tensor]:
        """Return the losses but the critic's; the setting of a loss's name is its weight, 1 where there is none."""

    @abstractmethod
    def _judged(self, crop: Any) -> Tensor:
        """Return what each place counts for the critic."""

    @abstractmethod
    def _critic_weight(self, step: int) -> float | None:
        """Return the weight of the critic in this step, None where it does not judge yet."""

    @abstractmethod
    def _trains_critic(self, step: int) -> bool:
        """Return whether the critic learns in this step."""

    def _feature_maps(self, photos: Tensor, made: Tensor, step: int) -> tuple[list[Tensor], list[Tensor]]:
        """Return the features of photos and of what was made."""
        with torch.no_grad():
            wanted = self._game.feature_maps(photos)
        return wanted, self._game.feature_maps(made)

    def _finish(self, *parts: Tensor) -> Tensor:
        """Return what the average makes of `_draw`'s result, in [-1, 1]."""
        with self._compute.autocast():
            finished: Tensor = self._average(*parts)
        clamped: Tensor = finished.float().clamp(-1, 1)
        return clamped

    def _enlarge(self, drawn: Tensor) -> Tensor:
        """Return drawings at the size of the result."""
        if self.factor == 1:
            return drawn
        return functional.interpolate(drawn, scale_factor=self.factor, mode="bilinear", align_corners=False)

    def _redraw(self, photos: Tensor) -> tuple[Tensor, ...]:
        """Return the composite's drawings of photos, as `_draw` does; each photo is encoded once."""
        key = hash(photos.cpu().numpy().tobytes())
        if key not in self._encoded:
            codes = [self._encoder.encode(picture).latent for picture in to_pictures(photos)]
            self._encoded[key] = torch.cat(codes).clone()
        with torch.no_grad():
            return self._draw(self._encoded[key].to(photos.device))


def spread(count: int, most: int) -> np.ndarray[Any, np.dtype[np.int_]]:
    """Return the numbers of at most `most` of `count` pictures, evenly spread."""
    return np.linspace(0, count - 1, min(count, most)).astype(int)


def open_base(path: Path, size: int, prefix: str, doing: str) -> tuple[WeightsHeader, dict[str, Tensor]]:
    """Return header and tensors of a composite that draws `size` px, without a network that it may have.

    Args:
        prefix: of the names of that network's tensors.
        doing: "refining at 256 px": what the composite is for, in the message.

    Raises:
        TrainingError: it is another family's, of another size, or cannot be encoded into.
    """
    header, tensors = read_weights(path)
    native = header.arguments.get("size")
    if header.family != FAMILY or native != size or "guess.mean" not in tensors:
        raise TrainingError(
            f"{path} is of family {header.family} and {native} px; {doing} needs composite weights of {size} px"
        )
    return header, {name: tensor for name, tensor in tensors.items() if not name.startswith(prefix)}
