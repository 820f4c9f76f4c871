"""A show of the toy generator with a rack editor, whose plugins are files that a test writes."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

from likeness import master
from likeness.host.host import Host
from likeness.outputs.group import OutputGroup
from likeness.outputs.output import MemoryOutput
from likeness.parameters.store import ParamStore
from likeness.picture import Picture
from likeness.show import loop
from likeness.show.clock import Clock
from likeness.show.loop import Loop
from likeness.show.rack_editor import RackEditor
from likeness.show.renderer import Renderer, RenderThread
from likeness.stage import PluginParams, Stage

DEADLINE_S = 20.0
HEAD = "from likeness import Bool, Choice, Float, hookimpl\n\nclass Plugin:\n"
SHIFT = (
    HEAD
    + """
    def __init__(self):
        self.frames = 0

    @hookimpl
    def declare_params(self):
        return [Float("by", 0.0, max=2.0), Float("unused", 0.0)]

    @hookimpl
    def update(self, latent, params):
        self.frames += 1
        return latent + params["by"]

    @hookimpl
    def state(self):
        return self.frames

    @hookimpl
    def restore(self, state):
        self.frames = state
"""
)
DOUBLE = HEAD + "    @hookimpl\n    def update(self, latent):\n        return latent * 2\n"


class Rig:
    """A show of the toy generator with a rack editor; plugins are files in `folder`."""

    def __init__(self, toy: Any, clock: Clock, folder: Path) -> None:
        self.folder, self.store = folder, ParamStore()
        self.store.declare("master", master.PARAMS)
        self.store.declare("show", loop.PARAMS)
        self.host = Host(self.store)
        self.generator = toy()
        self.stage = Stage(self.generator, PluginParams(self.store), torch.device("cpu"), 3)
        self.render = RenderThread(Renderer(self.stage, self.host).draw)
        self.out = MemoryOutput()
        self.loop = Loop(clock, self.store, self.render, OutputGroup([self.out]), (32, 32))
        names = ("shift", "double", "late")
        files = [folder / f"{name}.py" for name in names]
        self.rack_editor = RackEditor(self.store, self.host, self.stage, self.render.claim, files)
        self.write("shift", SHIFT)
        self.write("double", DOUBLE)

    def write(self, name: str, text: str) -> None:
        (self.folder / f"{name}.py").write_text(text)

    def frame(self) -> Picture:
        self.loop.frame()
        return self.out.pictures[-1]

    def until(self, wanted: Callable[[], object]) -> None:
        deadline = time.monotonic() + DEADLINE_S
        while not wanted():
            self.frame()
            assert time.monotonic() < deadline

    def plays(self, *names: str) -> None:
        """Play until the rack is that."""
        self.until(lambda: self.rack_editor.names() == names)

    def reload(self, name: str) -> None:
        before = self.plugin(name)
        self.rack_editor.reload(name)
        self.until(lambda: self.plugin(name) is not before)

    def plugin(self, name: str) -> Any:
        return next((slot.plugin for slot in self.host.rack if slot.name == name), None)

    def expected(self, offset: float, factor: float = 1.0) -> Picture:
        """Return the first stripe's colour for the seed's latent times `factor` plus `offset`."""
        latent = 0.8 * (self.generator.sample([3])[0, 0, :3] * factor + offset)
        return (torch.tanh(latent) * 127.5 + 128.0).clamp(0, 255).to(torch.uint8).numpy()

    def close(self) -> None:
        self.rack_editor.close()
        self.render.close(1.0)
