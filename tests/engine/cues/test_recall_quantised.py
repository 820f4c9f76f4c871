"""Recalls that wait for a line of the beat."""

from dataclasses import replace
from typing import Any

import pytest
import torch
from tests.engine.cues.cues_rig import BAR, FPS, Rig


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
