"""Composite training: a folder of aligned faces in, one weights file out."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from torch import Tensor

from likeness.errors import TrainingError
from likeness.faces.mattes import Mattes
from likeness.generator import Licence
from likeness.generators.networks.composite_parts import ROWS, block_layout
from likeness.generators.weights_file import WeightsHeader, write_weights
from likeness.training.alignment import ROUNDS, Workers, align
from likeness.training.exemplars import Exemplars, choose_hair, choose_skins
from likeness.training.glasses import find_glasses
from likeness.training.head_shapes import are_whole_heads
from likeness.training.joint_code import JointCode, fit_joint_code
from likeness.training.layered_faces import build_layers
from likeness.training.pca import Matrix, split_mirror
from likeness.training.pictures import ProgressCallback, no_progress, read_pictures, strengthen_prints

FAMILY = "composite"
GUESS_SIZE = 48  # px at which the encoder's first guess looks at a photo
# Components shrink bands that they explain only in part; these factors give samples the contrast of photos.
RESTORED = {"skin_middle": 1.1, "skin_fine": 1.25}
# How whole heads are drawn. Without the bright rims of hair its strands may be as strong as they are: the squared
# discrepancy of 100 drawings to 100 photos fell from 0.0949 to 0.0846, where it was 0.0915 with the rims. Without lines
# of hair and rims pores may be twice as deep: the kernel distance of 160 drawings fell from 0.0595 to 0.0586.
WHOLE_HEADS = {"whole_heads": True, "strands": 1.0, "even_skin": True, "pores": 1.6}
LEAST_FACES = 24  # with fewer, components mean nothing


@dataclass(frozen=True)
class CompositeReport:
    """The result of a training.

    Attributes:
        pictures, skipped: faces trained with, files that were no pictures.
        components: `w_dim` of the result.
        exemplars: heads of hair kept.
        captured: share of variance that the joint code explains, by block.
        seconds: wall time.
        file_bytes, sha256: of the weights file.
    """

    pictures: int
    skipped: int
    components: int
    exemplars: int
    captured: dict[str, float]
    seconds: float
    file_bytes: int
    sha256: str


def quantise(name: str, values: Matrix) -> dict[str, Tensor]:
    """Return `values` `[n, ...]` as int8 with one float32 scale for each of the n; the error is under 0.4 %."""
    flat = np.abs(values).reshape(len(values), -1).max(1)
    scale = np.maximum(flat, 1e-8).astype(np.float32) / 127
    packed = np.rint(values / scale.reshape(-1, *[1] * (values.ndim - 1))).astype(np.int8)
    return {name: torch.from_numpy(packed), f"{name}_scale": torch.from_numpy(scale)}


def fit_first_guess(pictures: np.ndarray, code: JointCode, weights: Matrix) -> dict[str, Tensor]:
    """Return the encoder's linear start: a ridge regression of codes on small unaligned pictures."""
    small = np.stack([cv2.resize(p, (GUESS_SIZE, GUESS_SIZE), interpolation=cv2.INTER_AREA) for p in pictures])
    even, odd = split_mirror(small.astype(np.float32) / 127.5 - 1)
    share = (weights / weights.sum())[:, None]
    mean = (even * share).sum(0)
    tensors = {"guess.mean": torch.from_numpy(mean)}
    for name, rows, target in (("guess.even", even - mean, code.even), ("guess.odd", odd, code.odd)):
        gram = rows.T @ (rows * share)
        ridge = 0.03 * np.trace(gram) / len(gram)
        solved = np.linalg.solve(gram + ridge * np.eye(len(gram), dtype=np.float32), rows.T @ (target * share))
        tensors |= quantise(name, np.ascontiguousarray(solved.T, np.float32))
    return tensors


def pack_tensors(code: JointCode, heads: Exemplars, skins: Exemplars, prior: Mattes, size: int) -> dict[str, Tensor]:
    """Return all tensors of the network by their names in the weights file."""
    tensors: dict[str, Tensor] = {"parity": torch.from_numpy(code.parity.astype(np.uint8))}
    for name, block in block_layout(size).items():
        half = (block.height, block.width // 2, block.channels)
        order = slice(None, None, -1) if block.channels == 3 else slice(None)  # BGR to RGB
        mean = code.means[name].reshape(half)[..., order].transpose(2, 0, 1)
        tensors[f"{name}.mean"] = torch.from_numpy(np.ascontiguousarray(mean, np.float32))
        for parity, maps in (("even", code.even_maps[name]), ("odd", code.odd_maps[name])):
            maps = maps * np.float32(RESTORED.get(name, 1))
            tensors |= quantise(f"{name}.{parity}", maps.reshape(-1, *half)[..., order].transpose(0, 3, 1, 2))
    for prefix, kept in (("hair_exemplar", heads), ("skin_exemplar", skins)):
        for part, values in kept.parts.items():
            tensors |= quantise(f"{prefix}.{part}", values)
        for name in ("query_even", "query_odd", "keys_even", "keys_odd"):
            tensors[f"{prefix}.{name}"] = torch.from_numpy(np.ascontiguousarray(getattr(kept, name), np.float32))
    mattes = np.stack([prior.skin, prior.person])
    tensors["matte.prior"] = torch.from_numpy(np.rint(mattes * 255).astype(np.uint8))
    return {name: tensor.contiguous() for name, tensor in tensors.items()}


def _check_arguments(size: int, components: int, rounds: int, hold_out: int, exemplars: int) -> None:
    if size < 64 or size % 64:
        raise TrainingError(f"size must be a multiple of 64 px, from 64 up; {size} came")
    for name, value, least in (("components", components, 4), ("rounds", rounds, 1), ("exemplars", exemplars, 1)):
        if value < least:
            raise TrainingError(f"{name} must be {least} or more; {value} came")
    if hold_out < 0:
        raise TrainingError(f"hold_out is a number of pictures, 0 or more; {hold_out} came")


def train_composite(
    folder: Path,
    out: Path,
    *,
    size: int = 256,
    components: int = 160,
    rounds: int = len(ROUNDS),
    hold_out: int = 0,
    exemplars: int = 96,
    licence: Licence | None = None,
    seed: int = 0,
    progress: ProgressCallback | None = None,
) -> CompositeReport:
    """Train on a folder of aligned faces and write the weights; deterministic on one machine.

    Args:
        folder: pictures of faces cut as in FFHQ, eyes a little above the middle.
        out: the safetensors file to write.
        size: of the model in px, a multiple of 64.
        components: `w_dim` wanted.
        rounds: of alignment, at most eight.
        hold_out: number of pictures, the first by name, kept for evaluation.
        exemplars: heads of hair to keep; two thirds as many skins.
        licence: of the result, from that of the pictures.
        seed: of the randomised components and the choice of exemplars.
        progress: called on this thread with stage, done and total.

    Raises:
        TrainingError: no folder, too few faces, or an argument out of range.
        WeightsError: the file cannot be written.
    """
    _check_arguments(size, components, rounds, hold_out, exemplars)
    started = time.monotonic()
    progress = progress or no_progress
    found = read_pictures(Path(folder), size, at_least=LEAST_FACES, leave_first=hold_out, progress=progress)
    pictures = strengthen_prints(found.pictures)
    workers = Workers()
    threads = cv2.getNumThreads()
    cv2.setNumThreads(1)  # `Workers` has threads of its own
    try:
        half = size // 2
        small = np.stack([cv2.resize(p, (half, half), interpolation=cv2.INTER_AREA) for p in pictures])
        alignment = align(small, rounds=rounds, workers=workers, progress=progress)
        layered = build_layers(pictures, alignment, workers, progress)
    finally:
        cv2.setNumThreads(threads)
        workers.close()
    progress("join", 0, 3)
    code = fit_joint_code(layered, components, seed=seed)
    progress("join", 1, 3)
    heads = choose_hair(layered, code, exemplars, seed=seed)
    skins = choose_skins(layered, code, max(1, exemplars * 2 // 3), seed=seed)
    progress("join", 2, 3)
    tensors = pack_tensors(code, heads, skins, layered.prior, size)
    tensors |= fit_first_guess(pictures, code, layered.weights)
    arguments: dict[str, Any] = {"size": size, "num_ws": ROWS, "w_dim": len(code.parity), "pictures": len(found.names)}
    arguments |= find_glasses(tensors)
    if are_whole_heads(layered.faces, layered.mattes):
        arguments |= WHOLE_HEADS
    header = WeightsHeader(FAMILY, arguments, licence or Licence("unknown"))
    written = write_weights(Path(out), header, tensors)
    progress("join", 3, 3)
    return CompositeReport(
        pictures=len(found.names),
        skipped=found.skipped,
        components=len(code.parity),
        exemplars=len(heads.faces),
        captured=code.captured,
        seconds=time.monotonic() - started,
        file_bytes=Path(out).stat().st_size,
        sha256=written.sha256,
    )
