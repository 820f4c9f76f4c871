"""A file that is rigged, cut short, empty or of somebody else's ends in one clear line, without running anything."""

import argparse
import io
import os
import pickle
import struct
import zipfile
from pathlib import Path
from typing import Any

import pytest
import torch
from tests.reference import pickles
from tests.reference import stylegan2 as plain
from tests.reference.parity import case

from likeness.errors import WeightsError
from likeness.generators.readers.open_snapshot import open_snapshot

SMALL = plain.Shape(8, channel_max=4, w_dim=4, z_dim=4)


class Rigged:
    """Makes a folder when it is unpickled by anybody who calls what a pickle asks for."""

    def __init__(self, sentinel: Path) -> None:
        self.sentinel = sentinel

    def __reduce__(self) -> Any:
        return os.mkdir, (str(self.sentinel),)


def refused(path: Path, data: bytes) -> str:
    path.write_bytes(data)
    with pytest.raises(WeightsError) as caught:
        open_snapshot(path)
    text = str(caught.value)
    assert text.startswith(str(path))
    assert "\n" not in text
    return text


@pytest.mark.parametrize("place", ["G", "augment_pipe", "training_set_kwargs"])
def test_a_rigged_official_snapshot_is_refused_and_nothing_runs(place: str, tmp_path: Path) -> None:
    sentinel = tmp_path / "ran"
    data = pickles.official_pickle(plain.random_state(SMALL), {}, extra={place: Rigged(sentinel)})
    assert "mkdir" in refused(tmp_path / "rigged.pkl", data)
    assert not sentinel.exists()
    with pickles.official_names(), pytest.raises(AssertionError):
        pickle.loads(data)


def test_what_rigs_this_test_would_have_run(tmp_path: Path) -> None:
    sentinel = tmp_path / "ran"
    data = pickle.dumps(Rigged(sentinel))
    assert "mkdir" in refused(tmp_path / "rigged.pkl", data)
    assert not sentinel.exists()
    pickle.loads(data)
    assert sentinel.exists()


@pytest.mark.parametrize("zipped", [True, False])
def test_a_rigged_torch_file_is_refused_and_nothing_runs(zipped: bool, tmp_path: Path) -> None:
    sentinel = tmp_path / "ran"
    data = pickles.saved({"g_ema": {"a": torch.zeros(2)}, "args": Rigged(sentinel)}, zipped)
    assert "mkdir" in refused(tmp_path / "rigged.pt", data)
    assert not sentinel.exists()


@pytest.mark.parametrize(
    "name",
    ["os system", "builtins eval", "builtins exec", "builtins getattr", "torch.storage _load_from_bytes.x",
     "torch load", "numpy load", "torch_utils.persistence import_hook", "collections OrderedDict.update",
     "numpy.core.multiarray fromfile", "subprocess Popen"],
)  # fmt: skip
def test_the_name_that_is_refused_is_said(name: str, tmp_path: Path) -> None:
    module, member = name.split()
    data = b"\x80\x02c" + module.encode() + b"\n" + member.encode() + b"\n(tR."
    assert f"{module}.{member}" in refused(tmp_path / "rigged.pkl", data)


def test_a_rigged_storage_inside_an_official_snapshot_is_refused(tmp_path: Path) -> None:
    sentinel = tmp_path / "ran"
    inner = pickles.saved(Rigged(sentinel), zipped=False)
    data = (
        b"\x80\x04\x8c\x0dtorch.storage\x8c\x10_load_from_bytes\x93B"
        + struct.pack("<I", len(inner)) + inner + b"\x85R."
    )  # fmt: skip
    assert "mkdir" in refused(tmp_path / "rigged.pkl", data)
    assert not sentinel.exists()


def test_empty_and_absent_files_are_said(tmp_path: Path) -> None:
    assert "empty" in refused(tmp_path / "empty.pkl", b"")
    with pytest.raises(WeightsError, match="absent"):
        open_snapshot(tmp_path / "absent.pkl")


@pytest.mark.parametrize("share", [0.001, 0.1, 0.5, 0.9, 0.9999])
@pytest.mark.parametrize("kind", ["official", "zip", "legacy", "tensorflow"])
def test_a_truncated_file_is_refused(kind: str, share: float, tmp_path: Path) -> None:
    state = plain.random_state(SMALL)
    data = {
        "official": lambda: pickles.official_pickle(state, {}),
        "zip": lambda: pickles.saved(state),
        "legacy": lambda: pickles.saved(state, zipped=False),
        "tensorflow": lambda: pickles.tensorflow_pickle({"dlatent_avg": state["mapping.w_avg"].numpy()}, {}),
    }[kind]()
    path = tmp_path / "cut.pkl"
    path.write_bytes(data[: max(8, int(len(data) * share))])
    with pytest.raises(WeightsError):
        open_snapshot(path)


@pytest.mark.parametrize(
    "data",
    [
        b"\x80\x04\x8e" + b"\xff" * 8,
        b"\x80\x04\x8d" + b"\xff" * 7 + b"\x7f",
        b"\x80\x04\x95" + b"\xff" * 8 + b"N",
        b"\x80\x02]r\xff\xff\xff\x7f\x94.",
        b"\x80\x02\x8b\xff\xff\xff\x7f",
        b"\x80\x04\x96" + b"\xff" * 8,
        b"\x80\x04" + b"N" + b"\x85" * 100_000 + b".",
        b"\x80\x04" + b"]" * 100_000,
        b"\x80\x04" + b"(" * 100_000 + b"1.",
        b"\x80\x04" + b"c" + b"a" * 100_000,
        b"\x80\x05\x97.",
        b"\x80\x7f.",
        b"\x80\x04}(" + b"N\x85" * 30 + b"Nu.",
        b"\x80\x04N.",
        b"\x80\x04).",
    ],
    ids=lambda data: data[:6].hex(),
)  # fmt: skip
def test_a_pickle_that_promises_more_than_it_holds_is_refused(data: bytes, tmp_path: Path) -> None:
    refused(tmp_path / "hostile.pkl", data)


def test_a_nested_tuple_is_no_key_because_its_hash_would_take_for_ever(tmp_path: Path) -> None:
    nested = b")" + b"2\x86" * 60
    assert "key" in refused(tmp_path / "hostile.pkl", b"\x80\x04}" + nested + b"Ns.")


@pytest.mark.parametrize(
    ("shape", "stride", "offset"),
    [((1000, 1000), (0, 0), 0), ((5,), (1,), 0), ((4,), (1,), 1), ((2, 2), (3, 1), 0), ((-1,), (1,), 0),
     ((2,), (-1,), 1), ((2**62, 4), (0, 1), 0)],
)  # fmt: skip
def test_a_tensor_outside_its_storage_is_refused(
    shape: tuple[int, ...], stride: tuple[int, ...], offset: int, tmp_path: Path
) -> None:
    class Stray:
        def __reduce__(self) -> Any:
            function, arguments = torch.zeros(4).__reduce_ex__(2)
            return function, (arguments[0], offset, shape, stride, *arguments[4:])

    for zipped in (True, False):
        text = refused(tmp_path / "stray.pt", pickles.saved({"w": Stray()}, zipped))
        assert "tensor" in text or "integer" in text


def test_a_compressed_zip_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("archive/data.pkl", b"\x80\x02}." + b"\0" * 50_000_000)
        archive.writestr("archive/byteorder", b"little")
    assert len(stream.getvalue()) < 100_000
    assert "compressed" in refused(tmp_path / "bomb.pt", stream.getvalue())


def test_a_file_of_somebody_else_is_left_to_others(tmp_path: Path) -> None:
    for data in (b"RIFF....WAVE", b"\x08\x07\x12\x07pytorch", b"hello", bytes(100)):
        (tmp_path / "other.bin").write_bytes(data)
        assert open_snapshot(tmp_path / "other.bin") is None


def test_a_pickle_without_a_generator_says_so(tmp_path: Path) -> None:
    assert "no generator" in refused(tmp_path / "a.pkl", pickle.dumps({"weights": [1, 2, 3]}))
    assert "state dict" in refused(tmp_path / "b.pt", pickles.saved([1, 2]))
    assert "no tensors" in refused(tmp_path / "c.pt", pickles.saved({"a": 1}))


@pytest.mark.parametrize("zipped", [True, False])
def test_a_training_checkpoint_opens_with_what_else_it_holds(zipped: bool, tmp_path: Path) -> None:
    made = case("rosinality_64")
    moments = {
        "state": {0: {"step": 3, "exp_avg": torch.ones(3)}},
        "param_groups": [{"betas": (0.9, 0.99), "params": [0]}],
    }
    content = {
        "g": made.state, "d": {"x": torch.zeros(2, dtype=torch.bfloat16)}, "g_ema": made.state,
        "g_optim": moments, "args": argparse.Namespace(size=64, path=None), "ada_aug_p": 0.5,
    }  # fmt: skip
    (tmp_path / "checkpoint.pt").write_bytes(pickles.saved(content, zipped))
    found = open_snapshot(tmp_path / "checkpoint.pt")
    assert found is not None
    assert found.family == "stylegan2"
    assert "mapping.w_avg" not in found.names()
    weight = made.state["convs.3.conv.weight"][0]
    assert torch.allclose(found.tensors()["synthesis.b16.conv1.weight"] * (9 * 32) ** 0.5, weight)


@pytest.mark.parametrize("dtype", [torch.float16, torch.float64, torch.int64, torch.uint8, torch.bool, torch.bfloat16])
@pytest.mark.parametrize("zipped", [True, False])
def test_every_number_type_and_layout_comes_back(dtype: torch.dtype, zipped: bool, tmp_path: Path) -> None:
    whole = torch.arange(24).reshape(2, 3, 4).to(dtype)
    state = {
        "whole": whole,
        "turned": whole.permute(2, 0, 1),
        "part": whole[:, 1],
        "none": whole[:0],
        "one": whole[0, 0, 0],
    }
    (tmp_path / "state.pt").write_bytes(pickles.saved({"state_dict": state}, zipped))
    found = open_snapshot(tmp_path / "state.pt")
    assert found is not None
    tensors = found.tensors()
    assert all(torch.equal(tensors[name], state[name]) for name in state)
    assert all(tensors[name].dtype == dtype for name in state)
