"""The options that several commands take, each with its line of `--help`, and how their texts are read."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter
from cyclopts.validators import Number

from likeness.errors import LikenessError

if TYPE_CHECKING:
    from likeness.parameters.presets import Preset

PresetName = Annotated[str, Parameter(help="A preset's name, or a .toml file.")]
Size = Annotated[str, Parameter(help="WIDTHxHEIGHT of the picture, in px.")]
Fps = Annotated[float, Parameter(help="Frames per second.")]
Seed = Annotated[int, Parameter(help="Which face to begin with, and all that is drawn at random after it.")]
Windowed = Annotated[bool, Parameter(help="In a window instead of full-screen.")]
Device = Annotated[str, Parameter(help="auto, cpu, cuda or mps.")]
Settings = Annotated[list[str], Parameter(name="--set", negative=(), help="PLUGIN.PARAM=VALUE; repeat it for more.")]
Plugins = Annotated[
    list[Path],
    Parameter(
        name="--plugin", negative=(), help="A plugin's .py file to add at the end of the rack; repeat it for more."
    ),
]
Midi = Annotated[str, Parameter(help="A part of a controller's name, auto for all of them, or off.")]
Audio = Annotated[
    str, Parameter(help='What to hear: a part of an input device\'s name, "default", a WAV file, or off.')
]
Weights = Annotated[str, Parameter(help="A weights file, or the name of a bundled one.")]
PlayedWeights = Annotated[
    str, Parameter(help="A weights file, the folder of a training run, or the name of a bundled one.")
]
Backend = Annotated[
    Literal["auto", "eager", "compile", "openvino", "graph"],
    Parameter(
        help="What draws the network; auto takes the fastest that is installed: "
        '"graph" on CUDA, "openvino" on processors.'
    ),
]
Precision = Annotated[
    Literal["auto", "float32", "bfloat16", "float16", "mixed"],
    Parameter(
        help="The numbers it is drawn in; auto takes bfloat16 where the processor multiplies it, and float16 on CUDA "
        'where the picture stays the same. "mixed" is float16 at the four finest sizes of a StyleGAN2.'
    ),
]

# Said differently by each command that takes them.
Outputs = Annotated[list[str], Parameter(name=("--output", "-o"), negative=())]
OutFile = Annotated[str, Parameter(name=("--output", "-o"))]
Displays = Annotated[list[int], Parameter(name="--display", negative=())]
# As in presets.MOST_HEADS, which would make `--help` import pydantic.
Heads = Annotated[int, Parameter(validator=Number(gte=1, lte=64))]


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


def read_named_preset(name: str) -> "Preset":
    """Return the preset of that name, or in that .toml file."""
    from likeness.parameters.presets import find_preset, read_preset
    from likeness.paths import search_dirs

    return read_preset(find_preset(name, search_dirs("presets")))
