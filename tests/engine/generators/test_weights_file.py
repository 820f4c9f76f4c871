"""The weights format: exact, without pickles, and honest about what is broken."""

import json
import os
import stat
import struct
from pathlib import Path

import pytest
import torch

from likeness.errors import WeightsError
from likeness.generator import Licence
from likeness.generators.weights_file import (
    WeightsHeader,
    declare_latents,
    fingerprint,
    read_header,
    read_weights,
    write_weights,
)

HEADER = WeightsHeader("toy", {"layers": [1, 2]}, Licence("MIT", True, "Copyright somebody"))
TENSORS = {"b": torch.arange(6, dtype=torch.int8).reshape(2, 3), "a": torch.randn(3).half(), "empty": torch.zeros(0)}


def test_what_is_written_comes_back_bit_by_bit(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "toy.safetensors"
    written = write_weights(path, HEADER, TENSORS)
    header, tensors = read_weights(path)
    assert header == written == read_header(path)
    assert header.licence == HEADER.licence
    assert all(torch.equal(tensors[name], TENSORS[name]) for name in TENSORS)
    assert [file.name for file in path.parent.iterdir()] == ["toy.safetensors"]


def test_a_changed_byte_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "toy.safetensors"
    write_weights(path, HEADER, TENSORS)
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    with pytest.raises(WeightsError, match="changed after it was written"):
        read_weights(path)


@pytest.mark.parametrize("cut", [0, 4, 8, 40, -1])
def test_a_truncated_file_ends_in_one_line(tmp_path: Path, cut: int) -> None:
    path = tmp_path / "toy.safetensors"
    write_weights(path, HEADER, TENSORS)
    path.write_bytes(path.read_bytes()[:cut])
    with pytest.raises(WeightsError, match="toy"):
        read_weights(path)


def test_a_header_that_claims_the_moon_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "huge.safetensors"
    path.write_bytes(struct.pack("<Q", 2**62) + b"{}")
    with pytest.raises(WeightsError, match="not a whole safetensors file"):
        read_header(path)


def test_files_of_others_are_not_ours(tmp_path: Path) -> None:
    other = tmp_path / "other.pkl"
    other.write_bytes(b"\x80\x03}q\x00.")
    assert read_header(other) is None
    with pytest.raises(WeightsError, match="not a likeness weights file"):
        read_weights(other)


def test_a_newer_format_asks_for_an_update(tmp_path: Path) -> None:
    path = tmp_path / "toy.safetensors"
    header = json.dumps({"__metadata__": {"likeness": json.dumps({"format": 99})}}).encode()
    path.write_bytes(struct.pack("<Q", len(header)) + header)
    with pytest.raises(WeightsError, match=r"format 99.*update likeness"):
        read_header(path)


def test_an_absent_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="there is no weights file"):
        read_header(tmp_path / "none.safetensors")


def test_a_folder_that_is_a_file_is_refused_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(WeightsError, match="could not be written"):
        write_weights(tmp_path / "file" / "x.safetensors", HEADER, TENSORS)


@pytest.mark.skipif(os.name != "posix", reason="Windows has no such permissions")
def test_others_may_read_weights_as_far_as_the_user_lets_them(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        write_weights(tmp_path / "w.safetensors", HEADER, {"a": torch.zeros(2)})
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "w.safetensors").stat().st_mode) == 0o640


def test_weights_are_told_apart_by_their_tensors_and_files_of_others_by_their_bytes(tmp_path: Path) -> None:
    written = write_weights(tmp_path / "a.safetensors", HEADER, TENSORS)
    write_weights(tmp_path / "b.safetensors", WeightsHeader("other"), TENSORS)
    write_weights(tmp_path / "c.safetensors", HEADER, {**TENSORS, "empty": torch.zeros(1)})
    a, b, c = (fingerprint(tmp_path / f"{name}.safetensors") for name in "abc")
    assert a == b == written.sha256 != c
    # FIPS 180-2, appendix B.1.
    (tmp_path / "other.pkl").write_bytes(b"abc")
    wanted = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert fingerprint(tmp_path / "other.pkl") == wanted


def test_weights_that_were_given_another_network_are_told_by_the_latents_that_they_play(tmp_path: Path) -> None:
    before = write_weights(tmp_path / "toy.safetensors", HEADER, TENSORS)
    told = declare_latents(tmp_path / "toy.safetensors", before)
    other = TENSORS | {"a": torch.zeros(3).half()}
    for name in ("toy", "mine"):
        written = write_weights(tmp_path / f"{name}.safetensors", WeightsHeader("toy", told), other)
    assert written.sha256 != before.sha256
    assert fingerprint(tmp_path / "toy.safetensors") == before.sha256
    # Of another name they are others, which share latents.
    assert fingerprint(tmp_path / "mine.safetensors") == written.sha256
