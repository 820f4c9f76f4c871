"""The command-line options of a show. To add an option to `likeness play`, `check` or `render`, add a field here.

Each option is declared once, with its flag, its help and the values that it accepts:

- `PictureOptions` holds what a render takes too; `Options` adds what only a live show takes.
- A field's name is its flag (`osc_port` is `--osc-port`), unless its type names another.
- Its help is in its type or in the class docstring, which is NumPy style because cyclopts reads that.
- A command takes all of them with one parameter, `options: Options = DEFAULTS`, and hands the object to `Show`.

Below the classes are the types of options that other commands share. This file must stay quick to import, since
`likeness --help` does: no torch, pydantic or cv2.
"""

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from cyclopts import Parameter, Token

from likeness import ranges
from likeness.errors import LikenessError
from likeness.files.paths import find_plugin_file
from likeness.ranges import FilmProfile, Fit, Range, Takeover

if TYPE_CHECKING:
    from likeness.parameters.presets import Preset

DEFAULT_FPS = 60.0


def ranged(allowed: Range, text: str = "") -> Parameter:
    """Return the declaration of an option that takes numbers in `allowed`, one or a list; its help names the range.

    Args:
        allowed: what is accepted; everything else ends the command in one line.
        text: its help, a sentence; where it is left out, the docstring of the command has the help.
    """

    def check(kind: Any, value: Any) -> None:
        for number in value if isinstance(value, list | tuple) else [value]:
            if number is not None and number not in allowed:
                raise ValueError(f"Give {allowed}.")

    if not text:
        # A help of None would hide that of the docstring.
        return Parameter(validator=check)
    return Parameter(validator=check, help=f"{text.removesuffix('.')} ({allowed}).")


def parse_settings(texts: Sequence[str]) -> dict[str, str]:
    """Return addresses and values of "PLUGIN.PARAM=VALUE" texts."""
    settings = {}
    for text in texts:
        address, equals, value = text.partition("=")
        if not equals or "." not in address:
            raise LikenessError(f"--set {text!r:.200} is not PLUGIN.PARAM=VALUE, such as random_walk.speed=0.3")
        settings[address.strip()] = value.strip()
    return settings


def _convert_size(kind: Any, tokens: Sequence[Token]) -> tuple[int, int]:
    try:
        return ranges.parse_size(tokens[0].value)
    except LikenessError as error:
        raise LikenessError(f"--size {error}") from error


def _convert_settings(kind: Any, tokens: Sequence[Token]) -> dict[str, str]:
    return parse_settings([token.value for token in tokens])


def _convert_plugins(kind: Any, tokens: Sequence[Token]) -> list[Path]:
    return [find_plugin_file(token.value) for token in tokens]


def _one_text(name: str, converter: Callable[..., Any], text: str, *, repeated: bool = False) -> Parameter:
    """Return the declaration of an option whose text `converter` reads."""
    return Parameter(
        name=name,
        converter=converter,
        n_tokens=-1 if repeated else 1,
        accepts_keys=False,
        negative=(),
        show_default=False,
        help=text,
    )


Fps = Annotated[float, ranged(ranges.FPS, "How fast it plays.")]
Heads = Annotated[int, ranged(ranges.HEADS, "How many faces are drawn at once, side by side.")]
Seed = Annotated[int, ranged(ranges.SEED, "The face to begin with, and of everything that is drawn at random later.")]
Size = Annotated[
    tuple[int, int] | None,
    Parameter(metavar="WIDTHxHEIGHT"),
    _one_text("--size", _convert_size, f"Of the picture in px, or of each head; each side {ranges.SIDE}."),
]
Settings = Annotated[
    Mapping[str, str],
    _one_text("--set", _convert_settings, "PLUGIN.PARAM=VALUE; repeat it for more.", repeated=True),
]
Plugins = Annotated[
    Sequence[Path], Parameter(name="--plugin", converter=_convert_plugins, negative=(), show_default=False)
]
Psi = Annotated[float, ranged(ranges.PSI, "Truncation: 0 is the mean face, above 1 is caricature.")]
FirstSeed = Annotated[int, ranged(ranges.SEED, "The faces are those of this seed and the next ones.")]
HoldOut = Annotated[
    int, ranged(ranges.NONE_OR_MORE, "How many of the pictures, the first by name, are kept out of training.")
]
Device = Annotated[str, Parameter(help="auto, cpu, cuda or mps.")]
Weights = Annotated[str, Parameter(help="A weights file, or the name of a bundled one.")]
PlayedWeights = Annotated[
    str, Parameter(help="A weights file, the folder of a training run, or the name of a bundled one.")
]
PresetName = Annotated[str, Parameter(help="A preset's name, or a .toml file.")]
PlayedName = Annotated[str, Parameter(help="A preset's name, a .toml file, or a .take file.")]
OutFile = Annotated[str, Parameter(name=("--output", "-o"))]
Force = Annotated[bool, Parameter(negative="", help="Replace what is there, instead of taking the next free name.")]
Windowed = Annotated[bool, Parameter(help="In a window instead of full-screen.")]


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class PictureOptions:
    """The options of everything that draws a preset; None leaves the choice to the preset, and then to the default.

    Parameters
    ----------
    plugins
        A plugin to add at the end of the rack, by its name or its .py file; repeat it for more.
    audio
        What to listen to: part of an input device's name, "default", a WAV file, or off. A render takes files only.
        Films and streams have it as their sound.
    camera
        Feed camera images to plugins such as lookalike and puppet: a camera's number from 0, a video, a photo, a folder
        of photos, or rtsp://... While it is live the picture carries a small mark. A render takes files alone, and
        goes through a video picture by picture.
    backend
        What runs the network; auto takes the fastest that is installed: "graph" on CUDA, "openvino" on processors.
    precision
        Number format of the network; auto takes bfloat16 where the processor multiplies it, and float16 on CUDA where
        the picture stays the same. "mixed" is float16 at the four finest sizes of a StyleGAN2; "int8" is for the
        default faces, which auto draws so on processors.
    threads
        How many threads the network has on a processor. The same number gives the same bits, whatever machine has how
        many cores; without it, all cores but one.
    fit
        How a picture fills a screen or --size of another shape: contain with black bars, cover with its edges cut off,
        stretch out of its shape, mirror it into the bars, blur it behind itself, tile the bars with it. Without it the
        preset decides, then contain.
    profile
        How films are coded: h264 (without it), h265, h265-10bit, vp9, prores4444 for cutting, ffv1 without any loss.
    unmodulated
        PLUGIN.PARAM that the preset's modulators leave alone, so that it stays where it is set; repeat it for more.
    """

    heads: Heads | None = None
    size: Size = None
    fps: Fps | None = None
    seed: Seed | None = None
    device: Device = "auto"
    settings: Settings = field(default_factory=dict)
    plugins: Plugins = ()
    audio: str = "off"
    camera: str | None = None
    weights: PlayedWeights | None = None
    backend: Literal["auto", "eager", "compile", "openvino", "graph"] = "auto"
    precision: Literal["auto", "float32", "bfloat16", "float16", "mixed", "int8"] = "auto"
    threads: Annotated[int | None, ranged(ranges.THREADS)] = None
    fit: Fit | None = None
    profile: FilmProfile | None = None
    unmodulated: Annotated[Sequence[str], Parameter(negative=(), show_default=False)] = ()
    force: Force = False


@Parameter(name="*")
@dataclass(frozen=True)
class Options(PictureOptions):
    """The options of a show.

    Seven of them are no flags here: `seconds`, which `play` and `check` each declare with a meaning of their own,
    `offline`, which says that the show runs on a fixed clock, `measured`, whether the machine is measured first and
    plays light weights where the default ones are too slow, and `alpha`, `begin`, `silent` (films without the sound)
    and `keep_going`, which `render` alone sets.

    Parameters
    ----------
    outputs
        "window", "null", a file (.mp4, .mov, .mkv, .gif, .png), a stream (srt://HOST:PORT, rtmp://, udp://, tcp://),
        ndi:NAME, camera, spout:NAME or syphon:NAME; repeat it for more than one.
    osc_host
        Address to listen on; 0.0.0.0 lets the whole network play.
    web_host
        Address at which the desk is served; 0.0.0.0 lets tablets and phones in that have the link.
    open_desk
        Open the desk in this machine's browser.
    midi
        Part of a controller's name, auto for all controllers, or off.
    dmx
        Listen to lighting desks, by Art-Net and sACN, at this address of this machine; 0.0.0.0 lets the whole network
        play. What their channels play is in the preset, or in a file in ~/.likeness/dmx.
    strict
        Hold the wanted rate. Otherwise a machine that is too slow for it plays at an even half, third and so on.
        Without it the preset decides.
    takeover
        How a knob takes over a value that was changed elsewhere: soft waits until the knob meets it, scale moves it
        along, jump sets it at once. Without it the preset decides, then soft.
    audience
        The address of `likeness audience serve`: visitors whom its operator lets in come onto the stage, by the plugin
        lookalike.
    audience_key
        The key for it, which the server prints; else LIKENESS_AUDIENCE_KEY in the environment, which other users of
        this machine do not see.
    link
        Share tempo and bars with Ableton Link; needs the extra `link`.
    watch
        Reload a plugin when its file changes.
    follow
        Reload the weights when their file changes, as a training run's does every few minutes.
    status
        Show rate, frame times, drops, costs and tempo at the foot of the terminal.
    resume
        Go on with the last show where it ended or crashed: its rack, values and face. Without one, play the preset.
    autosave
        Save the show every few seconds, for --resume.
    take
        Record all that you play to this file, which ends in .take; `likeness render FILE.take` makes the film of it.
    shadow
        Follow the show of another machine, unseen, and play on where that falls silent: its name or address, with the
        port of its desk, or the link that it prints.
    """

    outputs: Annotated[Sequence[str], Parameter(name=("--output", "-o"), negative=(), show_default=False)] = ("window",)
    seconds: Annotated[float | None, Parameter(parse=False)] = None
    displays: Annotated[
        Sequence[int],
        ranged(Range(0, 63), "Number of the display; with several heads, repeat it to give each its own."),
        Parameter(name="--display", negative=(), show_default=False),
    ] = (0,)
    windowed: Windowed = False
    osc_port: Annotated[int, ranged(ranges.PORT, "UDP port for OSC, 0 for none.")] = 9000
    osc_host: str = "127.0.0.1"
    web_port: Annotated[
        int,
        ranged(ranges.PORT, "TCP port of the desk, OSCQuery and `/status`; else the next free one; 0 for none."),
        Parameter(name=("--web-port", "--oscquery-port")),
    ] = 9001
    web_host: str = "127.0.0.1"
    open_desk: Annotated[bool, Parameter(name="--open")] = False
    midi: str = "auto"
    dmx: str | None = None
    artnet_port: Annotated[int, ranged(ranges.PORT, "UDP port for Art-Net with --dmx, 0 for none.")] = 6454
    sacn_port: Annotated[int, ranged(ranges.PORT, "UDP port for sACN with --dmx, 0 for none.")] = 5568
    strict: bool | None = None
    takeover: Takeover | None = None
    audience: str | None = None
    audience_key: str | None = None
    link: bool = False
    watch: bool = False
    follow: bool = False
    status: bool = False
    resume: bool = False
    autosave: bool = True
    take: Path | None = None
    shadow: str | None = None
    shadow_grace: Annotated[
        float, ranged(Range(0.0, 10.0, "seconds"), "How long the other machine may be silent beyond two frames.")
    ] = 0.25
    offline: Annotated[bool, Parameter(parse=False)] = False
    measured: Annotated[bool, Parameter(parse=False)] = True
    alpha: Annotated[bool, Parameter(parse=False)] = False
    begin: Annotated[float, Parameter(parse=False)] = 0.0
    silent: Annotated[bool, Parameter(parse=False)] = False
    keep_going: Annotated[bool, Parameter(parse=False)] = False


DEFAULTS = Options()
PICTURE_DEFAULTS = PictureOptions()
# A show without outputs and inputs that saves nothing and plays what it is told, however slow the machine is: what
# tools and tests start from.
QUIET = Options(("null",), osc_port=0, web_port=0, midi="off", autosave=False, strict=True, measured=False)


def count_threads(options: PictureOptions) -> int:
    """Return how many threads the network has: capture, window, sound and encoder live on the core that is left."""
    return options.threads or max(1, (os.cpu_count() or 1) - 1)


def quieten(options: PictureOptions) -> Options:
    """Return `QUIET` with the picture of `options`."""
    return replace(QUIET, **{each.name: getattr(options, each.name) for each in fields(PictureOptions)})


def read_named_preset(name: str) -> "Preset":
    """Return the preset of that name, or in that .toml file."""
    from likeness.files.paths import search_dirs
    from likeness.parameters.presets import find_preset, read_preset

    path = find_preset(name, search_dirs("presets"))
    return read_preset(path).model_copy(update={"name": path.stem})
