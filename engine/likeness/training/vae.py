"""VAE and beta-VAE [Kingma & Welling 2014; Higgins et al. 2017] with a perceptual term."""

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
from likeness.training.critic import widths_for
from likeness.training.ema import copy_for_average, ema_rate, update_average
from likeness.training.latent_density import LatentDensity, fold_into_decoder
from likeness.training.previews import COLUMNS
from likeness.training.recipe import EXPORT, Recipe, RunProgress, check_spans, own_settings
from likeness.training.settings import Settings

RATE = 1e-3
# `likeness.encoders.open_encoder` looks for it beside the weights.
ENCODER = "weights.encoder.safetensors"
# Smaller pictures are enlarged to this for the feature net, which finds nothing in them.
FEATURE_SIZE = 64
# Added to squared errors, whose logarithm is taken.
LEAST_ERROR = 1e-5
# The share of the run over which the divergence grows to its weight: at full weight from the start the code stays
# empty [Bowman et al. 2016, sec. 3.1].
WARM_UP = 0.1


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
    """An encoder and a decoder that reconstruct each picture from a code that is nearly normal noise."""

    def __init__(self, settings: Settings, compute: Compute) -> None:
        self._compute, self._batch = compute, settings.batch
        self._licence = Licence(settings.licence, settings.paid_use)
        self._own = own_settings(VAESettings, settings.own)
        self._own.check()
        self.z_dim = self._own.z_dim
        self._widths = widths_for(settings.size, self._own.width)
        self._vae = compute.place(VAE(self.z_dim, self._widths))
        self._average = copy_for_average(self._vae)
        self._codes = LatentDensity(self.z_dim).to(compute.device)
        self._features = open_features(compute.device) if self._own.perceptual else None
        self._optimizers = {"vae": Adam(self._vae.parameters(), settings.learning_rate or RATE)}

    def networks(self) -> Mapping[str, nn.Module]:
        """Return the autoencoder, its average, and the density of its codes."""
        return {"vae": self._vae, "average": self._average, "codes": self._codes}

    def optimizers(self) -> Mapping[str, Optimizer]:
        """Return the one optimiser."""
        return self._optimizers

    def step(self, batches: Sequence[Tensor], at: RunProgress) -> Mapping[str, Tensor]:
        """Reconstruct each picture, and learn from the difference."""
        beta = self._own.beta * min(1.0, at.progress / WARM_UP)
        losses: dict[str, Tensor] = {}
        codes = []
        for photos in batches:
            noise = torch.randn(len(photos), self.z_dim, device=photos.device)
            with self._compute.autocast():
                reconstructed, mean, log_variance = self._vae(photos, noise)
                looks = self._perceptual_distance(reconstructed, photos)
            error = (reconstructed.float() - photos).square().mean()
            nats = kl_divergence(mean.float(), log_variance.float()).mean()
            # The error's own best variance weighs it against the code, so that beta 1 is right at every size
            # [Rybkin et al. 2021, eq. 7]; the perceptual distance is weighed alike.
            loss = 0.5 * (error + LEAST_ERROR).log() + self._own.perceptual * 0.5 * (looks + LEAST_ERROR).log()
            self._compute.backward((loss + beta * nats / photos[0].numel()) / len(batches))
            for name, value in {"error": error, "looks": looks, "divergence": nats}.items():
                losses[name] = losses.get(name, 0.0) + value.detach() / len(batches)
            codes.append(mean.detach())
        self._compute.optimizer_step(self._optimizers["vae"])
        update_average(self._average, self._vae, at.images, self._batch, self._own.half_life)
        self._codes.update(torch.cat(codes), ema_rate(at.images, self._batch, self._own.half_life))
        return losses

    def _perceptual_distance(self, reconstructed: Tensor, photos: Tensor) -> Tensor:
        """Return the mean perceptual distance, 0 where it has no weight."""
        if self._features is None:
            return torch.zeros((), device=photos.device)
        if photos.shape[3] < FEATURE_SIZE:
            reconstructed, photos = _enlarge(reconstructed), _enlarge(photos)
        return perceptual_distance(self._features, reconstructed, photos).float().mean()

    def draw(self, z: Tensor) -> Tensor:
        """Return the average's pictures."""
        images: Tensor = self._average.decoder(self._codes.codes_of(z, self._codes.axes()))
        return images

    def export(self, folder: Path) -> None:
        """Write the averages: a decoder that opens as family "vae", and its encoder."""
        decoder = self._average.decoder
        decoder_tensors, encoder_tensors, knobs = fold_into_decoder(decoder, self._average.encoder, self._codes)
        arguments: dict[str, Any] = {"modules": decoder.order, "slope": decoder.slope, "output": decoder.output}
        write_weights(folder / EXPORT, WeightsHeader("vae", arguments, self._licence), decoder_tensors)
        write_vae_encoder(folder / ENCODER, encoder_tensors, knobs, self._widths, self._licence)

    def measure(self, held_out: Tensor) -> Mapping[str, float]:
        """Return PSNR in dB, perceptual distance and nats of code of pictures that are not trained on."""
        reconstructed, mean, log_variance = self._average(held_out, torch.zeros(len(held_out), self.z_dim).to(held_out))
        error = float((reconstructed.clamp(-1, 1) - held_out).square().mean())
        return {
            "psnr": 10 * math.log10(4 / max(error, LEAST_ERROR)),
            "looks": float(self._perceptual_distance(reconstructed, held_out)),
            "divergence": float(kl_divergence(mean, log_variance).mean()),
        }

    def sheets(self, photos: Tensor) -> Mapping[str, Tensor]:
        """Return rows of photos, each followed by the row of their reconstructions."""
        reconstructed, _, _ = self._average(photos, torch.zeros(len(photos), self.z_dim).to(photos))
        pairs = zip(torch.split(photos, COLUMNS), torch.split(reconstructed, COLUMNS), strict=True)
        return {"reconstructions": torch.cat([row for pair in pairs for row in pair])}


def _enlarge(images: Tensor) -> Tensor:
    return functional.interpolate(images, (FEATURE_SIZE, FEATURE_SIZE), mode="bilinear")
