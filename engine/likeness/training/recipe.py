"""What a recipe gives the loop that trains it: networks, one step, pictures, and weights to play."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, ClassVar, TypeVar

from torch import Tensor, nn
from torch.optim import Optimizer

from likeness.errors import TrainingError, nearest
from likeness.paths import RUN_WEIGHTS
from likeness.training.compute import Compute
from likeness.training.schedule import fade_out
from likeness.training.settings import Settings

EXPORT = RUN_WEIGHTS
Own = TypeVar("Own")


@dataclass(frozen=True)
class RunProgress:
    """Where a run stands at a step.

    Args:
        step: steps done before this one.
        images: pictures shown before this step, over all processes.
        progress: from 0 to 1, by time or by steps; alike in all processes.
    """

    step: int
    images: int
    progress: float


class Recipe(ABC):
    """Networks and how they learn.

    A recipe is built as `Class(settings, engine)` after the loop has seeded torch: it checks `settings.own`, builds
    its networks, puts each on the device by `engine.place`, and makes its optimisers with `settings.learning_rate` or,
    where that is 0, a rate of its own.

    Steps must be pure: all that a step depends on is in `networks`, `optimizers` and `state`, and its random numbers
    come from torch's global generators, which the loop seeds anew before each step. That is what makes a run that was
    killed go on bit by bit as if nothing had been.

    Attributes:
        fewest: pictures to train on, below which nothing comes of it.
        z_dim: length of the noise from which `draw` draws.
    """

    fewest: ClassVar[int] = 12
    z_dim: int

    @abstractmethod
    def __init__(self, settings: Settings, engine: Compute) -> None:
        """Build it.

        Raises:
            TrainingError: a setting of its own is out of range.
        """

    @abstractmethod
    def networks(self) -> Mapping[str, nn.Module]:
        """Return all that is saved of networks, the slow averages among them."""

    @abstractmethod
    def optimizers(self) -> Mapping[str, Optimizer]:
        """Return the optimisers. The loop sets their rates before each step: those they have here, times `rate`."""

    @abstractmethod
    def step(self, batches: Sequence[Tensor], moment: RunProgress) -> Mapping[str, Tensor]:
        """Learn from one step's pictures and return what to show, each a scalar, detached, without a sync.

        Steps may return different names: a loss that is computed now and then is shown when it was.

        For each optimiser: `engine.backward(loss / len(batches))` for every micro-batch, then
        `engine.apply(optimizer)`, which averages the gradients over the processes.

        Args:
            batches: this process's micro-batches, each [n, 3, size, size] in [-1, 1], on the device, channels-last.
            moment: where the run stands.
        """

    @abstractmethod
    def draw(self, z: Tensor) -> Tensor:
        """Return pictures [batch, 3, size, size] in [-1, 1] of normal noise [batch, z_dim], by the slow average."""

    @abstractmethod
    def export(self, folder: Path) -> None:
        """Write what plays into `folder`, as `EXPORT`, by `write_weights`, which never leaves half a file."""

    def rate(self, progress: float) -> float:
        """Return the factor of the learning rates: 1, and down to 0 over the last third."""
        return fade_out(progress)

    def state(self) -> dict[str, Any]:
        """Return what else a step depends on: numbers, texts and tensors in dicts and lists."""
        return {}

    def load(self, state: Mapping[str, Any]) -> None:  # noqa: B027 - there is nothing to take back by default
        """Take back what `state` returned."""

    def measure(self, held_out: Tensor) -> Mapping[str, float]:
        """Return figures on pictures that are not trained on; called at each preview, on one process alone."""
        return {}

    def sheets(self, photos: Tensor) -> Mapping[str, Tensor]:
        """Return more sheets by name, each [n, 3, H, W] in rows of eight, of up to 32 photos [n, 3, size, size]."""
        return {}

    def finale(self) -> Mapping[str, Tensor]:
        """Return noise [frames, z_dim] by name, each to become a video of that name at the end."""
        return {}


def own_settings(kind: type[Own], wanted: Mapping[str, Any]) -> Own:
    """Return `wanted` as the recipe's own dataclass of settings.

    Raises:
        TrainingError: one is not among them, or of another kind.
    """
    known = {entry.name: entry.default for entry in fields(kind)}  # type: ignore[arg-type]
    for name, value in wanted.items():
        if name not in known:
            raise TrainingError(f"no setting {name!r} in this recipe; {nearest(name, known)}")
        kinds = (int, float) if isinstance(known[name], float) else type(known[name])
        if not isinstance(value, kinds) or (isinstance(value, bool) and not isinstance(known[name], bool)):
            raise TrainingError(f"{name} is {value!r}, wanted something like {known[name]!r}")
    return kind(**wanted)


def check_spans(own: object, spans: Mapping[str, tuple[float, float]]) -> None:
    """Refuse settings outside their spans, both ends included.

    Raises:
        TrainingError: naming the setting, what was wanted and what came.
    """
    for name, (least, most) in spans.items():
        if not least <= getattr(own, name) <= most:
            raise TrainingError(f"{name} is from {least:g} to {most:g}, {getattr(own, name)} came")
