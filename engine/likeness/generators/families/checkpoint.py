"""Sources of a family's tensors: our own format, a bare safetensors file, or somebody else's snapshot."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open
from torch import Tensor

from likeness.errors import WeightsError
from likeness.generator import Licence
from likeness.generators.readers.file_kinds import is_safetensors
from likeness.generators.readers.open_snapshot import identify_by_names, open_snapshot
from likeness.generators.readers.snapshot import Snapshot
from likeness.generators.weights_file import WeightsHeader, read_header, read_weights

UNKNOWN = "unknown"
# What is known of weights by the code that wrote them. Whoever trained them decides; see docs/weights.md.
NOTICES = {
    "StyleGAN2 (official, PyTorch)": (
        "NVIDIA's own weights, and their code: NVIDIA Source Code License, research and non-commercial use only; "
        "ask whoever trained this file"
    ),
    "StyleGAN3 (official, PyTorch)": (
        "NVIDIA's own weights, and their code: NVIDIA Source Code License, research and non-commercial use only; "
        "ask whoever trained this file"
    ),
    "StyleGAN2 (official, TensorFlow)": (
        "NVIDIA's own weights: NVIDIA Source Code License, non-commercial use only; ask whoever trained this file"
    ),
    "StyleGAN (official, TensorFlow)": (
        "NVIDIA's own weights: CC BY-NC 4.0, no commercial use; ask whoever trained this file"
    ),
    "progressive growing (official, TensorFlow)": (
        "NVIDIA's own weights: CC BY-NC 4.0, no commercial use; ask whoever trained this file"
    ),
}
NOBODY_SAID = "nobody has said what these weights may be used for; ask whoever trained them before a paid night"


@dataclass(frozen=True)
class Source:
    """A generator's tensors and what goes with them.

    Args:
        family: which adapter draws it; "" for a state dict of unknown names.
        layout: whose file it is, for a person to read.
        arguments: what the tensors do not say; plain JSON, not checked yet.
        tensors: by name, on the CPU, as stored.
        licence: of the weights.
    """

    family: str
    layout: str
    arguments: Mapping[str, Any]
    tensors: Mapping[str, Tensor]
    licence: Licence


def read_source(path: Path, *families: str) -> Source | None:
    """Return what `path` holds where it is of one of `families`, else None.

    Raises:
        WeightsError: where it is absent or broken, or asks for what no weights file needs.
    """
    header = read_header(path)
    if header is not None:
        if header.family not in families:
            return None
        return own_source(*read_weights(path))
    if path.suffix == ".safetensors" or is_safetensors(path):
        return _read_bare_safetensors(path, families)
    snapshot = open_snapshot(path)
    if snapshot is None or snapshot.family not in families:
        return None
    return _to_source(snapshot, snapshot.tensors())


def own_source(header: WeightsHeader, tensors: Mapping[str, Tensor]) -> Source:
    """Return the source that a file of our own format is."""
    return Source(header.family, "likeness", header.arguments, tensors, header.licence)


def _read_bare_safetensors(path: Path, families: tuple[str, ...]) -> Source | None:
    try:
        with safe_open(str(path), framework="pt") as file:
            names = list(file.keys())
            snapshot = identify_by_names(dict.fromkeys(names))
            if snapshot.family not in families:
                return None
            return _to_source(snapshot, {name: file.get_tensor(name) for name in names})
    except (SafetensorError, OSError) as error:
        raise WeightsError(f"{path} is not a whole safetensors file ({error}); copy or download it again") from error


def _to_source(snapshot: Snapshot, tensors: Mapping[str, Tensor]) -> Source:
    licence = Licence(UNKNOWN, None, NOTICES.get(snapshot.layout, NOBODY_SAID))
    return Source(snapshot.family, snapshot.layout, snapshot.arguments, tensors, licence)


def read_number(arguments: Mapping[str, Any], name: str, default: float, low: float, high: float) -> float:
    """Return a finite number of a file's arguments.

    Raises:
        ValueError: where it is something else or outside [low, high].
    """
    value = arguments.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        raise ValueError(f"the argument {name!r} is {str(value)[:60]!r}, wanted a number in [{low:g}, {high:g}]")
    return float(value)


def read_integer(arguments: Mapping[str, Any], name: str, default: int, low: int, high: int) -> int:
    """Return a whole number of a file's arguments.

    Raises:
        ValueError: where it is something else or outside [low, high].
    """
    value = read_number(arguments, name, default, low, high)
    if value != math.floor(value):
        raise ValueError(f"the argument {name!r} is {value:g}, wanted a whole number")
    return int(value)


def read_clamp(arguments: Mapping[str, Any], default: float | None) -> float | None:
    """Return the argument `conv_clamp`, None for no limit.

    Raises:
        ValueError: where it is no positive number.
    """
    if arguments.get("conv_clamp", default) is None:
        return None
    return read_number(arguments, "conv_clamp", 256, 1e-6, 1e12)


def read_text(arguments: Mapping[str, Any], name: str, default: str) -> str:
    """Return a short text of a file's arguments.

    Raises:
        ValueError: where it is something else.
    """
    value = arguments.get(name, default)
    if not isinstance(value, str) or len(value) > 40:
        raise ValueError(f"the argument {name!r} is a {type(value).__name__}, wanted a short text")
    return value
