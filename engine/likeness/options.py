"""What the command line asked of a show."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from likeness.parameters.midi_binding import Takeover


@dataclass(frozen=True)
class Options:
    """What the command line asked for; None leaves it to the preset, and then to the default."""

    outputs: Sequence[str] = ("window",)
    seconds: float | None = None
    displays: Sequence[int] = (0,)
    heads: int | None = None
    windowed: bool = False
    size: tuple[int, int] | None = None
    fps: float | None = None
    seed: int | None = None
    device: str = "auto"
    settings: Mapping[str, str] = field(default_factory=dict)
    plugins: Sequence[Path] = ()
    osc_port: int = 0
    osc_host: str = "127.0.0.1"
    oscquery_port: int = 0
    midi: str = "off"
    takeover: Takeover | None = None
    audio: str = "off"
    camera: str | None = None
    link: bool = False
    weights: str | None = None
    backend: str = "auto"
    precision: str = "auto"
    offline: bool = False
    watch: bool = False
    follow: bool = False
    autosave: bool = False
