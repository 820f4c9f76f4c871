"""The face mesh's file: found by name, read out of either package, refused in one line."""

import io
import tarfile
import zipfile
from pathlib import Path

import numpy as np
import pytest
from tests.reference.tflite_bytes import Step, model

from likeness.errors import WeightsError
from likeness.toolkit.puppet.mesh_file import NAME, find_mesh_file, read_mesh_file

NETWORK = model([(1, 2), np.ones((1, 2), np.float32), (1, 2)], [Step("ADD", (0, 1), (2,), {0: ("<b", 0)})], (0,))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LIKENESS_HOME", str(tmp_path))
    (tmp_path / "landmarks").mkdir()
    return tmp_path / "landmarks"


def write_tar(path: Path, name: str, content: bytes) -> Path:
    with tarfile.open(path, "w:gz") as archive:
        member = tarfile.TarInfo(f"package/{name}")
        member.size = len(content)
        archive.addfile(member, io.BytesIO(content))
    return path


def write_zip(path: Path, name: str, content: bytes) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(f"mediapipe/modules/face_landmark/{name}", content)
    return path


def test_the_network_itself_comes_before_packages_that_hold_it(folder: Path) -> None:
    assert find_mesh_file() is None
    wheel = write_zip(folder / "mediapipe-0.10.21-cp311-none-any.whl", NAME, NETWORK)
    assert find_mesh_file() == wheel
    # As npm packs it: the networks one behind the other.
    packed = NETWORK + b"what comes after it"
    tar = write_tar(folder / "mediapipe-face_mesh-0.4.tgz", "face_mesh_solution_packed_assets.data", packed)
    assert find_mesh_file() == tar
    (folder / NAME).write_bytes(NETWORK)
    assert find_mesh_file() == folder / NAME
    for path in (wheel, tar, folder / NAME):
        assert [step.name for step in read_mesh_file(path).steps] == ["ADD"]


def test_a_package_without_it_and_a_broken_one_say_how_to_fetch_another(folder: Path) -> None:
    other = write_zip(folder / "mediapipe-1.2.whl", "hand_landmark.tflite", NETWORK)
    broken = folder / "face_mesh.tgz"
    broken.write_bytes(write_tar(folder / "whole.tgz", NAME, NETWORK * 50).read_bytes()[:80])
    for path in (other, broken):
        with pytest.raises(WeightsError, match=r"npm pack @mediapipe/face_mesh"):
            read_mesh_file(path)
