"""The past of a show of the toy generator: what comes back, and that nothing ever jumps."""

from collections.abc import Callable

import pytest
import torch
from tests.engine.cues.cues_rig import FPS, Rig, steps

from likeness.errors import CueError


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
