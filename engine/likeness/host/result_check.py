"""Check of a tensor that a plugin returned."""

import torch
from torch import Tensor

from likeness.errors import PluginError


def check_result(result: object, value: Tensor) -> Tensor:
    """Return what a plugin returned in place of `value`, if it is of the same kind.

    Raises:
        PluginError: where it is no tensor, or one of another shape, device or kind.
    """
    if not isinstance(result, Tensor):
        raise PluginError(f"a tensor was wanted, {type(result).__name__} came back")
    if result.requires_grad or result.is_quantized or result.layout is not torch.strided:
        quality = "a gradient" if result.requires_grad else "quantised values" if result.is_quantized else result.layout
        raise PluginError(f"a dense tensor without gradient was wanted, one with {quality} came back")
    if result.shape != value.shape or result.device != value.device or result.dtype != value.dtype:
        raise PluginError(
            f"wanted {list(value.shape)} {value.dtype} on {value.device}, "
            f"got {list(result.shape)} {result.dtype} on {result.device}"
        )
    return result
