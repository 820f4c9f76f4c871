"""Devices: which are there, and a graphics card that torch cannot use."""

from pathlib import Path

import pytest
import torch

from likeness.cli import main
from likeness.errors import LikenessError
from likeness.generators import devices
from likeness.generators.devices import choose_device, find_unused_card


@pytest.fixture
def card(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Stand-ins for a machine with an NVIDIA driver and a torch that finds no card; return the driver's program."""
    program = tmp_path / "bin" / "nvidia-smi"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\nexit 9\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(program.parent))
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.version, "cuda", None)
    return program


def test_a_device_that_is_not_there_is_refused() -> None:
    assert choose_device("cpu") == torch.device("cpu")
    with pytest.raises(LikenessError, match="no device 'tpu' here; there are: cpu"):
        choose_device("tpu")


@pytest.mark.usefixtures("card")
def test_a_card_that_torch_cannot_use_is_named_with_the_next_step(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "install torch with CUDA" in str(find_unused_card())
    monkeypatch.setattr(torch.version, "cuda", "13.0")
    assert "update its driver to one for CUDA 13.0" in str(find_unused_card())


def test_a_card_that_is_used_hidden_or_not_there_is_not_spoken_of(card: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert find_unused_card()
    with monkeypatch.context() as used:
        used.setattr(torch.cuda, "is_available", lambda: True)
        assert find_unused_card() is None
    with monkeypatch.context() as hidden:
        hidden.setenv("CUDA_VISIBLE_DEVICES", "")
        assert find_unused_card() is None
    card.unlink()
    monkeypatch.setattr(devices, "Path", lambda name: Path("/nowhere", name.lstrip("/")))
    assert find_unused_card() is None


@pytest.mark.usefixtures("card")
def test_play_says_so_at_its_start(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("LIKENESS_HOME", str(tmp_path))
    # What is missing is told before the device is looked at, what is broken after it.
    broken = tmp_path / "broken.safetensors"
    broken.write_bytes(b"broken")
    for device, lines in (("auto", 1), ("cpu", 0)):
        caplog.clear()
        with pytest.raises(SystemExit):
            main(["play", "--device", device, "--weights", str(broken), "--output", "null"])
        assert len([line for line in caplog.messages if "NVIDIA card" in line]) == lines
