"""The style-based GAN: StyleGAN2 taught by a projected or an adaptive discriminator."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Adam, Optimizer

from likeness.errors import TrainingError
from likeness.generator import Licence
from likeness.networks.stylegan2_training import StyleShape, TrainableStyleGAN2
from likeness.training.adversaries import LAZY, Adaptive, Adversary, Projected
from likeness.training.beginning import PrincipalCodes, pyramid_distance
from likeness.training.discriminators.losses import path_length_penalty
from likeness.training.ema import averaged, follow
from likeness.training.engine import Engine
from likeness.training.recipe import EXPORT, Moment, Recipe, check_spans, own_settings
from likeness.training.settings import Settings
from likeness.weights_file import WeightsHeader, write_weights

FAMILY = "stylegan2"
DISCRIMINATORS = ("projected", "ada")
RATE = 2e-3
BETAS = (0.0, 0.99)
# While it learns from pairs: five times the rate and momentum, for that is a regression and no game. With the game's
# rate the pictures of 4,000 images were still grey.
BEGINNING_RATE = 5.0
BEGINNING_BETAS = (0.9, 0.99)
# Photographs whose components are found before the first of them is drawn; at most this share of the run.
HEARD, HEARD_SHARE = 1024, 0.02
# No beginning is longer than this: by then the game teaches more.
LONGEST_BEGINNING = 200_000
# toRGB starts at a tenth of the usual size: a short run would spend its time on taking the first colours back.
FIRST_COLOURS = 0.1
# The features were trained at 224 px; small pictures are worth enlarging, large ones show most when small.
LEAST_SEEN, MOST_SEEN = 128, 256
# Steps between two path length penalties [Karras et al. 2020b, sec. 3.2].
LAZY_PATH = 4


@dataclass(frozen=True)
class GANSettings:
    """The recipe's own settings.

    Args:
        discriminator: "projected" learns fastest, "ada" needs a GPU and days, and is the calmer one in the end.
        light: blocks to half the size and a toRGB of four pixels a place; half is for the engine's speed.
        channel_base, channel_max: a block of r px has min(channel_base / r, channel_max) channels.
        z_dim, w_dim: widths of z and w.
        mapping_layers: depth of the mapping network.
        mixing: share of pictures with the styles of two faces.
        half_life: of the average that is played, in images; at most a twentieth of those shown so far.
        beginning: share of the run in which blurred faces are learnt from pairs of codes and photographs; 0 for none.
        seen: px at which the projected discriminator looks; 0 for the pictures' size, but 128 to 256.
        head_width: channels of its finest head.
        judge_rate: learning rate of the discriminator, times the generator's.
        augment_target: sign of real logits that the ada discriminator's augmentation holds.
        augment_speed: photographs in which it could go from none to always.
        path_length: weight of the path length penalty; 2 in the paper, 0 for none.
    """

    discriminator: str = "projected"
    light: bool = True
    channel_base: int = 4096
    channel_max: int = 256
    z_dim: int = 64
    w_dim: int = 128
    mapping_layers: int = 2
    mixing: float = 0.5
    half_life: float = 10_000.0
    beginning: float = 0.3
    seen: int = 0
    head_width: int = 32
    judge_rate: float = 1.0
    augment_target: float = 0.6
    augment_speed: float = 500_000.0
    path_length: float = 0.0

    def check(self) -> None:
        """Refuse what is out of range.

        Raises:
            TrainingError: naming the setting, what was wanted and what came.
        """
        if self.discriminator not in DISCRIMINATORS:
            raise TrainingError(f"discriminator is one of {', '.join(DISCRIMINATORS)}, {self.discriminator!r} came")
        spans = {
            "channel_base": (32, 65536),
            "channel_max": (4, 1024),
            "z_dim": (1, 1024),
            "w_dim": (1, 1024),
            "mapping_layers": (1, 16),
            "mixing": (0.0, 1.0),
            "half_life": (1.0, 1e9),
            "beginning": (0.0, 1.0),
            "seen": (0, 1024),
            "head_width": (4, 256),
            "judge_rate": (1e-3, 1e3),
            "augment_target": (-1.0, 1.0),
            "augment_speed": (100.0, 1e9),
            "path_length": (0.0, 1e3),
        }
        check_spans(self, spans)


class GANRecipe(Recipe):
    """A generator that plays as family "stylegan2", and the discriminator that it learns from.

    The run begins with pairs, where that is asked for: z is the principal code of a photograph, and what is drawn from
    it shall be that photograph. It takes minutes to blurred faces where the game alone takes hours; the game then
    starts from pictures that are worth judging.
    """

    def __init__(self, settings: Settings, engine: Engine) -> None:
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
        self._adversary: Adversary
        if own.discriminator == "projected":
            seen = own.seen or min(max(settings.size, LEAST_SEEN), MOST_SEEN)
            self._adversary = Projected(seen, own.head_width, engine.device)
        else:
            self._adversary = Adaptive(
                settings.size, own.channel_base, own.channel_max, settings.batch, own.augment_target, own.augment_speed,
                engine,
            )  # fmt: skip
        self._judge = engine.place(self._adversary.network)
        rate = settings.learning_rate or RATE
        self._settled, self._playing = False, False
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

    def step(self, batches: Sequence[Tensor], moment: Moment) -> Mapping[str, Tensor]:
        """Listen, learn from pairs, or play the game, by how far the run is."""
        # Once the game is on, it stays on: a run that is given more time is less far than it was.
        self._playing |= moment.progress >= self._own.beginning or moment.images >= LONGEST_BEGINNING
        if not self._playing:
            if moment.images < HEARD and (moment.step == 0 or moment.progress < HEARD_SHARE):
                for photos in batches:
                    self._codes.hear(photos)
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
        self._engine.apply(self._optimizers["beginning"])
        return {"pairs": total}

    def _play(self, batches: Sequence[Tensor], moment: Moment) -> dict[str, Tensor]:
        """Let the discriminator learn, then the generator from it [Goodfellow et al. 2014, alg. 1]."""
        engine, share = self._engine, 1 / len(batches)
        judge, generator = (torch.zeros((), device=engine.device) for _ in range(2))
        drawn: list[Tensor] = []
        for photos in batches:
            drawn = self._seen(len(photos))
            with engine.autocast():
                loss = self._adversary.learn(photos, [x.detach() for x in drawn])
            engine.backward(loss * share)
            judge += loss.detach() * share
        engine.apply(self._optimizers["judge"])
        told = {"judge": judge, "generator": generator, **self._penalise_judge(batches, moment.step)}
        self._judge.requires_grad_(False)
        for photos in batches:
            if len(batches) > 1:  # with one, the drawings that the discriminator learnt from serve both
                drawn = self._seen(len(photos))
            with engine.autocast():
                loss = self._adversary.teach(drawn)
            engine.backward(loss * share)
            generator += loss.detach() * share
        self._judge.requires_grad_(True)
        engine.apply(self._optimizers["generator"])
        told |= self._penalise_paths(batches, moment.step)
        return told | self._adversary.step(moment.step, self._batch)

    def _seen(self, count: int) -> list[Tensor]:
        """Return new drawings as the discriminator sees them, with their graph."""
        z = torch.randn(count, self.z_dim, device=self._engine.device)
        with self._engine.autocast():
            return self._adversary.see(self._generator(z, self._own.mixing))

    def _penalise_judge(self, batches: Sequence[Tensor], step: int) -> dict[str, Tensor]:
        """Every few steps let the discriminator learn to be flat, where it has such a penalty."""
        if step % LAZY or not self._adversary.penalised:
            return {}
        total = torch.zeros((), device=self._engine.device)
        for photos in batches:
            loss = self._adversary.penalty(photos)
            self._engine.backward(loss * (LAZY / len(batches)))
            total += loss.detach() / len(batches)
        self._engine.apply(self._optimizers["judge"])
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
        self._engine.apply(self._optimizers["generator"])
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
        size, 2 if own.light else 1, own.z_dim, own.w_dim, own.mapping_layers, own.channel_base, own.channel_max
    )
    generator = TrainableStyleGAN2(shape)
    with torch.no_grad():
        for name, parameter in generator.named_parameters():
            if name.endswith("torgb.weight"):
                parameter.mul_(FIRST_COLOURS)
    return generator


def _lazy(rate: float, interval: int) -> tuple[float, tuple[float, float]]:
    """Return rate and betas for an optimiser that takes one more step every `interval` [Karras et al. 2020b, app. B].

    Together the steps then are as fast as without the others; 0 for none of them.
    """
    share = interval / (interval + 1) if interval else 1.0
    return rate * share, (BETAS[0] ** share, BETAS[1] ** share)
