"""Say what a weights file is, and write it in our own format, which loads without any pickle."""

import hashlib
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch

from likeness.errors import WeightsError
from likeness.generator import Generator, Licence
from likeness.generators.families import stylegan1, stylegan2, stylegan3
from likeness.generators.families import torchscript_onnx as foreign
from likeness.generators.families import z_only as zonly
from likeness.generators.families.checkpoint import Source, read_source
from likeness.generators.weights_file import WeightsHeader, read_header, write_weights

CPU = torch.device("cpu")
FAMILIES = ("stylegan2", "stylegan3", "stylegan1", *zonly.FAMILIES)
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


def info(path: Path) -> WeightsInfo:
    """Return what `path` is; the network is built on the CPU, nothing is drawn.

    Raises:
        WeightsError: where it is absent, broken, or of no known family.
    """
    if not path.is_file():
        raise WeightsError(f"there is no weights file {path}")
    size, sha = path.stat().st_size, file_sha256(path)
    header = read_header(path)
    if header is not None and header.family not in FAMILIES:
        side, num_ws, w_dim = (int(header.arguments.get(name, 0)) for name in ("size", "num_ws", "w_dim"))
        return WeightsInfo(path, header.family, "likeness", side, num_ws, w_dim, 0, header.licence, size, sha)
    source = read_source(path, *FAMILIES)
    if source is None:
        generator, layout, numbers = foreign.load_generator(path, CPU), "a program", 0
        if generator is None:
            raise _unknown(path)
    else:
        generator = build(path, source)
        layout, numbers = source.layout, sum(tensor.numel() for tensor in source.tensors.values())
    found = generator.info
    return WeightsInfo(
        path, found.family, layout, found.resolution, found.num_ws, found.w_dim, numbers, found.licence, size, sha
    )


def convert(path: Path, out: Path, licence: Licence | None = None) -> WeightsHeader:
    """Write what `path` holds to `out` in our own format, after building it once, and return the header.

    The pictures of both are the same bit for bit.

    Args:
        licence: of the weights, where its owner has said; else what `path` says of itself.

    Raises:
        WeightsError: where `path` is broken, of no known family, or a program, or where `out` cannot be written.
    """
    if not path.is_file():
        raise WeightsError(f"there is no weights file {path}")
    if out.suffix != ".safetensors":
        raise WeightsError(f"{out} should end in .safetensors, for that is what is written")
    source = read_source(path, *FAMILIES)
    if source is None:
        raise _unknown(path)
    build(path, source)
    family, arguments = _canonical(source)
    # Cloned, because safetensors refuses tensors that share their memory.
    tensors = {name: tensor.clone() for name, tensor in source.tensors.items()}
    return write_weights(out, WeightsHeader(family, arguments, licence or source.licence), tensors)


def build(path: Path, source: Source) -> Generator:
    """Return the generator of a source.

    Raises:
        WeightsError: where a tensor or an argument is missing or wrong.
    """
    try:
        if source.family == "stylegan2":
            return stylegan2.StyleGAN2Generator(source, CPU)
        if source.family == "stylegan3":
            return stylegan3.StyleGAN3Generator(source, CPU)
        if source.family == "stylegan1":
            return stylegan1.StyleGAN1Generator(source, CPU)
        return zonly.open_source(source, CPU)
    except (ValueError, RuntimeError) as error:
        if not source.family:
            raise _unknown(path) from error
        raise WeightsError(f"{path} is a broken {source.layout}: {error}") from error


def _canonical(source: Source) -> tuple[str, dict[str, Any]]:
    """Return family and arguments, checked and in plain JSON."""
    if source.family == "stylegan2":
        return source.family, asdict(stylegan2.settings(source.arguments))
    if source.family == "stylegan3":
        return source.family, asdict(stylegan3.settings(source.arguments))
    if source.family == "stylegan1":
        return source.family, {**asdict(stylegan1.settings(source.arguments))}
    if source.family == "progan":
        return source.family, {}
    plan = zonly.plan_of(source)
    return plan.family, {"modules": list(plan.modules), "output": plan.output, "slope": plan.slope}


def file_sha256(path: Path) -> str:
    """Return the SHA-256 of a file's bytes."""
    sha = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            sha.update(block)
    return sha.hexdigest()


def _unknown(path: Path) -> WeightsError:
    return WeightsError(f"{path} is of no family that opens here; docs/weights.md lists the files that do")
