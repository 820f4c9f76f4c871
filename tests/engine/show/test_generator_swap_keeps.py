"""What goes on when the generator changes while a show plays, and what is let go."""

import gc
import threading
import weakref
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import torch
from tests.engine.show.generator_swap_rig import Rig

from likeness.cues.autosave import read_autosave
from likeness.cues.latent_commands import Capture
from likeness.errors import PluginError
from likeness.options import QUIET
from likeness.show.show import Show


def test_what_is_set_and_pressed_while_weights_are_read_is_not_lost(swap_rig: Callable[..., Rig]) -> None:
    playing = swap_rig()
    playing.store.set("shift.by", 0.25)
    playing.frame()
    old = playing.plugin()
    gate = playing.plugin("toys").gate = threading.Event()
    playing.show.generator_swap.load(str(playing.weights("large")))
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
    swap_rig: Callable[..., Rig],
) -> None:
    playing = swap_rig()
    playing.frame(10)
    playing.take("twin")
    playing.frame()
    assert playing.plugin().frames == len(playing.out.pictures)
    before = len(playing.out.pictures)
    playing.take("large")
    playing.frame()
    assert 0 < playing.plugin().frames <= len(playing.out.pictures) - before


def test_the_past_is_kept_where_latents_have_the_same_shape(swap_rig: Callable[..., Rig]) -> None:
    playing = swap_rig()
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


def test_a_cue_of_another_shape_brings_its_values_and_says_why_no_face(
    swap_rig: Callable[..., Rig], caplog: pytest.LogCaptureFixture
) -> None:
    playing = swap_rig()
    commands = playing.show.cues.commands
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
    assert playing.loop.stats.repeated == 0


def test_what_is_saved_names_the_weights_that_play_and_can_be_taken_up(swap_rig: Callable[..., Rig]) -> None:
    playing = swap_rig(autosave=True)
    large = str(playing.weights("large"))
    playing.take("large")
    assert playing.show.preset_commands.current_preset().show.weights == large

    def saved() -> bool:
        last = read_autosave()
        return last is not None and last[0].show.weights == large

    playing.until(saved)
    last = read_autosave()
    assert last is not None
    preset, face = last
    assert face.shape == (8, 24)
    files = [playing.folder / f"{name}.py" for name in ("toys", "shift")]
    again = Show(preset, replace(QUIET, plugins=files, device="cpu", offline=True), face)
    assert again.generator.info.num_ws == 8
    again.close()


def test_the_old_generator_is_let_go(swap_rig: Callable[..., Rig]) -> None:
    playing = swap_rig()
    old = weakref.ref(playing.show.generator)
    playing.take("large")
    playing.take("twin")
    second = weakref.ref(playing.show.generator)

    def gone() -> bool:
        gc.collect()
        return old() is None

    playing.until(gone)
    assert second() is not None


def test_a_stage_that_a_plugin_keeps_for_ever_keeps_no_generator(swap_rig: Callable[..., Rig]) -> None:
    playing = swap_rig()
    kept, old = playing.show.rack_editor.stage, weakref.ref(playing.show.generator)
    playing.take("large")

    def gone() -> bool:
        gc.collect()
        return old() is None

    playing.until(gone)
    with pytest.raises(PluginError, match="play no longer"):
        _ = kept.generator.info


def test_where_a_plugin_cannot_be_made_again_the_old_generator_plays_on_and_the_new_one_is_let_go(
    swap_rig: Callable[..., Rig], caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    playing = swap_rig()
    plugin, toys = playing.plugin(), playing.plugin("toys")

    def needs_a_port(self: object, port: int) -> None:
        pass

    monkeypatch.setattr(type(plugin), "__init__", needs_a_port)
    playing.show.generator_swap.load(str(playing.weights("large")))
    playing.until(lambda: "'shift' cannot be made a second time" in caplog.text)
    assert "large.toy is not taken" in caplog.text

    def gone() -> bool:
        gc.collect()
        return toys.made() is None

    playing.until(gone)
    assert playing.plugin() is plugin
    assert playing.plugin("toys") is toys
    assert np.array_equal(playing.out.pictures[-1][0, 0], playing.colour(8))
    assert playing.loop.stats.repeated == 0
