"""Modulation and tempo in a whole show: from the preset's file to the frames, and back into a file."""

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from pythonosc.udp_client import SimpleUDPClient
from tests.engine.sounds import kick, placed, times, write_wav
from tests.engine.toy_family import TOYS

from likeness.errors import InputError, ParamError, PresetError
from likeness.events import Event
from likeness.files.paths import search_dirs
from likeness.frame import Frame
from likeness.options import QUIET
from likeness.outputs.output import MemoryOutput
from likeness.parameters.modulator import Modulator
from likeness.parameters.presets import Preset, find_preset, read_preset
from likeness.show.frame_stats import Timing
from likeness.show.show import Show
from likeness.show.tempo_commands import tempo_commands

DEADLINE_S = 20.0
ADDRESS = "random_walk.reach"
TEXT = """
[show]
plugins = ["random_walk"]
seed = 3
tempo = 150.0
meter = 3

[random_walk]
reach = 0.5

[[modulation]]
param = "random_walk.reach"
beats = 2
amount = 0.25

[[modulation]]
param = "random_walk.push"
source = "steps"
steps = [1, 0, 1]
beats = 1
"""

NODS = """
from likeness import hookimpl

class Plugin:
    @hookimpl
    def start(self, stage):
        self.signals = stage.signals

    @hookimpl
    def update(self, frame):
        self.signals.publish("nods", {"up": 1.0})
"""
LED = """
[show]
plugins = ["random_walk"]

[random_walk]
reach = 0.5

[[modulation]]
param = "random_walk.reach"
source = "signal"
signal = "nods.up"
amount = 0.25
attack = 0
release = 0
"""

MakeShow = Callable[..., Show]


@pytest.fixture
def preset(tmp_path: Path) -> Preset:
    (tmp_path / "swing.toml").write_text(TEXT)
    return read_preset(tmp_path / "swing.toml")


@pytest.fixture
def show(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[MakeShow]:
    monkeypatch.setenv("LIKENESS_HOME", str(tmp_path / "home"))
    shows: list[Show] = []

    (tmp_path / "toys.py").write_text(TOYS)
    (tmp_path / "faces.toy").write_text("4 8 32")
    toys = {"plugins": [tmp_path / "toys.py"], "weights": str(tmp_path / "faces.toy")}

    def make(preset: Preset, **options: object) -> Show:
        shows.append(Show(preset, replace(QUIET, size=(32, 32), fps=50, **{**toys, **options})))  # type: ignore[arg-type]
        return shows[-1]

    yield make
    for each in shows:
        each.close()


def test_a_value_that_is_set_is_what_the_preset_s_modulation_moves_around_unless_that_is_turned_off(
    preset: Preset, show: MakeShow, caplog: pytest.LogCaptureFixture
) -> None:
    def play(**options: object) -> set[float]:
        playing, values = show(preset, seconds=1.0, offline=True, settings={ADDRESS: "0.3"}, **options), set()
        playing.run(lambda done: values.add(round(float(playing.store.snapshot["random_walk"]["reach"]), 3)))
        return values

    caplog.set_level("INFO")
    moved = play()
    assert max(moved) > 0.4
    assert (
        f"{ADDRESS}: the preset's modulation moves it around 0.3; --unmodulated {ADDRESS} holds it there" in caplog.text
    )
    caplog.clear()
    assert play(unmodulated=[ADDRESS]) == {0.3}
    assert "moves it around" not in caplog.text
    with pytest.raises(ParamError, match=r"modulates no such parameter; nearest: random_walk\.reach"):
        show(preset, unmodulated=["random_walk.reich"])


def test_a_preset_moves_its_parameter_on_the_beat_and_leaves_its_fader_alone(show: MakeShow, preset: Preset) -> None:
    playing = show(preset, offline=True)
    reach = playing.store.param(ADDRESS)
    for index in range(60):
        playing.loop.frame()
        beat = index / 50 * 150 / 60
        assert playing.loop.transport.moment.beat == pytest.approx(beat)
        assert playing.loop.transport.moment.bar == pytest.approx(beat / 3)
        expected = reach.from_unit(reach.to_unit(0.5) + 0.25 * np.sin(np.pi * beat))
        assert playing.store.snapshot["random_walk"]["reach"] == pytest.approx(expected)
        assert playing.store.target(ADDRESS) == 0.5


def test_a_plugins_signal_leads_a_parameter_of_another_until_it_is_bypassed(show: MakeShow, tmp_path: Path) -> None:
    (tmp_path / "nods.py").write_text(NODS)
    (tmp_path / "led.toml").write_text(LED)
    playing = show(
        read_preset(tmp_path / "led.toml"), offline=True, plugins=[tmp_path / "toys.py", tmp_path / "nods.py"]
    )
    reach = playing.store.param(ADDRESS)
    seen = []
    for index in range(6):
        if index == 3:
            playing.store.set("nods.bypass", True)
        playing.loop.frame()
        seen.append(reach.to_unit(playing.store.snapshot["random_walk"]["reach"]) - reach.to_unit(0.5))
    # A frame is led by what was published in the one before.
    assert seen == pytest.approx([0.0, 0.25, 0.25, 0.25, 0.0, 0.0])


def test_two_renders_with_modulation_and_presses_are_the_same_bit_by_bit(show: MakeShow, preset: Preset) -> None:
    runs = []
    for _ in range(2):
        playing, kept = show(preset, offline=True, seconds=1.0), MemoryOutput()
        playing.loop.outputs.add(kept)
        playing.run()
        runs.append(np.stack(list(kept.pictures)))
    assert np.array_equal(*runs)
    assert any(not np.array_equal(a, b) for a, b in pairwise(runs[0]))


def test_what_is_saved_is_the_base_and_the_modulation_and_comes_back(show: MakeShow, preset: Preset) -> None:
    playing = show(preset)
    for _ in range(10):
        playing.loop.frame()
    playing.preset_commands.save_preset("evening")
    saved = read_preset(find_preset("evening", search_dirs("presets")))
    assert saved.flat_values()[ADDRESS] == 0.5
    assert saved.modulation == preset.modulation
    assert (saved.show.tempo, saved.show.meter) == (150.0, 3)

    still = show(preset.model_copy(update={"modulation": ()}))
    still.preset_commands.recall_preset("evening")
    still.loop.frame()
    assert still.modulation.entries == preset.modulation


def test_a_modulation_of_nothing_ends_the_start_with_the_nearest_there_is(show: MakeShow, tmp_path: Path) -> None:
    (tmp_path / "slip.toml").write_text(TEXT.replace("random_walk.reach", "random_walk.raech"))
    with pytest.raises(ParamError, match=r"nearest: random_walk\.reach"):
        show(read_preset(tmp_path / "slip.toml"))


@pytest.mark.parametrize(
    ("good", "bad", "says"),
    [
        ("amount = 0.25", "amuont = 0.25", "amuont"),
        ("amount = 0.25", "amount = 25", "amount goes from -1 to 1"),
        ("steps = [1, 0, 1]", "steps = []", "give 1 to 64 steps"),
    ],
)
def test_a_slip_in_the_file_is_told_with_its_place(tmp_path: Path, good: str, bad: str, says: str) -> None:
    (tmp_path / "slip.toml").write_text(TEXT.replace(good, bad))
    with pytest.raises(PresetError, match=says):
        read_preset(tmp_path / "slip.toml")


def test_osc_taps_the_tempo_and_modulates(show: MakeShow, preset: Preset, unused_udp_port: int) -> None:
    playing = show(preset, osc_port=unused_udp_port)
    with SimpleUDPClient("127.0.0.1", unused_udp_port) as client:
        client.send_message("/transport/tempo", 97.0)
        client.send_message("/mod/add", ["/random_walk/speed", "rate", 0.5, "amount", 0.1])
        deadline = time.monotonic() + DEADLINE_S
        while playing.loop.transport.moment.tempo != 97.0 or len(playing.modulation.entries) != 3:
            playing.loop.frame()
            assert time.monotonic() < deadline
        client.send_message("/transport/double", 1)
        while playing.loop.transport.moment.tempo != 194.0:
            playing.loop.frame()
            assert time.monotonic() < deadline


AUDIO = (
    Modulator(ADDRESS, source="audio", band="low", amount=0.4),
    Modulator("random_walk.push", source="onset", band="low"),
)


def test_a_render_with_a_file_of_music_repeats_bit_by_bit_and_moves_with_it(
    show: MakeShow, preset: Preset, tmp_path: Path
) -> None:
    path = str(write_wav(tmp_path / "beat.wav", placed(kick(), times(120, 2.0), 2.0)))
    runs, reaches = [], []
    for audio in (path, path, "off"):
        playing = show(preset.model_copy(update={"modulation": AUDIO}), offline=True, audio=audio)
        kept = MemoryOutput()
        playing.loop.outputs.add(kept)
        for _ in range(100):
            playing.loop.frame()
            reaches.append(float(str(playing.store.snapshot["random_walk"]["reach"])))
        runs.append(np.stack(list(kept.pictures)))
    assert np.array_equal(runs[0], runs[1])
    assert not np.array_equal(runs[0], runs[2])
    assert set(reaches[200:]) == {0.5}
    # The first kick is at half a second, frame 25.
    assert max(reaches[:24]) == 0.5
    assert max(reaches[25:35]) > 0.7


def test_the_tempo_that_is_heard_can_be_taken(show: MakeShow, preset: Preset, tmp_path: Path) -> None:
    path = str(write_wav(tmp_path / "beat.wav", placed(kick(), times(124, 8.0), 8.0)))
    playing = show(preset, offline=True, audio=path)
    take = tempo_commands(playing.transport, playing.store, lambda: playing.heard.tempo)["/transport/heard"]
    with pytest.raises(InputError, match="no tempo is heard"):
        take()
    for _ in range(380):
        playing.loop.frame()
    take()
    playing.loop.frame()
    assert playing.store.target("show.tempo") == pytest.approx(124, abs=0.2)


def test_a_render_refuses_a_device(show: MakeShow, preset: Preset) -> None:
    with pytest.raises(InputError, match="a render takes its audio from a file"):
        show(preset, offline=True, audio="microphone")


def test_every_frame_carries_the_exact_beat_and_the_bar(show: MakeShow, preset: Preset) -> None:
    playing, frames = show(preset, offline=True), []
    submit = playing.loop.render.submit

    def noted(frame: Frame, events: tuple[Event, ...]) -> None:
        frames.append(frame)
        submit(frame, events)

    playing.loop.render.submit = noted  # type: ignore[method-assign]
    for _ in range(200):
        playing.loop.frame()
    assert [frame.beat for frame in frames] == [index / 50 * 150 / 60 for index in range(200)]
    assert [frame.bar for frame in frames] == [frame.beat / 3 for frame in frames]


def test_the_beat_goes_on_while_the_picture_is_frozen(show: MakeShow, preset: Preset) -> None:
    playing = show(preset, offline=True)
    playing.store.set("master.freeze", True)
    for _ in range(51):
        playing.loop.frame()
    assert playing.loop.transport.moment.beat == 2.5


def test_the_latency_is_the_median_of_what_the_last_frames_took(show: MakeShow, preset: Preset) -> None:
    playing = show(preset, offline=True)
    assert playing.loop.stats.latency_s == 0
    playing.loop.stats.timings.extend(Timing(frame_ms, 1.0) for frame_ms in (9.0, 500.0, 10.0, 11.0, 8.0))
    assert playing.loop.stats.latency_s == 0.010
