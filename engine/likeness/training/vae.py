"""VAE and beta-VAE [Kingma & Welling 2014; Higgins et al. 2017] with a perceptual term: photos to knobs and back."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.optim import Adam, Optimizer

from likeness.encoders.vae import write_vae_encoder
from likeness.generator import Licence
from likeness.generators.networks.vae import VAE, kl_divergence
from likeness.generators.perceptual import open_features, perceptual_distance
from likeness.generators.weights_file import WeightsHeader, write_weights
from likeness.training.compute import Compute
from likeness.training.ema import averaged, follow, pace
from likeness.training.latent_density import LatentDensity, fold_into_decoder
from likeness.training.previews import COLUMNS
from likeness.training.recipe import EXPORT, Recipe, RunProgress, check_spans, own_settings
from likeness.training.settings import Settings
from likeness.training.wgan import widths_for

RATE = 1e-3
# `encoders.opening` looks for it beside the weights.
ENCODER = "weights.encoder.safetensors"
# The features see nothing in smaller pictures.
SEEN = 64
# Squared error below which a pixel counts as met, against the logarithm of nothing.
SMALLEST = 1e-5
# Over so much of the run the divergence grows to its weight, or the code would be empty from the first minute on
# [Bowman et al. 2016, sec. 3.1].
WARM = 0.1


@dataclass(frozen=True)
class VAESettings:
    """The recipe's own settings.

    Args:
        z_dim: knobs; the code uses as many of them as it needs.
        width: channels at half the picture's size; twice as many at half of that, up to eight times.
        beta: weight of the divergence: 1 is a VAE, more is a beta-VAE, with fewer knobs that say more each.
        perceptual: weight of how alike pictures look, against how alike their pixels are.
        half_life: of the average that is played, in images.
    """

    z_dim: int = 128
    width: int = 32
    beta: float = 1.0
    perceptual: float = 0.5
    half_life: float = 5000.0

    def check(self) -> None:
        """Refuse what is out of range.

        Raises:
            TrainingError: naming the setting, what was wanted and what came.
        """
        spans = {"z_dim": (1, 4096), "width": (1, 512), "beta": (0.0, 1e4), "perceptual": (0.0, 1e3)}
        check_spans(self, {**spans, "half_life": (1.0, 1e9)})


class VAERecipe(Recipe):
    """An encoder and a decoder that draw each picture again through a code that is nearly normal noise."""

    def __init__(self, settings: Settings, engine: Compute) -> None:
        self._engine, self._batch = engine, settings.batch
        self._licence = Licence(settings.licence, settings.paid_use)
        self._own = own_settings(VAESettings, settings.own)
        self._own.check()
        self.z_dim = self._own.z_dim
        self._widths = widths_for(settings.size, self._own.width)
        self._vae = engine.place(VAE(self.z_dim, self._widths))
        self._average = averaged(self._vae)
        self._codes = LatentDensity(self.z_dim).to(engine.device)
        self._features = open_features(engine.device) if self._own.perceptual else None
        self._optimizer = Adam(self._vae.parameters(), settings.learning_rate or RATE)

    def networks(self) -> Mapping[str, nn.Module]:
        """Return the autoencoder, its average, and where its codes lie."""
        return {"vae": self._vae, "average": self._average, "codes": self._codes}

    def optimizers(self) -> Mapping[str, Optimizer]:
        """Return the one optimiser."""
        return {"vae": self._optimizer}

    def step(self, batches: Sequence[Tensor], moment: RunProgress) -> Mapping[str, Tensor]:
        """Draw each picture again, and learn from the difference."""
        warm = self._own.beta * min(1.0, moment.progress / WARM)
        told: dict[str, Tensor] = {}
        codes = []
        for photos in batches:
            noise = torch.randn(len(photos), self.z_dim, device=photos.device)
            with self._engine.autocast():
                drawn, mean, log_variance = self._vae(photos, noise)
                looks = self._looks(drawn, photos)
            error = (drawn.float() - photos).square().mean()
            code = kl_divergence(mean.float(), log_variance.float()).mean()
            # The error's own best variance weighs it against the code, so that beta 1 is right at every size
            # [Rybkin et al. 2021, eq. 7]; what looks wrong is weighed alike.
            loss = 0.5 * (error + SMALLEST).log() + self._own.perceptual * 0.5 * (looks + SMALLEST).log()
            self._engine.backward((loss + warm * code / photos[0].numel()) / len(batches))
            for name, value in {"error": error, "looks": looks, "divergence": code}.items():
                told[name] = told.get(name, 0.0) + value.detach() / len(batches)
            codes.append(mean.detach())
        self._engine.optimizer_step(self._optimizer)
        follow(self._average, self._vae, moment.images, self._batch, self._own.half_life)
        self._codes.add(torch.cat(codes), pace(moment.images, self._batch, self._own.half_life))
        return told

    def _looks(self, drawn: Tensor, photos: Tensor) -> Tensor:
        """Return how different the pictures look, by the mean."""
        if self._features is None:
            return torch.zeros((), device=photos.device)
        if photos.shape[3] < SEEN:
            drawn, photos = _larger(drawn), _larger(photos)
        return perceptual_distance(self._features, drawn, photos).float().mean()

    def draw(self, z: Tensor) -> Tensor:
        """Return pictures of the average."""
        images: Tensor = self._average.decoder(self._codes.code(z, self._codes.axes()))
        return images

    def export(self, folder: Path) -> None:
        """Write the averages: a decoder that opens as family "vae", and its encoder."""
        decoder = self._average.decoder
        drawing, finding, knobs = fold_into_decoder(decoder, self._average.encoder, self._codes)
        arguments: dict[str, Any] = {"modules": decoder.order, "slope": decoder.slope, "output": decoder.output}
        write_weights(folder / EXPORT, WeightsHeader("vae", arguments, self._licence), drawing)
        write_vae_encoder(folder / ENCODER, finding, knobs, self._widths, self._licence)

    def measure(self, held_out: Tensor) -> Mapping[str, float]:
        """Return how well pictures that were never trained on are drawn again: PSNR in dB, looks, and nats of code."""
        drawn, mean, log_variance = self._average(held_out, torch.zeros(len(held_out), self.z_dim).to(held_out))
        error = float((drawn.clamp(-1, 1) - held_out).square().mean())
        return {
            "psnr": 10 * math.log10(4 / max(error, SMALLEST)),
            "looks": float(self._looks(drawn, held_out)),
            "divergence": float(kl_divergence(mean, log_variance).mean()),
        }

    def sheets(self, photos: Tensor) -> Mapping[str, Tensor]:
        """Return rows of photos, each followed by the row of what became of them."""
        drawn, _, _ = self._average(photos, torch.zeros(len(photos), self.z_dim).to(photos))
        pairs = zip(torch.split(photos, COLUMNS), torch.split(drawn, COLUMNS), strict=True)
        return {"reconstructions": torch.cat([row for pair in pairs for row in pair])}


def _larger(images: Tensor) -> Tensor:
    return functional.interpolate(images, (SEEN, SEEN), mode="bilinear")
