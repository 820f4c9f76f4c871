"""The device that draws: which there are, and what its processor can do."""

import os
import platform
import shutil
from pathlib import Path
from typing import TypeVar

import torch
from torch import nn

from likeness.errors import LikenessError

Placed = TypeVar("Placed", bound=nn.Module)


def choose_device(name: str) -> torch.device:
    """Return the device called "auto" (the fastest there is), "cpu", "cuda" or "mps".

    Raises:
        LikenessError: where this machine has no such device.
    """
    there = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if name == "auto":
        return torch.device(next(kind for kind in ("cuda", "mps", "cpu") if there[kind]))
    if not there.get(name, False):
        raise LikenessError(
            f"no device {name!r} here; there are: {', '.join(kind for kind, is_ in there.items() if is_)}"
        )
    return torch.device(name)


def find_unused_card() -> str | None:
    """Return in one line why torch cannot use the NVIDIA card of this machine; None where it can, or there is none."""
    # An empty CUDA_VISIBLE_DEVICES hides the card on purpose.
    hidden = os.environ.get("CUDA_VISIBLE_DEVICES", "0") in ("", "-1")
    if hidden or torch.cuda.is_available() or not _has_nvidia_driver():
        return None
    if torch.version.cuda is None:
        return (
            f"torch {torch.__version__} is built for the processor alone and leaves the NVIDIA card unused; "
            "install torch with CUDA as https://pytorch.org/get-started says"
        )
    return (
        f"torch {torch.__version__} cannot use the NVIDIA card; update its driver to one for CUDA {torch.version.cuda}"
    )


def _has_nvidia_driver() -> bool:
    """Return whether an NVIDIA driver is installed, by its files; nothing is started."""
    files = [Path("/proc/driver/nvidia/version"), Path("/dev/nvidia0")]
    if "SYSTEMROOT" in os.environ:
        files.append(Path(os.environ["SYSTEMROOT"]) / "System32" / "nvcuda.dll")
    return any(file.exists() for file in files) or shutil.which("nvidia-smi") is not None


def multiplies_bfloat16() -> bool:
    """Say whether this processor multiplies bfloat16 in hardware; in software it is slower than float32."""
    if platform.machine().lower() in ("x86_64", "amd64"):
        return bool(torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported())
    supported: bool = torch.ops.mkldnn._is_mkldnn_bf16_supported()
    return supported


def choose_dtype(device: torch.device) -> torch.dtype:
    """Return the type in which a small convolutional network is multiplied fastest without being seen.

    bfloat16 where the CPU multiplies it in hardware and on CUDA; float16 on MPS; float32 else,
    for bfloat16 in software is several times slower.
    """
    if device.type == "cuda":
        return torch.bfloat16
    if device.type == "mps":
        return torch.float16
    in_hardware = torch.ops.mkldnn._is_mkldnn_bf16_supported()
    return torch.bfloat16 if in_hardware else torch.float32


def place_network(network: Placed, device: torch.device) -> Placed:
    """Return a convolutional network frozen on the device, in the type in which it is multiplied fastest."""
    # torch's types of `to` know no memory_format.
    network = network.to(device, choose_dtype(device), memory_format=torch.channels_last)  # type: ignore[call-overload]
    return network.eval().requires_grad_(False)
