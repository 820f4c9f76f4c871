"""Read what stands behind the options of several commands."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from likeness.errors import LikenessError

if TYPE_CHECKING:
    from likeness.presets import Preset


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
    from likeness.places import folders
    from likeness.presets import find_preset, read_preset

    return read_preset(find_preset(name, folders("presets")))
