"""The smallest recipe, for tests of the loop; run as a module it is one process of a run."""

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import Tensor, nn
from torch.optim import SGD, Optimizer

from likeness.training import recipes
from likeness.training.compute import Compute
from likeness.training.recipe import EXPORT, Recipe, RunProgress
from likeness.training.run import RunFolder
from likeness.training.settings import Settings
from likeness.training.train import Summary, Watcher, train


class Toy(Recipe):
    """Learns from each picture's mean level; `sick_at` in its own settings makes the loss NaN at that step."""

    fewest = 4

    def __init__(self, settings: Settings, engine: Compute) -> None:
        self._engine, self._sick_at = engine, settings.own.get("sick_at", 10**9)
        self.z_dim = 3
        self.line = nn.Linear(1, 1)
        self.shown: list[list[float]] = []
        self._optimizer = SGD(self.line.parameters(), settings.learning_rate or 0.1, momentum=0.9)

    def networks(self) -> Mapping[str, nn.Module]:
        return {"line": self.line}

    def optimizers(self) -> Mapping[str, Optimizer]:
        return {"line": self._optimizer}

    def step(self, batches: Sequence[Tensor], moment: RunProgress) -> Mapping[str, Tensor]:
        told = torch.zeros(())
        for pictures in batches:
            levels = pictures.mean((1, 2, 3))[:, None]
            self.shown.append(levels[:, 0].tolist())
            loss = (self.line(levels) - 3 * levels).square().mean()
            self._engine.backward(loss / len(batches))
            told += loss.detach() / len(batches)
        self._engine.optimizer_step(self._optimizer)
        return {"miss": told * float("nan") if moment.step + 1 == self._sick_at else told}

    def draw(self, z: Tensor) -> Tensor:
        return z[:, :, None, None].expand(-1, 3, 16, 16)

    def export(self, folder: Path) -> None:
        (folder / EXPORT).write_text(json.dumps({name: p.tolist() for name, p in self.line.named_parameters()}))


def install() -> None:
    """Make it known to the loop as "toy"."""
    recipes.RECIPES["toy"] = (Toy.__module__, "Toy")  # type: ignore[index]


def write_levels(folder: Path, count: int) -> list[float]:
    """Write pictures of one grey level each; return the levels as the recipe sees them."""
    folder.mkdir(parents=True)
    levels = [10 * number for number in range(count)]
    for number, level in enumerate(levels):
        cv2.imwrite(str(folder / f"{number:02d}.png"), np.full((16, 16, 3), level, np.uint8))
    return [level / 127.5 - 1 for level in levels]


def run(path: Path, source: Path, watcher: Watcher | None = None, **settings: object) -> Summary:
    """Train it on the processor, in numbers that repeat."""
    install()
    wanted = {"size": 16, "batch": 8, "precision": "float32", "preview_s": 1e6, **settings}
    return train(RunFolder.begin(path, Settings("toy", str(source), **wanted)), "cpu", watcher)  # type: ignore[arg-type]


if __name__ == "__main__":
    kept: list[Toy] = []

    class Kept(Toy):
        def __init__(self, settings: Settings, engine: Compute) -> None:
            super().__init__(settings, engine)
            kept.append(self)
            self.rank = engine.rank

    sys.modules["toy_kept"] = sys.modules["__main__"]
    recipes.RECIPES["toy"] = ("toy_kept", "Kept")  # type: ignore[index]
    folder, source = Path(sys.argv[1]), Path(sys.argv[2])
    wanted = Settings("toy", str(source), size=16, batch=8, precision="float32", steps=12, preview_s=1e6, flips=False)
    train(RunFolder.begin(folder, wanted), "cpu")
    state = {name: p.tolist() for name, p in kept[0].line.named_parameters()}
    (folder / f"rank-{kept[0].rank}.json").write_text(json.dumps({"line": state, "shown": kept[0].shown}))
