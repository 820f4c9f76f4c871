"""Cues and the past in a show of the toy generator: what comes back, when, and that nothing ever jumps."""

import itertools
import math
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from likeness import Bool, Choice, Float, Frame, Param, Stage, Values, hookimpl, master
from likeness.clock import FixedClock
from likeness.errors import CueError
from likeness.host import Host
from likeness.loop import Loop
from likeness.memory.memory import Memory
from likeness.modulation.modulation import Modulation
from likeness.modulation.modulator import Modulator
from likeness.outputs.memory import MemoryOutput
from likeness.performing.rack import declare_own
from likeness.render import Renderer, RenderThread
from likeness.stage import Stage as ShowStage
from likeness.store import ParamStore

FPS = 50
# 120 beats a minute, four in a bar.
BAR = 2 * FPS


class Drift:
    """Turns evenly from the face that comes in to another one, `turn` by hand on top."""

    @hookimpl
    def declare_params(self) -> list[Param]:
        return [
            Float("turn", 0.0, min=-1.0, glide=0.1),
            Float("hz", 0.1, max=1.0),
            Bool("flip"),
            Choice("way", "on", ["on", "back"]),
        ]

    @hookimpl
    def start(self, stage: Stage) -> None:
        self.other, self.phase = stage.generator.sample([77]), 0.0

    @hookimpl
    def update(self, latent: Tensor, params: Values, frame: Frame) -> Tensor:
        self.phase += frame.dt * float(params["hz"])
        turns = (self.phase + float(params["turn"])) * math.tau
        drawn = math.cos(turns) * latent + math.sin(turns) * self.other
        return -drawn if params["flip"] else drawn


class Still:
    """Adds a constant; that it does so after or before `Drift` shows in the face."""

    @hookimpl
    def update(self, latent: Tensor) -> Tensor:
        return latent * latent.abs().sqrt() * 0.9


class Rig:
    """A show put together by hand."""

    def __init__(self, toy: Any) -> None:
        self.store = ParamStore()
        declare_own(self.store)
        self.host = Host(self.store)
        self.host.add("drift", Drift())
        self.host.add("still", Still())
        renderer = Renderer(ShowStage(toy(4, 32), self.store, torch.device("cpu"), 3), self.host, FPS)
        renderer.start()
        self.course = renderer.course
        self.render = RenderThread(renderer.draw)
        self.out = MemoryOutput()
        self.loop = Loop(FixedClock(FPS), self.store, self.render, [self.out], (32, 32))
        self.modulation = Modulation(3)
        self.memory = Memory(self.store, self.host, lambda: self.loop.transport.moment, modulation=self.modulation)
        self.loop.between.append(lambda time, beat: self.store.sway(self.modulation.advance(time, beat)))
        self.loop.between.append(self.memory.between)
        master.commands(self.store, self.memory.let_go)
        self.faces: list[Tensor] = []
        self.values: list[dict[str, Any]] = []
        self.beats: list[float] = []
        self.store.settle()

    def play(self, frames: int) -> Tensor:
        """Return the last face."""
        for _ in range(frames):
            self.loop.frame()
            self.faces.append(self.course.shown[0].clone())
            self.values.append(dict(self.store.snapshot["drift"]))
            self.beats.append(self.loop.transport.moment.beat)
        return self.faces[-1]

    def tell(self, address: str, *args: object) -> None:
        self.memory.commands[address](*args)

    def close(self) -> None:
        self.render.close(1.0)
        self.memory.close()


@pytest.fixture
def make(toy: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], Rig]]:
    monkeypatch.setenv("LIKENESS_HOME", str(tmp_path / "home"))
    rigs: list[Rig] = []

    def rig() -> Rig:
        rigs.append(Rig(toy))
        return rigs[-1]

    yield rig
    for each in rigs:
        each.close()


@pytest.fixture
def rig(make: Callable[[], Rig]) -> Rig:
    return make()


def steps(faces: list[Tensor]) -> list[float]:
    return [float((b - a).norm(dim=-1).max()) for a, b in itertools.pairwise(faces)]


def test_a_show_without_cues_is_what_it_was_bit_by_bit(rig: Rig, make: Callable[[], Rig]) -> None:
    bare = make()
    bare.course.toward = lambda latent, frame, private=False: latent  # type: ignore[method-assign]
    rig.play(60)
    bare.play(60)
    assert all(np.array_equal(a, b) for a, b in zip(rig.out.pictures, bare.out.pictures, strict=True))


def test_a_cue_brings_face_and_values_back_in_its_time_and_motion_goes_on(rig: Rig) -> None:
    rig.store.set("drift.turn", 0.2)
    stored = rig.play(40)
    rig.tell("/cue/store", 5)
    rig.store.set("drift.turn", -0.7)
    rig.store.set("drift.way", "back")
    away = rig.play(100)
    assert float((away - stored).norm()) > 1.0
    rig.tell("/cue/recall", 5, 2)
    assert not torch.allclose(rig.play(2 * FPS - 1), stored, atol=1e-4)
    assert torch.equal(rig.play(1), stored)
    assert (rig.values[-1]["turn"], rig.values[-1]["way"]) == (0.2, "on")
    # Switches and choices are thrown as it begins, floats travel.
    assert rig.values[140]["way"] == "on"
    assert rig.values[139]["turn"] < rig.values[190]["turn"] < 0.2
    rig.play(50)
    own = max(steps(rig.faces[25:40]))
    assert 0.2 * own < steps(rig.faces[240:])[0] < 3 * own
    # Smoothstep is at most 1.5 times the even pace over at most half a turn.
    reach = max(float(face.norm(dim=-1).max()) for face in rig.faces)
    assert max(steps(rig.faces[139:])) < 1.5 / (2 * FPS) * reach * math.hypot(math.pi, 1.0) + 2 * max(steps(rig.faces))


def test_no_frame_jumps_though_the_cue_throws_a_switch(rig: Rig) -> None:
    rig.play(10)
    rig.tell("/cue/store", "night")
    rig.store.set("drift.flip", True)
    rig.play(50)
    thrown = len(rig.faces)
    rig.tell("/cue/recall", "night", 1, "bars")
    rig.play(BAR)
    # `flip` turns the face inside out: seen at once it is a step of twice its length.
    reach = float(rig.faces[0].norm(dim=-1).max())
    assert max(steps(rig.faces[9:11])) > reach
    assert max(steps(rig.faces[thrown - 1 :])) < 0.1 * reach
    assert torch.equal(rig.faces[-1], rig.faces[9])


def test_another_recall_in_mid_way_turns_from_where_the_picture_is(rig: Rig) -> None:
    rig.play(20)
    rig.tell("/cue/store", 1)
    rig.store.set("drift.turn", 0.1)
    rig.play(40)
    rig.tell("/cue/store", 2)
    rig.store.set("drift.turn", -0.1)
    rig.play(40)
    begun = len(rig.faces)
    for place in (1, 2, 1, 2):
        rig.tell("/cue/recall", place, 1.0)
        rig.play(20)
    rig.play(30)
    assert torch.equal(rig.faces[begun + 60 + FPS - 1], rig.faces[59])
    assert max(steps(rig.faces[begun - 1 :])) < 0.15 * float(rig.faces[0].norm(dim=-1).max())


def test_a_cut_shows_the_cue_in_the_next_frame_whatever_glides(rig: Rig) -> None:
    stored = rig.play(10)
    rig.tell("/cue/store", 1)
    rig.store.set("drift.turn", 0.8)
    rig.play(50)
    rig.tell("/cue/recall", 1, 0)
    assert torch.equal(rig.play(1), stored)
    assert rig.values[-1]["turn"] == 0.0
    rig.play(20)
    assert max(steps(rig.faces[-20:])) < 0.1 * float(stored.norm(dim=-1).max())


def test_what_is_stored_and_recalled_in_one_go_is_what_was_shown(rig: Rig) -> None:
    shown = rig.play(10)
    rig.tell("/cue/store", 1)
    rig.tell("/cue/recall", 1, 0)
    assert torch.equal(rig.play(1), shown)


def test_a_stored_cue_holds_what_was_set_just_before_it(rig: Rig) -> None:
    rig.play(5)
    rig.store.set("drift.hz", 0.5)
    rig.tell("/cue/store", 1)
    rig.play(1)
    assert rig.memory.cues.bank["1"].values["drift.hz"] == 0.5


def test_two_shows_that_are_told_the_same_draw_the_same_bit_by_bit(make: Callable[[], Rig]) -> None:
    def perform(rig: Rig) -> list[Any]:
        rig.play(20)
        rig.tell("/cue/store", 1)
        rig.store.set("drift.turn", 0.5)
        rig.play(30)
        rig.store.set("cue.quantise", "beat")
        rig.tell("/cue/recall", 1, 1, "bars")
        rig.play(60)
        rig.store.set("history.scrub", 0.9)
        rig.play(20)
        rig.tell("/history/live", 0.5)
        rig.tell("/history/recall", -1)
        rig.play(60)
        rig.memory.cues.undo()
        rig.play(60)
        return rig.out.pictures

    first, second = perform(make()), perform(make())
    assert all(np.array_equal(a, b) for a, b in zip(first, second, strict=True))


def test_a_quantised_recall_begins_in_the_first_frame_on_the_bar(rig: Rig) -> None:
    rig.store.set("cue.quantise", "bar")
    rig.play(10)
    rig.tell("/cue/store", 1)
    rig.store.set("drift.way", "back")
    rig.play(40)
    rig.tell("/cue/recall", 1, 0.5)
    rig.play(BAR)
    begun = [frame for frame in range(51, len(rig.values)) if rig.values[frame]["way"] == "on"]
    # At 120 BPM and 50 frames a second the second bar begins in the hundredth frame.
    assert begun[0] == BAR
    assert rig.beats[begun[0]] == pytest.approx(4.0)
    assert torch.equal(rig.faces[BAR + FPS // 2 - 1], rig.faces[9])


def test_a_recall_can_arrive_on_the_bar_instead(rig: Rig) -> None:
    rig.store.set("cue.quantise", "bar")
    rig.store.set("cue.land", "arrival")
    rig.play(10)
    rig.tell("/cue/store", 1)
    rig.store.set("drift.turn", 0.4)
    rig.play(30)
    rig.tell("/cue/recall", 1, 1.0)
    rig.play(BAR)
    arrived = [frame for frame in range(40, len(rig.faces)) if torch.equal(rig.faces[frame], rig.faces[9])]
    assert rig.beats[arrived[0]] == pytest.approx(4.0, abs=0.041)


def test_a_recall_takes_the_line_and_the_time_that_stand_before_it_in_its_bundle(rig: Rig) -> None:
    rig.play(10)
    rig.tell("/cue/store", 1)
    rig.store.set("drift.way", "back")
    rig.play(30)
    rig.store.set("cue.quantise", "bar")
    rig.store.set("cue.seconds", 0.0)
    rig.tell("/cue/recall", 1)
    rig.play(BAR)
    begun = [frame for frame in range(41, len(rig.values)) if rig.values[frame]["way"] == "on"]
    assert begun[0] == BAR
    assert torch.equal(rig.faces[BAR], rig.faces[9])


def test_of_several_that_wait_the_newest_counts_and_undo_takes_it_away(rig: Rig) -> None:
    rig.store.set("cue.quantise", "bar")
    for place in (1, 2):
        rig.store.set("drift.hz", place / 10)
        rig.play(10)
        rig.tell("/cue/store", place)
    rig.store.set("drift.hz", 0.9)
    rig.tell("/cue/recall", 1, 0)
    rig.play(5)
    rig.tell("/cue/recall", 2, 0)
    rig.play(BAR)
    assert rig.values[-1]["hz"] == 0.2
    rig.tell("/cue/recall", 1, 0)
    rig.play(5)
    rig.memory.cues.undo()
    rig.play(2 * BAR)
    assert rig.values[-1]["hz"] == 0.2


def test_a_panic_stops_a_face_in_mid_way_and_the_plugins_go_on_from_there(rig: Rig) -> None:
    rig.play(10)
    rig.tell("/cue/store", 1)
    rig.store.set("drift.turn", 0.4)
    rig.store.set("drift.hz", 0.0)
    rig.play(60)
    rig.tell("/cue/recall", 1, 2)
    stopped = rig.play(FPS)
    rig.store.set("master.panic", 1)
    assert torch.equal(rig.play(1), stopped)
    assert rig.values[-1]["turn"] == rig.values[-2]["turn"]
    rig.store.set("drift.hz", 0.0)
    rig.play(3 * FPS)
    assert torch.allclose(rig.faces[-1], stopped, atol=1e-4)
    assert max(steps(rig.faces[69:])) < 0.15 * float(stopped.norm(dim=-1).max())
    # It is held as any face that was called up: plugins move it, undo and release take it away.
    rig.store.set("drift.turn", rig.values[-1]["turn"] + 0.05)
    assert float((rig.play(20) - stopped).norm()) > 0.1


def test_a_panic_stops_the_way_back_from_the_past(rig: Rig) -> None:
    rig.play(100)
    rig.store.set("drift.hz", 0.0)
    rig.store.set("history.scrub", 0.99)
    rig.play(50)
    rig.tell("/history/live", 2)
    stopped = rig.play(FPS)
    rig.store.set("master.panic", 1)
    assert torch.equal(rig.play(1), stopped)
    assert torch.allclose(rig.play(3 * FPS), stopped, atol=1e-4)


def test_a_panic_drops_a_cue_that_waits_and_not_the_one_that_is_asked_for_after_it(rig: Rig) -> None:
    rig.store.set("cue.quantise", "bar")
    rig.play(10)
    rig.tell("/cue/store", 1)
    rig.store.set("drift.hz", 0.9)
    rig.play(10)
    rig.tell("/cue/recall", 1, 0)
    rig.play(5)
    rig.store.set("master.panic", 1)
    rig.play(BAR)
    assert rig.values[-1]["hz"] == 0.9
    rig.tell("/cue/recall", 1, 0)
    rig.store.set("master.panic", 1)
    rig.tell("/cue/recall", 1, 0)
    rig.play(BAR)
    assert rig.values[-1]["hz"] == 0.1


def test_undo_brings_back_what_was_before_the_recall_step_by_step(rig: Rig) -> None:
    rig.play(10)
    rig.tell("/cue/store", 1)
    rig.store.set("drift.turn", 0.3)
    first = rig.play(50)
    rig.tell("/cue/recall", 1, 0.2)
    second = rig.play(30)
    rig.tell("/cue/recall", 1, 0.4)
    rig.play(30)
    rig.memory.cues.undo()
    assert torch.equal(rig.play(20), second)
    rig.memory.cues.undo()
    assert torch.equal(rig.play(10), first)
    assert rig.values[-1]["turn"] == 0.3
    with pytest.raises(CueError, match="no recall to undo"):
        rig.memory.cues.undo()


def test_release_gives_the_face_back_to_the_plugins(rig: Rig, make: Callable[[], Rig]) -> None:
    free = make()
    free.play(200)
    rig.play(10)
    rig.tell("/cue/store", 1)
    rig.play(40)
    rig.tell("/cue/recall", 1, 0.5)
    rig.play(50)
    assert float((rig.faces[-1] - free.faces[99]).norm()) > 0.5
    rig.store.set("cue.seconds", 1.0)
    rig.store.set("cue.release", 1)
    rig.play(FPS)
    assert torch.equal(rig.play(50), free.faces[199])
    assert max(steps(rig.faces[100:])) < 0.15 * float(rig.faces[0].norm(dim=-1).max())


def test_no_cue_touches_the_master_or_the_tempo(rig: Rig) -> None:
    rig.play(5)
    rig.tell("/cue/store", 1)
    for address, value in (("master.blackout", True), ("show.tempo", 90.0), ("cue.quantise", "beat")):
        rig.store.set(address, value)
    rig.play(5)
    rig.tell("/cue/recall", 1, 0)
    rig.play(100)
    assert rig.store.snapshot["master"]["blackout"] is True
    assert rig.store.snapshot["show"]["tempo"] == 90.0
    assert rig.store.snapshot["cue"]["quantise"] == "beat"


def test_a_cue_brings_its_order_of_the_rack(rig: Rig) -> None:
    stored = rig.play(10)
    rig.tell("/cue/store", 1)
    rig.play(1)
    rig.host.reorder(("still", "drift"))
    rig.play(10)
    begun = len(rig.faces)
    rig.tell("/cue/recall", 1, 1)
    assert torch.equal(rig.play(FPS), stored)
    assert [slot.name for slot in rig.host.rack] == ["drift", "still"]
    assert max(steps(rig.faces[begun - 1 :])) < 0.15 * float(stored.norm(dim=-1).max())


def test_a_cue_of_another_generator_brings_its_values_alone(rig: Rig) -> None:
    rig.play(10)
    rig.tell("/cue/store", 1)
    rig.play(1)
    rig.memory.cues.bank["1"].face.latent = torch.zeros(18, 512)
    rig.store.set("drift.hz", 0.0)
    before = rig.play(5)
    rig.tell("/cue/recall", 1, 0)
    assert torch.allclose(rig.play(1), before, atol=0.2)
    assert rig.values[-1]["hz"] == 0.1


def test_cues_are_there_after_a_restart_and_next_goes_through_them(make: Callable[[], Rig]) -> None:
    first = make()
    for place in (3, 7):
        first.store.set("drift.hz", place / 10)
        first.play(20)
        first.tell("/cue/store", place)
        first.play(1)
    stored = first.faces[19]
    first.memory.close()
    again = make()
    again.play(3)
    hz = []
    again.store.set("cue.seconds", 0.0)
    for _ in range(3):
        again.store.set("cue.next", 1)
        again.play(1)
        hz.append(again.values[-1]["hz"])
    assert hz == [0.3, 0.7, 0.3]
    assert torch.equal(again.faces[-1], stored)
    again.tell("/cue/bank", "other")
    with pytest.raises(CueError, match="no numbered cue"):
        again.memory.cues.next()
    again.tell("/cue/bank", "main")
    again.tell("/cue/clear", 3)
    with pytest.raises(CueError, match="no cue '3'"):
        again.tell("/cue/recall", 3)


@pytest.mark.parametrize("arguments", [(1, "soon"), (1, -1), (1, 2, "fortnights"), (1, math.nan)])
def test_a_time_that_is_none_is_refused_and_nothing_happens(rig: Rig, arguments: tuple[object, ...]) -> None:
    rig.play(2)
    rig.tell("/cue/store", 1)
    with pytest.raises(CueError, match="4 s or 2 bars"):
        rig.tell("/cue/recall", *arguments)
    rig.play(2)


@pytest.mark.parametrize("ago", [(-1,), (-2.0, "s"), (1, "bars")])
def test_the_past_comes_back_with_its_face_and_its_values(rig: Rig, ago: tuple[object, ...]) -> None:
    rig.store.set("drift.turn", 0.3)
    rig.play(150)
    rig.store.set("drift.turn", -0.2)
    rig.play(40)
    rig.tell("/history/recall", *ago, 0.5)
    # The newest frame shown is 189; one bar or two seconds before it is 89.
    back = rig.play(FPS // 2)
    assert torch.allclose(back, rig.faces[89], atol=5e-3)
    assert rig.values[-1]["turn"] == 0.3
    assert max(steps(rig.faces[189:])) < 0.2 * float(back.norm(dim=-1).max())


def test_a_moment_that_has_passed_becomes_a_cue(rig: Rig) -> None:
    rig.store.set("drift.turn", 0.3)
    rig.play(100)
    rig.store.set("drift.turn", -0.2)
    rig.play(100)
    with pytest.raises(CueError, match="which moment"):
        rig.tell("/history/store", 9)
    rig.tell("/history/store", 9, -3, "s")
    rig.play(1)
    cue = rig.memory.cues.bank["9"]
    assert cue.values["drift.turn"] == 0.3
    assert cue.face.latent is not None
    assert torch.allclose(cue.face.latent, rig.faces[49], atol=5e-3)


def test_the_past_is_played_by_hand_and_the_present_returns_and_neither_jumps(
    rig: Rig, make: Callable[[], Rig]
) -> None:
    free = make()
    free.play(400)
    rig.store.set("history.span", 4.0)
    rig.play(200)
    for frame in range(100):
        rig.store.set("history.scrub", 1.0 - frame / 200)
        rig.play(1)
    rig.play(50)
    # The hand took the fader in frame 201 and left it 0.495 of four seconds, 99 frames, before.
    assert torch.allclose(rig.faces[-1], rig.faces[102], atol=2e-2)
    rig.tell("/history/store", 2)
    rig.tell("/history/live", 0.5)
    rig.play(FPS // 2 + 2)
    assert torch.equal(rig.play(1), free.faces[len(rig.faces) - 1])
    assert max(steps(rig.faces)) < 0.15 * float(rig.faces[0].norm(dim=-1).max())
    kept = rig.memory.cues.bank["2"].face.latent
    assert kept is not None
    assert torch.allclose(kept, rig.faces[102], atol=2e-2)


def test_a_hand_that_leaps_through_the_past_is_followed_and_not_leapt_after(rig: Rig) -> None:
    rig.play(300)
    for scrub in (0.92, 0.99, 0.9, 0.97, 1.0, 0.91, 1.0):
        rig.store.set("history.scrub", scrub)
        rig.play(15)
    longest = max(float((a - b).norm(dim=-1).max()) for a in rig.faces[::10] for b in rig.faces[::10])
    # One frame makes at most 1 - exp(-3 * 0.02 / 0.25) of the way.
    assert max(steps(rig.faces)) < 0.22 * longest + max(steps(rig.faces[:300]))


def test_a_cue_ends_the_past(rig: Rig) -> None:
    stored = rig.play(50)
    rig.tell("/cue/store", 1)
    rig.play(150)
    rig.store.set("history.scrub", 0.95)
    rig.play(50)
    begun = len(rig.faces)
    rig.tell("/cue/recall", 1, 1)
    assert torch.allclose(rig.play(FPS), stored, atol=1e-5)
    assert rig.store.target("history.scrub") == 1.0
    assert max(steps(rig.faces[begun - 1 :])) < 0.2 * float(stored.norm(dim=-1).max())


def test_a_frozen_picture_is_no_new_memory(rig: Rig) -> None:
    rig.play(100)
    rig.store.set("master.freeze", True)
    rig.play(100)
    rig.store.set("master.freeze", False)
    rig.play(1)
    rig.tell("/history/recall", -1, "s", 0)
    # The hundredth frame is number 99; one more was shown, and the one that is drawn next is not yet past.
    assert torch.allclose(rig.play(1), rig.faces[50], atol=5e-3)


def test_pads_press_next_undo_and_release(rig: Rig, caplog: pytest.LogCaptureFixture) -> None:
    rig.store.set("cue.seconds", 0)
    rig.store.set("cue.undo", 1)
    stored = rig.play(10)
    assert "no recall to undo" in caplog.text
    rig.tell("/cue/store", 4)
    rig.play(30)
    rig.store.set("cue.next", 1)
    assert torch.equal(rig.play(1), stored)
    before = rig.faces[-2]
    assert not torch.equal(before, stored)
    rig.store.set("cue.undo", 1)
    assert torch.equal(rig.play(1), before)
    rig.store.set("cue.release", 1)
    rig.play(2)
    latent = rig.course.shown
    assert rig.course.toward(latent, Frame(999, 99.0, 0.02, 0.0, {})) is latent


def test_a_cue_brings_its_modulators_and_undo_those_of_before(rig: Rig, make: Callable[[], Rig]) -> None:
    slow, fast = Modulator("drift.turn", beats=8.0, amount=0.1), Modulator("drift.turn", beats=1.0, amount=0.4)
    rig.modulation.add(slow)
    rig.play(10)
    rig.tell("/cue/store", 1)
    rig.play(1)
    rig.modulation.replace([fast, Modulator("drift.hz")])
    rig.play(20)
    rig.tell("/cue/recall", 1, 1)
    rig.play(10)
    assert rig.modulation.entries == (slow,)
    rig.store.set("cue.undo", 1)
    rig.play(1)
    assert set(rig.modulation.entries) == {fast, Modulator("drift.hz")}
    # One of the past leaves them alone.
    rig.tell("/history/store", 2, -0.2, "s")
    rig.modulation.replace([])
    rig.tell("/cue/recall", 2, 0)
    rig.play(1)
    assert rig.modulation.entries == ()
    # They are in the file.
    rig.memory.close()
    assert make().memory.cues.bank["1"].modulation == (slow,)


def test_a_pad_recalls_its_place_and_stores_while_that_is_armed_and_says_how_it_is(rig: Rig) -> None:
    cues = rig.memory.cues
    assert {cues.state(place) for place in range(1, 65)} == {"empty"}
    stored = rig.play(10)
    cues.arm(True)
    rig.play(1)
    rig.tell("/cue/pad/7", 1.0)
    rig.tell("/cue/pad/7", 0.0)
    cues.arm(False)
    stored = rig.faces[-1]
    rig.play(30)
    assert cues.state(7) == "stored"
    rig.store.set("cue.seconds", 0.5)
    rig.tell("/cue/pad/7")
    rig.play(10)
    assert cues.state(7) == "fading"
    assert torch.equal(rig.play(15), stored)
    rig.play(2)
    assert cues.state(7) == "active"
    with pytest.raises(CueError, match="no cue '8'"):
        rig.tell("/cue/pad/8", 1)
    rig.store.set("cue.release", 1)
    rig.play(1)
    assert cues.state(7) == "stored"
    # One that waits for its line is on its way as well, until a panic drops it.
    rig.store.set("cue.quantise", "bar")
    rig.tell("/cue/pad/7")
    rig.play(1)
    assert cues.state(7) == "fading"
    rig.store.set("master.panic", 1)
    rig.play(1)
    assert cues.state(7) == "stored"


def test_a_program_change_recalls_a_place(rig: Rig) -> None:
    stored = rig.play(10)
    rig.tell("/cue/store", 3)
    rig.play(20)
    rig.store.set("cue.seconds", 0)
    rig.play(1)
    rig.memory.cues.change_program(2)
    assert torch.equal(rig.play(1), stored)


def test_a_recall_that_waits_follows_a_beat_that_is_set_back(rig: Rig) -> None:
    rig.store.set("cue.quantise", "bar")
    rig.store.set("drift.hz", 0.5)
    rig.play(350)
    rig.tell("/cue/store", 1)
    rig.store.set("drift.hz", 0.1)
    rig.play(10)
    rig.tell("/cue/recall", 1, 0)
    rig.play(1)
    # A clock that starts its song anew: the beat is at 0 again.
    passed = rig.loop.transport.moment.beat
    advance = rig.loop.transport.advance

    def restarted(*arguments: Any) -> Any:
        moment = advance(*arguments)
        rig.loop.transport.moment = replace(moment, beat=moment.beat - passed)
        return rig.loop.transport.moment

    rig.loop.transport.advance = restarted  # type: ignore[method-assign]
    rig.play(BAR + 2)
    assert rig.values[-1]["hz"] == 0.5
