"""Morph between two presets on one fader: by fader position, once it moves, and never over another hand."""

import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from tests.engine.show.generator_swap_rig import Rig

from likeness import master
from likeness.errors import ParamError, PresetError
from likeness.host.host import Host
from likeness.parameters.presets import Preset
from likeness.parameters.store import ParamStore
from likeness.params import Bool, Choice, Float, Int, Text, Trigger
from likeness.show import loop, preset_morph
from likeness.show.describe_presets import SCAN_S, PresetsDescription
from likeness.show.preset_commands import PresetCommands
from likeness.show.preset_morph import PresetMorph

CALM = """
[show]
tempo = 90.0
psi = 0.5
[walk]
depth = 0.0
rate = 0.01
seed = 10
on = false
mode = "slow"
title = "calm"
only = 0.75
jump = 0
[master]
brightness = 0.2
"""
WILD = """
[show]
tempo = 180.0
psi = 1.0
[walk]
depth = 1.0
rate = 10.0
seed = 20
on = true
mode = "wild"
title = "wild"
jump = 1
[master]
brightness = 1.0
blackout = true
[gone]
x = 1.0
"""
FRAME_S = 0.02


class Stage:
    """A store whose fader the morph follows, frame by frame, without a show around it."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.store = folder, ParamStore()
        self.store.declare("master", master.PARAMS)
        self.store.declare("show", loop.PARAMS)
        self.store.declare("preset", preset_morph.PARAMS)
        self.store.declare(
            "walk",
            [
                Float("depth", 0.5),
                Float("rate", 1.0, min=0.01, max=10.0, warp="exp"),
                Float("only", 0.1),
                Int("seed", 0, max=1000),
                Bool("on"),
                Choice("mode", "slow", ["slow", "fast", "wild"]),
                Text("title"),
                Trigger("jump"),
            ],
        )
        self.morph = PresetMorph(self.store)
        self.sets: list[str] = []
        self.store.on_set(lambda address, before: self.sets.append(address))

    def frame(self, count: int = 1) -> None:
        for _ in range(count):
            self.morph.advance(0.0, 0.0)
            self.store.advance(FRAME_S)

    def move(self, position: float) -> None:
        """Move the fader and let it arrive."""
        self.store.set("preset.morph", position)
        self.frame(100)

    def target(self, name: str) -> object:
        return self.store.target(f"walk.{name}")


@pytest.fixture
def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stage:
    monkeypatch.setenv("LIKENESS_HOME", str(tmp_path))
    folder = tmp_path / "presets"
    folder.mkdir()
    (folder / "calm.toml").write_text(CALM)
    (folder / "wild.toml").write_text(WILD)
    return Stage(folder)


@pytest.fixture
def morphing(stage: Stage) -> Stage:
    stage.morph.choose("calm", "wild")
    stage.frame()
    return stage


def test_at_its_ends_stand_the_two_presets_and_numbers_go_by_fader_position(morphing: Stage) -> None:
    morphing.move(1.0)
    names = ("depth", "rate", "seed", "on", "mode", "title")
    assert [morphing.target(name) for name in names] == [1.0, 10.0, 20, True, "wild", "wild"]
    morphing.move(0.25)
    # A quarter of the way of an exponential fader from 0.01 to 10 is a quarter of its three decades.
    assert morphing.target("rate") == pytest.approx(0.01 * 1000**0.25)
    assert (morphing.target("depth"), morphing.target("seed")) == (pytest.approx(0.25), round(10 + 0.25 * 10))
    assert [morphing.target(name) for name in ("on", "mode", "title")] == [False, "slow", "calm"]
    morphing.move(0.0)
    assert [morphing.target(name) for name in names] == [0.0, 0.01, 10, False, "slow", "calm"]


def test_what_only_one_names_stays_and_so_do_master_and_tempo(morphing: Stage) -> None:
    morphing.move(0.5)
    store = morphing.store
    assert store.target("walk.only") == 0.1
    assert (store.target("show.tempo"), store.target("show.psi")) == (120.0, pytest.approx(0.75))
    assert (store.target("master.brightness"), store.target("master.blackout")) == (1.0, False)
    assert store.snapshot["walk"]["jump"] == 0


def test_the_way_there_is_as_smooth_as_the_fader_is(morphing: Stage) -> None:
    morphing.store.set("preset.morph", 1.0)
    seen = []
    for _ in range(20):
        morphing.frame()
        seen.append(float(str(morphing.target("depth"))))
    # A glide of 0.1 s has made 95 % of its way after it [exp(-3)], one frame late.
    assert seen[6] == pytest.approx(1 - math.exp(-3 * 0.12 / 0.1), abs=0.01)
    assert seen[1:] == sorted(seen[1:])


def test_before_a_pair_is_chosen_the_fader_does_nothing_and_choosing_does_nothing_alone(stage: Stage) -> None:
    stage.move(0.8)
    assert stage.sets == ["preset.morph"]
    stage.morph.choose("calm", "wild")
    stage.frame(3)
    assert stage.sets == ["preset.morph"]
    assert stage.morph.names == ("calm", "wild")
    stage.move(0.9)
    assert stage.target("depth") == pytest.approx(0.9)


def test_a_hand_takes_a_parameter_over_until_the_fader_is_moved_again(morphing: Stage) -> None:
    morphing.store.set("preset.morph", 1.0)
    morphing.frame(3)
    # In the middle of the glide.
    morphing.store.set("walk.depth", 0.3)
    morphing.frame(100)
    assert (morphing.target("depth"), morphing.target("rate")) == (0.3, 10.0)
    morphing.move(0.5)
    assert morphing.target("depth") == pytest.approx(0.5)


def test_a_modulator_on_the_fader_morphs_and_leaves_a_hand_alone(morphing: Stage) -> None:
    morphing.store.set_modulation({"preset.morph": 0.5})
    morphing.frame(2)
    assert morphing.target("depth") == pytest.approx(0.5)
    morphing.store.set("walk.depth", 0.9)
    morphing.store.set_modulation({"preset.morph": 0.75})
    morphing.frame(2)
    assert (morphing.target("depth"), morphing.target("on")) == (0.9, True)


def test_a_plugin_that_comes_later_is_morphed_and_one_that_goes_is_no_error(
    morphing: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    (morphing.folder / "calm.toml").write_text(CALM + "[gone]\nx = 0.0\n")
    morphing.morph.choose("calm", "wild")
    morphing.move(0.5)
    morphing.store.declare("gone", [Float("x", 0.9)])
    morphing.move(0.6)
    assert morphing.store.target("gone.x") == pytest.approx(0.6)
    morphing.store.withdraw("walk")
    morphing.move(0.1)
    assert morphing.store.target("gone.x") == pytest.approx(0.1)
    assert not caplog.records


def test_a_value_that_does_not_fit_is_logged_and_the_rest_morphs(
    morphing: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    (morphing.folder / "calm.toml").write_text(CALM.replace('mode = "slow"', 'mode = "slowest"'))
    morphing.morph.choose("calm", "wild")
    morphing.move(1.0)
    assert "walk.mode" in caplog.text
    assert len(caplog.records) == 1
    assert (morphing.target("mode"), morphing.target("depth")) == ("slow", 1.0)


def test_a_preset_that_is_not_there_is_refused_and_the_pair_stays(morphing: Stage) -> None:
    with pytest.raises(PresetError, match="wild"):
        morphing.morph.choose("calm", "wilt")
    assert morphing.morph.names == ("calm", "wild")


def test_one_address_chooses_the_presets_sets_the_fader_and_tells_where_it_is(stage: Stage) -> None:
    told: list[tuple[object, ...]] = []
    handle = stage.morph.questions["/preset/morph"]

    def send(*args: object) -> None:
        handle(lambda *answer: told.append(answer), *args)

    send("calm", "wild")
    send(0.5)
    stage.frame(100)
    assert stage.target("depth") == pytest.approx(0.5)
    send()
    assert told == [("/preset/morph", 0.5)]
    with pytest.raises(ParamError, match="0 to 1"):
        send("calm")


def test_the_fader_is_in_no_preset_that_is_saved(morphing: Stage) -> None:
    commands = PresetCommands(morphing.store, Host(morphing.store), Preset(), 0)
    assert "preset" in morphing.store.targets()
    assert "preset" not in commands.current_preset().values


def test_surfaces_are_told_of_presets_that_come_and_which_is_the_newest(morphing: Stage) -> None:
    now = 0.0
    commands = PresetCommands(morphing.store, Host(morphing.store), Preset(name="demo"), 0)
    description = PresetsDescription(commands, morphing.morph, lambda: now)
    told = description.describe()
    assert {"calm", "demo", "wild"} <= set(told["names"])
    assert (told["current"], told["morph"]) == ("demo", {"a": "calm", "b": "wild"})
    commands.save_preset("mine")
    now += SCAN_S
    told = description.describe()
    assert "mine" in told["names"]
    assert told["current"] == "mine"
    commands.recall_preset("calm")
    assert description.describe()["current"] == "calm"


def test_two_renders_of_one_morph_are_the_same_bit_by_bit(swap_rig: Callable[..., Rig], tmp_path: Path) -> None:
    folder = tmp_path / "home" / "presets"
    folder.mkdir(parents=True)
    for name, by in (("low", 0.0), ("high", 2.0)):
        (folder / f"{name}.toml").write_text(f"[shift]\nby = {by}\n")
    pictures = []
    for _ in range(2):
        rig = swap_rig()
        rig.show.preset_morph.choose("low", "high")
        rig.frame(2)
        rig.store.set("preset.morph", 0.7)
        rig.frame(20)
        pictures.append(np.stack(rig.out.pictures))
    assert np.array_equal(*pictures)
    assert np.array_equal(rig.out.pictures[-1][0, 0], rig.colour(8, 2.0 * rig.store.snapshot["preset"]["morph"]))
