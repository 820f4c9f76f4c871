"""Make a generator draw as fast as this machine can: number type and backend, chosen by what is there.

Measured on one thread of an AMD EPYC of 2024, StyleGAN2 at 256 px, against a plain transcription of the paper:
eager float32 1.9x, eager bfloat16 3.3x, OpenVINO float32 2.2x, OpenVINO bfloat16 4.3x.
"""

import importlib.util
import logging
import shutil
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from likeness.devices import multiplies_bfloat16
from likeness.errors import LikenessError
from likeness.families.style import StyleGenerator
from likeness.generator import Generator
from likeness.networks.styled import StyledConvolution
from likeness.networks.stylegan3 import Layer

log = logging.getLogger(__name__)

BACKENDS = ("auto", "eager", "compile", "openvino")
PRECISIONS = ("auto", "float32", "bfloat16")
# Frames drawn before the first one is due: the first compiles, the second allocates.
WARM_FRAMES = 2
Draw = Callable[..., Tensor]
Progress = Callable[[str], None]


@dataclass(frozen=True)
class Choice:
    """How a generator draws.

    Args:
        backend: "eager", "compile" or "openvino".
        precision: "float32" or "bfloat16".
        reason: why, for a person to read.
    """

    backend: str
    precision: str
    reason: str

    def __str__(self) -> str:
        return f"{self.backend}, {self.precision}: {self.reason}"


def prepare(
    generator: Generator, backend: str = "auto", precision: str = "auto", progress: Progress | None = None
) -> Choice:
    """Choose backend and precision for `generator`, build and warm it; takes seconds, a minute for "compile".

    Pictures of another noise mode than "const", and batches of more than one, are drawn eagerly.
    Not on the render thread.

    Args:
        backend: one of `BACKENDS`.
        precision: one of `PRECISIONS`.
        progress: told what is going on, in a few words.

    Raises:
        LikenessError: where what was asked for by name is not there or fails.
    """
    tell = progress or (lambda _text: None)
    if backend not in BACKENDS or precision not in PRECISIONS:
        raise LikenessError(
            f"backend {backend!r}, precision {precision!r}: wanted one of {', '.join(BACKENDS)} and "
            f"one of {', '.join(PRECISIONS)}"
        )
    if not isinstance(generator, StyleGenerator):
        if backend not in ("auto", "eager") or precision == "bfloat16":
            raise LikenessError(f"the family {generator.info.family!r} draws eagerly, with numbers of its own choice")
        return Choice("eager", "its own", "this family has one way to draw")
    choice = choose(generator, backend, precision)
    tell(f"preparing {choice}")
    try:
        _apply(generator, choice)
    except Exception as error:
        if backend != "auto":
            raise LikenessError(f"{choice.backend} cannot draw this generator ({_line(error)}); take eager") from error
        log.warning("%s cannot draw this generator (%s); drawing eagerly", choice.backend, _line(error))
        precision = choice.precision if hasattr(generator.synthesis, "prepare") else "float32"
        choice = Choice("eager", precision, f"{choice.backend} failed")
        _apply(generator, choice)
    for i in range(WARM_FRAMES):
        tell(f"warming up, frame {i + 1} of {WARM_FRAMES}")
        with torch.inference_mode():
            generator.synthesize(generator.mean[None])
    log.info("drawing with %s", choice)
    return choice


def choose(generator: StyleGenerator, backend: str, precision: str) -> Choice:
    """Return backend and precision, the fastest installed one where "auto" is asked for.

    Raises:
        LikenessError: where what was asked for by name is not there.
    """
    device = generator.mean.device
    reasons = []
    if backend == "openvino" and (device.type != "cpu" or not _installed("openvino")):
        raise LikenessError("OpenVINO is not here, or not for this device; pip install 'likeness[openvino]', or eager")
    if backend == "compile" and device.type == "cpu" and not _compiler():
        raise LikenessError("torch.compile needs a C++ compiler; install g++ or clang, or take eager")
    if backend == "auto":
        backend = "openvino" if device.type == "cpu" and _installed("openvino") else "eager"
        fastest = "the fastest measured on a CPU" if backend == "openvino" else "openvino is not installed"
        reasons.append(fastest if device.type == "cpu" else "nothing else is tuned for this device")
    else:
        reasons.append("asked for")
    if precision == "auto":
        # A network without a half-precision path of its own gets one from OpenVINO alone.
        able = backend == "openvino" or hasattr(generator.synthesis, "prepare")
        fast = device.type == "cpu" and multiplies_bfloat16()
        precision = "bfloat16" if able and fast else "float32"
        reasons.append("this processor multiplies bfloat16" if fast else "no bfloat16 in hardware here")
    elif precision == "bfloat16" and backend != "openvino" and not hasattr(generator.synthesis, "prepare"):
        raise LikenessError(f"the family {generator.info.family!r} draws bfloat16 with openvino alone; take float32")
    return Choice(backend, precision, "; ".join(reasons))


def _apply(generator: StyleGenerator, choice: Choice) -> None:
    generator.draw_with(None)
    _fix_weights(generator.synthesis, False)
    dtype = torch.bfloat16 if choice.precision == "bfloat16" else torch.float32
    if choice.backend == "openvino":
        generator.draw_with(_openvino(generator, choice.precision))
        return
    if hasattr(generator.synthesis, "prepare"):
        generator.synthesis.prepare(dtype)
    if choice.backend == "compile":
        generator.draw_with(_compiled(generator))


class _Constant(nn.Module):
    """The synthesis as a graph without a choice in it: the stored noise, one picture."""

    def __init__(self, synthesis: nn.Module) -> None:
        super().__init__()
        self.synthesis = synthesis

    def forward(self, *inputs: Tensor) -> Tensor:
        image: Tensor = self.synthesis(*inputs)
        return image


def _fix_weights(synthesis: nn.Module, fixed: bool) -> None:
    """Keep the weights constant, so that a compiler can lay them out beforehand; or give the choice back."""
    for module in synthesis.modules():
        if isinstance(module, StyledConvolution | Layer):
            module.fixed_weights = fixed


def _compiled(generator: StyleGenerator) -> Draw:
    _fix_weights(generator.synthesis, True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch's compiler calls what torch calls deprecated
        compiled = torch.compile(_Constant(generator.synthesis), dynamic=False, options={"freezing": True})

        def draw(*inputs: Tensor) -> Tensor:
            image: Tensor = compiled(*inputs)
            return image

        _warm(generator, draw)
    return draw


def _openvino(generator: StyleGenerator, precision: str) -> Draw:
    import openvino

    inputs = generator.inputs(generator.mean[None].contiguous())
    if hasattr(generator.synthesis, "prepare"):
        generator.synthesis.prepare(torch.float32)
    _fix_weights(generator.synthesis, True)
    try:
        with torch.no_grad(), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the tracer warns of each `if` on a shape; the shapes are fixed
            # Traced here, because OpenVINO's own call checks the trace by a second one: 13 s more at 256 px.
            constant = _Constant(generator.synthesis).eval()
            traced = torch.jit.trace(constant, inputs, check_trace=False)  # type: ignore[no-untyped-call]
            model = openvino.convert_model(
                traced,
                example_input=inputs,
                input=[openvino.PartialShape(list(tensor.shape)) for tensor in inputs],
            )
    finally:
        _fix_weights(generator.synthesis, False)
    options: dict[str, Any] = {
        "INFERENCE_PRECISION_HINT": "bf16" if precision == "bfloat16" else "f32",
        "PERFORMANCE_HINT": "LATENCY",
        "INFERENCE_NUM_THREADS": torch.get_num_threads(),
    }
    request = openvino.Core().compile_model(model, "CPU", options).create_infer_request()

    def draw(*inputs: Tensor) -> Tensor:
        made = request.infer([tensor.contiguous().numpy() for tensor in inputs])[0]
        return torch.from_numpy(made).clone()  # the request writes its next picture to the same place

    _warm(generator, draw)
    # Other noise modes and batches are drawn eagerly.
    if precision == "bfloat16" and hasattr(generator.synthesis, "prepare") and multiplies_bfloat16():
        generator.synthesis.prepare(torch.bfloat16)
    return draw


def _warm(generator: StyleGenerator, draw: Draw) -> None:
    with torch.inference_mode():
        draw(*generator.inputs(generator.mean[None].contiguous()))


def _installed(name: str) -> bool:
    return importlib.util.find_spec(name) is not None


def _compiler() -> bool:
    return any(shutil.which(name) for name in ("g++", "clang++", "c++", "cl"))


def _line(error: Exception) -> str:
    text = str(error).strip()
    return text.splitlines()[0][:200] if text else type(error).__name__
