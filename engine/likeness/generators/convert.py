"""Weights files inspected, and converted to our own format, which loads without any pickle."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import torch

from likeness.errors import WeightsError
from likeness.generator import Licence
from likeness.generators.families import torchscript_onnx
from likeness.generators.families.checkpoint import read_source
from likeness.generators.families.registry import NAMES, find_family, open_source, unknown_family
from likeness.generators.weights_file import WeightsHeader, read_header, write_weights

CPU = torch.device("cpu")
BLOCK = 1 << 20


@dataclass(frozen=True)
class WeightsInfo:
    """What a weights file is.

    Args:
        path: the file.
        family: "stylegan2", ...; what plays it.
        layout: whose format it is in; "likeness" is ours.
        resolution: height and width in px; 0 where only its own family's adapter can say.
        num_ws, w_dim: the latent is `[batch, num_ws, w_dim]`; 0 where only the adapter can say.
        numbers: how many the tensors hold; 0 where the file is a program.
        licence: of the weights.
        size_bytes: of the file.
        sha256: of the file, as publishers print it.
    """

    path: Path
    family: str
    layout: str
    resolution: int
    num_ws: int
    w_dim: int
    numbers: int
    licence: Licence
    size_bytes: int
    sha256: str


def inspect_weights(path: Path) -> WeightsInfo:
    """Return what `path` is; the network is built on the CPU, nothing is drawn.

    Raises:
        WeightsError: where it is absent, broken, or of no known family.
    """
    if not path.is_file():
        raise WeightsError(f"there is no weights file {path}")
    size, sha = path.stat().st_size, file_sha256(path)
    header = read_header(path)
    if header is not None and header.family not in NAMES:
        side, num_ws, w_dim = (int(header.arguments.get(name, 0)) for name in ("size", "num_ws", "w_dim"))
        return WeightsInfo(path, header.family, "likeness", side, num_ws, w_dim, 0, header.licence, size, sha)
    source = read_source(path, *NAMES)
    if source is None:
        generator, layout, numbers = torchscript_onnx.load_generator(path, CPU), "a program", 0
        if generator is None:
            raise unknown_family(path)
    else:
        generator = open_source(path, source, CPU)
        layout, numbers = source.layout, sum(tensor.numel() for tensor in source.tensors.values())
    found = generator.info
    return WeightsInfo(
        path, found.family, layout, found.resolution, found.num_ws, found.w_dim, numbers, found.licence, size, sha
    )


def convert_weights(path: Path, out: Path, licence: Licence | None = None) -> WeightsHeader:
    """Write what `path` holds to `out` in our own format, after building it once, and return the header.

    The pictures of both are the same bit for bit.

    Args:
        licence: of the weights, where its owner has said; else what `path` says of itself.

    Raises:
        WeightsError: where `path` is broken, of no known family, or a program, or where `out` cannot be written.
    """
    if not path.is_file():
        raise WeightsError(f"there is no weights file {path}")
    if out.suffix.lower() != ".safetensors":
        raise WeightsError(f"{out} should end in .safetensors, for that is what is written")
    source = read_source(path, *NAMES)
    if source is None:
        raise unknown_family(path)
    open_source(path, source, CPU)
    family, arguments = find_family(source).to_own_format(source)
    # Cloned, because safetensors refuses tensors that share their memory.
    tensors = {name: tensor.clone() for name, tensor in source.tensors.items()}
    return write_weights(out, WeightsHeader(family, arguments, licence or source.licence), tensors)


def file_sha256(path: Path) -> str:
    """Return the SHA-256 of a file's bytes."""
    sha = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            sha.update(block)
    return sha.hexdigest()
