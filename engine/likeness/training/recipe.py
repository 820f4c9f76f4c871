"""The interface between the training loop and a recipe, and the recipes by name."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from importlib import import_module
from pathlib import Path
from typing import Any, ClassVar, TypeVar

from torch import Tensor, nn
from torch.optim import Optimizer

from likeness.errors import TrainingError, nearest
from likeness.files.paths import RUN_WEIGHTS
from likeness.training.compute import Compute
from likeness.training.pictures import ProgressCallback
from likeness.training.schedule import fade_out
from likeness.training.settings import Settings

EXPORT = RUN_WEIGHTS
# By name, since importing a recipe takes a second and one is wanted.
RECIPES = {
    "cycle": ("likeness.training.filters.cycle", "CycleRecipe"),
    "dagan": ("likeness.training.dagan", "DAGANRecipe"),
    "enlarge": ("likeness.training.enlarge", "EnlargeRecipe"),
    "gan": ("likeness.training.gan", "GANRecipe"),
    "refine": ("likeness.training.refine", "RefineRecipe"),
    "style": ("likeness.training.filters.style", "StyleRecipe"),
    "vae": ("likeness.training.vae", "VAERecipe"),
    "wgan": ("likeness.training.wgan", "WGANRecipe"),
}
Own = TypeVar("Own")


@dataclass(frozen=True)
class RunProgress:
    """The position of a run at a step.

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

    A recipe is built as `Class(settings, compute)` after the loop has seeded torch: it checks `settings.own`, builds
    its networks, puts each on the device by `compute.place`, and makes its optimisers with `settings.learning_rate` or,
    where that is 0, a rate of its own.

    Steps must be pure: everything a step depends on is in `networks`, `optimizers` and `state`, and its random numbers
    come from torch's global generators, which the loop seeds before each step. So a run that was killed resumes bit by
    bit as if it had not been.

    Attributes:
        min_pictures: the fewest pictures worth training on.
        played_by: the command that plays what is exported, with {run} for the run's folder.
        paired: whether a step's pictures are pairs of one class, `[n, 6, size, size]`, one upon the other.
        z_dim: length of the noise that `draw` takes; 0 where the recipe draws nothing of noise, and its previews are
            its own sheets.
    """

    min_pictures: ClassVar[int] = 12
    played_by: ClassVar[str] = "likeness play --weights {run}"
    paired: ClassVar[bool] = False
    z_dim: int

    @abstractmethod
    def __init__(self, settings: Settings, compute: Compute) -> None:
        """Build networks and optimisers.

        Raises:
            TrainingError: a setting of its own is out of range.
        """

    @classmethod  # noqa: B027 - most recipes learn from what is there
    def prepare(cls, settings: Settings, progress: ProgressCallback) -> None:
        """Make the pictures that a run is to read from its source, where the recipe does that itself.

        Called on the main process before they are read, again where it was cut short.

        Args:
            settings: of the run.
            progress: called with the stage, the number done and the total.
        """

    @abstractmethod
    def networks(self) -> Mapping[str, nn.Module]:
        """Return the networks that a checkpoint holds, the slow averages among them."""

    @abstractmethod
    def optimizers(self) -> Mapping[str, Optimizer]:
        """Return the optimisers. Before each step the loop sets their rates: those they have here, times `rate`."""

    @abstractmethod
    def step(self, batches: Sequence[Tensor], at: RunProgress) -> Mapping[str, Tensor]:
        """Learn from one step's pictures and return the losses to show, each a detached scalar; no device sync.

        Steps may return different names: a loss that is taken only every few steps is shown for those.

        For each optimiser: `compute.backward(loss / len(batches))` for every micro-batch, then
        `compute.optimizer_step(optimizer)`, which averages the gradients over the processes.

        Args:
            batches: this process's micro-batches, each [n, 3, size, size] in [-1, 1], on the device, channels-last;
                of six channels where the recipe is `paired`.
            at: where the run stands.
        """

    def draw(self, z: Tensor) -> Tensor:
        """Return the slow average's images [batch, 3, size, size] in [-1, 1] of normal noise [batch, z_dim].

        Never called where `z_dim` is 0.
        """
        raise NotImplementedError(f"{type(self).__name__} draws nothing of noise")

    @abstractmethod
    def export(self, folder: Path) -> None:
        """Write the weights that play as `EXPORT` into `folder`, by `write_weights`, which never leaves half a file."""

    def rate(self, progress: float) -> float:
        """Return the factor of the learning rates: 1, falling to 0 over the last third."""
        return fade_out(progress)

    def state(self) -> dict[str, Any]:
        """Return the rest of what a step depends on: numbers, texts and tensors in dicts and lists."""
        return {}

    def load(self, state: Mapping[str, Any]) -> None:  # noqa: B027 - there is nothing to restore by default
        """Restore what `state` returned."""

    def measure(self, held_out: Tensor) -> Mapping[str, float]:
        """Return figures on pictures that are not trained on; called at each preview, on one process alone."""
        return {}

    def sheets(self, photos: Tensor) -> Mapping[str, Tensor]:
        """Return more sheets by name, each [n, 3, H, W] in rows of eight, of up to 32 photos [n, 3, size, size]."""
        return {}

    def conclude(self) -> str:
        """Return what there is to say at the end of a sitting, in a sentence or two; "" for nothing."""
        return ""

    def finale(self) -> Mapping[str, Tensor]:
        """Return noise [frames, z_dim] by name; each becomes a video of that name at the end of the run."""
        return {}


def own_settings(kind: type[Own], wanted: Mapping[str, Any], renamed: Mapping[str, str] | None = None) -> Own:
    """Return `wanted` as the recipe's own dataclass of settings.

    Args:
        kind: the dataclass; each setting has a default.
        wanted: settings by name, from the command or a run's config.toml.
        renamed: new names by the old ones that a config.toml of an earlier version may hold.

    Raises:
        TrainingError: there is no such setting, or its value is of another type.
    """
    wanted = {(renamed or {}).get(name, name): value for name, value in wanted.items()}
    known = {entry.name: entry.default for entry in fields(kind)}  # type: ignore[arg-type]
    # TOML has lists alone.
    wanted = {name: tuple(value) if isinstance(value, list) else value for name, value in wanted.items()}
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


def recipe_class(name: str) -> type[Recipe]:
    """Return the class of the recipe `name`.

    Raises:
        TrainingError: there is no such recipe.
    """
    if name not in RECIPES:
        raise TrainingError(f"no recipe {name!r}; {nearest(name, RECIPES)}")
    module, attribute = RECIPES[name]
    kind: type[Recipe] = getattr(import_module(module), attribute)
    return kind
