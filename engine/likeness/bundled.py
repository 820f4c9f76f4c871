"""Where the plugins, presets and weights are that come with the program: in a clone, or inside the wheel."""

from pathlib import Path

PACKAGE = Path(__file__).resolve().parent


def bundled(kind: str) -> Path:
    """Return the folder of `kind` ("plugins", "presets", "weights"): the clone's where there is one."""
    clone = PACKAGE.parent.parent / kind
    return clone if (PACKAGE.parent.name == "engine" and clone.is_dir()) else PACKAGE / f"_{kind}"
