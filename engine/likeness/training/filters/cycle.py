"""CycleGAN: two filters that learn from two folders of unpaired pictures to translate one kind into the other."""

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
from likeness.generators.filter_file import STYLE_NAME, FilterInfo, write_filter
from likeness.generators.networks.filter_network import (
    INNER,
    MULTIPLE,
    OUTER,
    FilterNetwork,
    draw_grain,
    remove_raster,
    repeat_edge,
)
from likeness.generators.perceptual import open_features
from likeness.training.compute import Compute
from likeness.training.dataset import to_images
from likeness.training.ema import copy_for_average, update_average
from likeness.training.filters.change import FEWEST, Change, measure_change
from likeness.training.filters.cycle_parts import PatchCritic, PicturePool
from likeness.training.pictures import read_pictures
from likeness.training.previews import COLUMNS
from likeness.training.recipe import EXPORT, Recipe, RunProgress, check_spans, own_settings
from likeness.training.schedule import fade_out
from likeness.training.settings import Settings

# More than the paper's 2e-4, for minutes instead of days.
RATE = 6e-4
BETAS = (0.5, 0.999)
LEAST_CROP = 32  # px, below which a critic has no patch to judge
BACK = "back.safetensors"  # the filter of the other direction, beside the run's weights
MEASURED = 64  # pictures of either kind
DIRECTIONS = ("there", "back")


@dataclass(frozen=True)
class CycleSettings:
    """The recipe's own settings.

    Args:
        other: absolute path of the folder of the other kind of pictures; the run's source holds the first.
        width, inner, blocks: of both filters: channels at a quarter and at an eighth of the picture's size, and blocks.
        crop: px of the squares that are trained on, a multiple of 8; 0 for whole pictures.
        critic: channels of the critics at half the picture's size.
        cycle: lambda of the paper's eq. 3: weight of a picture that was translated there and back.
        identity: weight of pictures of the other kind being left as they are, the paper's section 5.2.
        pool: pictures that each critic remembers.
        half_life: of the averages that are played, in images.
    """

    other: str = ""
    width: int = 32
    inner: int = 64
    blocks: int = 4
    crop: int = 0
    critic: int = 32
    cycle: float = 10.0
    identity: float = 5.0
    pool: int = 50
    half_life: float = 1000.0

    def check(self, size: int) -> None:
        """Refuse what is out of range.

        Raises:
            TrainingError: naming the setting, what was wanted and what came.
        """
        check_spans(self, {"width": OUTER, "inner": OUTER, "blocks": INNER, "critic": OUTER, "pool": (0, 1000)})
        check_spans(self, {"crop": (0, size)})
        if self.crop % MULTIPLE or 0 < self.crop < LEAST_CROP:
            raise TrainingError(f"crop is 0 or a multiple of {MULTIPLE} px from {LEAST_CROP} on, {self.crop} came")
        check_spans(self, {"cycle": (0.0, 1e4), "identity": (0.0, 1e4), "half_life": (1.0, 1e9)})


class CycleRecipe(Recipe):
    """Two filters and two critics [Zhu et al. 2017], with least-squares losses, identity loss and picture pools.

    "there" leads from the first folder to the other one, "back" the other way; each critic judges what its filter
    draws. There is no noise: the recipe has sheets of photos, and no walk.
    """

    min_pictures = FEWEST
    played_by = "likeness play filter --set filter.file={run}"
    z_dim = 0

    def __init__(self, settings: Settings, compute: Compute) -> None:
        self._compute, self._batch, self._size = compute, settings.batch, settings.size
        self._own = own_settings(CycleSettings, settings.own)
        self._own.check(settings.size)
        self._licence = Licence(settings.licence, settings.paid_use)
        self._folders = Path(settings.source), Path(self._own.other)
        read = read_pictures(self._folders[1], settings.size, at_least=self.min_pictures + settings.hold_out)
        pictures = torch.from_numpy(read.pictures[..., ::-1].copy())
        self._held, self._others = pictures[: settings.hold_out], pictures[settings.hold_out :]
        widths = (self._own.width, self._own.inner)
        self._filters = nn.ModuleDict(
            {name: compute.place(FilterNetwork(widths, self._own.blocks)) for name in DIRECTIONS}
        )
        self._averages = copy_for_average(self._filters)
        self._critics = nn.ModuleDict({name: compute.place(PatchCritic(self._own.critic)) for name in DIRECTIONS})
        self._pools = {name: PicturePool(self._own.pool) for name in DIRECTIONS}
        self._only = torch.ones(1, 1, device=compute.device)
        self._features = open_features(compute.device)
        self._shown = torch.empty(0)
        rate = settings.learning_rate or RATE
        self._optimizers = {
            "filters": Adam(self._filters.parameters(), rate, BETAS),
            "critics": Adam(self._critics.parameters(), rate, BETAS),
        }

    def networks(self) -> Mapping[str, nn.Module]:
        """Return filters, critics and averages, each of both directions."""
        return {"filters": self._filters, "critics": self._critics, "averages": self._averages}

    def optimizers(self) -> Mapping[str, Optimizer]:
        """Return the two optimisers."""
        return self._optimizers

    def rate(self, progress: float) -> float:
        """Return 1 for the first half, then a fall to 0, as in the paper."""
        return fade_out(progress, 0.5)

    def state(self) -> dict[str, Any]:
        """Return the pictures of the pools."""
        return {name: pool.pictures for name, pool in self._pools.items()}

    def load(self, state: Mapping[str, Any]) -> None:
        """Restore the pools."""
        for name, pool in self._pools.items():
            pool.pictures = state[name]

    def step(self, batches: Sequence[Tensor], at: RunProgress) -> Mapping[str, Tensor]:
        """Train the filters on pictures of both kinds, then the critics on what they drew."""
        totals: dict[str, Tensor] = {}
        for photos in batches:
            real = self._crop(photos, self._draw_others(len(photos)))
            # The critics judge here, and learn below.
            self._critics.requires_grad_(False)
            losses, drawn = self._filter_losses(real)
            weights = {"cycle": self._own.cycle, "identity": self._own.identity}
            total = torch.stack([weights.get(name, 1.0) * loss for name, loss in losses.items()]).sum()
            self._compute.backward(total / len(batches))
            self._critics.requires_grad_(True)
            losses["critics"] = self._critic_loss(real, drawn)
            self._compute.backward(losses["critics"] / len(batches))
            for name, loss in losses.items():
                totals[name] = totals.get(name, 0.0) + loss.detach() / len(batches)
        for optimizer in self._optimizers.values():
            self._compute.optimizer_step(optimizer)
        update_average(self._averages, self._filters, at.images, self._batch, self._own.half_life)
        return totals

    def _filter_losses(self, real: Mapping[str, Tensor]) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
        """Return the losses of the filters, and the pictures that each has drawn.

        Args:
            real: pictures of the kind that each direction draws.
        """
        drawn, cycle, identity, fooled = {}, [], [], []
        for name, opposite in (DIRECTIONS, DIRECTIONS[::-1]):
            come = real[opposite]
            with self._compute.autocast():
                drawn[name] = self._filter(self._filters[name], come)
                returned = self._filter(self._filters[opposite], drawn[name]).float()
                scores = self._critics[name](drawn[name]).float()
                if self._own.identity:
                    same = self._filter(self._filters[name], real[name]).float()
                    identity.append((same - real[name]).abs().mean())
            cycle.append((returned - come).abs().mean())
            fooled.append((scores - 1).square().mean())
        losses = {"fooled": torch.stack(fooled).sum(), "cycle": torch.stack(cycle).sum()}
        if identity:
            losses["identity"] = torch.stack(identity).sum()
        return losses, {name: picture.detach() for name, picture in drawn.items()}

    def _filter(self, network: nn.Module, images: Tensor) -> Tensor:
        grain = draw_grain(images.shape[2], images.shape[3], len(images)).to(images.device)
        filtered: Tensor = network(images, self._only, grain)
        return filtered

    def _critic_loss(self, real: Mapping[str, Tensor], drawn: Mapping[str, Tensor]) -> Tensor:
        """Return the least-squares losses of the critics, of real pictures and of those of the pools."""
        parts = []
        for name in DIRECTIONS:
            shown = self._pools[name].exchange(drawn[name].float())
            with self._compute.autocast():
                # As a filter could write them: what none can would tell them from all that are drawn.
                wanted = remove_raster(repeat_edge(real[name], 2))
                taken, refused = self._critics[name](wanted).float(), self._critics[name](shown).float()
            parts.append(((taken - 1).square().mean() + refused.square().mean()) / 2)
        return torch.stack(parts).sum()

    def _draw_others(self, count: int) -> Tensor:
        """Return pictures of the other kind, drawn at random, half of them mirrored."""
        chosen = self._others[torch.randint(0, len(self._others), (count,))]
        images = to_images(chosen.numpy(), self._compute.device)
        mirrored = (torch.rand(count, 1, 1, 1) < 0.5).to(images.device)
        return torch.where(mirrored, images.flip(3), images)

    def _crop(self, photos: Tensor, others: Tensor) -> dict[str, Tensor]:
        """Return the pictures of the kind that each direction draws, all cut at one place.

        Faces lie alike in both: what a critic sees there of one kind is what it may expect of the other.
        """
        crop, side = self._own.crop or self._size, self._size
        top, left = (int(torch.randint(0, side - crop + 1, ())) for _ in range(2))
        kinds = {"back": photos, "there": others}
        return {
            name: images[:, :, top : top + crop, left : left + crop].contiguous(memory_format=torch.channels_last)
            for name, images in kinds.items()
        }

    def _translate(self, name: str, images: Tensor) -> Tensor:
        with torch.no_grad(), self._compute.autocast():
            parts = [self._filter(self._averages[name], part).float() for part in torch.split(images, COLUMNS)]
        return torch.cat(parts).clamp(-1, 1)

    def sheets(self, photos: Tensor) -> Mapping[str, Tensor]:
        """Return rows of both kinds of pictures, each followed by its translation, and that translated back."""
        self._shown = photos
        rows = []
        for name, opposite, images in (("there", "back", photos), ("back", "there", self._first_others(len(photos)))):
            row = images[:COLUMNS]
            row = row if len(row) == COLUMNS else row.repeat(COLUMNS, 1, 1, 1)[:COLUMNS]
            drawn = self._translate(name, row)
            rows += [row, drawn, self._translate(opposite, drawn)]
        return {"cycles": torch.cat(rows)}

    def _first_others(self, count: int) -> Tensor:
        """Return pictures of the other kind, those held out first."""
        return to_images(torch.cat([self._held, self._others])[:count].numpy(), self._compute.device)

    def measure(self, held_out: Tensor) -> Mapping[str, float]:
        """Return how far held-out pictures of both kinds are changed, and how much of the way is made."""
        others = to_images(self._held[:MEASURED].numpy(), self._compute.device)
        if min(len(held_out), len(others)) < FEWEST:
            return {}
        figures: dict[str, float] = {}
        for name, change in self._changes(held_out[:MEASURED], others).items():
            figures |= {f"{name} moved": change.moved, f"{name} closed": change.closed}
        return figures

    def _changes(self, photos: Tensor, others: Tensor) -> dict[str, Change]:
        pairs = {"there": (photos, others), "back": (others, photos)}
        return {
            name: measure_change(self._features, images, self._translate(name, images), wanted)
            for name, (images, wanted) in pairs.items()
        }

    def conclude(self) -> str:
        """Return how far the pictures of the last sheet are changed, and whether that is more than the identity."""
        if len(self._shown) < FEWEST:
            return ""
        changes = self._changes(self._shown, self._first_others(MEASURED))
        first, second = (folder.name for folder in self._folders)
        named = {"there": f"{first} to {second}", "back": f"{second} to {first}"}
        lines = [change.describe(named[name]) for name, change in changes.items()]
        return "\n".join([*lines, f"The way back is the filter {BACK} in the run's folder."])

    def export(self, folder: Path) -> None:
        """Write the averages as two filters."""
        for name, file, kind in (("there", EXPORT, self._folders[1]), ("back", BACK, self._folders[0])):
            style = kind.stem if STYLE_NAME.fullmatch(kind.stem) else "translated"
            average = self._averages[name]
            assert isinstance(average, FilterNetwork)
            write_filter(folder / file, average, FilterInfo("cycle", (style,), self._size, self._licence))
