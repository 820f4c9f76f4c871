"""Cues in a show of the toy generator: what comes back, and that nothing ever jumps."""

import math
from collections.abc import Callable

import pytest
import torch
from tests.engine.cues.cues_rig import BAR, FPS, Rig, steps

from likeness.errors import CueError
from likeness.parameters.modulator import Modulator


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
