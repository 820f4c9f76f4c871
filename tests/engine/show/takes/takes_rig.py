"""Shows on a fixed clock that are played by a script and recorded as a take, and played again."""

import zlib
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from tests.engine.show.generator_swap_rig import SHAPES, SHIFT
from tests.engine.toy_family import TOYS

from likeness.events import Note
from likeness.options import QUIET, Options
from likeness.outputs.output import MemoryOutput
from likeness.parameters.modulator import Modulator
from likeness.parameters.presets import Preset, ShowTable
from likeness.picture import Picture
from likeness.show.show import Show
from likeness.show.takes.material import with_material
from likeness.show.takes.reader import Take, read_take

FPS = 20.0
Script = Mapping[int, Callable[[Show], None]]
# A plugin that remembers each event it has got.
EARS = """
from likeness import Trigger, hookimpl
from likeness.events import Note

class Plugin:
    def __init__(self):
        self.heard = []

    @hookimpl
    def declare_params(self):
        return [Trigger("echo")]

    @hookimpl
    def start(self, stage):
        self.stage = stage
        stage.params.on_press("ears.echo", lambda: stage.params.emit(Note(1, 0.5)))

    @hookimpl
    def handle(self, event):
        self.heard.append(event)

    @hookimpl
    def update(self, latent, frame):
        loud = sum(event.velocity for event in self.heard if type(event).__name__ == "Note")
        return latent + 0.05 * loud
"""
PLUGINS = {"toys": TOYS, "shift": SHIFT, "ears": EARS}


def plugin_files(folder: Path) -> list[Path]:
    files = []
    for name, text in PLUGINS.items():
        files.append(folder / f"{name}.py")
        files[-1].write_text(text)
    for name, text in SHAPES.items():
        (folder / f"{name}.toy").write_text(text)
    return files


def make_preset(folder: Path) -> Preset:
    return Preset(
        show=ShowTable(weights=str(folder / "small.toy"), plugins=("random_walk",), seed=3, fps=FPS, tempo=150.0),
        modulation=(
            Modulator("shift.by", amount=0.3, rate=0.7),
            Modulator("shift.push", source="steps", steps=(1.0, 0.0, 1.0), beats=0.5),
        ),
    )


def play_script(folder: Path, script: Script, frames: int, **options: Any) -> list[Picture]:
    """Play `script` (by frame) on a fixed clock, record it to night.take, and return the pictures."""
    show = Show(
        make_preset(folder),
        replace(QUIET, plugins=plugin_files(folder), device="cpu", offline=True, take=folder / "night.take", **options),
    )
    with show:
        return run(show, frames, script)


def play_again(path: Path, frames: int | None = None, **options: Any) -> list[Picture]:
    """Return the pictures of a take that is rendered."""
    take = read_take(path)
    wanted: Options = with_material(take, replace(QUIET, device="cpu", offline=True, **options))
    with Show(take.preset, wanted, take=take) as show:
        return run(show, frames or round(take.seconds * show.fps) + 1, {})


def run(show: Show, frames: int, script: Script) -> list[Picture]:
    out = MemoryOutput()
    show.loop.outputs.add(out)
    for index in range(frames):
        if index in script:
            script[index](show)
        show.loop.frame()
    return out.pictures


def unpack(path: Path) -> bytes:
    """Return a take's lines as they lie in the file."""
    return zlib.decompressobj(31).decompress(path.read_bytes())


def press_note(number: int, velocity: float) -> Callable[[Show], None]:
    return lambda show: show.store.post(Note(number, velocity))


__all__ = ["FPS", "Take", "make_preset", "play_again", "play_script", "press_note", "unpack"]
