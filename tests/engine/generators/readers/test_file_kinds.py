"""A file that is no weights is called what it is, with what to do, by every command that opens weights."""

import bz2
import gzip
import io
import lzma
import tarfile
import zipfile
from pathlib import Path

import numpy as np
import pytest
from safetensors.torch import save
from tests.reference import pickles
from tests.reference import stylegan2 as plain

from likeness.errors import WeightsError
from likeness.generators.convert import inspect_weights
from likeness.generators.readers.file_kinds import describe_file
from likeness.host.host import Host

STATE = plain.random_state(plain.Shape(8, channel_max=4, w_dim=4, z_dim=4))


def zipped(**files: bytes) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name.replace("_dot_", ".").replace("_in_", "/"), data)
    return stream.getvalue()


def tarred() -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        archive.addfile(tarfile.TarInfo("network.pkl"))
    return stream.getvalue()


def arrays() -> bytes:
    stream = io.BytesIO()
    np.savez(stream, a=np.zeros(2), b=np.ones(3))
    return stream.getvalue()


WEIGHTS = pickles.official_pickle(STATE, {})
KINDS = {
    "a web page": (b"<!DOCTYPE html><html><head><title>Virus scan warning</title></head></html>", "web page"),
    "a page after a mark": (b"\xef\xbb\xbf\n <HTML lang=en><body>", "web page"),
    "a page after a comment": (b"<!-- saved -->\n<html>", "web page"),
    "a refusal in XML": (b"<?xml version='1.0'?><Error><Code>AccessDenied</Code></Error>", "refusal"),
    "a refusal in JSON": (b'{"error": {"code": 403}}', "refusal"),
    "an LFS pointer": (b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 381\n", "git lfs pull"),
    "an annex pointer": (b"/annex/objects/SHA256E-s381--00.pkl\n", "git annex get"),
    "gzip": (gzip.compress(WEIGHTS), "gunzip"),
    "bzip2": (bz2.compress(WEIGHTS), "bunzip2"),
    "xz": (lzma.compress(WEIGHTS), "unxz"),
    "zstd": (b"\x28\xb5\x2f\xfd" + bytes(40), "unzstd"),
    "tar": (tarred(), "tar archive"),
    "7z": (b"7z\xbc\xaf\x27\x1c" + bytes(40), "7z archive"),
    "zip of weights": (zipped(models_in_network_dot_pkl=WEIGHTS, read_dot_txt=b""), "models/network.pkl"),
    "zip of pictures": (zipped(a_dot_png=b"", b_dot_png=b""), "without weights"),
    "zip cut short": (zipped(network_dot_pkl=WEIGHTS)[:-30], "whole zip|cut short"),
    "torch.export": (zipped(m_in_archive_format=b"pt2", m_in_byteorder=b"little"), "torch.export"),
    "arrays": (arrays(), "NumPy archive"),
    "an array": (b"\x93NUMPY\x01\x00", "NumPy array"),
    "HDF5": (b"\x89HDF\r\n\x1a\n", "HDF5"),
    "a picture": (b"\x89PNG\r\n\x1a\n", "picture"),
    "ONNX by another name": (b"\x08\x07\x12\x07pytorch\x1a\x031.9", "ends in .onnx"),
    "a note": (b"The weights are at the other place.\n", "but a text"),
    "zeros": (bytes(5000), "zeros"),
    "nothing": (b"", "empty"),
    "noise": (bytes(range(129, 256)), "of no family"),
}


@pytest.mark.parametrize("name", ["network.pkl", "network.pt", "network"])
@pytest.mark.parametrize("kind", list(KINDS))
def test_a_file_is_called_what_it_is(kind: str, name: str, tmp_path: Path) -> None:
    data, says = KINDS[kind]
    path = tmp_path / name
    path.write_bytes(data)
    for opened in (lambda: Host().open_generator(path, "cpu"), lambda: inspect_weights(path)):
        with pytest.raises(WeightsError, match=says) as caught:
            opened()
        assert str(caught.value).startswith(str(path))
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize("ending", [".safetensors", ".onnx"])
@pytest.mark.parametrize("kind", ["a web page", "an LFS pointer", "gzip"])
def test_a_page_by_the_name_of_another_format_is_called_so_too(kind: str, ending: str, tmp_path: Path) -> None:
    if ending == ".onnx":
        pytest.importorskip("onnxruntime")
    data, says = KINDS[kind]
    (tmp_path / f"network{ending}").write_bytes(data)
    with pytest.raises(WeightsError, match=says):
        Host().open_generator(tmp_path / f"network{ending}", "cpu")


def test_a_safetensors_file_opens_by_any_name(tmp_path: Path) -> None:
    (tmp_path / "network.bin").write_bytes(save({name: tensor.clone() for name, tensor in STATE.items()}))
    assert Host().open_generator(tmp_path / "network.bin", "cpu").info.family == "stylegan2"


def test_weights_are_not_described(tmp_path: Path) -> None:
    (tmp_path / "network.pkl").write_bytes(WEIGHTS)
    assert describe_file(tmp_path / "network.pkl") is None
