"""Choose the device that draws, and know what its processor can."""

import platform

import torch

from likeness.errors import LikenessError


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


def multiplies_bfloat16() -> bool:
    """Say whether this processor multiplies bfloat16 in hardware; in software it is slower than float32."""
    if platform.machine().lower() in ("x86_64", "amd64"):
        return bool(torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported())
    supported: bool = torch.ops.mkldnn._is_mkldnn_bf16_supported()
    return supported
