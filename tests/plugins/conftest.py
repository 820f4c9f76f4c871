"""Plays one bundled plugin, frame by frame, on a toy generator."""

from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest
import torch
from torch import Tensor

from likeness.events import Note
from likeness.frame import Frame
from likeness.generator import Generator
from likeness.host.discovery import find_plugins, load_plugin
from likeness.parameters.store import ParamStore
from likeness.params import Param, Trigger, Value
from likeness.stage import PluginParams, Stage

BPM = 120.0
PSI = 0.8


class Player:
    """A plugin on a stage of its own. Triggers in `values` are let go of after one frame; 120 beats a minute."""

    def __init__(self, plugin: Any, generator: Generator, seed: int, fps: float) -> None:
        self.plugin, self.generator, self.fps = plugin, generator, fps
        self.params: list[Param] = list(plugin.declare_params()) if hasattr(plugin, "declare_params") else []
        self.values: dict[str, Value] = {param.name: param.default_value for param in self.params}
        self.base = generator.sample([99])
        self.index = -1
        self.stage = Stage(generator, PluginParams(ParamStore()), generator.mean.device, seed)
        if hasattr(plugin, "start"):
            plugin.start(stage=self.stage)

    def frame(self) -> Frame:
        """Begin the next frame."""
        self.index += 1
        time = self.index / self.fps
        values: Mapping[str, Value] = MappingProxyType(dict(self.values))
        everybody = {"it": values, "show": {"psi": PSI}}
        return Frame(self.index, time, 1 / self.fps if self.index else 0.0, time * BPM / 60, everybody)

    @torch.inference_mode()
    def update(self, **values: Value) -> Tensor:
        """Return the next frame's latent `[num_ws, w_dim]`, or the incoming one where the plugin leaves it."""
        self.values.update(values)
        result = _call(self.plugin.update, latent=self.base, params=dict(self.values), frame=self.frame())
        for param in self.params:
            if isinstance(param, Trigger):
                self.values[param.name] = 0
        return self.base[0] if result is None else result[0]

    def play(self, seconds: float, **values: Value) -> Tensor:
        """Return the latents of so many seconds, `[frames, num_ws, w_dim]`."""
        return torch.stack([self.update(**(values if i == 0 else {})) for i in range(round(seconds * self.fps))])

    @torch.inference_mode()
    def picture(self, image: Tensor, **values: Value) -> Tensor | None:
        """Return the next frame's picture."""
        self.values.update(values)
        result: Tensor | None = _call(
            self.plugin.process_image, image=image, params=dict(self.values), frame=self.frame()
        )
        return result

    def stop(self) -> None:
        """End as at the end of a show."""
        if hasattr(self.plugin, "stop"):
            _call(self.plugin.stop, stage=self.stage)

    def note(self, number: int) -> None:
        """Press a key."""
        _call(self.plugin.handle, event=Note(number, 0.8), stage=self.stage)


def _call(hook: Callable[..., Any], **arguments: Any) -> Any:
    """Call as the host does: with what the hook takes."""
    names = hook.__code__.co_varnames[: hook.__code__.co_argcount]  # type: ignore[attr-defined]
    return hook(**{name: value for name, value in arguments.items() if name in names})


@pytest.fixture
def player(toy: Callable[..., Generator], root: Path) -> Callable[..., Player]:
    """Return the maker of players: `player("random_walk", num_ws=4, w_dim=64, seed=0, fps=60)`."""

    def make(
        name: str,
        *,
        num_ws: int = 4,
        w_dim: int = 64,
        seed: int = 0,
        fps: float = 60.0,
        mean: float = 0.0,
        generator: Generator | None = None,
    ) -> Player:
        if generator is None:
            generator = toy(num_ws, w_dim, num_ws * 8)
            generator.mean = torch.full((num_ws, w_dim), mean)  # type: ignore[misc]
        return Player(load_plugin(name, find_plugins([root / "plugins"])), generator, seed, fps)

    return make
