"""The hooks. The first word of each docstring is the kind of call: first, each or chain.

An implementation takes only the arguments that it needs, by name.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pluggy

from likeness.params import Param

if TYPE_CHECKING:
    import torch
    from torch import Tensor

    from likeness.events import Event
    from likeness.frame import Frame, Values
    from likeness.generator import Generator
    from likeness.stage import Stage, VisitorState

PROJECT = "likeness"
hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


@hookspec(firstresult=True)
def load_generator(path: "Path", device: "torch.device", size: int | None) -> "Generator | None":
    """First: open a weights file, or return None where it is not of your family.

    `size` is the height in px at which the show is drawn; a family of one size ignores it.
    Raise a `WeightsError` only where the file is yours and broken.
    """


@hookspec
def declare_params() -> "Sequence[Param]":  # type: ignore[empty-body]  # a specification has none
    """Each: return the plugin's parameters, once, at load. The host adds `bypass` and `budget_ms`."""


@hookspec
def start(stage: "Stage") -> None:
    """Each: make buffers and open what is slow to open. Called once; another generator gets a new instance."""


@hookspec
def handle(event: "Event", stage: "Stage") -> None:
    """Each: take a note, a key or a recall, before the frame that follows it."""


@hookspec
def update(latent: "Tensor", params: "Values", frame: "Frame") -> "Tensor | None":
    """Chain: return the latent [batch, num_ws, w_dim] of this frame, or None to leave it. Never change it in place."""


@hookspec
def process_image(image: "Tensor", params: "Values", frame: "Frame") -> "Tensor | None":
    """Chain: return the picture [batch, 3, H, W] in [-1, 1] of this frame, or None to leave it. Never in place."""


@hookspec
def describe_visitors() -> "Sequence[VisitorState]":  # type: ignore[empty-body]  # a specification has none
    """Each: return the state of each visitor whom the plugin holds, in a word; called four times a second."""


@hookspec
def state() -> object:
    """Each: return what a new instance must know to go on where this one is.

    Called when its file is loaded anew, and when another generator takes over whose latents have the same shape.
    """


@hookspec
def restore(state: object) -> None:
    """Each: go on from what the instance before returned as `state`. Called once, after `start`."""


@hookspec
def stop(stage: "Stage") -> None:
    """Each, in reverse order: let go of what `start` opened. Called once."""
