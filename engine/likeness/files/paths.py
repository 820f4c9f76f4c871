"""The folders of plugins, presets and weights: those that come with the program, then the user's own."""

import os
from pathlib import Path
from typing import Literal

from likeness.errors import PluginError, WeightsError, nearest

Kind = Literal[
    "plugins",
    "presets",
    "weights",
    "controllers",
    "bindings",
    "cues",
    "autosave",
    "faces",
    "gallery",
    "desk",
    "audience",
    "dmx",
    "filters",
    "landmarks",
]

# Used where neither the preset nor the command line names weights.
DEFAULT_WEIGHTS = "faces-256"
# Plays in their place where they are too slow: the same faces without the network that refines them.
LIGHT_WEIGHTS = "composite-256"
# Plays in their place where the machine is fast enough: the same faces drawn at 512 px.
LARGE_WEIGHTS = "faces-512"
LARGE_PX = 512
PACKAGE = Path(__file__).resolve().parents[1]
# Names the user's folder, for installations that keep a show's things together.
HOME_VARIABLE = "LIKENESS_HOME"
# The file that a training run keeps up to date in its folder.
RUN_WEIGHTS = "weights.safetensors"
# `faces.pkl` is encoded by `faces.encoder.safetensors` in the same folder, unless its header names another file.
ENCODER = ".encoder.safetensors"
# The mouth of `composite-256.safetensors` is moved by `composite-256.mouth.safetensors`, beside it or a bundled one.
MOUTH = ".mouth.safetensors"
# What turns sound into the shapes of a mouth, for all weights.
VOICE = "voice.safetensors"


def bundled_dir(kind: Kind) -> Path:
    """Return the folder that comes with the program: a clone's, else the one inside the wheel."""
    clone = PACKAGE.parent.parent / kind
    return clone if PACKAGE.parent.name == "engine" and clone.is_dir() else PACKAGE / f"_{kind}"


def user_dir(kind: Kind) -> Path:
    """Return the user's folder, `~/.likeness/KIND` unless LIKENESS_HOME says otherwise; it need not exist."""
    return Path(os.environ.get(HOME_VARIABLE) or _home() / ".likeness") / kind


def _home() -> Path:
    try:
        return Path.home()
    # HOME is not set and the user is in no list, as in some containers, which then set it to this.
    except RuntimeError:
        return Path(os.sep)


def search_dirs(kind: Kind) -> tuple[Path, Path]:
    """Return the folders to search, in order: a file in a later one replaces its namesake in an earlier one."""
    return bundled_dir(kind), user_dir(kind)


def list_files(folder: Path, suffix: str) -> list[Path]:
    """Return the files of `folder` that end in `suffix`, such as ".toml", in any case, sorted."""
    if not folder.is_dir():
        return []
    return sorted(path for path in folder.iterdir() if path.name.lower().endswith(suffix) and path.is_file())


def find_plugin_file(text: str) -> Path:
    """Return the file that `text` means: its path, or that of the plugin called so, the user's own before the bundled.

    A path that is not there comes back all the same, for whoever opens it to refuse.

    Raises:
        PluginError: no plugin is called so; naming the nearest there are.
    """
    path = Path(text)
    if path.suffix or path.name != text or path.is_file():
        return path
    found = {file.stem: file for folder in search_dirs("plugins") for file in list_files(folder, ".py")}
    if text not in found:
        raise PluginError(f"no plugin {text!r:.200}; {nearest(text, found)}")
    return found[text]


def find_weights(name: str) -> Path:
    """Return the weights file that `name` means.

    Args:
        name: a file, the folder of a training run, or the name of a .safetensors file in the usual folders.

    Raises:
        WeightsError: naming the nearest there are.
    """
    if Path(name).is_file():
        return Path(name)
    if (Path(name) / RUN_WEIGHTS).is_file():
        return Path(name) / RUN_WEIGHTS
    if (Path(name) / "config.toml").is_file():
        raise WeightsError(f"the training run in {name} has written no weights yet; wait for its first minute to pass")
    found = list_weights()
    if name not in found:
        raise WeightsError(f"no weights {name!r}, neither a file nor a bundled name; {nearest(name, found)}")
    return found[name]


def list_weights() -> dict[str, Path]:
    """Return the weights of the usual folders by name; no file is opened."""
    files = (path for folder in search_dirs("weights") for path in list_files(folder, ".safetensors"))
    return {path.stem: path for path in files if not _is_companion(path.name.lower())}


def _is_companion(name: str) -> bool:
    """Return whether a weights file of that name draws nothing by itself."""
    return name == VOICE or name.endswith((ENCODER, MOUTH))


def find_voice() -> Path | None:
    """Return the file of the voice network, the user's own before the bundled one; None where there is neither."""
    found = [folder / VOICE for folder in search_dirs("weights") if (folder / VOICE).is_file()]
    return found[-1] if found else None


def find_mouth(weights: Path | None) -> Path | None:
    """Return the file that moves the mouths of composite weights; None where there is none.

    Their own is NAME.mouth.safetensors beside them. Faces are all cut at the eyes and the mouth, so that the bundled
    one fits others too.
    """
    names = [weights.with_name(weights.stem + MOUTH)] if weights is not None else []
    names.append(bundled_dir("weights") / (LIGHT_WEIGHTS + MOUTH))
    return next((path for path in names if path.is_file()), None)


def find_filter(name: str) -> Path:
    """Return the file of the filter that `name` means; see `list_filters`.

    Args:
        name: a file, the folder of a training run, or the name of a filter in the usual folders.

    Raises:
        WeightsError: naming the nearest there are.
    """
    path = Path(name).expanduser()
    if path.is_file():
        return path
    if (path / RUN_WEIGHTS).is_file():
        return path / RUN_WEIGHTS
    found = list_filters()
    if name not in found:
        raise WeightsError(f"no filter {name!r}, neither a file nor a bundled name; {nearest(name, found)}")
    return found[name]


def list_filters() -> dict[str, Path]:
    """Return the filters by name: those in `filters/` of the bundled weights, and in the user's folder `filters`."""
    folders = (bundled_dir("weights") / "filters", user_dir("filters"))
    return {path.stem: path for folder in folders for path in list_files(folder, ".safetensors")}


def list_directions(*weights: str) -> dict[str, Path]:
    """Return the files of latent directions by name: of the weights called so, the first that have one of a name."""
    places = [folder / "directions" / name for name in reversed(weights) for folder in search_dirs("weights")]
    return {path.stem: path for place in places for path in list_files(place, ".safetensors")}


def find_direction(name: str, *weights: str) -> Path:
    """Return the file of the latent direction called `name` of the weights called `weights`; see `list_directions`.

    They lie in `directions/WEIGHTS/NAME.safetensors` beside the weights of the usual folders.

    Raises:
        WeightsError: naming the nearest there are.
    """
    found = list_directions(*weights)
    if name not in found:
        own = weights[0] if weights else "these weights"
        raise WeightsError(
            f"no direction {name!r} of {own}; {nearest(name, found)}, and `likeness directions` finds more"
        )
    return found[name]


def resolve_direction(text: str, *weights: str) -> Path:
    """Return the file that `text` means: the path of one, or the name of a direction of the weights called `weights`.

    Raises:
        WeightsError: it is neither; naming the nearest there are.
    """
    path = Path(text).expanduser()
    is_file = text.lower().endswith(".safetensors") or path.is_file()
    return path if is_file else find_direction(text, *weights)


def population_files(weights: Path) -> list[Path]:
    """Return the possible files of a weights file's population, the user's own first; none of them need exist.

    `populations/NAME.safetensors` in the user's folder, beside the weights, and among the bundled ones.
    """
    beside = (user_dir("weights"), weights.parent, bundled_dir("weights"))
    return list(dict.fromkeys(folder / "populations" / f"{weights.stem}.safetensors" for folder in beside))
