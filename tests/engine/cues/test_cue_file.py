"""A cue on the disk: what is written is read, what is broken is said."""

import ctypes
import gc
from pathlib import Path

import pytest
import torch
from safetensors.torch import save

from likeness.cues.cue_file import read_cue, read_picture, write_cue
from likeness.errors import CueError
from likeness.toolkit.latent_file import read_latent, write_latent

FACE = torch.randn(4, 16, generator=torch.Generator().manual_seed(1))
MOMENT = {"values": {"walk.speed": 0.1, "walk.on": True, "faces.names": 'a "b" ü'}, "rack": ["walk", "faces"]}


def test_what_is_written_is_read_bit_by_bit(tmp_path: Path) -> None:
    write_cue(tmp_path / "new" / "5.safetensors", MOMENT, FACE)
    moment, face = read_cue(tmp_path / "new" / "5.safetensors")
    assert moment == MOMENT
    assert torch.equal(face, FACE)
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["5.safetensors"]


def count_array_types() -> int:
    return sum(type(each) is type(ctypes.c_ubyte * 1) for each in gc.get_objects())


def test_pictures_of_many_sizes_leave_nothing_behind(tmp_path: Path) -> None:
    before = count_array_types()
    for size in range(3001, 3021):
        write_cue(tmp_path / "5.safetensors", MOMENT, FACE, bytes(size))
        assert read_picture(tmp_path / "5.safetensors") == bytes(size)
    gc.collect()
    assert count_array_types() <= before + 1


def test_a_cue_is_a_saved_face_too(tmp_path: Path) -> None:
    write_cue(tmp_path / "5.safetensors", MOMENT, FACE)
    assert torch.equal(read_latent(tmp_path / "5.safetensors", 4, 16), FACE)


def test_what_is_no_cue_is_refused_with_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "5.safetensors"
    with pytest.raises(CueError, match="store it again"):
        read_cue(path)
    write_latent(path, FACE)
    with pytest.raises(CueError, match="no cue of this version"):
        read_cue(path)
    write_cue(path, MOMENT, torch.full((2, 2), torch.nan))
    with pytest.raises(CueError, match="NaN"):
        read_cue(path)
    write_cue(path, MOMENT, FACE)
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(CueError, match="not a whole cue"):
        read_cue(path)


@pytest.mark.parametrize("text", ["[" * 100_000, '{"a": ' * 100_000, "9" * 5000, "{", "5", "[]"])
def test_a_header_that_is_no_cues_is_one_line(tmp_path: Path, text: str) -> None:
    path = tmp_path / "5.safetensors"
    path.write_bytes(save({"latent": FACE}, metadata={"likeness_cue": text}))
    with pytest.raises(CueError, match="store it again") as caught:
        read_cue(path)
    assert len(str(caught.value).splitlines()) == 1


def test_a_locked_disk_leaves_the_old_cue(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(CueError, match="disk full"):
        write_cue(tmp_path / "file" / "5.safetensors", MOMENT, FACE)
    path = tmp_path / "5.safetensors"
    write_cue(path, MOMENT, FACE)

    def locked(old: Path, new: Path) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("os.replace", locked)
    with pytest.raises(CueError):
        write_cue(path, MOMENT, FACE + 1)
    assert torch.equal(read_cue(path)[1], FACE)
