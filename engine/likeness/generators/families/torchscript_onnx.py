"""TorchScript and ONNX programs with one latent going in and one picture coming out.

Both are programs, not weights. An ONNX graph is a closed list of operators on numbers; it is loaded from its bytes,
so that it cannot name other files, and without custom operators. TorchScript is a language: loops, and operators that
open files. Its source lies in the archive as text and is read first; whatever names an operator outside ATen, opens a
file, or would run while it is loaded is refused. What remains can still loop for ever or fill the memory, so such a
file is only for people who know where it comes from, and the documentation says so.
"""

import re
import warnings
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from likeness.errors import WeightsError
from likeness.generator import Generator, GeneratorInfo, Licence, NoiseMode
from likeness.generators.families.checkpoint import NOBODY_SAID, UNKNOWN
from likeness.generators.families.stylegan_base import check_picture, draw_official_noise, layer_groups, to_rgb
from likeness.generators.readers.file_kinds import describe_file
from likeness.hookspecs import hookimpl

Draw = Callable[[Tensor], Tensor]
LONGEST_SOURCE = 4 << 20
MOST_RECORDS = 20_000
LARGEST_LATENT = 1 << 16
# Operators that reach outside of tensors, and methods that run while the archive is loaded.
FORBIDDEN = re.compile(
    r"\bops\.(?!aten\b|prim\b|prims\b)\w+"
    r"|\b__setstate__\b|\btorch\.classes\b"
    r"|\b(?:torch|ops\.aten|ops\.prim)\.(?:from_file|save|load|_save\w*|_load\w*)\b"
)
TRIED = 4
VERSIONS = re.compile(r"file with version (\d+), but the (maximum|minimum) supported version for reading is (\d+)")


class ProgramGenerator:
    """A program that draws a picture of a latent; see `likeness.generator.Generator`.

    Args:
        family: "torchscript" or "onnx".
        draw: the program, from a latent of `shape` to [batch, C, H, H].
        shape: of one latent: (z,), (z, 1, 1) or (num_ws, w_dim).
        device: on which to draw.
    """

    def __init__(self, family: str, draw: Draw, shape: tuple[int, ...], device: torch.device) -> None:
        self._draw, self._shape, self._device = draw, shape, device
        num_ws, w_dim = (shape[0], shape[1]) if len(shape) == 2 else (1, shape[0])
        self._directions: Tensor | None = None
        licence = Licence(UNKNOWN, None, NOBODY_SAID)
        self.info = GeneratorInfo(family, num_ws, w_dim, 1, licence, layer_groups(num_ws))
        tried = torch.cat([self._run(row[None]) for row in self.sample(range(TRIED))])
        check_picture(tried.shape)
        self.info = GeneratorInfo(family, num_ws, w_dim, tried.shape[2], licence, layer_groups(num_ws))
        low, high = float(tried.min()), float(tried.max())
        # Programs do not say their range: what is never negative is taken for [0, 1], or for bytes.
        self._scale, self._shift = 1.0, 0.0
        if low >= 0:
            self._scale, self._shift = (2.0, -1.0) if high <= 1.001 else (2 / 255, -1.0)

    def _run(self, latent: Tensor) -> Tensor:
        return self._draw(latent.reshape(len(latent), *self._shape))

    @property
    def mean(self) -> Tensor:
        """The mean latent `[num_ws, w_dim]`: zero."""
        return torch.zeros(self.info.num_ws, self.info.w_dim, device=self._device)

    @property
    def directions(self) -> Tensor:
        """The axes of the latent `[w_dim, num_ws, w_dim]`: nothing else is known of a program."""
        if self._directions is None:
            axes = torch.eye(self.info.w_dim, device=self._device)
            self._directions = axes[:, None].expand(-1, self.info.num_ws, -1).contiguous()
        return self._directions

    def sample(self, seeds: Sequence[int]) -> Tensor:
        """Return normal latents `[len(seeds), num_ws, w_dim]`, each from its seed alone, the same in every layer."""
        rows = [draw_official_noise(int(seed), self.info.w_dim)[1] for seed in seeds]
        return self.map_z(torch.stack(rows) if rows else torch.zeros(0, self.info.w_dim))

    def map_z(self, z: Tensor, labels: Tensor | None = None) -> Tensor:
        """Return `z` [batch, w_dim] in every layer `[batch, num_ws, w_dim]`; there are no labels."""
        if z.ndim != 2 or z.shape[1] != self.info.w_dim:
            raise WeightsError(f"z is {list(z.shape)}, wanted [batch, {self.info.w_dim}]")
        return z[:, None].to(self._device, torch.float32).repeat(1, self.info.num_ws, 1)

    def synthesize(self, latent: Tensor, noise: NoiseMode = "const") -> Tensor:
        """Return pictures `[batch, 3, H, H]` in [-1, 1]; there is no noise that could be chosen."""
        return to_rgb(self._run(latent) * self._scale + self._shift)


def check_torchscript(path: Path) -> bool:
    """Say whether `path` is a TorchScript archive, after reading the source inside.

    Raises:
        WeightsError: where that source asks for more than operators on tensors.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            records = archive.infolist()
            names = [record.filename for record in records]
            if not any(name.endswith("/constants.pkl") for name in names):
                return False
            if len(set(names)) != len(names) or len(names) > MOST_RECORDS:
                raise WeightsError(f"{path} has records of the same name; export it again")
            for record in records:
                if record.filename.endswith(".py"):
                    if record.file_size > LONGEST_SOURCE:
                        raise WeightsError(f"{path} has more source than a generator needs")
                    found = FORBIDDEN.search(archive.read(record).decode("utf-8", "replace"))
                    if found:
                        raise WeightsError(
                            f"{path} is TorchScript that asks for {found[0]!r}, which a generator does not need; "
                            "it was not run"
                        )
            return True
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, EOFError, RuntimeError):
        return False


def load_torchscript(path: Path, device: torch.device) -> Generator:
    """Return the generator in a TorchScript archive that `check_torchscript` let through.

    Raises:
        WeightsError: where it is broken or is no generator.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # torch announces the end of TorchScript each time
            module = torch.jit.load(str(path), map_location=device)
        module.eval()
        for parameter in module.parameters():
            parameter.requires_grad_(False)
        # The first weight's width on either side is the latent's, before or after a transposition.
        weights = [p for p in module.parameters() if p.ndim >= 2] or [b for b in module.buffers() if b.ndim >= 2]
    except RuntimeError as error:
        raise WeightsError(f"{path} {_describe_refusal(path, str(error))}") from error
    widths = sorted({n for weight in weights[:4] for n in weight.shape[:2] if 1 < n <= LARGEST_LATENT})

    def draw(latent: Tensor) -> Tensor:
        made = module(latent)
        if not isinstance(made, Tensor):
            raise RuntimeError(f"it returns a {type(made).__name__}")
        return made.to(torch.float32)

    for width in widths:
        for shape in ((width,), (width, 1, 1)):
            try:
                with torch.inference_mode():
                    return ProgramGenerator("torchscript", draw, shape, device)
            except (RuntimeError, ValueError):
                continue
    raise WeightsError(f"{path} takes no latent of {widths} numbers, or draws no picture; trace it from z to the image")


def _describe_refusal(path: Path, error: str) -> str:
    """Return why PyTorch did not load a TorchScript archive, which completes "FILE ..."."""
    versions = VERSIONS.search(error)
    unknown = re.search(r"Unknown (?:builtin op|type name)[^\n]*|Couldn't find an operator[^\n]*", error)
    if versions or unknown:
        what = f"format {versions[1]}, {versions[2]} {versions[3]}" if versions else unknown[0][:120]  # type: ignore[index]
        return (
            f"is TorchScript of another version of PyTorch ({what}; here is {torch.__version__}); "
            "update PyTorch, or export the model again with this version"
        )
    return f"is a broken TorchScript archive: {' '.join(error.split())[-200:]}"


def load_onnx(path: Path, device: torch.device) -> Generator:
    """Return the generator in an ONNX file.

    Raises:
        WeightsError: where onnxruntime is not installed, or the file is broken or no generator.
    """
    try:
        import onnxruntime
    except ImportError as error:
        raise WeightsError(f"{path} needs onnxruntime; install it with: pip install 'likeness-live[onnx]'") from error
    try:
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 4
        providers = [p for p in ("CUDAExecutionProvider", "CPUExecutionProvider") if p.startswith(device.type.upper())]
        session = onnxruntime.InferenceSession(path.read_bytes(), options, providers or ["CPUExecutionProvider"])
        inputs, outputs = session.get_inputs(), session.get_outputs()
    except Exception as error:  # noqa: BLE001 - onnxruntime raises classes of its own without a common base
        kind = describe_file(path) or f"is a broken ONNX file: {str(error).splitlines()[0][:200]}"
        raise WeightsError(f"{path} {kind}") from None
    shape = tuple(n for n in inputs[0].shape[1:] if isinstance(n, int)) if len(inputs) == 1 else ()
    if len(inputs) != 1 or len(outputs) < 1 or len(shape) != len(inputs[0].shape) - 1 or not 1 <= len(shape) <= 3:
        got = [(i.name, i.shape) for i in inputs][:4]
        raise WeightsError(f"{path} takes {got}, wanted one latent [batch, z] or [batch, num_ws, w_dim]")
    name = inputs[0].name

    def draw(latent: Tensor) -> Tensor:
        # One by one: exporters often fix the batch at 1.
        made: list[Any] = [session.run([outputs[0].name], {name: row[None].cpu().numpy()})[0] for row in latent]
        return torch.cat([torch.from_numpy(one) for one in made]).to(latent.device, torch.float32)

    try:
        return ProgramGenerator("onnx", draw, shape, device)
    except Exception as error:  # noqa: BLE001 - onnxruntime raises classes of its own without a common base
        raise WeightsError(f"{path} is no generator: {str(error).splitlines()[0][:200]}") from None


@hookimpl(trylast=True)
def load_generator(path: Path, device: torch.device) -> Generator | None:
    """First: open a TorchScript or an ONNX file; the latter is known by its ending.

    Raises:
        WeightsError: where it is one, but broken or not to be trusted.
    """
    if path.suffix.lower() == ".onnx":
        return load_onnx(path, device)
    with path.open("rb") as file:
        if file.read(4) != b"PK\x03\x04":
            return None
    return load_torchscript(path, device) if check_torchscript(path) else None
