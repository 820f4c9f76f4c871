"""The synthesis as an OpenVINO model."""

import warnings
from typing import Any

import torch
from torch import Tensor

from likeness.generators.backends.trace import ConstNoiseSynthesis, fixed_weights, warm_up
from likeness.generators.families.stylegan_base import Draw, StyleGenerator


def build_openvino_model(generator: StyleGenerator, precision: str) -> Draw:
    """Return what draws single pictures with the stored noise through OpenVINO. Seconds.

    Args:
        precision: "float32" or "bfloat16".
    """
    import openvino

    inputs = generator.inputs(generator.mean[None].contiguous())
    generator.synthesis.set_precision("float32")
    with fixed_weights(generator.synthesis), torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the tracer warns of each `if` on a shape; the shapes are fixed
        # Traced here, because OpenVINO's own call checks the trace by a second one: 13 s more at 256 px.
        constant = ConstNoiseSynthesis(generator.synthesis).eval()
        traced = torch.jit.trace(constant, inputs, check_trace=False)
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

    warm_up(generator, draw)
    return draw
