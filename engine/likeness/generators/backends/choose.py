"""The choice of backend and precision: the fastest that this machine has, or what was asked for.

Measured on one thread of an AMD EPYC of 2024, StyleGAN2 at 256 px, against a plain transcription of the paper:
eager float32 1.9x, eager bfloat16 3.3x, OpenVINO float32 2.2x, OpenVINO bfloat16 4.3x.
"""

import importlib.util
import logging
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor, nn

from likeness.errors import LikenessError
from likeness.generator import Generator, NoiseMode
from likeness.generators.backends.cuda_graphs import CudaGraphs
from likeness.generators.backends.cuts import BuildPiece, cut_synthesis
from likeness.generators.backends.openvino_model import build_openvino_model, cut_openvino_model
from likeness.generators.backends.trace import compile_piece, compile_synthesis, const_noise_only, set_fixed_weights
from likeness.generators.devices import multiplies_bfloat16
from likeness.generators.families.composite import CompositeGenerator
from likeness.generators.families.stylegan_base import Draw, DrawCut, StyleGenerator

log = logging.getLogger(__name__)

BACKENDS = ("auto", "eager", "compile", "openvino", "graph")
PRECISIONS = ("auto", "float32", "bfloat16", "float16", "mixed", "int8")
OPENVINO_PRECISIONS = ("float32", "bfloat16")
# Frames drawn before the first one is due: the first compiles, the second allocates.
WARM_FRAMES = 2
# Half precision that draws another picture than float32 is not taken by itself; at 45 dB nobody sees the difference.
LEAST_PSNR_DB = 45.0
# Faces that are compared, the first seeds; one face may happen to be mild.
TRIED = 4
Progress = Callable[[str], None]


@dataclass(frozen=True)
class BackendChoice:
    """How a generator draws.

    Args:
        backend: "eager", "compile", "openvino" or "graph"; on CUDA "compile" is recorded as a graph too.
        precision: "float32", "bfloat16", "float16", "mixed": float16 at the four finest sizes, or "int8".
        reason: why, for a person to read.
    """

    backend: str
    precision: str
    reason: str

    def __str__(self) -> str:
        return f"{self.backend}, {self.precision}: {self.reason}"


def prepare(
    generator: Generator, backend: str = "auto", precision: str = "auto", progress: Progress | None = None
) -> BackendChoice:
    """Choose backend and precision for `generator`, build and warm it; takes seconds, a minute for "compile".

    On a processor, pictures of another noise mode than "const" and batches of more than one are drawn eagerly; on
    CUDA each batch size and noise mode gets a graph of its own. Not on the render thread.

    Args:
        backend: one of `BACKENDS`.
        precision: one of `PRECISIONS`.
        progress: called with each step, in a few words.

    Raises:
        LikenessError: where what was asked for by name is not there or fails.
        torch.OutOfMemoryError: where the last way that was tried needs more memory than the device has.
    """
    report = progress or (lambda _text: None)
    if backend not in BACKENDS or precision not in PRECISIONS:
        raise LikenessError(
            f"backend {backend!r}, precision {precision!r}: wanted one of {', '.join(BACKENDS)} and "
            f"one of {', '.join(PRECISIONS)}"
        )
    if isinstance(generator, CompositeGenerator) and backend in ("auto", "eager") and precision != "bfloat16":
        return prepare_composite(generator, precision)
    if not isinstance(generator, StyleGenerator):
        if backend not in ("auto", "eager") or precision in ("bfloat16", "int8"):
            raise LikenessError(f"the family {generator.info.family!r} draws eagerly, with numbers of its own choice")
        return BackendChoice("eager", "its own", "this family has one way to draw")
    first = choose(generator, backend, precision)
    report(f"preparing {first}")
    for choice in (first, *list_fallbacks(generator, first, backend, precision)):
        try:
            apply_choice(generator, choice)
            if precision == "auto" and choice.precision == "float16":
                check_pictures(generator, choice)
            break
        except Exception as error:  # noqa: BLE001 - a compiler or a driver may raise anything
            failed, line = error, first_line(error)
            log.warning("%s, %s cannot draw this generator (%s)", choice.backend, choice.precision, line)
    else:
        apply_choice(generator, BackendChoice("eager", "float32", ""))
        if isinstance(failed, torch.OutOfMemoryError):
            raise failed
        raise LikenessError(f"{first.backend} cannot draw this generator ({line}); take eager")
    for i in range(WARM_FRAMES):
        report(f"warming up, frame {i + 1} of {WARM_FRAMES}")
        with torch.inference_mode():
            generator.synthesize(generator.mean[None])
    log.info("%s: drawing with %s", next(iter(generator.info.names), generator.info.family), choice)
    return choice


def prepare_composite(generator: CompositeGenerator, precision: str) -> BackendChoice:
    """Have refiner or enlarger multiplied in eight bits on a processor, where nobody sees it or it is asked for.

    Raises:
        LikenessError: where it was asked for by name, and there is no such way or it draws another picture.
    """
    own, asked = BackendChoice("eager", "its own", "numbers of its own choice"), precision == "int8"
    improver = generator.improver
    if improver is None or generator.mean.device.type != "cpu":
        if asked:
            raise LikenessError("int8 is for weights with a refiner, such as faces-256, and for processors; take auto")
        return own
    improver.use_floats()
    if precision not in ("auto", "int8"):
        return own
    try:
        psnr = generator.use_int8()
        if psnr < LEAST_PSNR_DB:
            raise ArithmeticError(f"{psnr:.0f} dB from floats, wanted {LEAST_PSNR_DB:.0f}")
    # Kernels of eight bits fail in ways of their own, processor by processor.
    except Exception as error:
        improver.use_floats()
        if asked:
            raise LikenessError(f"int8 cannot draw these weights ({first_line(error)}); take auto") from error
        log.info("int8 cannot draw these weights (%s)", first_line(error))
        return own
    what = "the refiner" if generator.enlarger is None else "the enlarger"
    choice = BackendChoice("eager", "int8", f"{what} in eight bits, {psnr:.0f} dB from floats")
    log.info("%s: drawing with %s", next(iter(generator.info.names), generator.info.family), choice)
    return choice


def precisions(generator: StyleGenerator, backend: str) -> tuple[str, ...]:
    """Return what `generator` can draw in through `backend`."""
    return OPENVINO_PRECISIONS if backend == "openvino" else tuple(generator.synthesis.precisions)


def choose(generator: StyleGenerator, backend: str, precision: str) -> BackendChoice:
    """Return backend and precision, the fastest installed one where "auto" is asked for.

    Raises:
        LikenessError: where what was asked for by name is not there.
    """
    device = generator.mean.device.type
    check_choice(generator, backend, precision)
    reasons = []
    if backend == "auto":
        if device == "cuda":
            backend, reason = (
                ("compile", "with Triton") if is_installed("triton") else ("graph", "Triton is not installed")
            )
        elif device == "cpu" and is_installed("openvino"):
            backend, reason = "openvino", "the fastest measured on a CPU"
        else:
            reason = "openvino is not installed" if device == "cpu" else "nothing else is tuned for this device"
            backend = "eager"
        reasons.append(reason)
    else:
        reasons.append("asked for")
    if precision == "auto":
        # A network without a half-precision path of its own gets one from OpenVINO alone.
        able = precisions(generator, backend)
        if device == "cuda":
            precision, reason = ("float16" if "float16" in able else "float32"), "this card multiplies float16 fastest"
        else:
            fast = device == "cpu" and multiplies_bfloat16()
            precision = "bfloat16" if "bfloat16" in able and fast else "float32"
            reason = "this processor multiplies bfloat16" if fast else "no bfloat16 in hardware here"
        reasons.append(reason)
    return BackendChoice(backend, precision, "; ".join(reasons))


def check_choice(generator: StyleGenerator, backend: str, precision: str) -> None:
    """Raise where what was asked for by name cannot be."""
    device = generator.mean.device.type
    if backend == "openvino" and (device != "cpu" or not is_installed("openvino")):
        raise LikenessError(
            "OpenVINO is not here, or not for this device; pip install 'likeness-live[openvino]', or eager"
        )
    if backend == "openvino" and precision not in ("auto", *OPENVINO_PRECISIONS):
        raise LikenessError(f"OpenVINO draws in float32 and bfloat16 here, not {precision}; take bfloat16")
    if backend == "compile" and device == "cpu" and not has_compiler():
        raise LikenessError("torch.compile needs a C++ compiler; install g++ or clang, or take eager")
    if backend == "graph" and device != "cuda":
        raise LikenessError("graphs are recorded on CUDA devices alone; take eager, or --device cuda")
    if precision == "auto" or precision in precisions(generator, backend):
        return
    if len(generator.synthesis.precisions) > 1:
        raise LikenessError(f"the family {generator.info.family!r} has one number type for all sizes; take float16")
    raise LikenessError(
        f"the family {generator.info.family!r} draws float32 except with openvino; take float32, not {precision}"
    )


def list_fallbacks(
    generator: StyleGenerator, choice: BackendChoice, backend: str, precision: str
) -> list[BackendChoice]:
    """Return what to try where `choice` fails, in this order: what was asked for by name stays."""
    cuda = generator.mean.device.type == "cuda"
    backends = [choice.backend] if backend != "auto" else [choice.backend, *(["graph"] if cuda else []), "eager"]
    numbers = [choice.precision] if precision != "auto" else dict.fromkeys([choice.precision, "float32"])
    return [
        BackendChoice(way, each, f"{choice.backend}, {choice.precision} failed")
        for each in numbers
        for way in dict.fromkeys(backends)
        if each in precisions(generator, way) and (way, each) != (choice.backend, choice.precision)
    ]


def apply_choice(generator: StyleGenerator, choice: BackendChoice) -> None:
    generator.set_backend(None)
    synthesis = generator.synthesis
    set_fixed_weights(synthesis, False)
    if choice.backend == "openvino":
        precision = choice.precision
        draw = const_noise_only(build_openvino_model(generator, precision))
        generator.set_backend(draw, lambda names: cut_openvino_model(generator, precision, names))
    # With OpenVINO, what it does not draw (other noise modes, batches) is drawn eagerly in the same numbers.
    same = choice.precision in synthesis.precisions and (choice.backend != "openvino" or multiplies_bfloat16())
    synthesis.set_precision(choice.precision if same else "float32")
    if choice.backend == "compile" and generator.mean.is_cuda:
        draw = draw_or(const_noise_only(compile_synthesis(generator)), generator.draw)
        generator.set_backend(CudaGraphs(draw), partial(cut, generator, record_compiled))
    elif choice.backend == "compile":
        generator.set_backend(const_noise_only(compile_synthesis(generator)), partial(cut, generator, compile_piece))
    elif choice.backend == "graph":
        generator.set_backend(CudaGraphs(generator.draw), partial(cut, generator, record_piece))


def cut(generator: StyleGenerator, build: BuildPiece, names: Sequence[str]) -> DrawCut:
    """Return what draws with the layers `names` bent, each piece built by `build`."""
    return cut_synthesis(generator.synthesis, generator.inputs(generator.mean[None].contiguous()), names, build)


def record_compiled(piece: nn.Module, inputs: tuple[Tensor, ...]) -> Draw:
    """Return what replays recordings of a compiled piece, and of the piece itself where it cannot be compiled."""
    return CudaGraphs(draw_or(compile_piece(piece, inputs), draw_piece(piece)))


def record_piece(piece: nn.Module, inputs: tuple[Tensor, ...]) -> Draw:
    """Return what replays recordings of a piece, made at its first call."""
    return CudaGraphs(draw_piece(piece))


def draw_piece(piece: nn.Module) -> Draw:
    """Return what draws a piece as it is; with another noise than the stored one it draws nothing."""
    return lambda noise, *inputs: piece(*inputs) if noise == "const" else None


def draw_or(fast: Draw, network: Draw) -> Draw:
    """Return what draws by `fast` where that can, and by `network` where it cannot."""

    def draw(noise: NoiseMode, *inputs: Tensor) -> Tensor | None:
        made = fast(noise, *inputs)
        return network(noise, *inputs) if made is None else made

    return draw


def check_pictures(generator: StyleGenerator, choice: BackendChoice) -> None:
    """Raise where the first faces differ from those in float32 by more than `LEAST_PSNR_DB`."""
    with torch.inference_mode():
        latents = generator.sample(range(TRIED))
        drawn = torch.cat([generator.synthesize(latent[None]) for latent in latents])
        generator.synthesis.set_precision("float32")
        plain = torch.cat([generator.draw("const", *generator.inputs(latent[None])) for latent in latents])
        generator.synthesis.set_precision(choice.precision)
    spread = plain.amax((1, 2, 3)) - plain.amin((1, 2, 3))
    psnr = 10 * torch.log10(spread.square() / (drawn - plain[:, :3]).square().mean((1, 2, 3)))
    if not bool((psnr > LEAST_PSNR_DB).all()):
        raise ArithmeticError(f"{float(psnr.nan_to_num(0.0).min()):.0f} dB from float32, wanted {LEAST_PSNR_DB:.0f}")


def is_installed(name: str) -> bool:
    return importlib.util.find_spec(name) is not None


def has_compiler() -> bool:
    return any(shutil.which(name) for name in ("g++", "clang++", "c++", "cl"))


def first_line(error: Exception) -> str:
    text = str(error).strip()
    return text.splitlines()[0][:200] if text else type(error).__name__
