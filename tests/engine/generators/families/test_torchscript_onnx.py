"""Programs from a latent to a picture open, and what reaches outside of tensors does not."""

import warnings
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch
from tests.reference.onnx_bytes import Node, model
from tests.reference.parity import relative_error
from torch import Tensor, nn

from likeness.errors import WeightsError
from likeness.generators.families.torchscript_onnx import check_torchscript, load_generator

CPU = torch.device("cpu")


class FromW(nn.Module):
    """A small decoder from `[batch, z]`, with the range asked for."""

    def __init__(self, sigmoid: bool = False, columns: bool = False) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.first = nn.Linear(6, 5 * 16)
        self.last = nn.ConvTranspose2d(5, 3, 4, 2, 1)
        self.sigmoid, self.columns = sigmoid, columns

    def forward(self, z: Tensor) -> Tensor:
        if self.columns:
            z = z[:, :, 0, 0]
        x = self.last(torch.relu(self.first(z)).reshape(-1, 5, 4, 4))
        return torch.sigmoid(x) if self.sigmoid else torch.tanh(x)


class Reads(nn.Module):
    """Opens a file when it is called."""

    def forward(self, z: Tensor) -> Tensor:
        return z + torch.from_file("/etc/hostname", False, 1, dtype=torch.uint8).sum()


class Wakes(nn.Module):
    """Runs while it is loaded."""

    def __init__(self) -> None:
        super().__init__()
        self.training = False

    @torch.jit.export
    def __getstate__(self) -> tuple[Tensor, bool]:
        return torch.zeros(1), self.training

    @torch.jit.export
    def __setstate__(self, state: tuple[Tensor, bool]) -> None:
        self.training = state[1]

    def forward(self, z: Tensor) -> Tensor:
        return z


def scripted(module: nn.Module, path: Path, example: Tensor | None = None) -> Path:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        made = torch.jit.script(module) if example is None else torch.jit.trace(module, example)
        torch.jit.save(made, str(path))
    return path


@pytest.mark.parametrize("columns", [False, True])
@pytest.mark.parametrize("traced", [False, True])
@pytest.mark.parametrize("sigmoid", [False, True])
def test_torchscript_draws_what_the_module_draws(columns: bool, traced: bool, sigmoid: bool, tmp_path: Path) -> None:
    module = FromW(sigmoid, columns)
    example = torch.zeros(1, 6, 1, 1) if columns else torch.zeros(1, 6)
    path = scripted(module, tmp_path / "generator.pt", example if traced else None)
    generator = load_generator(path, CPU)
    assert generator is not None
    assert (generator.info.num_ws, generator.info.w_dim, generator.info.resolution) == (1, 6, 8)
    latent = generator.sample([1, 2])
    with torch.no_grad():
        wanted = module(latent[:, 0, :, None, None] if columns else latent[:, 0])
    wanted = wanted * 2 - 1 if sigmoid else wanted
    assert relative_error(generator.synthesize(latent), wanted) < 1e-5


@pytest.mark.parametrize(("module", "says"), [(Reads(), "from_file"), (Wakes(), "__setstate__")])
def test_torchscript_that_reaches_outside_is_refused_by_name(module: nn.Module, says: str, tmp_path: Path) -> None:
    path = scripted(module, tmp_path / "rigged.pt")
    with pytest.raises(WeightsError, match=says):
        load_generator(path, CPU)


def test_what_is_no_program_is_left_to_others(tmp_path: Path) -> None:
    torch.save({"a": torch.zeros(2)}, tmp_path / "state.pt")
    assert not check_torchscript(tmp_path / "state.pt")
    (tmp_path / "half.pt").write_bytes((tmp_path / "state.pt").read_bytes()[:300])
    (tmp_path / "text.pt").write_text("hello")
    assert [load_generator(tmp_path / name, CPU) for name in ("state.pt", "half.pt", "text.pt")] == [None] * 3


def test_a_program_that_draws_no_picture_is_refused(tmp_path: Path) -> None:
    path = scripted(nn.Linear(4, 4), tmp_path / "linear.pt")
    with pytest.raises(WeightsError, match="draws no picture"):
        load_generator(path, CPU)


@pytest.mark.parametrize(
    ("record", "before", "after"),
    [("/version", b"", b"99\n"), ("/version", b"", b"0\n"), (".py", b"torch.tanh", b"torch.tinh")],
    ids=["newer", "older", "unknown operator"],
)
def test_torchscript_of_another_version_is_called_so(record: str, before: bytes, after: bytes, tmp_path: Path) -> None:
    scripted(FromW(False, False), tmp_path / "now.pt")
    with zipfile.ZipFile(tmp_path / "now.pt") as now, zipfile.ZipFile(tmp_path / "other.pt", "w") as other:
        for name in now.namelist():
            data = now.read(name)
            if name.endswith(record):
                data = data.replace(before, after) if before else after
            other.writestr(name, data)
    with pytest.raises(WeightsError, match=r"another version of PyTorch .* export the model again") as caught:
        load_generator(tmp_path / "other.pt", CPU)
    assert "\n" not in str(caught.value)


def onnx_file(weight: np.ndarray, shape: tuple[int, ...]) -> bytes:
    """`tanh(reshape(z @ weight))`, [1, z] to `shape`."""
    nodes = [
        Node("MatMul", ("z", "weight"), "a"),
        Node("Reshape", ("a", "shape"), "b"),
        Node("Tanh", ("b",), "image"),
    ]
    return model(nodes, {"weight": weight, "shape": np.array(shape)}, {"z": (1, weight.shape[0])}, {"image": shape})


def test_onnx_draws_what_the_graph_says(tmp_path: Path) -> None:
    pytest.importorskip("onnxruntime")
    weight = np.random.default_rng(0).standard_normal((5, 48)).astype(np.float32)
    (tmp_path / "generator.onnx").write_bytes(onnx_file(weight, (1, 3, 4, 4)))
    generator = load_generator(tmp_path / "generator.onnx", CPU)
    assert generator is not None
    latent = generator.sample([1, 2])
    wanted = torch.tanh(latent[:, 0] @ torch.from_numpy(weight)).reshape(2, 3, 4, 4)
    assert relative_error(generator.synthesize(latent), wanted) < 1e-5


def test_a_broken_onnx_file_or_a_missing_runtime_ends_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "generator.onnx").write_bytes(b"\x08\x08broken")
    with pytest.raises(WeightsError, match=r"broken ONNX|pip install") as caught:
        load_generator(tmp_path / "generator.onnx", CPU)
    assert "\n" not in str(caught.value)
