"""The command line. `likeness --help` must not import torch: what is heavy is imported inside the commands."""

import logging
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import App, Parameter

from likeness import __version__
from likeness.errors import LikenessError

if TYPE_CHECKING:
    from likeness.presets import Preset
    from likeness.show import Options

app = App(name="likeness", version=__version__, help="An instrument for generative faces, played live.")
train = App(name="train", help="Make your own weights from a folder of pictures.")
app.command(train)

Settings = Annotated[list[str], Parameter(name="--set", negative=())]
Plugins = Annotated[list[Path], Parameter(name="--plugin", negative=())]
Outputs = Annotated[list[str], Parameter(name=("--output", "-o"), negative=())]
OutFile = Annotated[str, Parameter(name=("--output", "-o"))]

DEMO_FILE = "out/demo.mp4"
DEMO_SECONDS = 20.0


@app.command
def play(
    preset: str = "demo",
    *,
    output: Outputs | None = None,
    seconds: float | None = None,
    display: int = 0,
    windowed: bool = False,
    size: str | None = None,
    fps: float | None = None,
    seed: int | None = None,
    device: str = "auto",
    set_: Settings | None = None,
    plugin: Plugins | None = None,
    osc_port: int = 9000,
    midi: str = "auto",
    weights: str | None = None,
) -> None:
    """Play a preset live. Esc ends, F is full-screen, Space freezes, B fades to black.

    Parameters
    ----------
    preset
        A preset's name, or a .toml file.
    output
        "window", "null", or a file (.mp4, .gif, .png); repeat it to record while it plays.
    seconds
        End after so long; otherwise play until it is stopped.
    display
        Which display, from 0.
    windowed
        In a window instead of full-screen.
    size
        WIDTHxHEIGHT of the picture, in px.
    fps
        Frames per second.
    seed
        Which face to begin with, and all that is drawn at random after it.
    device
        auto, cpu, cuda or mps.
    set_
        PLUGIN.PARAM=VALUE; repeat it for more.
    plugin
        A plugin's .py file to add at the end of the rack; repeat it for more.
    osc_port
        UDP port on the loopback address; 0 turns OSC off.
    midi
        A part of a controller's name, auto for all of them, or off.
    weights
        A weights file, or the name of a bundled one.
    """
    from likeness.show import Options

    options = Options(
        outputs=output or ["window"],
        seconds=seconds,
        display=display,
        windowed=windowed,
        size=parse_size(size),
        fps=fps,
        seed=seed,
        device=device,
        settings=parse_settings(set_ or []),
        plugins=plugin or [],
        osc_port=osc_port,
        midi=midi,
        weights=weights,
    )
    _play(_preset(preset), options)


@app.command
def render(
    preset: str = "demo",
    *,
    output: OutFile,
    seconds: float = 20.0,
    size: str | None = None,
    fps: float | None = None,
    seed: int | None = None,
    device: str = "auto",
    set_: Settings | None = None,
    plugin: Plugins | None = None,
    weights: str | None = None,
) -> None:
    """Render a preset to a file on a fixed clock: the same preset and seed give the same frames, bit by bit.

    Parameters
    ----------
    preset
        A preset's name, or a .toml file.
    output
        The file: .mp4, .gif, or .png for a sequence.
    seconds
        How long.
    size
        WIDTHxHEIGHT of the picture, in px.
    fps
        Frames per second.
    seed
        Which face to begin with, and all that is drawn at random after it.
    device
        auto, cpu, cuda or mps.
    set_
        PLUGIN.PARAM=VALUE; repeat it for more.
    plugin
        A plugin's .py file to add at the end of the rack; repeat it for more.
    weights
        A weights file, or the name of a bundled one.
    """
    from likeness.show import Options

    options = Options(
        outputs=[output],
        seconds=seconds,
        size=parse_size(size),
        fps=fps,
        seed=seed,
        device=device,
        settings=parse_settings(set_ or []),
        plugins=plugin or [],
        weights=weights,
        offline=True,
    )
    _render(_preset(preset), options)


@app.command
def demo() -> None:
    """Show what it can do: in a window where there is a display, else as a video in out/demo.mp4."""
    from likeness.outputs.window import has_display

    if has_display():
        print("Playing in a window: Esc ends, F is full-screen, Space freezes, B fades to black.")
        play("demo", windowed=True)
    else:
        print("No display here, so the demo becomes a video.")
        render("demo", output=DEMO_FILE, seconds=DEMO_SECONDS)


@app.command
def plugins() -> None:
    """List the plugins: bundled, your own, and installed ones."""
    import ast

    from rich.console import Console
    from rich.table import Table

    from likeness.discovery import find_plugins, installed_plugins
    from likeness.places import folders

    table = Table("plugin", "what it does", "where", box=None)
    for name, path in find_plugins(folders("plugins")).items():
        try:
            lines = (ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or "").splitlines()
        except (OSError, SyntaxError, ValueError) as error:
            lines = [f"cannot be read: {error}"]
        table.add_row(name, lines[0] if lines else "", str(path.parent))
    for name, where in installed_plugins().items():
        table.add_row(name, "", where)
    Console().print(table)


@app.command
def params(*, markdown: bool = False, json: bool = False) -> None:
    """List the parameters of every bundled plugin and of the master.

    Parameters
    ----------
    markdown
        As docs/parameters.md.
    json
        As an OSCQuery tree.
    """
    from likeness.show import every_parameter

    store = every_parameter()
    if json:
        import json as encoder

        from likeness.describe import oscquery

        print(encoder.dumps(oscquery(store), indent=2))
    elif markdown:
        from likeness.describe import markdown as as_markdown

        print(as_markdown(store), end="")
    else:
        for address, param in store.params():
            print(f"{address:40} {param.range()}")


@app.command
def contact_sheet(
    preset: str | None = None,
    *,
    output: OutFile = "out/sheet.png",
    count: int = 64,
    columns: int = 8,
    seed: int = 0,
    psi: float = 0.7,
    seconds: float = 16.0,
    size: int | None = None,
    device: str = "auto",
    weights: str | None = None,
) -> None:
    """Draw many faces on one sheet: the seeds of a generator, or, of a preset, pictures along its way.

    Parameters
    ----------
    preset
        Leave it out for `count` seeds.
    output
        A PNG file.
    count
        How many pictures.
    columns
        How many in a row.
    seed
        The first seed, or the preset's.
    psi
        Truncation of the seeds.
    seconds
        How much of the preset the sheet spans.
    size
        Height of one picture in px.
    device
        auto, cpu, cuda or mps.
    weights
        A weights file, or the name of a bundled one.
    """
    from likeness.picture import sheet, write_png
    from likeness.sheets import seeds_sheet, walk_sheet

    if count < 1 or columns < 1:
        raise LikenessError("--count and --columns begin at 1")
    if preset is None:
        pictures = seeds_sheet(weights, device, range(seed, seed + count), psi, size)
    else:
        pictures = walk_sheet(_preset(preset), weights, device, seed, count, seconds, size)
    write_png(Path(output), sheet(pictures, columns))
    print(f"{count} pictures on {output}")


def parse_size(text: str | None) -> tuple[int, int] | None:
    """Return width and height of "WIDTHxHEIGHT"."""
    if text is None:
        return None
    width, _, height = text.lower().partition("x")
    if not (width.isdigit() and height.isdigit() and 16 <= int(width) <= 16384 and 16 <= int(height) <= 16384):
        raise LikenessError(f"--size {text!r} is not WIDTHxHEIGHT in px, such as 512x512, from 16 to 16384")
    return int(width), int(height)


def parse_settings(texts: Sequence[str]) -> dict[str, str]:
    """Return addresses and values of "PLUGIN.PARAM=VALUE" texts."""
    settings = {}
    for text in texts:
        address, equals, value = text.partition("=")
        if not equals or "." not in address:
            raise LikenessError(f"--set {text!r} is not PLUGIN.PARAM=VALUE, such as random_walk.speed=0.3")
        settings[address.strip()] = value.strip()
    return settings


def _preset(name: str) -> "Preset":
    from likeness.places import folders
    from likeness.presets import find_preset, read_preset

    return read_preset(find_preset(name, folders("presets")))


def _play(preset: "Preset", options: "Options") -> None:
    from likeness.show import Show

    with Show(preset, options) as show:
        until = f"for {options.seconds:g} s" if options.seconds else "until Ctrl+C"
        print(f"Playing on {', '.join(options.outputs)} {until}.", flush=True)
        show.run()
        print(show.loop.summary())
    _tell_files(options.outputs)


def _render(preset: "Preset", options: "Options") -> None:
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    from likeness.show import Show

    columns = (TextColumn("rendering"), BarColumn(), MofNCompleteColumn(), TextColumn("frames"), TimeRemainingColumn())
    with Show(preset, options) as show, Progress(*columns) as progress:
        task = progress.add_task("render", total=show.frames)
        show.run(lambda done: progress.update(task, completed=done))
    _tell_files(options.outputs)


def _tell_files(outputs: Sequence[str]) -> None:
    for name in outputs:
        if name not in ("window", "null"):
            print(f"The result is in {Path(name).resolve()}")


def main() -> None:
    """Run the command line; what can be mended ends in one line and exit status 2."""
    logging.basicConfig(format="%(levelname)s: %(message)s", level=logging.INFO)
    try:
        app()
    except LikenessError as error:
        print(f"likeness: {error}", file=sys.stderr)
        sys.exit(2)
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
