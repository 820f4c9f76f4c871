"""The names that plugin authors import; importing them does not import torch.

Around this file lies the vocabulary, short modules that everything else may import: `params`, `frame`, `events`,
`stage`, `hookspecs`, `generator`, `latent`, `easing`, `picture`, `paths`, `errors`. Each folder is one subject.

To follow a show, read `show/loop.py` (the life of one frame), `show/renderer.py` (the same on the render thread),
`host/host.py` (how plugins are called), `parameters/store.py` (how values come in from other threads), and
`show/show.py`, which puts them together. To follow a weights file, read `generator.py`, then `generators/`.

docs/architecture.md has the map, the threads and who owns which state; docs/glossary.md explains the words.
"""

import os
from typing import TYPE_CHECKING

# Both are read when torch is imported, so they are set by the first module of ours that anybody imports.
# With one busy neighbour on two cores torch's spinning OpenMP threads made a small generator 15 to 25 times slower.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
# Huge pages: StyleGAN2 at 1024 px took 553 ms a frame in place of 792.
os.environ.setdefault("THP_MEM_ALLOC_ENABLE", "1")

from likeness.errors import LikenessError
from likeness.events import CameraImage, Event, Forget, Key, Note, Recall
from likeness.frame import Frame, Values
from likeness.hookspecs import hookimpl
from likeness.params import Bool, Choice, Float, Int, Param, Text, Trigger, Value
from likeness.toolkit.moved import support_old_paths

if TYPE_CHECKING:
    from pathlib import Path

    from likeness.generator import Generator
    from likeness.stage import Stage

support_old_paths()

__version__ = "0.1.0"

__all__ = [
    "Bool",
    "CameraImage",
    "Choice",
    "Event",
    "Float",
    "Forget",
    "Frame",
    "Generator",
    "Int",
    "Key",
    "LikenessError",
    "Note",
    "Param",
    "Recall",
    "Stage",
    "Text",
    "Trigger",
    "Value",
    "Values",
    "hookimpl",
    "open_generator",
]


def open_generator(
    path: "str | Path", device: str = "cpu", precision: str = "auto", *, size: int | None = None
) -> "Generator":
    """Open a weights file of any family that is built in or that an installed plugin adds.

    Args:
        path: the weights file.
        device: "cpu", "cuda", "mps".
        precision: "auto" draws in the numbers that the makers' own code draws in, float32 on a processor;
            "float32", "bfloat16", "float16" or "mixed" by name. What a show draws in is the show's own choice.
        size: height in px to draw at, where the family can choose.

    Raises:
        WeightsError: where the file is absent, broken, or of no known family.
    """
    from likeness.generators.backends.choose import prepare
    from likeness.host.host import Host

    generator = Host().open_generator(path, device, size)
    if precision != "auto":
        prepare(generator, "eager", precision)
    return generator


def __getattr__(name: str) -> object:
    # `from likeness import Stage` must work in a plugin without making `likeness --help` import torch.
    if name == "Stage":
        from likeness.stage import Stage

        return Stage
    if name == "Generator":
        from likeness.generator import Generator

        return Generator
    raise AttributeError(f"module 'likeness' has no attribute {name!r}")
