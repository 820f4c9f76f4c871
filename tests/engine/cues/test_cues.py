"""Shows that remember: the same draw the same, with and without cues."""

from collections.abc import Callable
from typing import Any

import numpy as np
from tests.engine.cues.cues_rig import Rig


def test_a_show_without_cues_is_what_it_was_bit_by_bit(rig: Rig, make: Callable[[], Rig]) -> None:
    bare = make()
    bare.latents.step = lambda latent, frame, private=False: latent  # type: ignore[method-assign]
    rig.play(60)
    bare.play(60)
    assert all(np.array_equal(a, b) for a, b in zip(rig.out.pictures, bare.out.pictures, strict=True))


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
