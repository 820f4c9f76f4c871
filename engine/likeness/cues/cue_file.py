"""Cue file: one safetensors file a cue, face and picture as its tensors and all else as JSON in its header."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save
from torch import Tensor

from likeness.errors import CueError
from likeness.files.atomic_write import atomic_write

FORMAT = 1
KEY = "likeness_cue"
LATENT = "latent"
# The JPEG of what was shown, byte by byte. Versions without it take the latent by its name and leave this alone.
PICTURE = "picture"


def write_cue(path: Path, header: Mapping[str, Any], face: Tensor, picture: bytes | None = None) -> None:
    """Write `header` (plain JSON), `face` [num_ws, w_dim] and the JPEG `picture`; an old file stays until it is whole.

    One file, so that face and values cannot get out of step, and so that a plugin can load it as a saved face.

    Raises:
        CueError: if the disk refuses.
    """
    metadata = {KEY: json.dumps({"format": FORMAT, **header}, sort_keys=True)}
    # By numpy: for each size of a picture `safetensors.torch` makes two types of ctypes, which are kept for ever.
    tensors = {LATENT: np.ascontiguousarray(face.detach().float().cpu().numpy())}
    if picture is not None:
        tensors[PICTURE] = np.frombuffer(picture, np.uint8)
    try:
        atomic_write(path, save(tensors, metadata=metadata))
    except (OSError, SafetensorError) as error:
        raise CueError(f"{path} could not be written: {error}; is the disk full or the folder locked?") from error


def read_cue(path: Path) -> tuple[dict[str, Any], Tensor]:
    """Return what `write_cue` wrote: the header and the face on the CPU, float32.

    Raises:
        CueError: if the file is absent, broken, of a newer format or something else.
    """
    try:
        with safe_open(str(path), framework="pt") as file:
            header = json.loads((file.metadata() or {}).get(KEY, "null"))
            face: Tensor = file.get_tensor(LATENT).float()
    except (OSError, SafetensorError, ValueError, RecursionError) as error:
        raise CueError(f"{path} is not a whole cue ({error}); store it again") from error
    if not isinstance(header, dict) or header.pop("format", None) != FORMAT:
        raise CueError(f"{path} is no cue of this version of likeness; store it again, or update")
    if face.ndim != 2 or not bool(face.isfinite().all()):
        raise CueError(f"{path} holds {list(face.shape)} numbers or a NaN, where a face was wanted; store it again")
    return header, face


def read_picture(path: Path) -> bytes | None:
    """Return the bytes of the cue's picture; None if it has none, or there is no such cue. They may be anything."""
    try:
        with safe_open(str(path), framework="pt") as file:
            if PICTURE not in file.keys():  # noqa: SIM118  it is no mapping
                return None
            picture: Tensor = file.get_tensor(PICTURE)
    except (OSError, SafetensorError):
        return None
    return picture.numpy().tobytes() if picture.dtype == torch.uint8 and picture.ndim == 1 else None
