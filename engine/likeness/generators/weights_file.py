"""Our own weights format: a safetensors file whose metadata holds one JSON header. Loads without any pickle."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from likeness.errors import WeightsError
from likeness.files.atomic_write import atomic_write
from likeness.generator import Licence
from likeness.generators.readers.file_kinds import describe_file

FORMAT = 1
KEY = "likeness"
LATENTS = "latents"  # the argument that says whose latents these weights play


@dataclass(frozen=True)
class WeightsHeader:
    """What the tensors are for.

    Args:
        family: which adapter opens them.
        arguments: what that adapter needs to rebuild the generator; plain JSON.
        licence: of the weights.
        sha256: of the tensors by `digest`; empty until written.
    """

    family: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    licence: Licence = field(default_factory=lambda: Licence("unknown"))
    sha256: str = ""


def digest(tensors: Mapping[str, Tensor]) -> str:
    """Return the SHA-256 of names, types, shapes and bytes, independent of the order in the file."""
    sha = hashlib.sha256()
    for name in sorted(tensors):
        tensor = tensors[name].detach().cpu().contiguous()
        sha.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}\n".encode())
        sha.update(tensor.reshape(-1).view(torch.uint8).numpy().tobytes() if tensor.numel() else b"")
    return sha.hexdigest()


def write_weights(path: Path, header: WeightsHeader, tensors: Mapping[str, Tensor]) -> WeightsHeader:
    """Write `tensors` under `header` and return the header with its hash; the old file stays until the new is whole.

    Raises:
        WeightsError: where the disk refuses.
    """
    plain = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    header = WeightsHeader(header.family, header.arguments, header.licence, digest(plain))
    text = json.dumps({"format": FORMAT, **asdict(header)}, sort_keys=True)
    try:
        # `save_file` of safetensors 0.8 makes a file that its owner alone may read; weights are there to be shared.
        atomic_write(path, save(plain, metadata={KEY: text}))
    except (OSError, SafetensorError) as error:
        raise WeightsError(f"{path} could not be written: {error}; is the disk full or the folder locked?") from error
    return header


def read_header(path: Path) -> WeightsHeader | None:
    """Return the header of a file of ours, or None where the file is something else.

    Raises:
        WeightsError: where the file is ours but broken.
    """
    if not path.is_file():
        raise WeightsError(f"there is no weights file {path}")
    try:
        with safe_open(str(path), framework="pt") as file:
            metadata = file.metadata() or {}
    except (SafetensorError, OSError) as error:
        if path.suffix == ".safetensors":
            kind = describe_file(path) or f"is not a whole safetensors file ({error}); copy or download it again"
            raise WeightsError(f"{path} {kind}") from error
        return None
    if KEY not in metadata:
        return None
    try:
        fields = json.loads(metadata[KEY])
        if fields["format"] != FORMAT:
            raise WeightsError(f"{path} is of format {fields['format']}, this version reads {FORMAT}; update likeness")
        licence = Licence(**fields["licence"])
        return WeightsHeader(str(fields["family"]), dict(fields["arguments"]), licence, str(fields["sha256"]))
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        raise WeightsError(f"{path} has a broken header ({error!r}); convert or train it again") from error


def read_weights(path: Path) -> tuple[WeightsHeader, dict[str, Tensor]]:
    """Return header and tensors (on the CPU) of a file of ours, its hash checked.

    Raises:
        WeightsError: where it is absent, broken, changed since it was written, or not ours.
    """
    header = read_header(path)
    if header is None:
        raise WeightsError(f"{path} is not a likeness weights file (it has no {KEY!r} header)")
    with safe_open(str(path), framework="pt") as file:
        tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - no dict, has no __iter__
    if digest(tensors) != header.sha256:
        raise WeightsError(f"{path} was changed after it was written: its hash does not match; copy it again")
    return header, tensors


def fingerprint(path: Path) -> str:
    """Return the SHA-256 that tells weights from others of the same name, in hexadecimal.

    That of the tensors, as the header has it, where the file is ours; that of weights of this name whose latents these
    play, where these were given another network since: what was saved for those is theirs. Else of the whole file,
    which takes a second for some hundred megabytes.

    Raises:
        WeightsError: where the file is absent or broken.
    """
    header = read_header(path)
    if header is not None:
        shared = shared_latents(header)
        return shared.sha256 if shared is not None and shared.weights == path.stem else header.sha256
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@dataclass(frozen=True)
class SharedLatents:
    """The weights whose latents others play number by number, and whose encoder and directions they share.

    Args:
        weights: their name.
        sha256: of their tensors, as in their header.
    """

    weights: str
    sha256: str


def declare_latents(path: Path, header: WeightsHeader) -> dict[str, Any]:
    """Return the argument by which weights made of those at `path` say that they play the latents of these."""
    shared = shared_latents(header) or SharedLatents(path.stem, header.sha256)
    return {LATENTS: asdict(shared)}


def shared_latents(header: WeightsHeader | None) -> SharedLatents | None:
    """Return whose latents the weights of a header play, None where these are their own or nobody has said."""
    told = header.arguments.get(LATENTS) if header else None
    if not isinstance(told, Mapping):
        return None
    name, sha256 = told.get("weights"), told.get("sha256")
    return SharedLatents(name, sha256) if isinstance(name, str) and isinstance(sha256, str) else None


def is_of_family(path: Path, family: str) -> bool:
    """Return whether a file says that it holds weights of `family`; whether it is a whole one is not looked at."""
    try:
        header = read_header(path)
    except WeightsError:
        return False
    return header is not None and header.family == family


def read_count(value: object, span: tuple[int, int], name: str) -> int:
    """Return a whole number of a header that lies in `span`, both ends included.

    Raises:
        ValueError: it is none, or lies outside; with its name.
    """
    if not isinstance(value, int) or isinstance(value, bool) or not span[0] <= value <= span[1]:
        raise ValueError(f"{name} is {value!r:.40}, wanted {span[0]} to {span[1]}")
    return value
