"""Choose the device that draws."""

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
