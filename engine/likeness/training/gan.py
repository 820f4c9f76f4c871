"""The style-based GAN: StyleGAN2 trained against a projected or an adaptive discriminator."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Adam, Optimizer

from likeness.evaluation.features import BATCH, FEATURE_SIZE, round_to_bytes
from likeness.evaluation.kernel import squared_discrepancy
from likeness.generator import Licence
from likeness.generators.networks.efficientnet_lite import EfficientNetLite
from likeness.generators.networks.stylegan2_training import StyleShape, TrainableStyleGAN2
from likeness.generators.perceptual import open_features
from likeness.generators.weights_file import WeightsHeader, write_weights
from likeness.picture import resize_images
from likeness.training.compute import Compute
from likeness.training.discriminator_training import PENALTY_PERIOD, AdaTrainer, DiscriminatorTrainer, ProjectedTrainer
from likeness.training.discriminators.losses import path_length_penalty
from likeness.training.ema import copy_for_average, update_average
from likeness.training.gan_settings import RENAMED, GANSettings
from likeness.training.pca_warm_start import PrincipalCodes, pyramid_distance
from likeness.training.recipe import EXPORT, Recipe, RunProgress, own_settings
from likeness.training.settings import Settings

FAMILY = "stylegan2"
RATE = 2e-3
BETAS = (0.0, 0.99)
# The warm start trains at five times the rate and with momentum, for that is a regression and no game.
WARM_START_RATE = 5.0
WARM_START_BETAS = (0.9, 0.99)
# Photographs whose principal components are found first, but at most a tenth of a run's steps. It takes a second: a
# share of the time would be over before the pictures are read.
PCA_PHOTOS = 1024
# The share of a run that the warm start may take, so that there is a game even in a short one.
LONGEST_WARM_START = 0.75
# Images in which the weight of pairs during the game halves, and the weight below which pairs are left out: they take
# half of the generated pictures.
PAIRS_HALF_LIFE = 50_000
LEAST_PAIRS_WEIGHT = 0.01
# toRGB starts at a tenth of the usual size: a short run would spend its time on unlearning the first colours. The four
# pixels of a place start alike, or there would be a checkerboard to unlearn [Aitken et al. 2017, sec. 3].
TORGB_SCALE = 0.1
# The features were trained at 224 px; small pictures are worth enlarging, large ones show most when small.
LEAST_FEATURE_SIZE, LARGEST_FEATURE_SIZE = 96, 256
# What a laptop trains and plays: at 256 px 4096 is 1.9 GFLOP a picture, at 64 px half of that is enough.
CHANNEL_BASE, SMALL_CHANNEL_BASE, SMALL = 4096, 2048, 64
# Pictures in the kernel distance that a preview measures.
KERNEL_PICTURES = 128
# Keys of checkpoints, as the first runs wrote them; older and newer runs resume by them.
DISCRIMINATOR_KEY, WARM_START_KEY = "judge", "beginning"
# Steps between two path length penalties [Karras et al. 2020b, sec. 3.2].
PATH_PERIOD = 4


class GANRecipe(Recipe):
    """A generator that plays as family "stylegan2", and the discriminator that it learns from.

    The run begins with a warm start, unless `beginning` is 0: z is the principal code of a photograph, and the
    generator learns to draw that photograph from it. Blurred faces are there after minutes, where the game alone takes
    hours; the game then starts from faces.
    """

    def __init__(self, settings: Settings, compute: Compute) -> None:
        self._compute, self._batch = compute, settings.batch
        self._licence = Licence(settings.licence, settings.paid_use)
        self._own = own = own_settings(GANSettings, settings.own, RENAMED)
        own.check()
        self.z_dim = own.z_dim
        self._generator = compute.place(_build_generator(settings.size, own))
        self._average = copy_for_average(self._generator)
        # Half precision's range is too short for features under a style of any size.
        self._generator.synthesis.dtype = torch.bfloat16 if compute.precision == "bfloat16" else torch.float32
        self._pca = PrincipalCodes(own.z_dim).to(compute.device)
        self._features: EfficientNetLite | None = None
        self._trainer: DiscriminatorTrainer
        if own.discriminator == "projected":
            feature_size = own.feature_size or min(max(settings.size, LEAST_FEATURE_SIZE), LARGEST_FEATURE_SIZE)
            self._features = open_features(compute.device)
            self._trainer = ProjectedTrainer(self._features, feature_size, own.head_width)
        else:
            self._trainer = AdaTrainer(
                settings.size,
                _channel_base(settings.size, own),
                own.channel_max,
                settings.batch,
                own.augment_target,
                own.augment_speed,
                compute,
            )
        self._discriminator = compute.place(self._trainer.network)
        rate = settings.learning_rate or RATE
        self._pca_fitted, self._adversarial = False, False
        tenth = max(1, settings.steps // 10) * settings.batch if settings.steps else PCA_PHOTOS
        self._pca_photos = min(PCA_PHOTOS, tenth)
        self._path_mean = torch.zeros((), device=compute.device)
        parameters = list(self._generator.parameters())
        self._optimizers: dict[str, Optimizer] = {
            WARM_START_KEY: Adam(parameters, rate * WARM_START_RATE, WARM_START_BETAS),
            "generator": Adam(parameters, *_lazy_rate(rate, PATH_PERIOD if own.path_length else 0)),
            DISCRIMINATOR_KEY: Adam(
                self._discriminator.parameters(),
                *_lazy_rate(rate * own.discriminator_rate, PENALTY_PERIOD if own.discriminator == "ada" else 0),
            ),
        }

    def networks(self) -> Mapping[str, nn.Module]:
        """Return generator, average, discriminator and principal codes."""
        return {
            "generator": self._generator,
            "average": self._average,
            DISCRIMINATOR_KEY: self._discriminator,
            "codes": self._pca,
        }

    def optimizers(self) -> Mapping[str, Optimizer]:
        """Return the optimisers."""
        return self._optimizers

    def step(self, batches: Sequence[Tensor], at: RunProgress) -> Mapping[str, Tensor]:
        """Gather principal components, learn from pairs, or play the game, by how far the run is."""
        # Once the game is on, it stays on: more time makes the progress of a resumed run smaller.
        self._adversarial |= at.images >= self._own.beginning or at.progress >= LONGEST_WARM_START
        if not self._adversarial:
            if at.images < self._pca_photos:
                for photos in batches:
                    self._pca.accumulate(photos)
                return {"photos": self._pca.seen.clone()}
            if not self._pca_fitted:
                self._pca.fit(self._compute.average)
                self._pca_fitted = True
            losses = self._train_on_pairs(batches)
        else:
            losses = self._train_adversarially(batches, at)
        update_average(self._average, self._generator, at.images + self._batch, self._batch, self._own.half_life)
        return losses

    def _train_on_pairs(self, batches: Sequence[Tensor]) -> dict[str, Tensor]:
        """Draw photographs from their codes, and learn from the difference."""
        total = torch.zeros((), device=self._compute.device)
        for photos in batches:
            loss = pyramid_distance(self._generator(self._pca(photos)), photos)
            self._compute.backward(loss / len(batches))
            total += loss.detach() / len(batches)
        self._compute.optimizer_step(self._optimizers[WARM_START_KEY])
        return {"pairs": total}

    def _train_adversarially(self, batches: Sequence[Tensor], at: RunProgress) -> dict[str, Tensor]:
        """Train the discriminator, then the generator against it [Goodfellow et al. 2014, alg. 1]."""
        compute, share = self._compute, 1 / len(batches)
        discriminator, generator = (torch.zeros((), device=compute.device) for _ in range(2))
        weight = self._own.pairs * 0.5 ** (at.images / PAIRS_HALF_LIFE) if self._pca_fitted else 0.0
        maps, pairs = [torch.empty(0)], discriminator
        for photos in batches:
            maps, pairs = self._generate(photos, weight)
            with compute.autocast():
                loss = self._trainer.discriminator_loss(photos, [x.detach() for x in maps])
            compute.backward(loss * share)
            discriminator += loss.detach() * share
        compute.optimizer_step(self._optimizers[DISCRIMINATOR_KEY])
        losses = {"discriminator": discriminator, "generator": generator}
        losses |= self._penalise_discriminator(batches, at.step)
        self._discriminator.requires_grad_(False)
        for photos in batches:
            if len(batches) > 1:  # with one, both learn from the same generated pictures
                maps, pairs = self._generate(photos, weight)
            with compute.autocast():
                loss = self._trainer.generator_loss(maps)
            compute.backward((loss + pairs * weight) * share)
            generator += loss.detach() * share
        self._discriminator.requires_grad_(True)
        compute.optimizer_step(self._optimizers["generator"])
        losses |= self._penalise_paths(batches, at.step)
        return losses | self._trainer.step(at.step, self._batch)

    def _generate(self, photos: Tensor, weight: float) -> tuple[list[Tensor], Tensor]:
        """Return the discriminator's input maps of generated pictures, with their graph, and the loss of pairs.

        While pairs have a weight, half of the pictures are drawn from the codes of `photos`; it keeps a short game
        from ending in one face for all.
        """
        half = len(photos) // 2 if weight > LEAST_PAIRS_WEIGHT else 0
        z = torch.randn(len(photos) - half, self.z_dim, device=photos.device)
        ws, pairs = self._generator.latents(z, self._own.mixing), torch.zeros((), device=photos.device)
        if half:
            ws = torch.cat([self._generator.latents(self._pca(photos[:half])), ws])
        images = self._generator.synthesis(ws)
        if half:
            pairs = pyramid_distance(images[:half], photos[:half])
        with self._compute.autocast():
            return self._trainer.features(images), pairs

    def _penalise_discriminator(self, batches: Sequence[Tensor], step: int) -> dict[str, Tensor]:
        """Take the discriminator's slope penalty every few steps, where it has one."""
        if step % PENALTY_PERIOD or not self._trainer.has_penalty:
            return {}
        total = torch.zeros((), device=self._compute.device)
        for photos in batches:
            loss = self._trainer.penalty(photos)
            self._compute.backward(loss * (PENALTY_PERIOD / len(batches)))
            total += loss.detach() / len(batches)
        self._compute.optimizer_step(self._optimizers[DISCRIMINATOR_KEY])
        return {"penalty": total}

    def _penalise_paths(self, batches: Sequence[Tensor], step: int) -> dict[str, Tensor]:
        """Take the path length penalty every few steps, where that is asked for."""
        if step % PATH_PERIOD or not self._own.path_length:
            return {}
        total = torch.zeros((), device=self._compute.device)
        synthesis = self._generator.synthesis
        dtype, synthesis.dtype = synthesis.dtype, torch.float32  # a second gradient loses too much in sixteen bits
        for photos in batches:
            ws = self._generator.latents(torch.randn(max(1, len(photos) // 2), self.z_dim, device=photos.device))
            loss, mean = path_length_penalty(synthesis(ws), ws, self._path_mean)
            self._compute.backward(loss * (self._own.path_length * PATH_PERIOD / len(batches)))
            self._path_mean = mean.detach()
            total += loss.detach() / len(batches)
        synthesis.dtype = dtype
        self._compute.average([self._path_mean])
        self._compute.optimizer_step(self._optimizers["generator"])
        return {"path_length": total}

    def draw(self, z: Tensor) -> Tensor:
        """Return the average's pictures with the stored noise, as the exported weights draw them."""
        images: Tensor = self._average(z, noise="const")
        return images

    def export(self, folder: Path) -> None:
        """Write the average as weights that open as family "stylegan2"."""
        shape = self._average.shape
        arguments = {"shuffle": shape.shuffle, "lr_multiplier": shape.lr_multiplier}
        header = WeightsHeader(FAMILY, arguments, self._licence)
        write_weights(folder / EXPORT, header, self._average.state_dict())

    def measure(self, held_out: Tensor) -> Mapping[str, float]:
        """Return the kernel distance to pictures that are not trained on, as `likeness evaluate` computes it.

        It is of as many generated pictures, from the same noise each time: it tells better from worse within a run, not
        one run from another.
        """
        count = min(len(held_out), KERNEL_PICTURES)
        if count < 2:
            return {}
        z = torch.randn(count, self.z_dim, generator=torch.Generator().manual_seed(0)).to(held_out.device)
        features = self._features or open_features(held_out.device)
        real, fake = (
            torch.cat(
                [
                    features.pooled(resize_images(round_to_bytes(part), FEATURE_SIZE)).double()
                    for part in torch.split(images, BATCH)
                ]
            )
            for images in (held_out[:count], torch.cat([self.draw(part) for part in torch.split(z, BATCH)]))
        )
        return {"kernel": squared_discrepancy(real, fake)}

    def state(self) -> dict[str, Any]:
        """Return the state of the discriminator's trainer and of the penalties, under the checkpoints' keys."""
        own = {"settled": self._pca_fitted, "playing": self._adversarial, "path_mean": self._path_mean}
        return {**own, "adversary": self._trainer.state()}

    def load(self, state: Mapping[str, Any]) -> None:
        """Restore what `state` returned."""
        self._pca_fitted, self._adversarial = bool(state["settled"]), bool(state["playing"])
        self._path_mean = state["path_mean"].to(self._compute.device)
        self._trainer.load(state["adversary"])


def _build_generator(size: int, own: GANSettings) -> TrainableStyleGAN2:
    shape = StyleShape(
        size, 2 if own.light else 1, own.z_dim, own.w_dim, own.mapping_layers, _channel_base(size, own), own.channel_max
    )
    generator = TrainableStyleGAN2(shape)
    with torch.no_grad():
        for name, parameter in generator.named_parameters():
            if name.endswith("torgb.weight"):
                first = parameter[:: shape.shuffle**2] * TORGB_SCALE
                parameter.copy_(first.repeat_interleave(shape.shuffle**2, 0))
    return generator


def _channel_base(size: int, own: GANSettings) -> int:
    return own.channel_base or (SMALL_CHANNEL_BASE if size <= SMALL else CHANNEL_BASE)


def _lazy_rate(rate: float, interval: int) -> tuple[float, tuple[float, float]]:
    """Return rate and betas for an optimiser that takes one more step every `interval` [Karras et al. 2020b, app. B].

    All steps together then are as fast as the usual ones would be alone; an `interval` of 0 changes nothing.
    """
    share = interval / (interval + 1) if interval else 1.0
    return rate * share, (BETAS[0] ** share, BETAS[1] ** share)
