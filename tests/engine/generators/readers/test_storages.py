"""Tensors of every builder and prefix that torch writes come back: of MPS, of parallel training, of subclasses."""

from pathlib import Path
from typing import Any

import pytest
import torch
from tests.reference import pickles
from tests.reference import stylegan2 as plain

from likeness.generators.readers.open_snapshot import open_snapshot

STATE = plain.random_state(plain.Shape(8, channel_max=4, w_dim=4, z_dim=4))


class OnMPS:
    """Pickles as torch does a tensor on a device without storages of its own."""

    def __init__(self, tensor: torch.Tensor, through_numpy: bool) -> None:
        self.tensor, self.through_numpy = tensor, through_numpy

    def __reduce__(self) -> Any:
        dtype = self.tensor.dtype
        if not self.through_numpy:
            return torch._utils._rebuild_device_tensor_from_cpu_tensor, (self.tensor, dtype, "mps:0", False)
        array = (self.tensor.float() if dtype == torch.bfloat16 else self.tensor).numpy()
        return torch._utils._rebuild_device_tensor_from_numpy, (array, dtype, "mps:0", False)


class Subclass(torch.Tensor):
    """A tensor of a program's own class."""


def read(path: Path, content: Any, zipped: bool = True) -> dict[str, torch.Tensor]:
    path.write_bytes(pickles.saved(content, zipped))
    found = open_snapshot(path)
    assert found is not None
    return found.tensors()


@pytest.mark.parametrize("zipped", [True, False])
@pytest.mark.parametrize("through_numpy", [True, False])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float16, torch.bfloat16, torch.int64])
def test_tensors_saved_on_mps_come_back(dtype: torch.dtype, through_numpy: bool, zipped: bool, tmp_path: Path) -> None:
    state = {name: tensor.to(dtype) for name, tensor in STATE.items()}
    found = read(tmp_path / "mps.pt", {name: OnMPS(tensor, through_numpy) for name, tensor in state.items()}, zipped)
    assert all(torch.equal(found[name], state[name]) and found[name].dtype == dtype for name in state)


@pytest.mark.parametrize("prefix", ["module.", "_orig_mod.", "module._orig_mod.", "_forward_module."])
@pytest.mark.parametrize("wrapper", ["g_ema", "state_dict", None])
def test_the_prefixes_of_parallel_and_compiled_training_are_taken_off(
    prefix: str, wrapper: str | None, tmp_path: Path
) -> None:
    state = {prefix + name: tensor for name, tensor in STATE.items()}
    found = read(tmp_path / "ddp.pt", {wrapper: state, "step": 3} if wrapper else state)
    assert set(found) == set(STATE)


def test_a_generator_is_found_among_the_networks_of_one_state_dict(tmp_path: Path) -> None:
    other = {f"discriminator.{name}": tensor for name, tensor in STATE.items()}
    state = {f"G_ema.{name}": tensor for name, tensor in STATE.items()}
    found = read(tmp_path / "lightning.ckpt", {"epoch": 1, "state_dict": other | state, "callbacks": {}})
    assert set(found) == set(STATE)


def test_parameters_with_attributes_and_subclasses_are_plain_tensors(tmp_path: Path) -> None:
    weight = torch.nn.Parameter(torch.rand(2, 2))
    weight.note = "mine"  # type: ignore[attr-defined]
    state = STATE | {"more": weight, "mine": torch.rand(3).as_subclass(Subclass)}
    found = read(tmp_path / "subclass.pt", state)
    assert torch.equal(found["more"], weight)
    assert torch.equal(found["mine"], state["mine"].as_subclass(torch.Tensor))


@pytest.mark.parametrize("zipped", [True, False])
def test_number_types_without_a_storage_of_their_name_come_back(zipped: bool, tmp_path: Path) -> None:
    state = {"a": torch.arange(6).reshape(2, 3).to(torch.float8_e4m3fn), "b": torch.arange(4).to(torch.uint16)}
    found = read(tmp_path / "new.pt", state, zipped)
    for name, tensor in state.items():
        assert found[name].dtype == tensor.dtype
        assert torch.equal(found[name].float(), tensor.float())


def test_arrays_are_tensors_too(tmp_path: Path) -> None:
    found = read(tmp_path / "arrays.pt", {"g_ema": {name: tensor.numpy() for name, tensor in STATE.items()}})
    assert all(torch.equal(found[name], STATE[name]) for name in STATE)


def test_a_state_dict_is_found_two_wrappers_deep(tmp_path: Path) -> None:
    found = read(tmp_path / "deep.pt", {"config": {}, "model": {"d": {"x": torch.zeros(1)}, "g_ema": STATE}})
    assert set(found) == set(STATE)


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
@pytest.mark.parametrize("zipped", [True, False])
def test_every_protocol_of_torch_save_opens(protocol: int, zipped: bool, tmp_path: Path) -> None:
    path = tmp_path / "network.pt"
    torch.save({"g_ema": STATE}, path, pickle_protocol=protocol, _use_new_zipfile_serialization=zipped)
    found = open_snapshot(path)
    assert found is not None
    assert all(torch.equal(found.tensors()[name], STATE[name]) for name in STATE)
