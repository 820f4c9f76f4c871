"""The synthesis as an OpenVINO model."""

import copy
import warnings
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from likeness.generators.backends.cuts import cut_synthesis
from likeness.generators.backends.trace import (
    ConstNoiseSynthesis,
    const_noise_only,
    fixed_weights,
    set_fixed_weights,
    warm_up,
)
from likeness.generators.families.stylegan_base import Draw, DrawCut, StyleGenerator


def build_openvino_model(generator: StyleGenerator, precision: str) -> Draw:
    """Return what draws single pictures with the stored noise through OpenVINO. Seconds.

    Args:
        precision: "float32" or "bfloat16".
    """
    generator.synthesis.set_precision("float32")
    inputs = generator.inputs(generator.mean[None].contiguous())
    with fixed_weights(generator.synthesis):
        draw = build_model(ConstNoiseSynthesis(generator.synthesis), inputs, precision)
    warm_up(generator, draw)
    return draw


def cut_openvino_model(generator: StyleGenerator, precision: str, names: Sequence[str]) -> DrawCut:
    """Return what draws single pictures with the layers `names` bent, piece by piece through OpenVINO. Seconds.

    The network itself is left alone: it may be drawing.
    """
    synthesis = copy.deepcopy(generator.synthesis)
    synthesis.set_precision("float32")
    set_fixed_weights(synthesis, True)
    inputs = generator.inputs(generator.mean[None].contiguous())

    def build(piece: nn.Module, given: tuple[Tensor, ...]) -> Draw:
        return const_noise_only(build_model(piece, given, precision))

    return cut_synthesis(synthesis, inputs, names, build)


def build_model(module: nn.Module, inputs: tuple[Tensor, ...], precision: str) -> Draw:
    """Return what computes `module` for inputs like `inputs` through OpenVINO."""
    import openvino

    with torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the tracer warns of each `if` on a shape; the shapes are fixed
        # Traced here, because OpenVINO's own call checks the trace by a second one: 13 s more at 256 px.
        traced = torch.jit.trace(module.eval(), inputs, check_trace=False)
        model = openvino.convert_model(
            traced,
            example_input=inputs,
            input=[openvino.PartialShape(list(tensor.shape)) for tensor in inputs],
        )
    options: dict[str, Any] = {
        "INFERENCE_PRECISION_HINT": "bf16" if precision == "bfloat16" else "f32",
        "PERFORMANCE_HINT": "LATENCY",
        "INFERENCE_NUM_THREADS": torch.get_num_threads(),
    }
    request = openvino.Core().compile_model(model, "CPU", options).create_infer_request()

    def draw(*inputs: Tensor) -> Tensor:
        made = request.infer([tensor.contiguous().numpy() for tensor in inputs])[0]
        return torch.from_numpy(made).clone()  # the request writes its next picture to the same place

    return draw
