"""Checkpoints of rosinality's StyleGAN2, renamed to the official names."""

import math
import re
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from likeness.generators.readers.inert import SnapshotError
from likeness.generators.readers.snapshot import Snapshot, Stored, as_tensor
from likeness.generators.readers.storages import StoredTensor

LAYOUT = "StyleGAN2 (rosinality, PyTorch)"
# What older checkpoints leave out is drawn from this seed.
NOISE_SEED = 0


def read_rosinality(state: Mapping[str, Stored], average: Any = None) -> Snapshot | None:
    """Return the generator of a state dict, or None where `state` has other names.

    Args:
        state: of the averaged generator.
        average: what stands beside it as `latent_avg`.

    Raises:
        SnapshotError: where a tensor is missing or of another shape.
    """
    if "input.input" not in state or "conv1.conv.weight" not in state:
        return None
    return Snapshot("stylegan2", LAYOUT, {}, made=_to_official_names(state, average))


def _to_official_names(state: Mapping[str, Stored], average: Any) -> dict[str, Tensor]:
    def take(name: str, dimensions: int) -> Tensor:
        if name not in state or len(state[name].shape) != dimensions or 0 in state[name].shape:
            raise SnapshotError(f"lacks the tensor {name!r} [{dimensions} dimensions] of a StyleGAN2 checkpoint")
        return as_tensor(state[name])

    def modulation(source: str, target: str) -> dict[str, Tensor]:
        return {
            f"{target}.affine.weight": take(f"{source}.conv.modulation.weight", 2),
            f"{target}.affine.bias": take(f"{source}.conv.modulation.bias", 1),
        }

    def convolution(source: str, target: str, noise: str, size: int) -> dict[str, Tensor]:
        weight = take(f"{source}.conv.weight", 5)[0]
        # Its demodulation adds the epsilon to weights that are scaled by fan-in already.
        made = {f"{target}.weight": weight / math.sqrt(math.prod(weight.shape[1:])), **modulation(source, target)}
        made[f"{target}.bias"] = take(f"{source}.activate.bias", 1)
        made[f"{target}.noise_strength"] = take(f"{source}.noise.weight", 1)[0]
        made[f"{target}.noise_const"] = take(noise, 4)[0, 0] if noise in state else _draw_noise(size)
        if f"{source}.conv.blur.kernel" in state:
            made[f"{target}.resample_filter"] = take(f"{source}.conv.blur.kernel", 2) / 4
        return made

    def picture(source: str, target: str) -> dict[str, Tensor]:
        made = {f"{target}.torgb.weight": take(f"{source}.conv.weight", 5)[0]}
        made.update(modulation(source, f"{target}.torgb"))
        made[f"{target}.torgb.bias"] = take(f"{source}.bias", 4).flatten()
        return made

    channels = take("to_rgb1.bias", 4).shape[1]
    if channels > 4:
        kind = "SWAGAN: its generator draws wavelets" if channels == 12 else "a StyleGAN2 of many channels"
        raise SnapshotError(f"is {kind} ({channels} channels), which is not played; wanted 1, 3 or 4")
    blocks = sum(1 for name in state if re.fullmatch(r"to_rgbs\.\d+\.bias", name))
    if not 0 <= blocks <= 12:
        raise SnapshotError(f"has {blocks} pictures inside, which is no StyleGAN2")
    made = {"synthesis.b4.const": take("input.input", 4)[0]}
    made.update(convolution("conv1", "synthesis.b4.conv1", "noises.noise_0", 4))
    made.update(picture("to_rgb1", "synthesis.b4"))
    for i in range(blocks):
        size = 8 << i
        block = f"synthesis.b{size}"
        for part in (0, 1):
            noise = f"noises.noise_{2 * i + 1 + part}"
            made.update(convolution(f"convs.{2 * i + part}", f"{block}.conv{part}", noise, size))
        made.update(picture(f"to_rgbs.{i}", block))
        made[f"{block}.resample_filter"] = take(f"to_rgbs.{i}.upsample.kernel", 2) / 4
    depth = 0
    while f"style.{depth + 1}.weight" in state:
        made[f"mapping.fc{depth}.weight"] = take(f"style.{depth + 1}.weight", 2)
        made[f"mapping.fc{depth}.bias"] = take(f"style.{depth + 1}.bias", 1)
        depth += 1
    if isinstance(average, StoredTensor):
        made["mapping.w_avg"] = as_tensor(average).flatten()
    return made


def _draw_noise(size: int) -> Tensor:
    return torch.randn(size, size, generator=torch.Generator().manual_seed(NOISE_SEED + size))
