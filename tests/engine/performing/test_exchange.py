"""The generator changes while a show plays: no frame is missed, the picture fades, and what fails changes nothing."""

import gc
import socket
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from likeness.errors import WeightsError
from likeness.events import Capture
from likeness.inputs.osc_packet import decode, encode
from likeness.loop import PATIENCE_S
from likeness.memory.autosave import read_autosave
from likeness.options import Options
from likeness.outputs.memory import MemoryOutput
from likeness.presets import Preset, ShowTable
from likeness.show import Show

DEADLINE_S = 20.0
FPS = 50
# The weights of this family say what shape they have.
TOYS = """
import weakref
from likeness import hookimpl
from tests.conftest import ToyGenerator

class Plugin:
    gate = None

    @hookimpl
    def load_generator(self, path, device, size):
        if path.suffix != ".toy":
            return None
        if self.gate:
            self.gate.wait(20)
        if path.read_text() == "exit":
            raise SystemExit(3)
        num_ws, w_dim, side = map(int, path.read_text().split())
        generator = ToyGenerator(num_ws, w_dim, side)
        self.made = weakref.ref(generator)
        return generator
"""
SHIFT = """
from likeness import Float, Trigger, hookimpl

class Plugin:
    frames = pushes = 0
    stopped = None

    @hookimpl
    def declare_params(self):
        return [Float("by", 0.0, max=2.0), Float("slow", 0.0, glide=1.0), Trigger("push")]

    @hookimpl
    def start(self, stage):
        if stage.generator.info.num_ws == 2:
            raise RuntimeError("two layers are not enough")
        self.buffer = stage.generator.mean * 0

    @hookimpl
    def update(self, latent, params):
        self.frames += 1
        self.pushes += params["push"]
        return latent + self.buffer + params["by"]

    @hookimpl
    def state(self):
        return self.frames

    @hookimpl
    def restore(self, state):
        self.frames = state

    @hookimpl
    def stop(self, stage):
        self.stopped = stage.generator.info.num_ws
"""
SHAPES = {
    "small": "4 8 32",
    "large": "8 24 64",
    "twin": "4 8 32",
    "two": "2 24 32",
    "broken": "no shape",
    "exits": "exit",
}


class Rig:
    """A show that plays `small`, with everything it has shown in `out`."""

    def __init__(self, folder: Path, **options: Any) -> None:
        self.folder = folder
        for name, text in SHAPES.items():
            self.weights(name).write_text(text)
        for name, text in (("toys", TOYS), ("shift", SHIFT)):
            (folder / f"{name}.py").write_text(text)
        files = tuple(folder / f"{name}.py" for name in ("toys", "shift"))
        wanted = {"offline": True, "weights": str(self.weights("small")), **options}
        preset = Preset(show=ShowTable(seed=3, fps=FPS, psi=0.8))
        self.show = Show(preset, Options(("null",), plugins=files, device="cpu", **wanted))
        self.loop, self.store = self.show.loop, self.show.store
        self.out = MemoryOutput()
        self.loop.outputs.append(self.out)

    def weights(self, name: str) -> Path:
        return self.folder / f"{name}.toy"

    def frame(self, count: int = 1) -> None:
        for _ in range(count):
            self.loop.frame()

    def until(self, wanted: Callable[[], object]) -> None:
        deadline = time.monotonic() + DEADLINE_S
        while not wanted():
            self.frame()
            assert time.monotonic() < deadline

    def take(self, name: str, *seconds: float) -> None:
        """Play until the weights `name` do."""
        before = self.show.generator
        self.show.exchange.load(str(self.weights(name)), *seconds)
        self.until(lambda: self.show.generator is not before)

    def plugin(self, name: str = "shift") -> Any:
        return next(slot.plugin for slot in self.show.host.rack if slot.name == name)

    def colour(self, w_dim: int, offset: float = 0.0) -> "np.ndarray[Any, Any]":
        """Return the colour of the toy's every pixel for the show's seed."""
        face = torch.randn(w_dim, generator=torch.Generator().manual_seed(3))[:3] + offset
        return (torch.tanh(0.8 * face) * 127.5 + 128.0).clamp(0, 255).to(torch.uint8).numpy()

    def sides(self) -> list[int]:
        return [picture.shape[0] for picture in self.out.pictures]


@pytest.fixture
def rig(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Rig]]:
    monkeypatch.setenv("LIKENESS_HOME", str(tmp_path / "home"))
    rigs: list[Rig] = []

    def make(**options: Any) -> Rig:
        rigs.append(Rig(tmp_path, **options))
        return rigs[-1]

    yield make
    for each in rigs:
        each.show.close()


def test_the_picture_fades_over_to_a_generator_of_another_shape_and_no_frame_is_missed(rig: Callable[..., Rig]) -> None:
    playing = rig()
    playing.take("large", 0.5)
    playing.frame(40)
    sides, pictures = playing.sides(), playing.out.pictures
    first = sides.index(64)
    assert set(sides[:first]) == {32}
    assert set(sides[first:]) == {64}
    old, new = playing.colour(8).astype(float), playing.colour(24).astype(float)
    assert np.abs(new - old).max() > 50
    assert np.array_equal(pictures[first - 1], np.broadcast_to(playing.colour(8), (32, 32, 3)))
    for k in range(1, 25):
        # 25 frames along the Hermite step, from what was shown to what is drawn.
        share = 3 * (k / 25) ** 2 - 2 * (k / 25) ** 3
        assert np.abs(pictures[first + k - 1] - (old + (new - old) * share)).max() <= 1.0
    assert np.array_equal(pictures[first + 24], np.broadcast_to(playing.colour(24), (64, 64, 3)))
    assert playing.loop.repeated == 0
    assert playing.loop.frames == len(pictures)
    assert np.allclose(np.diff(playing.out.times), 1 / FPS)


def test_no_time_at_all_cuts(rig: Callable[..., Rig]) -> None:
    playing = rig()
    playing.take("large", 0)
    assert np.array_equal(playing.out.pictures[playing.sides().index(64)][0, 0], playing.colour(24))


def test_what_is_set_and_pressed_while_weights_are_read_is_not_lost(rig: Callable[..., Rig]) -> None:
    playing = rig()
    playing.store.set("shift.by", 0.25)
    playing.frame()
    old = playing.plugin()
    gate = playing.plugin("toys").gate = threading.Event()
    playing.show.exchange.load(str(playing.weights("large")))
    for _ in range(100):
        playing.frame()
    assert playing.show.generator.info.num_ws == 4
    playing.store.set("shift.by", 0.5)
    playing.store.set("shift.slow", 1.0)
    playing.store.set("shift.push", 1)
    playing.frame(2)
    assert old.pushes == 1
    way = playing.store.snapshot["shift"]["slow"]
    assert 0.0 < way < 0.5
    # These land in the very frames in which the generators change.
    gate.set()
    presses = [1]

    def pressed() -> bool:
        playing.store.set("shift.push", 1)
        presses.append(1)
        return playing.plugin() is not old

    playing.until(pressed)
    playing.frame()
    assert playing.plugin().pushes > 0
    assert old.pushes + playing.plugin().pushes == len(presses)
    playing.frame(40)
    assert np.array_equal(playing.out.pictures[-1][0, 0], playing.colour(24, 0.5))
    assert way < playing.store.snapshot["shift"]["slow"]
    assert playing.store.target("shift.slow") == 1.0
    assert playing.store.target("shift.bypass") is False
    playing.until(lambda: old.stopped)
    assert old.stopped == 4
    assert playing.plugin().stopped is None


def test_a_plugins_state_goes_on_where_latents_have_the_same_shape_and_starts_anew_elsewhere(
    rig: Callable[..., Rig],
) -> None:
    playing = rig()
    playing.frame(10)
    playing.take("twin")
    playing.frame()
    assert playing.plugin().frames == len(playing.out.pictures)
    before = len(playing.out.pictures)
    playing.take("large")
    playing.frame()
    assert 0 < playing.plugin().frames <= len(playing.out.pictures) - before


def test_the_past_is_kept_where_latents_have_the_same_shape(rig: Callable[..., Rig]) -> None:
    playing = rig()
    playing.store.set("shift.by", 1.0)
    playing.frame(10)
    playing.store.set("shift.by", 0.0)
    faces: list[torch.Tensor] = []
    for name in ("twin", "large"):
        playing.take(name)
        playing.frame()
        playing.store.post(Capture(faces.append, 0.1))
        playing.frame()
    seed = torch.randn(8, generator=torch.Generator().manual_seed(3))
    assert torch.allclose(faces[0], (seed + 1.0).expand(4, 8), atol=1e-2)
    assert faces[1].shape == (8, 24)


@pytest.mark.parametrize(
    ("name", "said"), [("broken.toy", "ValueError"), ("exits.toy", "SystemExit"), ("foreign.bin", "of no family")]
)
def test_weights_that_do_not_open_are_one_line_and_the_old_ones_play_on(
    rig: Callable[..., Rig], caplog: pytest.LogCaptureFixture, name: str, said: str
) -> None:
    playing = rig()
    (playing.folder / "foreign.bin").write_bytes(b"nothing of ours")
    generator, plugin = playing.show.generator, playing.plugin()
    playing.show.exchange.load(str(playing.folder / name))
    playing.until(lambda: "plays on" in caplog.text)
    (line,) = [record for record in caplog.records if record.levelname == "ERROR"]
    assert said in line.message
    assert name in line.message
    assert not line.exc_info
    playing.frame()
    assert playing.show.generator is generator
    assert playing.plugin() is plugin
    assert np.array_equal(playing.out.pictures[-1][0, 0], playing.colour(8))
    # And another can be taken after it.
    playing.take("large")
    assert playing.loop.repeated == 0


def test_what_cannot_be_is_refused_at_once(rig: Callable[..., Rig]) -> None:
    exchange = rig().show.exchange
    with pytest.raises(WeightsError, match=r"no weights 'compsite-256'.*composite-256"):
        exchange.load("compsite-256")
    for seconds in (-1, "soon"):
        with pytest.raises(WeightsError, match="a time in seconds"):
            exchange.load("composite-256", seconds)


def test_a_plugin_that_does_not_start_with_the_new_generator_is_bypassed_until_one_fits(
    rig: Callable[..., Rig], caplog: pytest.LogCaptureFixture
) -> None:
    playing = rig()
    playing.store.set("shift.by", 0.5)
    playing.take("two", 0)
    playing.frame(2)
    assert "shift does not start" in caplog.text
    assert playing.store.snapshot["shift"]["bypass"] is True
    assert np.array_equal(playing.out.pictures[-1][0, 0], playing.colour(24))
    playing.take("small", 0)
    playing.frame(2)
    assert playing.store.snapshot["shift"]["bypass"] is False
    assert np.array_equal(playing.out.pictures[-1][0, 0], playing.colour(8, 0.5))
    # What the performer left out stays out.
    playing.store.set("shift.bypass", True)
    playing.take("large", 0)
    playing.frame(2)
    assert playing.store.snapshot["shift"]["bypass"] is True
    assert playing.loop.repeated == 0


def test_a_cue_of_another_shape_brings_its_values_and_says_why_no_face(
    rig: Callable[..., Rig], caplog: pytest.LogCaptureFixture
) -> None:
    playing = rig()
    commands = playing.show.memory.commands
    playing.store.set("shift.by", 0.5)
    playing.frame()
    commands["/cue/store"](1)
    playing.frame()
    playing.store.set("shift.by", 0.0)
    playing.take("large", 0)
    commands["/cue/recall"](1, 0)
    playing.frame(2)
    assert playing.store.target("shift.by") == 0.5
    assert "its face is of another generator, [4, 8] and not [8, 24]" in caplog.text
    assert np.array_equal(playing.out.pictures[-1][0, 0], playing.colour(24, 0.5))
    commands["/history/recall"](-0.1, "s", 0)
    playing.frame(2)
    assert playing.loop.repeated == 0


def test_what_is_saved_names_the_weights_that_play_and_can_be_taken_up(rig: Callable[..., Rig]) -> None:
    playing = rig(autosave=True)
    large = str(playing.weights("large"))
    playing.take("large")
    assert playing.show.desk.compose().show.weights == large

    def saved() -> bool:
        last = read_autosave()
        return last is not None and last[0].show.weights == large

    playing.until(saved)
    last = read_autosave()
    assert last is not None
    preset, face = last
    assert face.shape == (8, 24)
    files = [playing.folder / f"{name}.py" for name in ("toys", "shift")]
    again = Show(preset, Options(("null",), plugins=files, device="cpu", offline=True), face)
    assert again.generator.info.num_ws == 8
    again.close()


def test_the_old_generator_is_let_go(rig: Callable[..., Rig]) -> None:
    playing = rig()
    old = weakref.ref(playing.show.generator)
    playing.take("large")
    playing.take("twin")
    second = weakref.ref(playing.show.generator)

    def gone() -> bool:
        gc.collect()
        return old() is None

    playing.until(gone)
    assert second() is not None


def test_where_a_plugin_cannot_be_made_again_the_old_generator_plays_on_and_the_new_one_is_let_go(
    rig: Callable[..., Rig], caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    playing = rig()
    plugin, toys = playing.plugin(), playing.plugin("toys")

    def needs_a_port(self: object, port: int) -> None:
        pass

    monkeypatch.setattr(type(plugin), "__init__", needs_a_port)
    playing.show.exchange.load(str(playing.weights("large")))
    playing.until(lambda: "'shift' cannot be made a second time" in caplog.text)
    assert "large.toy is not taken" in caplog.text

    def gone() -> bool:
        gc.collect()
        return toys.made() is None

    playing.until(gone)
    assert playing.plugin() is plugin
    assert playing.plugin("toys") is toys
    assert np.array_equal(playing.out.pictures[-1][0, 0], playing.colour(8))
    assert playing.loop.repeated == 0


def test_of_weights_asked_for_one_after_the_other_the_newest_play(
    rig: Callable[..., Rig], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    playing = rig()
    gate = playing.plugin("toys").gate = threading.Event()
    for name in ("twin", "two", "large"):
        playing.show.exchange.load(str(playing.weights(name)), 0)
    playing.frame(5)
    gate.set()
    playing.until(lambda: playing.show.generator.info.num_ws == 8)
    assert "large.toy plays" in caplog.text
    assert "opening" in caplog.text
    assert f"opening {playing.weights('two')}" not in caplog.text


def test_osc_asks_what_plays_and_changes_it(rig: Callable[..., Rig], unused_udp_port: int) -> None:
    playing = rig(osc_port=unused_udp_port)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.bind(("127.0.0.1", 0))
        client.settimeout(DEADLINE_S)

        def name() -> object:
            client.sendto(encode("/generator"), ("127.0.0.1", unused_udp_port))
            return decode(client.recv(4096))[0].args[0]

        assert name() == str(playing.weights("small"))
        client.sendto(encode("/generator/load", str(playing.weights("large")), 0.1), ("127.0.0.1", unused_udp_port))
        playing.until(lambda: playing.show.generator.info.num_ws == 8)
        assert name() == str(playing.weights("large"))


def change_back_and_forth(playing: Rig) -> bool:
    """Change the generator live; return whether no frame was missed."""
    repeated = playing.loop.repeated
    playing.loop.timings.clear()
    for name in ("large", "small", "broken", "twin", "small"):
        if name == "broken":
            playing.show.exchange.load(str(playing.weights(name)))
        else:
            playing.take(name, 0.1)
            playing.frame(10)
    return playing.loop.repeated == repeated and max(each.frame_ms for each in playing.loop.timings) < PATIENCE_S * 1e3


def test_a_live_show_misses_no_frame_when_its_generator_changes(rig: Callable[..., Rig]) -> None:
    playing = rig(offline=False)
    playing.frame(20)
    # A busy machine costs a frame now and then; what the changes cost would come every time.
    assert any(change_back_and_forth(playing) for _ in range(4))
