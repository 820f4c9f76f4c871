"""What a performer tells the cues in a show of the toy generator."""

import math
from collections.abc import Callable

import pytest
import torch
from tests.engine.cues.cues_rig import Rig

from likeness import Frame
from likeness.errors import CueError


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
    latent = rig.latents.shown
    assert rig.latents.step(latent, Frame(999, 99.0, 0.02, 0.0, {})) is latent


def test_a_pad_recalls_its_place_and_stores_while_that_is_armed_and_says_how_it_is(rig: Rig) -> None:
    cues = rig.memory.cues
    assert {cues.pad_state(place) for place in range(1, 65)} == {"empty"}
    stored = rig.play(10)
    cues.set_arm(True)
    rig.play(1)
    rig.tell("/cue/pad/7", 1.0)
    rig.tell("/cue/pad/7", 0.0)
    cues.set_arm(False)
    stored = rig.faces[-1]
    rig.play(30)
    assert cues.pad_state(7) == "stored"
    rig.store.set("cue.seconds", 0.5)
    rig.tell("/cue/pad/7")
    rig.play(10)
    assert cues.pad_state(7) == "fading"
    assert torch.equal(rig.play(15), stored)
    rig.play(2)
    assert cues.pad_state(7) == "active"
    with pytest.raises(CueError, match="no cue '8'"):
        rig.tell("/cue/pad/8", 1)
    rig.store.set("cue.release", 1)
    rig.play(1)
    assert cues.pad_state(7) == "stored"
    # One that waits for its line is on its way as well, until a panic drops it.
    rig.store.set("cue.quantise", "bar")
    rig.tell("/cue/pad/7")
    rig.play(1)
    assert cues.pad_state(7) == "fading"
    rig.store.set("master.panic", 1)
    rig.play(1)
    assert cues.pad_state(7) == "stored"


def test_a_program_change_recalls_a_place(rig: Rig) -> None:
    stored = rig.play(10)
    rig.tell("/cue/store", 3)
    rig.play(20)
    rig.store.set("cue.seconds", 0)
    rig.play(1)
    rig.memory.cues.change_program(2)
    assert torch.equal(rig.play(1), stored)
