"""Checks of what a plugin returned: tensors and states of visitors."""

from collections.abc import Iterable
from itertools import islice

import torch
from torch import Tensor
from torch._C._functorch import is_functorch_wrapped_tensor

from likeness.errors import PluginError
from likeness.stage import VisitorState

# What a status can show; of what a plugin says no more is read, for it may have no end.
MOST_VISITORS, LONGEST_STATE = 64, 24
# `[heads, num_ws, w_dim]`; pictures have four.
LATENT_AXES = 3


def check_states(states: Iterable[VisitorState]) -> list[VisitorState]:
    """Return the states of visitors, so many and so long as a status can show."""
    return [
        VisitorState(str(each.state)[:LONGEST_STATE], float(each.seconds)) for each in islice(states, MOST_VISITORS)
    ]


def check_result(result: object, value: Tensor) -> Tensor:
    """Return what a plugin returned in place of `value`, if it is of the same kind.

    Raises:
        PluginError: where it is no tensor, or one of another shape, device or kind, or a latent with NaN or infinity.
    """
    # Not `isinstance`, which asks the object itself, and nothing of a plugin's may run here.
    if not issubclass(type(result), Tensor):
        raise PluginError(f"a tensor was wanted, {type(result).__name__} came back")
    assert isinstance(result, Tensor)
    result = _make_plain(result)
    if result.requires_grad or result.is_quantized or result.layout is not torch.strided:
        quality = "a gradient" if result.requires_grad else "quantised values" if result.is_quantized else result.layout
        raise PluginError(f"a dense tensor without gradient was wanted, one with {quality} came back")
    if result.shape != value.shape or result.device != value.device or result.dtype != value.dtype:
        raise PluginError(
            f"wanted {list(value.shape)} {value.dtype} on {value.device}, "
            f"got {list(result.shape)} {result.dtype} on {result.device}"
        )
    if not result.untyped_storage().nbytes() and result.numel():
        raise PluginError("a tensor was wanted, one whose memory was given back came back")
    # Of a latent alone, which is small. A graphics card would have to be waited for; there they are mended unsaid.
    if result.is_cpu and result.ndim == LATENT_AXES and not bool(result.isfinite().all()):
        raise PluginError("a latent was wanted, one with NaN or infinity came back")
    return result


def _make_plain(result: Tensor) -> Tensor:
    """Return a subclass's tensor without its class, whose methods would run in the middle of the show's drawing."""
    if type(result) is Tensor and not is_functorch_wrapped_tensor(result):
        return result
    if is_functorch_wrapped_tensor(result) or type(result).__torch_dispatch__ is not Tensor.__torch_dispatch__:
        raise PluginError(f"a plain tensor was wanted, {type(result).__name__} came back")
    with torch._C.DisableTorchFunctionSubclass():
        if result.requires_grad:
            raise PluginError("a dense tensor without gradient was wanted, one with a gradient came back")
        return result.as_subclass(Tensor)
