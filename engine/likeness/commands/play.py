"""`likeness play`, `render` and `demo`."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from likeness.commands.options import (
    Audio,
    Backend,
    Device,
    Displays,
    Fps,
    Heads,
    Midi,
    OutFile,
    Outputs,
    PlayedWeights,
    Plugins,
    Precision,
    PresetName,
    Seed,
    Settings,
    Size,
    Windowed,
    parse_settings,
    parse_size,
    read_named_preset,
)

if TYPE_CHECKING:
    from torch import Tensor

    from likeness.options import Options
    from likeness.parameters.presets import Preset

DEMO_FILE = "out/demo.mp4"
DEMO_SECONDS = 20.0


def play(
    preset: PresetName = "demo",
    *,
    output: Outputs | None = None,
    seconds: float | None = None,
    display: Displays | None = None,
    heads: Heads | None = None,
    windowed: Windowed = False,
    size: Size | None = None,
    fps: Fps | None = None,
    seed: Seed | None = None,
    device: Device = "auto",
    set_: Settings | None = None,
    plugin: Plugins | None = None,
    osc_port: int = 9000,
    osc_host: str = "127.0.0.1",
    oscquery_port: int = 0,
    midi: Midi = "auto",
    takeover: Literal["soft", "scale", "jump"] | None = None,
    audio: Audio = "off",
    camera: str | None = None,
    link: bool = False,
    weights: PlayedWeights | None = None,
    backend: Backend = "auto",
    precision: Precision = "auto",
    watch: bool = False,
    follow: bool = False,
    status: bool = False,
    resume: bool = False,
    autosave: bool = True,
) -> None:
    """Play a preset live. Esc ends, F is full-screen, Space freezes, B fades to black.

    Parameters
    ----------
    output
        "window", "null", or a file (.mp4, .gif, .png); repeat it to record while it plays.
    seconds
        End after so long; otherwise play until it is stopped.
    display
        Which display, from 0; with several heads, repeat it to give each its own.
    heads
        How many faces are drawn at once, side by side: one for each screen.
    osc_port
        UDP port to hear OSC on; 0 turns OSC off.
    osc_host
        Address to hear OSC on; 0.0.0.0 lets the whole network play.
    oscquery_port
        TCP port on which other programs find the parameters by OSCQuery; 0 turns it off.
    takeover
        How a knob takes over a value that was changed elsewhere: soft waits until it meets it, scale moves it along,
        jump takes it at once. Left out, the preset decides, then soft.
    camera
        Who is before it plays too, with plugins such as lookalike: a camera's number from 0, a video, a photo, a folder
        of photos, or rtsp://... The picture bears a small mark while it is live.
    link
        Share tempo and bars with Ableton Link; needs the extra `link`.
    watch
        Load a plugin anew when its file changes on disk.
    follow
        Take the weights anew when their file changes, as a training run's does every few minutes.
    status
        Show rate, frame times, drops, costs and tempo at the foot of the terminal.
    resume
        Take the last show up again where it ended or crashed: its rack, values and face; without one, play the preset.
    autosave
        Save the show every few seconds, for --resume.
    """
    from likeness.options import Options

    options = Options(
        outputs=output or ["window"],
        seconds=seconds,
        displays=display or [0],
        heads=heads,
        windowed=windowed,
        size=parse_size(size),
        fps=fps,
        seed=seed,
        device=device,
        settings=parse_settings(set_ or []),
        plugins=plugin or [],
        osc_port=osc_port,
        osc_host=osc_host,
        oscquery_port=oscquery_port,
        midi=midi,
        takeover=takeover,
        audio=audio,
        camera=camera,
        link=link,
        weights=weights,
        backend=backend,
        precision=precision,
        watch=watch,
        follow=follow,
        autosave=autosave,
    )
    _play(*_found(preset, resume), options, status)


def render(
    preset: PresetName = "demo",
    *,
    output: OutFile,
    seconds: float = 20.0,
    heads: Heads | None = None,
    size: str | None = None,
    fps: Fps | None = None,
    seed: Seed | None = None,
    device: Device = "auto",
    set_: Settings | None = None,
    plugin: Plugins | None = None,
    audio: str = "off",
    weights: PlayedWeights | None = None,
    backend: Backend = "auto",
    precision: Precision = "auto",
) -> None:
    """Render a preset to a file on a fixed clock: the same preset and seed give the same frames, bit by bit.

    Parameters
    ----------
    output
        The file: .mp4, .gif, or .png for a sequence.
    seconds
        How long.
    heads
        How many faces are drawn at once, side by side.
    size
        WIDTHxHEIGHT of the picture, in px; of one head where there are several.
    audio
        A WAV file to hear; it is not put into the result.
    """
    from likeness.options import Options

    options = Options(
        outputs=[output],
        seconds=seconds,
        heads=heads,
        size=parse_size(size),
        fps=fps,
        seed=seed,
        device=device,
        settings=parse_settings(set_ or []),
        plugins=plugin or [],
        audio=audio,
        weights=weights,
        backend=backend,
        precision=precision,
        offline=True,
    )
    _render(read_named_preset(preset), options)


def demo() -> None:
    """Show what it can do: in a window where there is a display, else as a video in out/demo.mp4."""
    from likeness.outputs.window import has_display

    if has_display():
        print("Playing in a window: Esc ends, F is full-screen, Space freezes, B fades to black.")
        play("demo", windowed=True)
    else:
        print("No display here, so the demo becomes a video.")
        render("demo", output=DEMO_FILE, seconds=DEMO_SECONDS)


def _found(name: str, resume: bool) -> "tuple[Preset, Tensor | None]":
    """Return the preset of that name, or the last show and the face at which it stood."""
    from likeness.cues.autosave import read_autosave

    last = read_autosave() if resume else None
    if resume:
        print("Taking the last show up again." if last else f"There is no last show to take up; playing {name}.")
    return last or (read_named_preset(name), None)


def _play(preset: "Preset", face: "Tensor | None", options: "Options", status: bool) -> None:
    from contextlib import nullcontext

    from likeness.commands.status_panel import StatusPanel
    from likeness.show.show import Show

    with Show(preset, options, face) as show:
        until = f"for {options.seconds:g} s" if options.seconds else "until Ctrl+C"
        print(f"Playing on {', '.join(options.outputs)} {until}.", flush=True)
        with StatusPanel(show.status) if status else nullcontext():
            show.run()
        print(show.loop.summary())
    _tell_files(options.outputs)


def _render(preset: "Preset", options: "Options") -> None:
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    from likeness.show.show import Show

    columns = (TextColumn("rendering"), BarColumn(), MofNCompleteColumn(), TextColumn("frames"), TimeRemainingColumn())
    with Show(preset, options) as show, Progress(*columns) as progress:
        task = progress.add_task("render", total=show.frames)
        show.run(lambda done: progress.update(task, completed=done))
    _tell_files(options.outputs)


def _tell_files(outputs: Sequence[str]) -> None:
    for name in outputs:
        if name not in ("window", "null"):
            print(f"The result is in {Path(name).resolve()}")
