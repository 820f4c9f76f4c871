"""What a plugin may touch outside its per-frame hooks."""

from dataclasses import dataclass, field

import torch

from likeness.generator import Generator
from likeness.parameters.store import ParamStore


class Privacy:
    """A mark on a frame. What is marked enters no history, no cue and no autosave. The render thread alone."""

    def __init__(self) -> None:
        self._marked = False

    def mark(self) -> None:
        """Say, within `update`, that the latent of this frame is a visitor's, whole or in part."""
        self._marked = True

    def take(self) -> bool:
        """Return whether the frame was marked, and begin the next one unmarked."""
        marked, self._marked = self._marked, False
        return marked


@dataclass(frozen=True)
class Stage:
    """The plugin's surroundings.

    Args:
        generator: the one that plays; another one gets new instances of the plugins, started with it.
        store: every parameter of the show; write with `store.set`, from any thread.
        device: where the latent lives and where buffers belong.
        seed: of the show. Whatever is drawn at random is drawn from it, so that a take can be played again.
        heads: how many faces the latent holds, `[heads, num_ws, w_dim]`: one for each screen.
        privacy: mark a frame in `update` that shows a visitor's face; it is then kept nowhere.
        offline: whether this is a render, where each frame is waited for so that it is the same the next time; live,
            no frame waits.
    """

    generator: Generator
    store: ParamStore
    device: torch.device
    seed: int
    heads: int = 1
    privacy: Privacy = field(default_factory=Privacy)
    offline: bool = False
