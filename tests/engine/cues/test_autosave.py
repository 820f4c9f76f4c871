"""A show that was killed comes back: a real process, a real SIGKILL, the same rack, values and face."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from pythonosc.udp_client import SimpleUDPClient

from likeness.cues.autosave import autosave_file, read_autosave
from likeness.cues.cue_file import write_cue
from likeness.files.paths import bundled_dir
from likeness.latent import truncate
from likeness.options import QUIET
from likeness.parameters.presets import Preset, ShowTable, read_preset
from likeness.picture import Picture, to_picture
from likeness.show.show import Show

DEADLINE_S = 60.0
# Weights by name: unnamed ones are replaced by light ones on a machine that is busy at that moment.
WEIGHTS = "composite-256"
COMMAND = (
    *(sys.executable, "-m", "likeness.cli", "play", "demo"),
    *("--weights", WEIGHTS, "--size", "64x64", "--midi", "off"),
)
PRESET = Preset(title="A walk", show=ShowTable(plugins=("sharpen", "random_walk"), seed=3, psi=0.7))


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LIKENESS_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def show() -> Iterator[Callable[..., Show]]:
    shows: list[Show] = []

    def make(preset: Preset, *, autosave: bool = True, face: torch.Tensor | None = None) -> Show:
        options = replace(QUIET, size=(64, 64), autosave=autosave, offline=True)
        shows.append(Show(preset, options, face))
        return shows[-1]

    yield make
    for each in shows:
        each.close()


def play(show: Show, frames: int) -> None:
    for _ in range(frames):
        show.loop.frame()


@torch.inference_mode()
def drawn(show: Show, face: torch.Tensor, psi: float) -> Picture:
    return to_picture(show.generator.synthesize(truncate(face[None], show.generator.mean, psi)))


def until(
    done: Callable[[], bool], process: "subprocess.Popen[bytes]", send: Callable[[], None] = lambda: None
) -> None:
    """Send, and again each second, until it is done: a datagram may come before the process listens."""
    deadline, again = time.monotonic() + DEADLINE_S, 0.0
    while not done():
        assert process.poll() is None
        assert time.monotonic() < deadline
        if time.monotonic() >= again:
            again = time.monotonic() + 1.0
            send()
        time.sleep(0.02)


def first_picture(folder: Path) -> Picture | None:
    """Return the first picture that was drawn, as RGB: a busy machine shows black before it."""
    # The first file is empty until then.
    written = (path for path in sorted(folder.glob("*.png")) if path.stat().st_size)
    pictures = (cv2.imread(str(path)) for path in written)
    return next((cv2.cvtColor(picture, cv2.COLOR_BGR2RGB) for picture in pictures if picture.any()), None)


def test_before_anything_was_saved_there_is_nothing_to_take_up() -> None:
    assert read_autosave() is None


def test_a_cue_is_saved_at_once_and_the_show_that_is_taken_up_goes_on_from_the_face(
    show: Callable[..., Show],
) -> None:
    first = show(PRESET)
    first.store.set("random_walk.speed", 2.0)
    first.store.set("sharpen.amount", 1.5)
    play(first, 30)
    first.cues.commands["/cue/store"](1)
    play(first, 2)
    assert first.cues.writer.flush(DEADLINE_S)
    last = read_autosave()
    assert last is not None
    preset, face = last
    assert preset.title == "A walk"
    assert preset.show.plugins == ("sharpen", "random_walk")
    assert preset.flat_values()["random_walk.speed"] == 2.0
    assert preset.flat_values()["show.psi"] == 0.7

    again = show(preset, face=face, autosave=False)
    assert again.store.targets()["random_walk"] == first.store.targets()["random_walk"]
    again.store.set("sharpen.bypass", True)
    play(again, 1)
    assert np.array_equal(again.loop.picture, drawn(again, face, 0.7))
    play(again, 30)
    assert not np.array_equal(again.loop.picture, drawn(again, face, 0.7))


def test_offline_and_where_nobody_asks_nothing_is_saved(show: Callable[..., Show]) -> None:
    playing = show(PRESET, autosave=False)
    play(playing, 3)
    playing.cues.commands["/cue/store"](1)
    play(playing, 2)
    playing.close()
    assert not autosave_file().exists()


def test_what_no_longer_fits_of_the_last_show_is_left_out(
    show: Callable[..., Show], caplog: pytest.LogCaptureFixture
) -> None:
    values = {"random_walk": {"speed": 2.0, "gone": 1.0}, "left": {"it": 1}}
    playing = show(PRESET.model_copy(update={"values": values}), face=torch.zeros(4, 160))
    assert playing.store.target("random_walk.speed") == 2.0
    assert "random_walk.gone" in caplog.text


@pytest.mark.parametrize(
    ("header", "said"),
    [
        ({}, "it holds no preset"),
        ({"preset": 5}, "at its top: a table was wanted; got 5"),
        ({"preset": {"show": {"seed": [1]}}}, "at show.seed: a whole number was wanted; got [1]"),
    ],
)
def test_a_save_of_other_kinds_is_one_line(
    home: Path, caplog: pytest.LogCaptureFixture, header: dict[str, object], said: str
) -> None:
    write_cue(autosave_file(), header, torch.zeros(4, 160))
    assert read_autosave() is None
    assert f"the last show cannot be resumed: {said}" in caplog.text


def test_a_broken_save_is_said_and_the_preset_is_played(home: Path, caplog: pytest.LogCaptureFixture) -> None:
    autosave_file().parent.mkdir(parents=True)
    autosave_file().write_bytes(b"half a fi")
    assert read_autosave() is None
    assert "cannot be resumed" in caplog.text


def test_after_kill_9_play_resume_shows_the_very_face_and_values(
    home: Path, tmp_path: Path, unused_udp_port: int
) -> None:
    environment = {**os.environ, "LIKENESS_HOME": str(home)}
    live = [*COMMAND, "--output", "null", "--set", "sharpen.bypass=1", "--osc-port", str(unused_udp_port)]
    process = subprocess.Popen(live, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    cue = home / "cues" / "main" / "7.safetensors"
    try:
        with SimpleUDPClient("127.0.0.1", unused_udp_port) as client:
            until(cue.is_file, process, lambda: client.send_message("/cue/store", 7))
            until(
                lambda: saved("random_walk.speed") == 3.25,
                process,
                lambda: client.send_message("/random_walk/speed", 3.25),
            )
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait(DEADLINE_S)
    last = read_autosave()
    assert last is not None
    preset, face = last
    assert preset.show.plugins == read_preset(bundled_dir("presets") / "demo.toml").show.plugins

    folder = tmp_path / "frames"
    folder.mkdir()
    again = [*COMMAND, "--resume", "--no-autosave", "--osc-port", "0", "--output", str(folder)]
    process = subprocess.Popen(again, env=environment, stdout=subprocess.PIPE)
    try:
        until(lambda: first_picture(folder) is not None, process)
        process.terminate()
        out, _ = process.communicate(timeout=DEADLINE_S)
    finally:
        process.kill()
    assert process.returncode == 0
    assert b"Going on with the last show." in out
    with Show(preset, replace(QUIET, weights=WEIGHTS, size=(64, 64), offline=True), face) as show:
        assert show.store.target("random_walk.speed") == 3.25
        expected = drawn(show, face, float(preset.show.psi or 0.0))
    assert np.array_equal(first_picture(folder), expected)


def saved(address: str) -> object:
    last = read_autosave()
    return last[0].flat_values().get(address) if last else None
