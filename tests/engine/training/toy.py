"""The smallest recipe, for tests of the loop; run as a module it is a run of two processes."""

import json
import os
import socket
import sys
import threading
from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path
from unittest import mock

import cv2
import numpy as np
import torch
from torch import Tensor, nn
from torch.optim import SGD, Optimizer

from likeness.training import recipe
from likeness.training.compute import Compute
from likeness.training.recipe import EXPORT, Recipe, RunProgress
from likeness.training.run import RunFolder
from likeness.training.settings import Settings
from likeness.training.train import TrainingCallbacks, TrainingSummary, train


class Toy(Recipe):
    """Learns from each picture's mean level; `sick_at` in its own settings makes the loss NaN at that step."""

    fewest = 4

    def __init__(self, settings: Settings, compute: Compute) -> None:
        self._compute, self._sick_at = compute, settings.own.get("sick_at", 10**9)
        self.z_dim = 3
        self.line = nn.Linear(1, 1)
        self.shown: list[list[float]] = []
        self._optimizer = SGD(self.line.parameters(), settings.learning_rate or 0.1, momentum=0.9)

    def networks(self) -> Mapping[str, nn.Module]:
        return {"line": self.line}

    def optimizers(self) -> Mapping[str, Optimizer]:
        return {"line": self._optimizer}

    def step(self, batches: Sequence[Tensor], at: RunProgress) -> Mapping[str, Tensor]:
        total = torch.zeros(())
        for pictures in batches:
            levels = pictures.mean((1, 2, 3))[:, None]
            self.shown.append(levels[:, 0].tolist())
            loss = (self.line(levels) - 3 * levels).square().mean()
            self._compute.backward(loss / len(batches))
            total += loss.detach() / len(batches)
        self._compute.optimizer_step(self._optimizer)
        return {"miss": total * float("nan") if at.step + 1 == self._sick_at else total}

    def draw(self, z: Tensor) -> Tensor:
        return z[:, :, None, None].expand(-1, 3, 16, 16)

    def export(self, folder: Path) -> None:
        (folder / EXPORT).write_text(json.dumps({name: p.tolist() for name, p in self.line.named_parameters()}))


def install() -> None:
    """Make it known to the loop as "toy"."""
    recipe.RECIPES["toy"] = (Toy.__module__, "Toy")  # type: ignore[index]


def write_levels(folder: Path, count: int) -> list[float]:
    """Write pictures of one grey level each; return the levels as the recipe sees them."""
    folder.mkdir(parents=True)
    levels = [10 * number for number in range(count)]
    for number, level in enumerate(levels):
        cv2.imwrite(str(folder / f"{number:02d}.png"), np.full((16, 16, 3), level, np.uint8))
    return [level / 127.5 - 1 for level in levels]


def run(path: Path, source: Path, callbacks: TrainingCallbacks | None = None, **settings: object) -> TrainingSummary:
    """Train it on the processor, in numbers that repeat."""
    install()
    wanted = {"size": 16, "batch": 8, "precision": "float32", "preview_s": 1e6, **settings}
    return train(RunFolder.begin(path, Settings("toy", str(source), **wanted)), "cpu", callbacks)  # type: ignore[arg-type]


def stopped_after(step: int) -> TrainingCallbacks:
    """Return callbacks that stop a sitting after so many steps."""

    class Counting(threading.Event):
        asked = 0

        def is_set(self) -> bool:
            self.asked += 1
            return self.asked > step

    return TrainingCallbacks(stop=Counting())


def run_two_processes(path: Path, source: Path) -> None:
    """Train as two processes that share a run; each writes the levels that it was shown and what it learnt.

    One process imports all that both need and forks; torchrun would have three processes import it.
    """
    for name in ("lightning_fabric", "torch._dynamo"):  # the optimisers import the second one
        import_module(name)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    # What torchrun sets, and by which Fabric knows that it was started by it.
    torchrun = {"TORCHELASTIC_RUN_ID": "test", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port)}
    os.environ.update(torchrun, WORLD_SIZE="2", LOCAL_WORLD_SIZE="2")
    child = os.fork()
    rank = "1" if child == 0 else "0"
    os.environ.update(RANK=rank, LOCAL_RANK=rank)
    made: list[Toy] = []

    def make(settings: Settings, compute: Compute) -> Toy:
        made.append(Toy(settings, compute))
        return made[0]

    settings = Settings("toy", str(source), size=16, batch=8, precision="float32", steps=12, preview_s=1e6, flips=False)
    recipe_type = mock.Mock(side_effect=make, min_pictures=4)
    with mock.patch("likeness.training.train.recipe_class", return_value=recipe_type):
        train(RunFolder.begin(path, settings), "cpu")
    line = {name: p.tolist() for name, p in made[0].line.named_parameters()}
    (path / f"rank-{rank}.json").write_text(json.dumps({"line": line, "shown": made[0].shown}))
    if child and os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]):
        sys.exit(1)


if __name__ == "__main__":
    run_two_processes(Path(sys.argv[1]), Path(sys.argv[2]))
