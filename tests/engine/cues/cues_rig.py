"""A show of the toy generator that is put together by hand and remembers all it has shown."""

import itertools
import math
from typing import Any

import torch
from torch import Tensor

from likeness import Bool, Choice, Float, Frame, Param, Stage, Values, hookimpl, master
from likeness.cues.cues import Cues
from likeness.host.host import Host
from likeness.outputs.group import OutputGroup
from likeness.outputs.output import MemoryOutput
from likeness.parameters.modulation import Modulation
from likeness.parameters.store import ParamStore
from likeness.show.clock import FixedClock
from likeness.show.load_rack import declare_show_params
from likeness.show.loop import BeforeFrame, Loop
from likeness.show.renderer import Renderer, RenderThread
from likeness.stage import PluginParams
from likeness.stage import Stage as ShowStage
from likeness.tempo.transport import Transport

FPS = 50
# 120 beats a minute, four in a bar.
BAR = 2 * FPS


class Drift:
    """Turns evenly from the face that comes in to another one, `turn` by hand on top."""

    @hookimpl
    def declare_params(self) -> list[Param]:
        return [
            Float("turn", 0.0, min=-1.0, glide=0.1),
            Float("hz", 0.1, max=1.0),
            Bool("flip"),
            Choice("way", "on", ["on", "back"]),
        ]

    @hookimpl
    def start(self, stage: Stage) -> None:
        self.other, self.phase = stage.generator.sample([77]), 0.0

    @hookimpl
    def update(self, latent: Tensor, params: Values, frame: Frame) -> Tensor:
        self.phase += frame.dt * float(params["hz"])
        turns = (self.phase + float(params["turn"])) * math.tau
        drawn = math.cos(turns) * latent + math.sin(turns) * self.other
        return -drawn if params["flip"] else drawn


class Still:
    """Adds a constant; that it does so after or before `Drift` shows in the face."""

    @hookimpl
    def update(self, latent: Tensor) -> Tensor:
        return latent * latent.abs().sqrt() * 0.9


class Rig:
    """A show put together by hand; `plugins` follow the two that are always there."""

    def __init__(self, toy: Any, **plugins: object) -> None:
        self.store = ParamStore()
        declare_show_params(self.store)
        self.host = Host(self.store)
        self.host.add("drift", Drift())
        self.host.add("still", Still())
        for name, plugin in plugins.items():
            self.host.add(name, plugin)
        self.stage = ShowStage(toy(4, 32), PluginParams(self.store), torch.device("cpu"), 3)
        renderer = self.renderer = Renderer(self.stage, self.host, FPS)
        renderer.start()
        self.latents = renderer.latents
        self.render = RenderThread(renderer.draw)
        self.out = MemoryOutput()
        self.modulation, transport = Modulation(3), Transport()
        self.memory = Cues(
            self.store,
            self.host,
            lambda: transport.moment,
            modulation=self.modulation,
            newest=lambda: self.loop.drawn,
            seen=lambda: self.loop.seen,
        )
        self.loop = Loop(
            FixedClock(FPS),
            self.store,
            self.render,
            OutputGroup([self.out]),
            (32, 32),
            before=BeforeFrame(
                modulation=lambda time, beat: self.store.set_modulation(self.modulation.advance(time, beat)),
                cues=self.memory.advance,
            ),
            transport=transport,
        )
        master.commands(self.store, self.memory.cancel_waiting)
        self.faces: list[Tensor] = []
        self.values: list[dict[str, Any]] = []
        self.beats: list[float] = []
        self.store.finish_glides()

    def play(self, frames: int) -> Tensor:
        """Return the last face."""
        for _ in range(frames):
            self.loop.frame()
            self.faces.append(self.latents.shown[0].clone())
            self.values.append(dict(self.store.snapshot["drift"]))
            self.beats.append(self.loop.transport.moment.beat)
        return self.faces[-1]

    def tell(self, address: str, *args: object) -> None:
        self.memory.commands[address](*args)

    def close(self) -> None:
        self.render.close(1.0)
        self.memory.close()


def steps(faces: list[Tensor]) -> list[float]:
    return [float((b - a).norm(dim=-1).max()) for a, b in itertools.pairwise(faces)]
