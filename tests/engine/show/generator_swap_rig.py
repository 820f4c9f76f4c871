"""A show with toy generators of several shapes, told by their weights, which remembers all it has shown."""

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from tests.engine.toy_family import TOYS

from likeness.options import QUIET
from likeness.outputs.output import MemoryOutput
from likeness.parameters.presets import Preset, ShowTable
from likeness.show.show import Show

DEADLINE_S = 20.0
FPS = 50
SHIFT = """
from likeness import Float, Trigger, hookimpl

class Plugin:
    frames = pushes = 0
    stopped = None

    @hookimpl
    def declare_params(self):
        return [Float("by", 0.0, max=2.0), Float("slow", 0.0, glide=1.0), Trigger("push")]

    @hookimpl
    def start(self, stage):
        if stage.generator.info.num_ws == 2:
            raise RuntimeError("two layers are not enough")
        self.buffer = stage.generator.mean * 0

    @hookimpl
    def update(self, latent, params):
        self.frames += 1
        self.pushes += params["push"]
        return latent + self.buffer + params["by"]

    @hookimpl
    def state(self):
        return self.frames

    @hookimpl
    def restore(self, state):
        self.frames = state

    @hookimpl
    def stop(self, stage):
        self.stopped = stage.generator.info.num_ws
"""
SHAPES = {
    "small": "4 8 32",
    "large": "8 24 64",
    "twin": "4 8 32",
    "two": "2 24 32",
    "broken": "no shape",
    "exits": "exit",
    "unspeakable": "unspeakable",
    "hangs": "4 8 32 hangs",
}


class Rig:
    """A show that plays `small`, with everything it has shown in `out`."""

    def __init__(self, folder: Path, **options: Any) -> None:
        self.folder = folder
        for name, text in SHAPES.items():
            self.weights(name).write_text(text)
        for name, text in (("toys", TOYS), ("shift", SHIFT)):
            (folder / f"{name}.py").write_text(text)
        files = tuple(folder / f"{name}.py" for name in ("toys", "shift"))
        wanted = {"offline": True, "keep_going": True, "weights": str(self.weights("small")), **options}
        preset = Preset(show=ShowTable(seed=3, fps=FPS, psi=0.8))
        self.show = Show(preset, replace(QUIET, plugins=files, device="cpu", **wanted))
        self.loop, self.store = self.show.loop, self.show.store
        self.out = MemoryOutput()
        self.loop.outputs.add(self.out)

    def weights(self, name: str) -> Path:
        return self.folder / f"{name}.toy"

    def frame(self, count: int = 1) -> None:
        for _ in range(count):
            self.loop.frame()

    def until(self, wanted: Callable[[], object]) -> None:
        deadline = time.monotonic() + DEADLINE_S
        while not wanted():
            self.frame()
            assert time.monotonic() < deadline

    def take(self, name: str, *seconds: float) -> None:
        """Play until the weights `name` do."""
        before = self.show.generator
        self.show.generator_swap.load(str(self.weights(name)), *seconds)
        self.until(lambda: self.show.generator is not before)

    def plugin(self, name: str = "shift") -> Any:
        return next(slot.plugin for slot in self.show.host.rack if slot.name == name)

    def colour(self, w_dim: int, offset: float = 0.0) -> "np.ndarray[Any, Any]":
        """Return the colour of the toy's every pixel for the show's seed."""
        face = torch.randn(w_dim, generator=torch.Generator().manual_seed(3))[:3] + offset
        return (torch.tanh(0.8 * face) * 127.5 + 128.0).clamp(0, 255).to(torch.uint8).numpy()

    def sides(self) -> list[int]:
        return [picture.shape[0] for picture in self.out.pictures]
