"""The style-based GAN: StyleGAN2 taught by a projected or an adaptive discriminator."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Adam, Optimizer

from likeness.evaluation.features import BATCH, FEATURE_SIZE, resize, round_to_bytes
from likeness.evaluation.kernel import squared_discrepancy
from likeness.generator import Licence
from likeness.generators.networks.efficientnet_lite import EfficientNetLite
from likeness.generators.networks.stylegan2_training import StyleShape, TrainableStyleGAN2
from likeness.generators.perceptual import open_features
from likeness.generators.weights_file import WeightsHeader, write_weights
from likeness.training.compute import Compute
from likeness.training.discriminator_training import LAZY, Adaptive, Adversary, Projected
from likeness.training.discriminators.losses import path_length_penalty
from likeness.training.ema import averaged, follow
from likeness.training.gan_settings import GANSettings
from likeness.training.pca_warm_start import PrincipalCodes, pyramid_distance
from likeness.training.recipe import EXPORT, Recipe, RunProgress, own_settings
from likeness.training.settings import Settings

FAMILY = "stylegan2"
RATE = 2e-3
BETAS = (0.0, 0.99)
# While it learns from pairs: five times the rate, and momentum, for that is a regression and no game.
BEGINNING_RATE = 5.0
BEGINNING_BETAS = (0.9, 0.99)
# Photographs whose components are found before the first of them is drawn, but at most a tenth of a run's steps. It
# takes a second: a share of the time would be over before the pictures are read.
HEARD = 1024
# Of a run too short for its beginning, so that there is a game at all.
LONGEST_BEGINNING = 0.75
# Images in which the weight of pairs during the game halves, and below which it is not worth its half of the drawings.
PAIRS_HALF_LIFE = 50_000
SLIGHT = 0.01
# toRGB starts at a tenth of the usual size: a short run would spend its time on taking the first colours back. The
# four pixels of a place start alike, or there would be a checkerboard to unlearn [Aitken et al. 2017, sec. 3].
FIRST_COLOURS = 0.1
# The features were trained at 224 px; small pictures are worth enlarging, large ones show most when small.
LEAST_SEEN, MOST_SEEN = 96, 256
# What a laptop trains and plays: at 256 px 4096 is 1.9 GFLOP a picture, at 64 px half of that is enough.
CHANNEL_BASE, SMALL_CHANNEL_BASE, SMALL = 4096, 2048, 64
# Pictures in the kernel distance of a preview.
MEASURED = 128
# Steps between two path length penalties [Karras et al. 2020b, sec. 3.2].
LAZY_PATH = 4


class GANRecipe(Recipe):
    """A generator that plays as family "stylegan2", and the discriminator that it learns from.

    The run begins with pairs, where that is asked for: z is the principal code of a photograph, and what is drawn from
    it shall be that photograph. It takes minutes to blurred faces where the game alone takes hours; the game then
    starts from pictures that are worth judging.
    """

    def __init__(self, settings: Settings, engine: Compute) -> None:
        self._engine, self._batch = engine, settings.batch
        self._licence = Licence(settings.licence, settings.paid_use)
        self._own = own = own_settings(GANSettings, settings.own)
        own.check()
        self.z_dim = own.z_dim
        self._generator = engine.place(_generator(settings.size, own))
        self._average = averaged(self._generator)
        # Half precision's range is too short for features under a style of any size.
        self._generator.synthesis.dtype = torch.bfloat16 if engine.precision == "bfloat16" else torch.float32
        self._codes = PrincipalCodes(own.z_dim).to(engine.device)
        self._features: EfficientNetLite | None = None
        self._adversary: Adversary
        if own.discriminator == "projected":
            seen = own.seen or min(max(settings.size, LEAST_SEEN), MOST_SEEN)
            self._features = open_features(engine.device)
            self._adversary = Projected(self._features, seen, own.head_width)
        else:
            self._adversary = Adaptive(
                settings.size,
                _base(settings.size, own),
                own.channel_max,
                settings.batch,
                own.augment_target,
                own.augment_speed,
                engine,
            )
        self._judge = engine.place(self._adversary.network)
        rate = settings.learning_rate or RATE
        self._settled, self._playing = False, False
        self._to_hear = min(HEARD, max(1, settings.steps // 10) * settings.batch) if settings.steps else HEARD
        self._path_mean = torch.zeros((), device=engine.device)
        parameters = list(self._generator.parameters())
        self._optimizers: dict[str, Optimizer] = {
            "beginning": Adam(parameters, rate * BEGINNING_RATE, BEGINNING_BETAS),
            "generator": Adam(parameters, *_lazy(rate, LAZY_PATH if own.path_length else 0)),
            "judge": Adam(
                self._judge.parameters(),
                *_lazy(rate * own.judge_rate, LAZY if own.discriminator == "ada" else 0),
            ),
        }

    def networks(self) -> Mapping[str, nn.Module]:
        """Return generator, average, discriminator and codes."""
        return {
            "generator": self._generator,
            "average": self._average,
            "judge": self._judge,
            "codes": self._codes,
        }

    def optimizers(self) -> Mapping[str, Optimizer]:
        """Return the optimisers."""
        return self._optimizers

    def step(self, batches: Sequence[Tensor], moment: RunProgress) -> Mapping[str, Tensor]:
        """Listen, learn from pairs, or play the game, by how far the run is."""
        # Once the game is on, it stays on: a run that is given more time is less far than it was.
        self._playing |= moment.images >= self._own.beginning or moment.progress >= LONGEST_BEGINNING
        if not self._playing:
            if moment.images < self._to_hear:
                for photos in batches:
                    self._codes.accumulate(photos)
                return {"heard": self._codes.seen.clone()}
            if not self._settled:
                self._codes.settle(self._engine.average)
                self._settled = True
            told = self._learn_pairs(batches)
        else:
            told = self._play(batches, moment)
        follow(self._average, self._generator, moment.images + self._batch, self._batch, self._own.half_life)
        return told

    def _learn_pairs(self, batches: Sequence[Tensor]) -> dict[str, Tensor]:
        """Draw photographs from their codes, and learn from the difference."""
        total = torch.zeros((), device=self._engine.device)
        for photos in batches:
            loss = pyramid_distance(self._generator(self._codes(photos)), photos)
            self._engine.backward(loss / len(batches))
            total += loss.detach() / len(batches)
        self._engine.optimizer_step(self._optimizers["beginning"])
        return {"pairs": total}

    def _play(self, batches: Sequence[Tensor], moment: RunProgress) -> dict[str, Tensor]:
        """Let the discriminator learn, then the generator from it [Goodfellow et al. 2014, alg. 1]."""
        engine, share = self._engine, 1 / len(batches)
        judge, generator = (torch.zeros((), device=engine.device) for _ in range(2))
        weight = self._own.pairs * 0.5 ** (moment.images / PAIRS_HALF_LIFE) if self._settled else 0.0
        seen, pairs = [torch.empty(0)], judge
        for photos in batches:
            seen, pairs = self._drawn(photos, weight)
            with engine.autocast():
                loss = self._adversary.discriminator_loss(photos, [x.detach() for x in seen])
            engine.backward(loss * share)
            judge += loss.detach() * share
        engine.optimizer_step(self._optimizers["judge"])
        told = {"judge": judge, "generator": generator, **self._penalise_judge(batches, moment.step)}
        self._judge.requires_grad_(False)
        for photos in batches:
            if len(batches) > 1:  # with one, the drawings that the discriminator learnt from serve both
                seen, pairs = self._drawn(photos, weight)
            with engine.autocast():
                loss = self._adversary.generator_loss(seen)
            engine.backward((loss + pairs * weight) * share)
            generator += loss.detach() * share
        self._judge.requires_grad_(True)
        engine.optimizer_step(self._optimizers["generator"])
        told |= self._penalise_paths(batches, moment.step)
        return told | self._adversary.step(moment.step, self._batch)

    def _drawn(self, photos: Tensor, weight: float) -> tuple[list[Tensor], Tensor]:
        """Return new drawings as the discriminator sees them, with their graph, and how far pairs are apart.

        While pairs have a weight, half of the drawings are of the codes of `photos`; it keeps a short game from
        ending in one face for all.
        """
        half = len(photos) // 2 if weight > SLIGHT else 0
        z = torch.randn(len(photos) - half, self.z_dim, device=photos.device)
        ws, pairs = self._generator.latents(z, self._own.mixing), torch.zeros((), device=photos.device)
        if half:
            ws = torch.cat([self._generator.latents(self._codes(photos[:half])), ws])
        images = self._generator.synthesis(ws)
        if half:
            pairs = pyramid_distance(images[:half], photos[:half])
        with self._engine.autocast():
            return self._adversary.features(images), pairs

    def _penalise_judge(self, batches: Sequence[Tensor], step: int) -> dict[str, Tensor]:
        """Every few steps let the discriminator learn to be flat, where it has such a penalty."""
        if step % LAZY or not self._adversary.penalised:
            return {}
        total = torch.zeros((), device=self._engine.device)
        for photos in batches:
            loss = self._adversary.penalty(photos)
            self._engine.backward(loss * (LAZY / len(batches)))
            total += loss.detach() / len(batches)
        self._engine.optimizer_step(self._optimizers["judge"])
        return {"penalty": total}

    def _penalise_paths(self, batches: Sequence[Tensor], step: int) -> dict[str, Tensor]:
        """Every few steps let the generator learn to change evenly with w, where that is asked for."""
        if step % LAZY_PATH or not self._own.path_length:
            return {}
        total = torch.zeros((), device=self._engine.device)
        synthesis = self._generator.synthesis
        dtype, synthesis.dtype = synthesis.dtype, torch.float32  # a second gradient loses too much in sixteen bits
        for photos in batches:
            ws = self._generator.latents(torch.randn(max(1, len(photos) // 2), self.z_dim, device=photos.device))
            loss, mean = path_length_penalty(synthesis(ws), ws, self._path_mean)
            self._engine.backward(loss * (self._own.path_length * LAZY_PATH / len(batches)))
            self._path_mean = mean.detach()
            total += loss.detach() / len(batches)
        synthesis.dtype = dtype
        self._engine.average([self._path_mean])
        self._engine.optimizer_step(self._optimizers["generator"])
        return {"path_length": total}

    def draw(self, z: Tensor) -> Tensor:
        """Return pictures of the average, with the stored noise: what the exported weights draw."""
        images: Tensor = self._average(z, noise="const")
        return images

    def export(self, folder: Path) -> None:
        """Write the average as weights that open as family "stylegan2"."""
        shape = self._average.shape
        arguments = {"shuffle": shape.shuffle, "lr_multiplier": shape.lr_multiplier}
        header = WeightsHeader(FAMILY, arguments, self._licence)
        write_weights(folder / EXPORT, header, self._average.state_dict())

    def measure(self, held_out: Tensor) -> Mapping[str, float]:
        """Return the kernel distance to pictures that are not trained on, as `likeness evaluate` tells it.

        Of as many drawings, from the same noise each time: it tells better from worse, not one run from another.
        """
        count = min(len(held_out), MEASURED)
        if count < 2:
            return {}
        z = torch.randn(count, self.z_dim, generator=torch.Generator().manual_seed(0)).to(held_out.device)
        features = self._features or open_features(held_out.device)
        real, drawn = (
            torch.cat(
                [
                    features.pooled(resize(round_to_bytes(part), FEATURE_SIZE)).double()
                    for part in torch.split(images, BATCH)
                ]
            )
            for images in (held_out[:count], torch.cat([self.draw(part) for part in torch.split(z, BATCH)]))
        )
        return {"kernel": squared_discrepancy(real, drawn)}

    def state(self) -> dict[str, Any]:
        """Return what the discriminator and the penalties remember."""
        own = {"settled": self._settled, "playing": self._playing, "path_mean": self._path_mean}
        return {**own, "adversary": self._adversary.state()}

    def load(self, state: Mapping[str, Any]) -> None:
        """Take it back."""
        self._settled, self._playing = bool(state["settled"]), bool(state["playing"])
        self._path_mean = state["path_mean"].to(self._engine.device)
        self._adversary.load(state["adversary"])


def _generator(size: int, own: GANSettings) -> TrainableStyleGAN2:
    shape = StyleShape(
        size, 2 if own.light else 1, own.z_dim, own.w_dim, own.mapping_layers, _base(size, own), own.channel_max
    )
    generator = TrainableStyleGAN2(shape)
    with torch.no_grad():
        for name, parameter in generator.named_parameters():
            if name.endswith("torgb.weight"):
                first = parameter[:: shape.shuffle**2] * FIRST_COLOURS
                parameter.copy_(first.repeat_interleave(shape.shuffle**2, 0))
    return generator


def _base(size: int, own: GANSettings) -> int:
    return own.channel_base or (SMALL_CHANNEL_BASE if size <= SMALL else CHANNEL_BASE)


def _lazy(rate: float, interval: int) -> tuple[float, tuple[float, float]]:
    """Return rate and betas for an optimiser that takes one more step every `interval` [Karras et al. 2020b, app. B].

    Together the steps then are as fast as without the others; 0 for none of them.
    """
    share = interval / (interval + 1) if interval else 1.0
    return rate * share, (BETAS[0] ** share, BETAS[1] ** share)
