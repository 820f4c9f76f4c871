"""Fixtures of the engine's tests: real MIDI, through ALSA or a JACK server of our own, and a tiny composite."""

import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import torch
from tests.engine.drawn_faces import write_faces
from tests.engine.midi_player import Player

from likeness.inputs.midi.input import midi_available


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder in which commands run, and in which they have their home."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LIKENESS_HOME", str(tmp_path / "home"))
    return tmp_path


@pytest.fixture
def torch_as_it_was() -> Iterator[None]:
    """Put back afterwards what of torch is the whole process's: other tests of the worker count on it."""
    dtype, threads = torch.get_default_dtype(), torch.get_num_threads()
    precision, exact = torch.get_float32_matmul_precision(), torch.are_deterministic_algorithms_enabled()
    yield
    torch.set_default_dtype(dtype)
    torch.set_num_threads(threads)
    torch.set_float32_matmul_precision(precision)
    torch._C._set_deterministic_algorithms(exact)
    torch.set_grad_enabled(True)


@pytest.fixture(scope="session")
def system() -> Iterator[int]:
    """Return rtmidi's number of a MIDI system that works, starting one where there is none."""
    rtmidi = pytest.importorskip("rtmidi", reason="python-rtmidi is not installed")
    try:
        client = rtmidi.MidiIn(rtmidi.API_LINUX_ALSA)
    except rtmidi.RtMidiError:
        pass
    else:
        client.delete()
        yield rtmidi.API_LINUX_ALSA
        return
    if not shutil.which("jackd"):
        pytest.skip("no ALSA sequencer and no jackd here (apt-get install jackd2), so no real MIDI")
    name = f"likeness_test_{os.getpid()}"
    before = os.environ.get("JACK_DEFAULT_SERVER")
    os.environ["JACK_DEFAULT_SERVER"] = name
    server = subprocess.Popen(
        ["jackd", "--no-realtime", "--no-mlock", "-n", name, "-t", "5000", "-d", "dummy", "-p", "256"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    deadline = time.monotonic() + 20
    while (missing := midi_available()) is not None:
        assert time.monotonic() < deadline, missing
        assert server.poll() is None, "jackd ended"
        time.sleep(0.1)
    yield rtmidi.API_UNIX_JACK
    server.terminate()
    server.wait(20)
    os.environ.pop("JACK_DEFAULT_SERVER")
    if before is not None:
        os.environ["JACK_DEFAULT_SERVER"] = before


@pytest.fixture
def plug(system: int) -> Iterator[Callable[..., Player]]:
    players: list[Player] = []

    def plug(lit: bool = False) -> Player:
        players.append(Player(system, lit))
        return players[-1]

    yield plug
    for player in players:
        player.unplug()


@pytest.fixture(scope="session")
def tiny_composite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return composite weights of 64 px, trained once on the 40 drawn faces in the folder `faces` beside them."""
    from likeness.generator import Licence
    from likeness.training.composite import train_composite

    folder = tmp_path_factory.mktemp("composite")
    write_faces(folder / "faces", 40)
    weights = folder / "tiny.safetensors"
    licence = Licence("CC0", True)
    train_composite(folder / "faces", weights, size=64, components=12, rounds=2, exemplars=5, licence=licence)
    return weights
